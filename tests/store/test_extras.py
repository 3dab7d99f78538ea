"""What a message carries beside its text: kept with it, in queue, journal and after its arrival."""

from __future__ import annotations

import math

import pytest

from chatdesk.domain import outbox as machine
from chatdesk.domain.actions import NO_EXTRAS, Attachment, Extras
from chatdesk.domain.entities import Message
from chatdesk.domain.errors import NotPossible, StaleDraft
from chatdesk.domain.events import MessageDeleted
from chatdesk.domain.ids import MessageId, RemoteId
from chatdesk.domain.kinds import MessageKind, OutgoingKind, Source
from chatdesk.store import Store
from chatdesk.store import journal as journal_file
from tests.conftest import AllowLog
from tests.store.making import CONVERSATION, EXTRAS, WAIT_S, Desk, message, raw, reading

FILE = Extras(attachments=(Attachment(url="https://files.example/b.png", name="b.png"),))


def shown(desk: Desk) -> list[Message]:
    with reading(desk.store) as reader:
        return list(reader.newest_page(desk.conversation).messages)


def test_what_a_server_shows_beside_the_text_is_kept(desk: Desk) -> None:
    """Attachments, subject, topic and place of a message come back as they came, and none as none."""
    desk.apply(3, message(1, extras=EXTRAS), message(2))
    assert [one.extras for one in shown(desk)] == [EXTRAS, NO_EXTRAS]


def test_the_newest_content_brings_its_extras(desk: Desk) -> None:
    """An edit replaces text and extras together; an older sight replaces neither."""
    desk.apply(5, message(1, "new", extras=FILE))
    desk.apply(4, message(1, "old", extras=EXTRAS))
    assert [(one.text, one.extras) for one in shown(desk)] == [("new", FILE)]
    desk.apply(6, message(1, "newest"))
    assert [(one.text, one.extras) for one in shown(desk)] == [("newest", NO_EXTRAS)]


def test_a_message_that_is_deleted_shows_no_extras(desk: Desk) -> None:
    """Deleted is deleted: neither file nor subject is shown any more."""
    desk.apply(3, message(1, extras=EXTRAS), message(2, own=True, extras=EXTRAS))
    desk.apply(4, *(MessageDeleted(conversation=CONVERSATION, remote_id=RemoteId(f"m{n}")) for n in (1, 2)))
    assert [(one.deleted, one.extras) for one in shown(desk)] == [(True, NO_EXTRAS)] * 2


def test_what_others_have_deleted_is_wiped_from_the_disk(desk: Desk) -> None:
    """Text and extras of others go for good, whichever packet says so; no later sight brings them back."""
    desk.apply(3, message(1, extras=EXTRAS), message(2, extras=EXTRAS))
    desk.apply(4, MessageDeleted(conversation=CONVERSATION, remote_id=RemoteId("m1")))
    desk.apply(5, message(2, extras=EXTRAS, deleted=True), message(3, extras=EXTRAS, deleted=True))
    desk.apply(6, message(1, extras=EXTRAS), message(2, extras=EXTRAS))
    with raw(desk.store.folder) as con:
        assert con.execute("SELECT DISTINCT text, extras FROM messages").fetchall() == [("", "")]


def test_extras_that_no_column_can_hold_do_not_lose_the_message(desk: Desk) -> None:
    """A place that is no place and half a character are left out; the page can still be read."""
    spoilt = Extras(
        subject="a\ud800b", place=(math.nan, 1.0), attachments=(Attachment(name="\udfff", size_bytes=-1),)
    )
    desk.apply(3, message(1, "whole", extras=spoilt))
    (there,) = shown(desk)
    assert there.text == "whole"
    assert there.extras == Extras(subject="a\ufffdb", attachments=(Attachment(name="\ufffd", size_bytes=-1),))


def test_extras_that_could_not_be_read_again_are_dropped_with_their_event(
    desk: Desk, allow_log: AllowLog
) -> None:
    """A wrong type that slipped through costs one event, counted, never a page."""
    allow_log("WARNING chatdesk.store.apply: dropped a MessageSeen")
    wrong = Extras(attachments=(Attachment(name="b.png", size_bytes="7"),))  # type: ignore[arg-type]
    desk.apply(3, message(1, extras=wrong), message(2))
    assert [one.text for one in shown(desk)] == ["text 2"]
    assert desk.store.dropped_counts(desk.account.id).result(WAIT_S) == {"bad": 1}


def test_a_press_keeps_kind_and_extras_everywhere(desk: Desk) -> None:
    """Message row, queue, journal and what an engine reads after a restart: all carry kind and extras."""
    item = desk.press("look", kind=MessageKind.FILE, extras=EXTRAS)
    assert (item.kind, item.message_kind, item.extras) == (OutgoingKind.SEND, MessageKind.FILE, EXTRAS)
    (there,) = shown(desk)
    assert (there.kind, there.extras) == (MessageKind.FILE, EXTRAS)
    recorded = journal_file.read(desk.store.folder / journal_file.FILE_NAME).unfinished[item.id].item
    assert (recorded.message_kind, recorded.extras) == (MessageKind.FILE, EXTRAS)
    desk.store.close()
    again = Store.open(desk.store.folder)
    try:
        assert again.unsettled(desk.account.id).result(WAIT_S) == (item,)
    finally:
        again.close()


def test_a_file_or_a_place_may_go_without_words(desk: Desk) -> None:
    """Blank text is something to send where a file or a place comes with it; a subject alone is not."""
    with pytest.raises(NotPossible):
        desk.press(" ", extras=Extras(subject="Steel"))
    assert desk.press("", kind=MessageKind.IMAGE, extras=FILE).extras == FILE
    assert desk.press("", kind=MessageKind.LOCATION, extras=Extras(place=(1.0, 2.0))).text == ""


def test_a_draft_goes_once_with_extras_too(desk: Desk) -> None:
    """A second Enter on the same draft sends nothing, whatever it carries."""
    desk.store.press_send(desk.conversation, 0, "once", MessageKind.TEXT, EXTRAS).result(WAIT_S)
    with pytest.raises(StaleDraft):
        desk.store.press_send(desk.conversation, 0, "once", MessageKind.FILE, FILE).result(WAIT_S)
    assert len(desk.store.unsettled(desk.account.id).result(WAIT_S)) == 1


def test_an_edit_in_the_queue_changes_the_text_alone(desk: Desk) -> None:
    """What else a message carries stays with it."""
    item = desk.press("look", kind=MessageKind.FILE, extras=EXTRAS)
    edited = desk.advance(item, machine.PersonEdits("see"))
    assert (edited.text, edited.message_kind, edited.extras) == ("see", MessageKind.FILE, EXTRAS)
    assert [(one.text, one.extras) for one in shown(desk)] == [("see", EXTRAS)]


def test_candidates_name_kind_and_extras_even_of_deleted_messages(desk: Desk) -> None:
    """Finding a lost send compares kind, files and subject: they outlive a deletion, for own messages."""
    desk.apply(
        3,
        message(1, "hello", own=True, kind=MessageKind.IMAGE, extras=EXTRAS, source=Source.STORED),
        MessageDeleted(conversation=CONVERSATION, remote_id=RemoteId("m1")),
    )
    (found,) = desk.store.candidates(desk.conversation, frozenset()).result(WAIT_S)
    assert (found.text, found.kind, found.extras) == ("hello", MessageKind.IMAGE, EXTRAS)


# -- reports


def id_of(desk: Desk, number: int) -> MessageId:
    return next(one.id for one in shown(desk) if one.remote_id == f"m{number}")


def test_a_report_names_message_and_reason(desk: Desk) -> None:
    """What is queued is enough for the platform's staff; asking twice queues once."""
    desk.apply(3, message(1, "rude"))
    item = desk.store.intend_report(id_of(desk, 1), "insults\ud800").result(WAIT_S)
    assert (item.kind, item.target, item.text) == (OutgoingKind.REPORT, "m1", "insults\ufffd")
    assert item.conversation_remote_id == CONVERSATION
    assert desk.store.intend_report(id_of(desk, 1), "again").result(WAIT_S) == item
    done = desk.advance(desk.start(item), machine.Stored(None))
    assert done.state.value == "accepted"
    assert shown(desk)[0].text == "rude"


def test_only_stored_messages_of_others_are_reported(desk: Desk) -> None:
    """Own, deleted, unknown and unsent messages are no matter for a report."""
    desk.apply(3, message(1, own=True), message(2))
    desk.apply(4, MessageDeleted(conversation=CONVERSATION, remote_id=RemoteId("m2")))
    pressed = desk.press("waiting").message_id
    assert pressed is not None
    for wrong in (id_of(desk, 1), id_of(desk, 2), pressed, MessageId(12345)):
        with pytest.raises(NotPossible):
            desk.store.intend_report(wrong, "why").result(WAIT_S)
    assert [one.kind for one in desk.store.outbox().result(WAIT_S).rows] == [OutgoingKind.SEND]
