"""Every message is laid out inside the view, with its state visible in more than a colour."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QApplication

from chatdesk.domain.actions import Attachment, Extras
from chatdesk.domain.entities import Message
from chatdesk.domain.ids import Cursor
from chatdesk.domain.kinds import Assurance, DeliveryState, MessageKind, ParkReason
from chatdesk.ui.i18n import size_text
from chatdesk.ui.theme import Theme, ThemeMode
from chatdesk.ui.timeline.grouping import GROUP_US, Above, above
from chatdesk.ui.timeline.layout import Item, Look, RowLayout, lay_out
from chatdesk.ui.timeline.offers import Action, inline, label, menu
from chatdesk.ui.timeline.style import BUBBLE_SHARE, Style
from chatdesk.ui.timeline.unread import UnreadLine
from chatdesk.ui.timeline.wording import (
    attachment_words,
    how_far,
    info_word,
    spoken,
    state_words,
    subject_words,
    topic_words,
)
from tests.ui.timeline.stage import MINUTE_US, NOON_US, a_message, own

ALONE = Above(day=False, unread=False, gap=False, first=True, last=True)


@pytest.fixture(scope="module")
def style(qapp: QApplication) -> Iterator[Style]:
    theme = Theme(qapp, ThemeMode.LIGHT)
    yield Style(theme)
    theme.deleteLater()


def laid_out(message: Message, style: Style, width: int = 600, above_it: Above = ALONE) -> RowLayout:
    item = Item(
        message,
        above_it,
        show_name=True,
        steps=0,
        now_us=NOON_US,
        subject=subject_words(message),
        topic=topic_words(message.extras.topic),
    )
    return lay_out(item, width, style)


words = st.text(st.characters(codec=None), max_size=60)
extras = st.builds(
    Extras,
    subject=words,
    topic=words,
    attachments=st.lists(
        st.builds(Attachment, url=words, name=words, size_bytes=st.none() | st.integers(-1, 2**60)),
        max_size=12,
    ).map(tuple),
    place=st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
)


messages = st.builds(
    lambda text, mine, state, kind, reason, twice, deleted, beside: (own if mine else a_message)(
        1,
        text,
        extras=beside,
        state=state if mine else DeliveryState.ACCEPTED,
        kind=kind,
        parked=reason if state is DeliveryState.PARKED else None,
        arrived_twice=twice,
        deleted=deleted,
        edited_at_us=NOON_US if twice else None,
    ),
    st.text(st.characters(codec=None), max_size=300),
    st.booleans(),
    st.sampled_from(DeliveryState),
    st.sampled_from(MessageKind),
    st.sampled_from(ParkReason),
    st.booleans(),
    st.booleans(),
    st.just(Extras()) | extras,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages, st.integers(120, 1_500), st.booleans(), st.booleans())
@example(own(1, "", state=DeliveryState.PARKED, parked=ParkReason.NOT_FOUND), 120, False, False)
def test_everything_stays_inside_its_row(
    style: Style, message: Message, width: int, day: bool, unread: bool
) -> None:
    """Whatever the text and the state, all parts lie inside the bubble, and the bubble inside the view."""
    above_it = Above(day=day, unread=unread, gap=unread, first=day, last=True)
    row = laid_out(message, style, width, above_it)
    inside = QRectF(0, row.lead, width, row.height - row.lead)
    parts = [row.text.rect, *(link.rect for link in row.actions)]
    parts += [row.note.rect] if row.note else []
    parts += [row.mark.rect] if row.mark else []
    parts += [part.rect for part in (row.subject, row.extra, row.chip) if part]
    for part in parts:
        assert inside.contains(part)
    assert inside.contains(row.bubble)
    if row.look is not Look.SYSTEM:
        assert row.bubble.width() <= max(width * BUBBLE_SHARE, style.min_bubble) + 1
        assert row.bubble.contains(row.text.rect)
        for beside in (row.subject, row.extra, row.chip):
            assert beside is None or row.bubble.contains(beside.rect)
        for words in (*row.small_print, *([row.name] if row.name else [])):
            assert row.bubble.contains(words.at)


def test_own_right_others_left(style: Style) -> None:
    """Own bubbles end at the right margin, those of others begin at the left one."""
    mine, theirs = laid_out(own(1), style), laid_out(a_message(1), style)
    assert mine.bubble.right() == 600 - style.side
    assert theirs.bubble.left() == style.side


@pytest.mark.parametrize(
    ("state", "mark", "words"),
    [
        (DeliveryState.QUEUED, "clock", "queued"),
        (DeliveryState.IN_FLIGHT, "arrow-up", "sending"),
        (DeliveryState.ACCEPTED, "tick", ""),
        (DeliveryState.DELIVERED, "ticks", ""),
        (DeliveryState.READ, "ticks", "read"),
        (DeliveryState.UNCERTAIN, "question", ""),
        (DeliveryState.PARKED, "alert", ""),
    ],
)
def test_each_state_has_its_mark(style: Style, state: DeliveryState, mark: str, words: str) -> None:
    """No two states differ by their colour alone: mark, words, outline or actions tell them apart."""
    row = laid_out(own(1, state=state), style)
    assert row.mark is not None
    assert row.mark.icon == mark
    said = [part.text for part in row.small_print[1:]]
    assert said == ([words] if words else [])


def test_all_states_look_different(style: Style) -> None:
    """Look, mark, words and actions together are different for every state."""
    seen = set()
    for state in (s for s in DeliveryState if s not in {DeliveryState.DRAFT, DeliveryState.CANCELLED}):
        row = laid_out(own(1, state=state), style)
        words = tuple(part.text for part in row.small_print)
        seen.add((row.look, row.mark.icon if row.mark else "", words, tuple(a.action for a in row.actions)))
    assert len(seen) == len(DeliveryState) - 2


def test_a_queued_message_says_when(style: Style) -> None:
    """Where the time of sending can be expected it is said; a relayed message is handed over, no more."""
    waiting = own(1, state=DeliveryState.QUEUED, expected_at_us=NOON_US + 4 * MINUTE_US)
    assert state_words(waiting, NOON_US) == "queued, goes in about 4 min"
    assert state_words(waiting, NOON_US + 5 * MINUTE_US) == "queued"
    assert state_words(own(1, assurance=Assurance.RELAYED), NOON_US) == "handed over"


def test_handed_over_is_never_delivered() -> None:
    """What a server only passed on is handed over, in print and speech, until it is known to be read."""
    for state in (DeliveryState.ACCEPTED, DeliveryState.DELIVERED):
        passed_on = own(1, assurance=Assurance.RELAYED, state=state)
        assert how_far(passed_on) == "handed over"
        assert "handed over" in spoken(passed_on)
        assert "delivered" not in spoken(passed_on) + state_words(passed_on, NOON_US)
    assert how_far(own(1, assurance=Assurance.RELAYED, state=DeliveryState.READ)) == "read"
    assert how_far(own(1, assurance=Assurance.STORED, state=DeliveryState.ACCEPTED)) == "sent"


def test_a_file_is_one_plain_line() -> None:
    """A name and a size; without a name the end of the address; remote text can't break the line."""
    size = size_text(2_048)
    assert attachment_words(Attachment(name="a\nb.pdf", size_bytes=2_048)) == f"a b.pdf · {size}"
    assert attachment_words(Attachment(url="https://x.example/u/photo%201.jpg?sig=1#x")) == "photo%201.jpg"
    assert attachment_words(Attachment(size_bytes=-4)) == "File"


def test_deleted_messages_show_nothing_of_their_text(style: Style) -> None:
    """Of a deleted message only that it was deleted is shown, spoken and offered."""
    gone = own(1, "secret https://example.test", deleted=True, state=DeliveryState.PARKED)
    row = laid_out(gone, style)
    assert row.text.layout.text() == "Message deleted"
    assert (row.links, row.actions, row.mark, row.note) == ((), (), None, None)
    assert "secret" not in spoken(gone)
    assert menu(gone, can_delete=True) == (Action.INFO,)


def test_names_stand_above_the_first_of_a_group(style: Style) -> None:
    """A sender's name stands on the first message of a group only."""
    first = laid_out(a_message(1), style)
    later = laid_out(a_message(2), style, above_it=ALONE._replace(first=False))
    assert first.name is not None
    assert first.name.text == "Northline Transport"
    assert later.name is None


def test_groups() -> None:
    """Messages of one sender within five minutes stand together; others, system lines and days divide."""
    one, soon = a_message(1, sent_at_us=NOON_US), a_message(2, sent_at_us=NOON_US + GROUP_US)
    late = a_message(3, sent_at_us=NOON_US + 2 * GROUP_US + 1)
    mine = own(4, sent_at_us=NOON_US)
    system = a_message(5, sent_at_us=NOON_US, kind=MessageKind.SYSTEM)
    day = a_message(6, sent_at_us=NOON_US + 86_400_000_000)
    assert not above(one, soon, None).first
    for before, message in ((soon, late), (one, mine), (one, system), (system, one), (one, day)):
        assert above(before, message, None).first
    assert above(one, soon, late).last
    assert not above(one, soon, soon).last
    assert above(None, one, None).day
    assert not above(one, soon, None).day
    assert above(one, day, None).day
    assert above(one, soon, None, unread=True).first


def test_retry_is_offered_where_it_can_help() -> None:
    """Each reason for not sending offers what helps, and always a way to keep the text."""
    for reason in ParkReason:
        offered = inline(own(1, state=DeliveryState.PARKED, parked=reason))
        assert Action.COPY in offered
        assert Action.REMOVE in offered
        hopeless = {ParkReason.CLOSED, ParkReason.NOT_FOUND, ParkReason.TOO_LONG, ParkReason.EMPTY}
        assert (Action.RETRY in offered) is (reason not in hopeless)
        closed = reason in {ParkReason.CLOSED, ParkReason.NOT_FOUND}
        assert (Action.ELSEWHERE in offered) is closed
        assert (Action.EDIT in offered) is not closed, "no text can go there any more"
    assert inline(a_message(1)) == ()
    assert all(label(action) for action in Action)


def test_the_unread_line_finds_its_place() -> None:
    """It stands above the oldest of as many of others as were unread, or above what was never seen."""
    rows = [a_message(1), own(2), a_message(3), a_message(4, kind=MessageKind.SYSTEM), a_message(5)]
    by_count = UnreadLine(2)
    by_count.look_at(rows)
    assert by_count.message == rows[2].id
    by_cursor = UnreadLine(9, Cursor("00000003"))
    by_cursor.look_at(rows)
    assert by_cursor.message == 5
    open_end = UnreadLine(9)
    open_end.look_at(rows[2:])
    not_yet = open_end.message
    open_end.look_at([a_message(n) for n in range(-20, 0)] + rows)
    assert (not_yet, open_end.message) == (None, -6)
    none = UnreadLine(0)
    none.look_at(rows)
    assert none.message is None


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("pressed", "Queued on this computer"),
        ("attempt 2", "Sent to the server, try 2"),
        ("refused: closed", "Not sent: chat closed"),
        ("refused: <b>", "refused: <b>"),
        ("something new", "something new"),
    ],
)
def test_the_story_is_told_in_words(code: str, words: str) -> None:
    """Words of the ledger become sentences; one that is not known is shown as it is."""
    assert info_word(code) == words
