"""What arrives from a server or instead of it, and what an adapter reads in it: verdicts and events."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from chatdesk.domain.actions import Result
from chatdesk.domain.events import Event
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import (
    Goal,
)
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Assurance, ParkReason
from chatdesk.domain.steps import (
    Json,
    Step,
)


class OpenStep(msgspec.Struct, frozen=True):
    """A step that was begun and has no verdict yet."""

    id: int
    goal: Goal
    step: Step


class Accepted(msgspec.Struct, frozen=True, tag=True):
    """The server has accepted the socket. The engine has already raised `facts.epoch` and set `online`."""

    step_id: int


class ConnectRefused(msgspec.Struct, frozen=True, tag=True):
    """The server has refused the socket with words (`server_words`), or the transport failed (None)."""

    step_id: int
    server_words: str | None


class LinkLost(msgspec.Struct, frozen=True, tag=True):
    """The socket is gone; rooms and everything of the epoch with it. `online` is False already.

    Right after it the engine hands over a NoAnswer(left=True, reason='cut') for every Emit still open.
    """


class Packet(msgspec.Struct, frozen=True, tag=True):
    """One Socket.IO event."""

    event: str
    args: tuple[Json, ...]


class HandedOver(msgspec.Struct, frozen=True, tag=True):
    """The event of an Emit with timeout_ms 0 was given to the socket."""

    step_id: int


class Answer(msgspec.Struct, frozen=True, tag=True):
    """An HTTP answer. `body`: decoded JSON where the content type says JSON and it parses, else text."""

    step_id: int
    status: int
    is_json: bool
    body: Json
    headers: Mapping[str, str] = MappingProxyType({})
    """Lower-case names."""


class NoAnswer(msgspec.Struct, frozen=True, tag=True):
    """A step ended without an answer.

    left: bytes may have left this machine; False only where that is certain (no connection was made, or the
    socket was known to be down before the emit).
    The client makes it for what it saw itself. The engine makes it for a step that had no verdict after its
    timeout_ms (reason 'timeout'), for open Emits at LinkLost, and for a step whose goal was cancelled.
    reason: timeout, cut, unreachable, tls, redirect (to another origin: not followed), cancelled, too_large
    (an answer, or an event of ours, beyond what any platform takes), disk (a file of ours could not be read
    or written).
    """

    step_id: int
    left: bool
    reason: str


class Moved(msgspec.Struct, frozen=True, tag=True):
    """So many bytes of the file of a Call were handed to the connection. For the window alone.

    The engine keeps it to itself: no adapter reads it, and it is no sign that anything has arrived.
    """

    step_id: int
    sent_bytes: int


class GoalEnded(msgspec.Struct, frozen=True, tag=True):
    """The engine has dropped a goal (done, parked or cancelled): its progress may be forgotten."""

    token: int


Arrived = Accepted | ConnectRefused | LinkLost | Packet | HandedOver | Answer | NoAnswer | GoalEnded


# -- readings ----------------------------------------------------------------------------------------------


class VerdictStored(msgspec.Struct, frozen=True, tag=True):
    """The step did what it should; for a send: stored under this id, or relayed with this assurance."""

    step_id: int
    remote_id: RemoteId | None = None
    assurance: Assurance = Assurance.STORED
    result: Result | None = None
    """What an Act or a Find has brought."""


class VerdictRefused(msgspec.Struct, frozen=True, tag=True):
    """The server will not, definitely."""

    step_id: int
    reason: ParkReason
    detail: str = ""


class VerdictLater(msgspec.Struct, frozen=True, tag=True):
    """Definitely not done; may be tried again after `ms` (0: as soon as `next` names a step).

    On a committing step `ms` > 0 from the server's own words (429, Retry-After) rests all sends of the
    account. 0 for what merely failed on the way: the engine has its own back-off, and never does the same
    step twice at once.
    """

    step_id: int
    ms: int
    detail: str = ""


class VerdictUnknown(msgspec.Struct, frozen=True, tag=True):
    """It may have been stored, or not."""

    step_id: int
    detail: str = ""


Verdict = VerdictStored | VerdictRefused | VerdictLater | VerdictUnknown


class Reading(msgspec.Struct, frozen=True):
    """What a packet or an answer means.

    Events of an Answer are stamped with the moment at which the first step of its goal began, of a committing
    step with that of the answer. The messages of
    a FreshHead or OlderPage may come step by step, but the WindowRead comes once, beside the last of them.
    TokensChanged and IdentityKnown are taken over into `facts.account` by the engine (refresh None:
    unchanged); an adapter may have done so already.
    """

    facts: Facts
    events: tuple[Event, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
