"""The state machine of the outbox: pure, total over its table, and the only place that knows it.

queued -> in_flight(n) -> accepted -> delivered -> read; a definite refusal parks, a definite 'not now' goes
back to queued, no answer makes it uncertain, and only proof or the person leads out of that.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

import msgspec

from chatdesk.domain.actions import Attachment
from chatdesk.domain.entities import Attempt, Outgoing
from chatdesk.domain.errors import IllegalTransition
from chatdesk.domain.ids import OutgoingId, RemoteId
from chatdesk.domain.kinds import Assurance, DeliveryState, KeyGrade, OutgoingKind, ParkReason

State = DeliveryState

HELD = "held"
"""`detail` of a send that was pressed and may still be taken back: it goes by itself in a moment."""
SCHEDULED = "scheduled"
"""`detail` of a send that the person wants to go at a time of their own: until then it is nobody's turn."""
REPEATING = "repeating"
"""`detail` of a send of which an attempt may have arrived, and which goes once more under its own id, which
the server recognises. Until its outcome is known it can neither be taken back nor changed: its text may stand
there, and the changed one would be taken for a repeat of it.
"""
COPY_LOST = "the copy of the file is gone"
"""`detail` of a parked item whose staged copy is missing, or is not what was copied."""
MOST_HELD_US = 30_000_000
"""Longest time for which a pressed send is held back."""


class Started(msgspec.Struct, frozen=True, tag=True):
    """An attempt begins; on disk before its first byte leaves."""

    attempt: Attempt


class Stored(msgspec.Struct, frozen=True, tag=True):
    """The server answered that it has stored it, under this id (None: it names none)."""

    remote_id: RemoteId | None
    assurance: Assurance = Assurance.STORED


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The server answered definitely that it will not."""

    reason: ParkReason
    detail: str = ""


class Later(msgspec.Struct, frozen=True, tag=True):
    """Definitely not stored, and trying again may help (offline before any byte, 429, token expired)."""

    not_before_us: int
    detail: str = ""


class Unknown(msgspec.Struct, frozen=True, tag=True):
    """No answer, a cut link or an ambiguous error after bytes may have left."""

    detail: str = ""


class Found(msgspec.Struct, frozen=True, tag=True):
    """History or an echo shows that it has arrived."""

    remote_id: RemoteId
    assurance: Assurance = Assurance.STORED


class Absent(msgspec.Struct, frozen=True, tag=True):
    """A complete read of the window after the quiet time shows that it has not arrived."""

    may_repeat: bool


class SafeToRepeat(msgspec.Struct, frozen=True, tag=True):
    """The outcome is unknown, but the server recognises our id: sending it again can't make a second one."""


class Restarted(msgspec.Struct, frozen=True, tag=True):
    """The program starts again: what was in flight has an unknown outcome."""


class Uploaded(msgspec.Struct, frozen=True, tag=True):
    """The file of a message lies at the server; nobody is told before the message goes."""

    attachment: Attachment


class PersonCancels(msgspec.Struct, frozen=True, tag=True):
    """The person takes back what has not left."""


class PersonEdits(msgspec.Struct, frozen=True, tag=True):
    """The person changes the text of what has not left."""

    text: str


class PersonSchedules(msgspec.Struct, frozen=True, tag=True):
    """The person wants it to go at another time (wall clock); nothing of it has left."""

    due_us: int


class PersonUrges(msgspec.Struct, frozen=True, tag=True):
    """The person wants this conversation's sends to go before those of others, or no longer."""

    urgent: bool


class Due(msgspec.Struct, frozen=True, tag=True):
    """The time of a scheduled send has come: it counts as pressed then, behind what was pressed before."""


class PersonRetries(msgspec.Struct, frozen=True, tag=True):
    """The person sends a parked item again, or sends one now that waits."""


class PersonSendsAgain(msgspec.Struct, frozen=True, tag=True):
    """The person has decided to send an uncertain item once more, knowing that it may arrive twice."""


class PersonDiscards(msgspec.Struct, frozen=True, tag=True):
    """The person lets an uncertain or parked item go."""


class Aged(msgspec.Struct, frozen=True, tag=True):
    """The item is older than the age at which it asks before it goes."""


class Superseded(msgspec.Struct, frozen=True, tag=True):
    """What was wanted is the case already (status equal, message gone): done without a send."""


Event = (
    Started
    | Stored
    | Refused
    | Later
    | Unknown
    | Found
    | Absent
    | SafeToRepeat
    | Restarted
    | Uploaded
    | PersonCancels
    | PersonEdits
    | PersonSchedules
    | PersonUrges
    | Due
    | PersonRetries
    | PersonSendsAgain
    | PersonDiscards
    | Aged
    | Superseded
)


TERMINAL = frozenset({State.ACCEPTED, State.DELIVERED, State.READ, State.CANCELLED})
"""States in which nothing is owed any more."""

WAITING = frozenset({State.QUEUED, State.IN_FLIGHT, State.UNCERTAIN, State.PARKED})
"""States that the outbox view lists."""

REPEATABLE = frozenset({OutgoingKind.MARK_READ, OutgoingKind.DELETE, OutgoingKind.REPORT})
"""Kinds that do no harm when they are carried out twice: an unknown outcome queues them again.

Bytes that a server only keeps until a message names them may be brought twice as well (Uploaded); a file that
is added to an order may not: everybody would see two.
"""


def advance(item: Outgoing, event: Event, now_us: int) -> Outgoing:
    """The item after `event`. Raises IllegalTransition where the table has no such step.

    now_us: wall clock, for the times that are shown; no decision depends on it.
    """
    changed = _next(item, event)
    if changed is None:
        raise IllegalTransition(f"{item.kind}:{item.state} on {type(event).__name__}")
    return msgspec.structs.replace(changed, changed_at_us=now_us)


def can(item: Outgoing, event: Event) -> bool:
    """True where `advance` would not raise; the window asks it before it offers a button."""
    return _next(item, event) is not None


def _next(item: Outgoing, event: Event) -> Outgoing | None:  # noqa: C901, PLR0911, PLR0912 - the table itself
    put = msgspec.structs.replace
    match item.state, event:
        case State.QUEUED, Started(attempt=attempt):
            detail = _lasting(item, "")
            return put(item, state=State.IN_FLIGHT, attempts=attempt.number, not_before_us=0, detail=detail)
        case ((State.IN_FLIGHT | State.UNCERTAIN), Stored()):
            return put(item, state=State.ACCEPTED, parked=None, detail="")
        case ((State.IN_FLIGHT | State.UNCERTAIN), Found()):
            return put(item, state=State.ACCEPTED, parked=None, detail="")
        # A copy may turn up after its absence was proved, or after a refusal that was none: sending once more
        # would make a second one.
        case ((State.QUEUED | State.PARKED), Found()) if item.attempts > 0:
            return put(item, state=State.ACCEPTED, parked=None, detail="", not_before_us=0)
        case ((State.IN_FLIGHT | State.QUEUED), Refused(reason=reason, detail=detail)):
            return put(item, state=State.PARKED, parked=reason, detail=detail)
        case ((State.IN_FLIGHT | State.QUEUED), Later(not_before_us=when, detail=detail)):
            return put(item, state=State.QUEUED, not_before_us=when, detail=_lasting(item, detail))
        case State.IN_FLIGHT, (Unknown() | Restarted()):
            detail = event.detail if isinstance(event, Unknown) else ""
            if item.kind in REPEATABLE:
                return put(item, state=State.QUEUED, detail=detail)
            return put(item, state=State.UNCERTAIN, detail=detail)
        case State.UNCERTAIN, Absent(may_repeat=True):
            return put(item, state=State.QUEUED, repeats=item.repeats + 1, detail="")
        case State.UNCERTAIN, SafeToRepeat():
            return put(item, state=State.QUEUED, detail=REPEATING)
        case State.QUEUED, Unknown(detail=detail) if item.detail == REPEATING:
            # The server that would have recognised our id is not there any more: now it must be looked up.
            return put(item, state=State.UNCERTAIN, detail=detail)
        case State.UNCERTAIN, Absent(may_repeat=False):
            return item
        case State.UNCERTAIN, Refused(reason=reason, detail=detail):
            return put(item, state=State.PARKED, parked=reason, detail=detail)
        case ((State.QUEUED | State.PARKED), (PersonCancels() | PersonEdits())) if item.detail == REPEATING:
            return None
        case State.QUEUED, Uploaded(attachment=attachment) if wants_upload(item):
            return put(item, extras=put(item.extras, attachments=(attachment,)), not_before_us=0)
        case State.QUEUED, PersonCancels():
            return put(item, state=State.CANCELLED)
        case State.QUEUED, PersonEdits(text=text) if item.detail in {HELD, SCHEDULED}:
            return put(item, text=text)
        case State.QUEUED, PersonSchedules(due_us=due_us) if item.kind is OutgoingKind.SEND:
            return None if item.attempts else put(item, detail=SCHEDULED, not_before_us=due_us)
        case State.QUEUED, Due() if is_scheduled(item):
            return put(item, detail="", created_at_us=item.not_before_us, not_before_us=0)
        case ((State.QUEUED | State.UNCERTAIN), PersonUrges(urgent=urgent)) if item.kind is OutgoingKind.SEND:
            return put(item, urgent=urgent)
        case ((State.QUEUED | State.PARKED), PersonEdits(text=text)) if item.kind is OutgoingKind.SEND:
            return put(item, state=State.QUEUED, text=text, parked=None, detail="", approved=True)
        case ((State.PARKED | State.QUEUED), PersonRetries()):
            detail = _lasting(item, "")
            return put(item, state=State.QUEUED, parked=None, detail=detail, not_before_us=0, approved=True)
        case State.UNCERTAIN, PersonSendsAgain():
            return put(item, state=State.QUEUED, detail="", not_before_us=0, approved=True)
        case ((State.UNCERTAIN | State.PARKED), PersonDiscards()):
            return put(item, state=State.CANCELLED, parked=ParkReason.DISCARDED)
        case State.QUEUED, Aged() if not is_scheduled(item):
            return put(item, state=State.PARKED, parked=ParkReason.OLD)
        case ((State.QUEUED | State.IN_FLIGHT | State.UNCERTAIN), Superseded()):
            return put(item, state=State.ACCEPTED, detail="")
        case _:
            return None


def _lasting(item: Outgoing, detail: str) -> str:
    """What is said of an item from now on: that an attempt may have arrived outlives all else."""
    return REPEATING if item.detail == REPEATING else detail


def is_scheduled(item: Outgoing) -> bool:
    """Whether it waits for a time that the person has chosen; it holds nobody meanwhile."""
    return item.state is State.QUEUED and item.detail == SCHEDULED


def is_held(item: Outgoing) -> bool:
    """Whether it was pressed a moment ago and may still be taken back."""
    return item.state is State.QUEUED and item.detail == HELD


def wants_upload(item: Outgoing) -> bool:
    """Whether it is a message whose file must be brought to the server before it can go."""
    files = item.extras.attachments
    return item.kind is OutgoingKind.SEND and bool(item.staged and files) and not files[0].url


def holds_those_behind(item: Outgoing) -> bool:
    """True for a send that is not settled: later sends of the same conversation wait for it."""
    return item.kind is OutgoingKind.SEND and item.state in WAITING and not is_scheduled(item)


def next_up(items: Iterable[Outgoing], *, resting: AbstractSet[OutgoingId] = frozenset()) -> list[Outgoing]:
    """Which queued items may start now, at most one send per conversation, in the order of pressing.

    items: every unsettled item of one account, any order.
    resting: items that wait for a time (back-off, rate, quiet time); they still hold those behind them.
    Other intentions than sends wait for nobody and hold nobody. Where one send of a conversation is urgent,
    the conversation's turn comes before that of others: within it, the order of pressing stands.
    """
    ready: list[Outgoing] = []
    held: set[RemoteId] = set()
    urgent: set[RemoteId] = set()
    for item in sorted(items, key=lambda one: one.position):
        if item.state not in WAITING or is_scheduled(item):
            continue
        if item.kind is OutgoingKind.SEND:
            if item.urgent:
                urgent.add(item.conversation_remote_id)
            if item.conversation_remote_id in held:
                continue
            held.add(item.conversation_remote_id)
        if item.state is State.QUEUED and item.id not in resting:
            ready.append(item)
    ready.sort(key=lambda one: one.kind is not OutgoingKind.SEND or one.conversation_remote_id not in urgent)
    return ready


def repeat_allowed(item: Outgoing, grade: KeyGrade, max_repeats: int = 1) -> bool:
    """Whether a proven absence may queue the item again by itself; freely where the server dedupes.

    max_repeats: Limits.max_repeats of the platform.
    """
    return grade is KeyGrade.IDEMPOTENT or item.repeats < max_repeats
