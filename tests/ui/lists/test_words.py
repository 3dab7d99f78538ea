"""What a row says, to the eye and to the ear, and what a search finds in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdesk.domain.kinds import DeliveryState, Lifecycle, MessageKind, PresenceState
from chatdesk.ui.lists.folding import fold, matches, words_of
from chatdesk.ui.lists.row import order_tag, row_of
from chatdesk.ui.lists.wording import Line, sentence, snippet_line, status_text, title_text, waiting_text
from tests.ui.lists.made import MINUTE_US, NOW_US, a_conversation, a_snippet

HOSTILE = "\ud800<b>x</b>\x00\n\u202ebad\u2066 " + "y" * 5_000


class TestSearch:
    @pytest.mark.parametrize(
        ("text", "query"),
        [
            ("Łódź Transport", "LODZ"),
            ("Crème Brûlée", "creme brulee"),
            ("Straße 5", "STRASSE"),
            ("Øresund", "oresund"),
            ("ＡＢＣ", "abc"),
            ("Ёлка", "елка"),
            ("مُحَمَّد", "محمد"),
            ("İstanbul", "istanbul"),
            ("O’Neil", "o'neil"),
        ],
    )
    def test_case_accents_and_width_do_not_matter(self, text: str, query: str) -> None:
        """A name is found however it is typed."""
        assert matches(fold(text), words_of(query))

    def test_every_word_must_occur_in_any_order(self) -> None:
        """Two words narrow a search; their order does not matter, half words do."""
        hay = fold("Permit copy for Ohio")
        assert matches(hay, words_of("ohio perm"))
        assert not matches(hay, words_of("ohio iowa"))
        assert matches(hay, words_of("   "))

    @given(st.text(max_size=80), st.text(max_size=10))
    def test_a_part_of_a_text_is_found(self, before: str, part: str) -> None:
        """Whatever the letters: what folds into words is found in the text that holds those words."""
        assert matches(fold(f"{before} {part}"), words_of(part))

    def test_a_row_is_found_by_name_number_message_and_draft(self) -> None:
        """The search looks at name, order number with or without its sign, last message and draft."""
        row = row_of(
            a_conversation(
                1, title="Quarry & Stone", order_number="10471", last=a_snippet("Thánks"), draft="see you"
            )
        )
        for query in ("quarry", "10471", "#10471", "thanks", "see YOU"):
            assert matches(row.haystack, words_of(query)), query
        assert not matches(row.haystack, words_of("10472"))


class TestRow:
    def test_numbers_get_a_sign_and_names_speak_for_themselves(self) -> None:
        """10482 is shown as #10482; a number with letters is shown as it is."""
        assert order_tag("10482") == "#10482"
        assert order_tag("ORD-000123") == "ORD-000123"
        assert order_tag("") == ""
        assert order_tag("cmwp88zjk0i2u6f6bwrz8pri4") == "", "an id of a database"
        assert order_tag("6741f3a09bd1c2e5f8a7b604") == ""
        assert order_tag("TRANSFORMER-2026-KARAGANDA") == "TRANSFORMER-2026-KARAGANDA"

    def test_hostile_text_is_one_short_line(self) -> None:
        """Surrogates, breaks, direction marks and length never reach a row."""
        row = row_of(
            a_conversation(
                1,
                title=HOSTILE,
                order_number=HOSTILE,
                order_status_label=HOSTILE,
                last=a_snippet(HOSTILE),
                draft=HOSTILE,
            )
        )
        for text in (row.title, row.order_tag, row.status, row.snippet, row.draft):
            assert len(text) <= 201
            assert not set(text) & {"\n", "\x00", "\u202e", "\u2066", "\ud800"}
            text.encode("utf-8")

    def test_somebody_without_a_name_still_has_a_title(self) -> None:
        """A row is never blank: the order number stands in for the name, else words do."""
        assert title_text(row_of(a_conversation(1, title="", order_number="7"))) == "#7"
        assert title_text(row_of(a_conversation(1, title=" \n "))) == "Unnamed conversation"


class TestSnippet:
    def test_who_is_typing_comes_first_then_the_draft_then_the_last_message(self) -> None:
        """One line shows what matters most now."""
        row = row_of(a_conversation(1, draft="Hi there", last=a_snippet("Old")))
        assert snippet_line(row, ("Ann",)) == Line("Ann is typing", colour="accent_text")
        assert snippet_line(row, ("Ann", "Bo")).text == "Several people are typing"
        assert snippet_line(row, ("",)).text == "Somebody is typing"
        assert snippet_line(row) == Line("Draft: Hi there", lead="edit")
        both = row_of(a_conversation(1, draft="Hi there", two_drafts=True, last=a_snippet("Old")))
        assert snippet_line(both) == Line("Draft (2 versions): Hi there", lead="edit")
        assert snippet_line(row_of(a_conversation(1, last=a_snippet("Old")))) == Line("Old")
        assert snippet_line(row_of(a_conversation(1))) == Line("No messages yet")

    @pytest.mark.parametrize(
        ("state", "icon", "colour"),
        [
            (DeliveryState.QUEUED, "clock", "muted"),
            (DeliveryState.IN_FLIGHT, "arrow-up", "muted"),
            (DeliveryState.ACCEPTED, "tick", "muted"),
            (DeliveryState.DELIVERED, "ticks", "muted"),
            (DeliveryState.READ, "ticks", "accent_text"),
            (DeliveryState.UNCERTAIN, "question", "warn"),
            (DeliveryState.PARKED, "alert", "bad"),
        ],
    )
    def test_an_own_message_shows_how_far_it_has_come(
        self, state: DeliveryState, icon: str, colour: str
    ) -> None:
        """Each state of an own message has its mark; those of others have none."""
        own = snippet_line(row_of(a_conversation(1, last=a_snippet("On it", own=True, state=state))))
        assert (own.tail, own.tail_colour) == (icon, colour)
        other = snippet_line(row_of(a_conversation(1, last=a_snippet("On it", state=state))))
        assert other.tail is None

    @pytest.mark.parametrize(
        ("kind", "icon", "words"),
        [
            (MessageKind.IMAGE, "image", "Photo"),
            (MessageKind.FILE, "clip", "File"),
            (MessageKind.AUDIO, "audio", "Voice message"),
            (MessageKind.LOCATION, "location", "Location"),
            (MessageKind.TEXT, None, "Message without text"),
            (MessageKind.SYSTEM, None, "Message without text"),
        ],
    )
    def test_what_is_no_text_is_named(self, kind: MessageKind, icon: str | None, words: str) -> None:
        """A photo, a file, a voice message or a place is shown by a mark and named where it has no text."""
        nameless = snippet_line(row_of(a_conversation(1, last=a_snippet("", kind=kind))))
        assert (nameless.lead, nameless.text) == (icon, words)
        assert snippet_line(row_of(a_conversation(1, last=a_snippet("x.pdf", kind=kind)))).text == "x.pdf"


class TestSentence:
    def test_a_screen_reader_hears_everything_that_is_painted(self) -> None:
        """Name, presence, order, status, unread, waiting, message with its state, time, muted, archived."""
        row = row_of(
            a_conversation(
                1,
                title="Northline",
                order_number="10482",
                order_status_label="Processing",
                unread=2,
                waiting_since_us=NOW_US - 12 * MINUTE_US,
                last=a_snippet("On it", own=True, state=DeliveryState.READ, at_us=NOW_US),
                muted=True,
                archived=True,
            )
        )
        text = sentence(row, typing=(), presence=PresenceState.ONLINE, now_us=NOW_US)
        parts = text.split(", ")
        assert parts[:6] == [
            "Northline",
            "online",
            "order #10482",
            "Processing",
            "2 unread messages",
            "waiting for a reply: 12 min",
        ]
        assert "You: On it, read" in text
        assert parts[-2:] == ["muted", "archived"]
        assert "<" not in text

    def test_kinds_are_spoken_with_their_text(self) -> None:
        """A file is called a file, since its mark cannot be heard."""
        row = row_of(a_conversation(1, last=a_snippet("plan.pdf", kind=MessageKind.FILE)))
        assert "File: plan.pdf" in sentence(row, typing=(), presence=PresenceState.UNKNOWN, now_us=NOW_US)

    @pytest.mark.parametrize("lifecycle", [one for one in Lifecycle if one is not Lifecycle.OPEN])
    def test_a_conversation_that_takes_no_more_says_so(self, lifecycle: Lifecycle) -> None:
        """Whatever keeps one from writing stands beside the order's status; an open one says nothing."""
        row = row_of(a_conversation(1, order_status_label="Paid", lifecycle=lifecycle))
        assert status_text(row).startswith("Paid · ")
        assert status_text(row_of(a_conversation(1, order_status_label="Paid"))) == "Paid"

    def test_the_timer_counts_from_the_oldest_unanswered_message(self) -> None:
        """Nobody waits: no timer; a clock that runs ahead of ours never gives a negative one."""
        assert waiting_text(row_of(a_conversation(1)), NOW_US) == ""
        late = row_of(a_conversation(1, waiting_since_us=NOW_US - 125 * MINUTE_US))
        assert waiting_text(late, NOW_US) == "reply 2 h 05"
        ahead = row_of(a_conversation(1, waiting_since_us=NOW_US + MINUTE_US))
        assert waiting_text(ahead, NOW_US) == "reply now"
