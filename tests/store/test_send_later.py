"""Sends that wait by the person's own wish: held back for a moment, scheduled, urgent, taken back."""

from __future__ import annotations

import pytest

from chatdesk.domain import outbox as machine
from chatdesk.domain.changes import Commit, DraftPut
from chatdesk.domain.entities import Message, Outgoing
from chatdesk.domain.errors import NotPossible
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import DeliveryState
from chatdesk.store import Store
from tests.store.making import WAIT_S, Desk, reading

HOUR_US = 3_600_000_000


def shown(desk: Desk) -> list[Message]:
    with reading(desk.store) as reader:
        return list(reader.newest_page(desk.conversation).messages)


def press(desk: Desk, text: str, *, hold_us: int = 0, due_us: int = 0) -> Outgoing:
    with reading(desk.store) as reader:
        version = reader.draft(desk.conversation).version
    pressed = desk.store.press_send(desk.conversation, version, text, hold_us=hold_us, due_us=due_us)
    return pressed.result(WAIT_S)


def test_a_held_send_says_until_when_it_can_be_taken_back(desk: Desk) -> None:
    """Item and message carry the same time; no hold is longer than half a minute."""
    item = press(desk, "at once?", hold_us=HOUR_US)
    assert machine.is_held(item)
    assert item.not_before_us == item.created_at_us + machine.MOST_HELD_US
    (row,) = shown(desk)
    assert (row.parked_detail, row.expected_at_us) == (machine.HELD, item.not_before_us)


def test_a_send_taken_back_is_the_beginning_of_the_draft_in_one_commit(desk: Desk) -> None:
    """At no moment the text stands nowhere: message and intention go as the draft comes."""
    item = press(desk, "too early", hold_us=5_000_000)
    with reading(desk.store) as reader:
        held = reader.draft(desk.conversation)
    desk.store.save_draft(desk.conversation, held.version, "typed since").result(WAIT_S)
    commits: list[Commit] = []
    end = desk.store.subscribe(commits.append)
    draft = desk.store.take_back(item.id).result(WAIT_S)
    end()
    assert draft.text == "too early\ntyped since"
    assert len(commits) == 1
    assert DraftPut(draft) in commits[0].changes
    assert shown(desk) == []
    assert desk.store.outbox().result(WAIT_S).rows == ()


def test_what_is_on_its_way_is_not_taken_back(desk: Desk) -> None:
    """After the attempt is on disk bytes may have left: the draft stays as it is."""
    item = press(desk, "gone", hold_us=5_000_000)
    desk.start(item)
    with pytest.raises(NotPossible):
        desk.store.take_back(item.id).result(WAIT_S)
    with reading(desk.store) as reader:
        assert reader.draft(desk.conversation).text == ""
    assert [row.text for row in shown(desk)] == ["gone"]


def test_a_scheduled_send_takes_its_turn_when_its_time_comes(desk: Desk) -> None:
    """Pressed first and due last, it goes behind what was pressed meanwhile, also after a restart."""
    late = press(desk, "tomorrow", due_us=press(desk, "now").created_at_us + HOUR_US)
    assert machine.is_scheduled(late)
    meanwhile = press(desk, "meanwhile")
    due = desk.advance(late, machine.Due())
    assert (due.detail, due.created_at_us) == ("", late.not_before_us)
    assert due.position > meanwhile.position
    assert press(desk, "after that").position > due.position
    folder = desk.store.folder
    desk.store.close()
    again = Store.open(folder)
    texts = [row.text for row in again.outbox().result(WAIT_S).rows]
    again.close()
    assert texts == ["now", "meanwhile", "tomorrow", "after that"]


def test_a_time_in_the_past_is_now(desk: Desk) -> None:
    """A chosen time that has gone by while the dialog was open sends at once."""
    item = press(desk, "late", due_us=1)
    assert (item.detail, item.not_before_us) == ("", 0)


def test_urgency_is_remembered_and_written_down(desk: Desk) -> None:
    """The mark stands in the row; the ledger tells of it."""
    item = press(desk, "quick")
    assert desk.advance(item, machine.PersonUrges(urgent=True)).urgent
    (row,) = desk.store.outbox().result(WAIT_S).rows
    assert row.urgent
    message = row.message_id
    assert message is not None
    words = [word for _at, word in desk.store.message_info(message).result(WAIT_S)]
    assert words == ["pressed", "urged"]


def test_what_is_sent_again_keeps_what_was_found(desk: Desk) -> None:
    """A scheduled send that is sent at once can be found like any other."""
    late = press(desk, "tomorrow", due_us=press(desk, "now").created_at_us + HOUR_US)
    now = desk.advance(late, machine.PersonRetries())
    assert (now.detail, now.not_before_us, now.approved) == ("", 0, True)
    flying = desk.start(now)
    found = desk.advance(flying, machine.Found(RemoteId("m9")))
    assert found.state is DeliveryState.ACCEPTED
