"""The words in which a capture is told: roles of frames, what a person wants, what a message is."""

from __future__ import annotations

import dataclasses
from enum import Enum
from typing import Any

Frame = dict[str, Any]


class Role(Enum):
    """What an out frame is in a replay."""

    INTENT = "intent"
    AUTO = "auto"
    NEVER = "never"


@dataclasses.dataclass(frozen=True)
class Intent:
    """Something that a person wants, the same whichever way it is told.

    name: sign_in, sign_out, send, typing_start, typing_stop, read, delete, report, status, or the name of an
    action. conv, target: ids. kind: of a message. fields: what else belongs to it, by name.
    """

    name: str
    conv: str = ""
    text: str = ""
    target: str = ""
    kind: str = "text"
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def get(self) -> dict[str, str]:
        """The fields."""
        return dict(self.fields)

    def same(self, other: Intent) -> bool:
        """Whether one frame tells what the other one does."""
        if self.name != other.name:
            return False
        if self.name == "send":
            return (self.conv, self.text, self.kind) == (other.conv, other.text, other.kind)
        if self.name in {"typing_start", "typing_stop", "read", "leave_chat"}:
            return self.conv == other.conv
        if self.name == "status":
            return (self.target, self.get["status"]) == (other.target, other.get["status"])
        return (self.conv, self.target) == (other.conv, other.target)


@dataclasses.dataclass(frozen=True)
class Part:
    """An out frame with its role; `intent` of an INTENT. reads: whose history an AUTO reads."""

    role: Role
    intent: Intent | None = None
    reads: str | None = None


AUTO = Part(Role.AUTO)
NEVER = Part(Role.NEVER)


def wants(name: str, **about: Any) -> Part:
    """An INTENT."""
    fields = tuple(sorted((str(k), str(v)) for k, v in about.pop("fields", {}).items()))
    return Part(Role.INTENT, Intent(name, fields=fields, **about))


def reads(conv: str) -> Part:
    """An AUTO that reads a history."""
    return Part(Role.AUTO, reads=conv)


@dataclasses.dataclass
class Msg:
    """A message in the form that all platforms share; `at`: what it is ordered by, `us`: its time."""

    id: str
    conv: str
    sender: str
    own: bool
    kind: str
    text: str
    at: tuple[Any, ...]
    us: int = 0
    read: bool = False
    deleted: bool = False
    edited: bool = False
    client: str = ""
    relayed: bool = False


@dataclasses.dataclass(eq=False)
class Press:
    """An intent of the recording, with what the recording shows of its outcome.

    ins: indices of the in frames that follow from it. outcome: stored, refused, failed (may be tried again),
    silent (nothing shows what came of it), done (what has no answer).
    """

    at: int
    intent: Intent
    frame: Frame
    ins: list[int] = dataclasses.field(default_factory=list)
    outcome: str = "silent"
    id: str = ""
    reason: str = ""
    arrived: int = 0
    skipped: str = ""
    """Why the harness could not ask for it."""


Record = dict[str, Any]


@dataclasses.dataclass
class Found:
    """A message record that stands in a frame. how: push, sent (an answer to a send), read."""

    conv: str
    record: Record
    how: str


END = 1 << 40
"""The index behind every frame."""


def done_by(press: Press, index: int) -> bool:
    """Whether what was pressed has taken effect: at the end, or since the server has heard it."""
    return press.outcome not in {"refused", "failed"} and (index >= END or bool(press.arrived))
