"""What a platform brings to the run: its capture's first state, and which values are names, not facts.

A planter reads one capture and puts people, orders, conversations and messages into an empty database, under
the ids of the capture, so that every recorded request and answer means the same here. It goes by the form of
frames (who signs in, which lists and histories were answered before anybody wrote), not by the names of
captures; what no frame of a capture shows (a password, that somebody is switched off) is its own small table.
`tests.conform.seeding` has what every planter needs.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from chatdesk.server.core.service import Core
from chatdesk.server.dialect import Choices
from tests.replay.recording import Recording

Frame = dict[str, Any]
Path = tuple[str | int, ...]
"""Where a value stands: keys and places in lists, from the arguments of an event or the body of an answer.

Arguments of an event begin with their number, bodies with "body" (of requests and of answers), headers of an
answer with "header"; segments of a request's path are `("path", 0)`, ..., its query is `("query", name)`.
"""

ID = re.compile(r"[0-9a-f]{24}|c[0-9a-z]{24}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The forms of ids that no ordinary text has: of MongoDB, cuid, uuid."""


class CannotPlant(Exception):
    """The state that this capture began with can't be made; the text says why, for the table."""


class Planter(ABC):
    """One platform's planter."""

    platform: str
    early_ms = 300
    """An event that the recording shows after another request may come before it, if it was this close."""

    def choices(self, recording: Recording) -> Choices:
        """What the recorded server was started with, as far as it differs from the platform's own."""
        return Choices()

    def starts_us(self, recording: Recording) -> int:
        """The wall clock at the capture's `t_ms` 0, in microseconds since 1970."""
        return recording.wall_us

    @abstractmethod
    async def plant(self, core: Core, recording: Recording) -> Mapping[str, str]:
        """Make the first state; what stands for each placeholder of the capture (`<token-A>` -> a token).

        The core is open and empty, its server not yet serving; the core's clock stands at the wall time of
        the capture's first frame. Raises CannotPlant.
        """

    async def happens(self, core: Core, frame: Frame) -> bool:
        """Do what a remark says happened outside of the traffic; whether it was one of those.

        Remarks about the server's process (stops, ended, killed, starts) never come here.
        """
        return False

    async def before(self, core: Core, recording: Recording, frame: Frame) -> None:  # noqa: B027 - optional
        """Do what happened outside of the traffic before this request or connection, without a remark."""

    def is_name(self, path: Path, value: str | int) -> bool:
        """Whether this value is an id or the like: ours may be another one, but the same one every time."""
        return isinstance(value, str) and ID.fullmatch(value) is not None

    def kind_of(self, path: Path) -> str:
        """Which names this one is told apart from, where names are numbers counted per table.

        One of `core.ids.Kind`; "" = names of one capture are different whatever they name.
        """
        return ""

    def is_free(self, path: Path, value: Any) -> bool:
        """Whether this value is chance (a random number): only its JSON type is compared."""
        return False

    def ordered(self, path: Path, value: list[Any]) -> list[Any]:
        """A list in the order in which it is compared, where the document says that its own is arbitrary.

        Called for the recorded list and for ours.
        """
        return value

    def sequence(self, recording: Recording) -> list[Frame]:
        """The frames in the order in which they took effect, where that is not the one they stand in.

        What went out at once on several connections reached the recorded server in an order of chance, which
        only its answers show.
        """
        return list(recording.everything)

    def may_lack(self, recording: Recording, frame: Frame) -> bool:
        """Whether this recorded event came by chance: the platform's document says that it may not come.

        Where this is so, one more of the same event on the same connection is no difference either, as long
        as it looks like one of those that were recorded there.
        """
        return False

    def in_any_order(self, recording: Recording, event: str) -> bool:
        """Whether the platform's document says that these events come in no certain order."""
        return False
