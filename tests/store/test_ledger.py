"""The ledger: the story of every own message, without its text, and proof that nobody rewrote it."""

from __future__ import annotations

import hashlib

import pytest

from chatdesk.domain import outbox as machine
from chatdesk.domain.events import MessageDeleted, ReadSeen
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ParkReason
from tests.store.making import CONVERSATION, CUSTOMER, WAIT_S, Desk, message, raw, reading

TEXT = "meet me at gate 7"


def told(desk: Desk) -> list[str]:
    with reading(desk.store) as reader:
        own = next(one for one in reader.newest_page(desk.conversation).messages if one.outgoing_id)
    return [code for _, code in desk.store.message_info(own.id).result(WAIT_S)]


def a_life(desk: Desk) -> None:
    """A message that is sent with trouble, echoed, read and deleted."""
    item = desk.start(desk.press(TEXT))
    desk.advance(item, machine.Unknown())
    item = desk.advance(item, machine.Absent(may_repeat=True))
    item = desk.advance(desk.start(item), machine.Later(5))
    desk.advance(desk.start(item), machine.Stored(RemoteId("m5")))
    desk.apply(3, message(5, TEXT, own=True))
    desk.apply(4, ReadSeen(conversation=CONVERSATION, person_id=CUSTOMER, by_self=False))
    desk.apply(5, MessageDeleted(conversation=CONVERSATION, remote_id=RemoteId("m5")))


def test_the_story_of_a_message_is_told_in_order(desk: Desk) -> None:
    """Every attempt, answer, echo and receipt of an own message is one row."""
    a_life(desk)
    assert told(desk) == [
        "pressed",
        "attempt 1",
        "no answer",
        "absent",
        "attempt 2",
        "later",
        "attempt 3",
        "stored",
        "echo",
        "read",
        "deleted",
    ]


def test_what_the_person_decided_is_told_too(desk: Desk) -> None:
    """Refusals carry their reason, decisions of the person stand beside them."""
    item = desk.start(desk.press(TEXT))
    desk.advance(item, machine.Refused(ParkReason.CLOSED, "a server's words"))
    item = desk.advance(item, machine.PersonEdits("other words"))
    desk.advance(item, machine.Aged())
    desk.advance(item, machine.PersonRetries())
    assert told(desk) == ["pressed", "attempt 1", "refused: closed", "edited", "grown old", "retried"]


def test_no_text_is_in_it_but_its_proof(desk: Desk) -> None:
    """Rows hold a salted hash: it proves what the text was to those who know it, and shows it to nobody."""
    a_life(desk)
    with raw(desk.store.folder) as con:
        everything = con.execute("SELECT * FROM ledger").fetchall()
        body = con.execute("SELECT body FROM ledger WHERE code = 'pressed'").get
    assert TEXT not in repr(everything)
    assert isinstance(body, bytes)
    salt, proof = body[:16], body[16:]
    assert proof == hashlib.sha256(salt + TEXT.encode()).digest()
    assert [row[9] for row in everything if row[6] != "pressed"] == [None] * (len(everything) - 1)


def test_it_verifies(desk: Desk) -> None:
    """An untouched ledger is sound; an empty one too."""
    assert desk.store.verify_ledger().result(WAIT_S).first_bad is None
    a_life(desk)
    check = desk.store.verify_ledger().result(WAIT_S)
    assert (check.rows, check.first_bad) == (11, None)


@pytest.mark.parametrize(
    ("spoil", "first_bad"),
    [
        ("UPDATE ledger SET code = 'read' WHERE number = 4", 4),
        ("UPDATE ledger SET at_us = at_us + 1 WHERE number = 2", 2),
        ("UPDATE ledger SET remote_id = 'm6' WHERE number = 8", 8),
        ("UPDATE ledger SET body = zeroblob(48) WHERE number = 1", 1),
        ("UPDATE ledger SET seal = zeroblob(32) WHERE number = 11", 11),
        ("DELETE FROM ledger WHERE number = 6", 6),
        ("DELETE FROM ledger WHERE number = 1", 1),
        ("UPDATE ledger SET number = 99 WHERE number = 11", 11),
        (
            (
                "INSERT INTO ledger SELECT 12, at_us, account, conversation, outgoing_id, kind, code, state,"
                " remote_id, body, seal FROM ledger WHERE number = 11"
            ),
            12,
        ),
    ],
)
def test_a_change_is_found_where_it_begins(desk: Desk, spoil: str, first_bad: int) -> None:
    """A row that was changed, removed or added is named by the first number that is wrong."""
    a_life(desk)
    with raw(desk.store.folder) as con:
        con.execute(spoil)
    assert desk.store.verify_ledger().result(WAIT_S).first_bad == first_bad
