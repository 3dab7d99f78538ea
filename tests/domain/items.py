"""Outgoing items and outbox events for tests of the state machine."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from chatdesk.domain import outbox as machine
from chatdesk.domain.actions import Attachment
from chatdesk.domain.entities import Attempt, Outgoing
from chatdesk.domain.ids import AccountId, ConversationId, OutgoingId, RemoteId
from chatdesk.domain.kinds import Assurance, DeliveryState, OutgoingKind, ParkReason


def item(number: int = 1, **values: Any) -> Outgoing:
    """A queued send of conversation c1, pressed as the number-th."""
    given: dict[str, Any] = {
        "kind": OutgoingKind.SEND,
        "state": DeliveryState.QUEUED,
        "conversation_remote_id": RemoteId("c1"),
        "text": f"text {number}",
        **values,
    }
    return Outgoing(
        id=OutgoingId(f"{number:032x}"),
        account_id=AccountId(1),
        conversation_id=ConversationId(1),
        position=number,
        created_at_us=1,
        changed_at_us=1,
        **given,
    )


def started(number: int = 1) -> machine.Started:
    return machine.Started(
        Attempt(
            outgoing_id=OutgoingId("0" * 32),
            number=number,
            client_id="0" * 32,
            epoch=1,
            step="send",
            watermark=(),
            watermark_complete=True,
            started_at_us=1,
        )
    )


EVENTS: dict[str, machine.Event] = {
    "Started": started(),
    "Stored": machine.Stored(RemoteId("m1"), Assurance.STORED),
    "Refused": machine.Refused(ParkReason.FORBIDDEN, "no"),
    "Later": machine.Later(99, "busy"),
    "Unknown": machine.Unknown("cut"),
    "Found": machine.Found(RemoteId("m1")),
    "Absent, may repeat": machine.Absent(may_repeat=True),
    "Absent, may not": machine.Absent(may_repeat=False),
    "SafeToRepeat": machine.SafeToRepeat(),
    "Restarted": machine.Restarted(),
    "Uploaded": machine.Uploaded(Attachment(url="/kept/1", name="offer.pdf", size_bytes=3)),
    "PersonCancels": machine.PersonCancels(),
    "PersonEdits": machine.PersonEdits("edited"),
    "PersonSchedules": machine.PersonSchedules(500),
    "PersonUrges": machine.PersonUrges(urgent=True),
    "Due": machine.Due(),
    "PersonRetries": machine.PersonRetries(),
    "PersonSendsAgain": machine.PersonSendsAgain(),
    "PersonDiscards": machine.PersonDiscards(),
    "Aged": machine.Aged(),
    "Superseded": machine.Superseded(),
}
"""One event of each kind by name."""

events: st.SearchStrategy[machine.Event] = st.sampled_from(list(EVENTS.values()))
