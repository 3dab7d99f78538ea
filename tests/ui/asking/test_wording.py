"""Every action, look-up and ending has plain words; what adapters say by a stable word is translated."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

from chatdesk import platforms
from chatdesk.domain.actions import ActionKind, FieldAsked, FindKind, FindScope, Offer, Subject
from chatdesk.domain.errors import DiskTrouble, NotDone, NotKnown
from chatdesk.domain.kinds import NoticeCode, OrderKind, ParkReason
from chatdesk.ui import vocabulary
from chatdesk.ui.asking import wording
from chatdesk.ui.asking.names import NAME_CHARS, safe_name
from chatdesk.ui.asking.offers import about_account, about_hit
from tests.ui.asking.made import a_hit, able

JARGON = re.compile(r"Error|Exception|Traceback|None|null|HTTP \d|_|\b[a-z]+[A-Z]", re.ASCII)
NOW = 1_800_000_000_000_000


def check(text: str, *, sentence: bool = True) -> None:
    assert text
    assert text.lstrip("“")[0].isupper()
    assert not JARGON.search(text), text
    assert not sentence or text.rstrip()[-1] in ".!?…", text


@pytest.mark.parametrize("kind", ActionKind)
class TestEveryAction:
    def test_button_question_and_endings(self, kind: ActionKind) -> None:
        """A button, a question, what goes on, that it is done, that nobody knows."""
        offer, about = Offer(action=kind, on=Subject.ACCOUNT), about_account(able())
        check(wording.action_words(offer, about), sentence=False)
        asked = wording.question(offer, about)
        check(asked.title, sentence=False)
        check(asked.text)
        check(asked.yes, sentence=False)
        check(wording.busy_sentence(kind))
        check(wording.given_up_sentence(kind))
        check(wording.done_sentence(offer))
        unknown = wording.failed_sentence(NotKnown(kind.value), kind)
        check(unknown)
        assert "may have been" in unknown

    def test_more_is_asked(self, kind: ActionKind) -> None:
        """A button that asks first says so by its dots."""
        about = about_account(able())
        asking = Offer(action=kind, on=Subject.ACCOUNT, confirm=True)
        assert wording.action_words(asking, about).endswith("…")


@pytest.mark.parametrize("kind", OrderKind)
def test_what_is_made_is_named(kind: OrderKind) -> None:
    """Who makes an RFQ is not told of an order."""
    offer = Offer(action=ActionKind.CREATE_ORDER, on=Subject.ACCOUNT, order_kinds=(kind,), confirm=True)
    words = wording.action_words(offer, about_account(able()))
    assert words.casefold() == f"new {kind.value}…"
    assert wording.question(offer, about_account(able())).title == words.rstrip("…")


class TestEndings:
    @pytest.mark.parametrize("reason", [None, *ParkReason])
    def test_every_reason(self, reason: ParkReason | None) -> None:
        """Each reason has a sentence, and each says that nothing was done."""
        text = wording.failed_sentence(NotDone(reason), ActionKind.ACCEPT)
        check(text)
        assert "othing was done" in text

    def test_the_servers_words_and_its_pace(self) -> None:
        """What the server said is quoted, on one line; how long it wants us to wait comes before it."""
        error = NotDone(ParkReason.REFUSED, "Invalid\ncode\u202e", 90.0)
        assert wording.failed_sentence(error, ActionKind.CONFIRM_CODE) == (
            "The server refused it. Nothing was done. Try again in 1 min. The server says: Invalid code"
        )

    @pytest.mark.parametrize("code", NoticeCode)
    def test_our_own_codes_are_not_quoted(self, code: NoticeCode) -> None:
        """A word of the engine is never shown as if a server had said it."""
        text = wording.failed_sentence(NotDone(None, code.value), ActionKind.ACCEPT)
        check(text)
        assert "server says" not in text
        assert "_" not in text

    def test_a_field_that_the_server_would_not_take(self) -> None:
        """An adapter names the field by its key; the person reads its title."""
        fields = (FieldAsked(key="truck"), FieldAsked(key="start"))
        unknown = wording.failed_sentence(
            NotDone(ParkReason.NOT_FOUND, "truck"), ActionKind.CREATE_ORDER, fields
        )
        wrong = wording.failed_sentence(NotDone(ParkReason.REFUSED, "start"), ActionKind.CREATE_ORDER, fields)
        assert unknown == "Truck: the server knows none like this. Nothing was done."
        assert wrong.endswith("the server would not take this. Nothing was done.")
        assert "says" not in wrong

    def test_files_that_can_not_be_read(self) -> None:
        """A trouble of this computer is not put on the server."""
        for word in ("disk", "too_large"):
            text = wording.failed_sentence(NotDone(ParkReason.REFUSED, word), ActionKind.ADD_FILE)
            check(text)
            assert "server" not in text
        assert wording.failed_sentence(DiskTrouble("x"), ActionKind.ADD_FILE)

    def test_how_long_a_code_holds(self) -> None:
        """A deadline counts down, then says that it is over."""
        until = NOW + 9 * 60_000_000
        assert "9 min left" in wording.valid_until(until, NOW)
        assert "30 s left" in wording.valid_until(NOW + 30_000_000, NOW)
        assert "no longer" in wording.valid_until(NOW, NOW)


class TestLookingUp:
    def test_kinds_and_scopes(self) -> None:
        """Every kind is a tab, every scope a chip."""
        assert len({wording.find_title(kind) for kind in FindKind}) == len(FindKind)
        assert len({wording.scope_title(scope) for scope in FindScope}) == len(FindScope)

    def test_a_person_is_named(self) -> None:
        """Talking about a result names whom one talks with."""
        start = Offer(action=ActionKind.START_CHAT, on=Subject.HIT)
        assert wording.action_words(start, about_hit(able(), a_hit("1"))) == "Talk with Person 1"
        nobody = about_hit(able(), a_hit("1", person_name=""))
        assert wording.action_words(start, nobody) == "Talk about it"

    def test_why_nothing_was_found(self) -> None:
        """A look-up that fails says why."""
        for reason in (None, *ParkReason):
            text = wording.find_failed_sentence(NotDone(reason))
            check(text)
            assert "done" not in text
        for code in NoticeCode:
            text = wording.find_failed_sentence(NotDone(None, code.value))
            check(text)
            assert "server says" not in text
        quoted = wording.find_failed_sentence(NotDone(ParkReason.FORBIDDEN, "Buyers only", 4.0))
        assert quoted == "You may not look this up here. Try again in 4 s. The server says: Buyers only"
        check(wording.find_failed_sentence(DiskTrouble("full")))


def _asked(value: object) -> Iterator[FieldAsked]:
    """Every field that a constant of an adapter asks for."""
    if isinstance(value, FieldAsked):
        yield value
    elif isinstance(value, Offer):
        yield from value.fields
    elif isinstance(value, (tuple, list, frozenset)):
        for one in value:
            yield from _asked(one)


def test_every_field_of_every_platform_has_words() -> None:
    """No form of an action shows a bare key, nor a bare choice."""
    fields: dict[str, FieldAsked] = {}
    for found in pkgutil.walk_packages(platforms.__path__, "chatdesk.platforms."):
        module = importlib.import_module(found.name)
        for value in vars(module).values():
            fields |= {f"{found.name} {field.key}": field for field in _asked(value)}
    assert len(fields) > 15
    assert sorted(where for where, field in fields.items() if not vocabulary.knows_asked(field.key)) == []
    choices = {f"{where} {choice}": choice for where, field in fields.items() for choice in field.choices}
    assert sorted(where for where, choice in choices.items() if not vocabulary.knows_choice(choice)) == []


class TestFileNames:
    @pytest.mark.parametrize(
        ("remote", "local"),
        [
            ("permit.pdf", "permit.pdf"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("C:\\boot.ini", "C_boot.ini"),
            ("a\x00b\u202e.exe", "a b .exe"),
            ("  .hidden. ", "hidden"),
            ("con", "_con"),
            ("LPT1.txt", "_LPT1.txt"),
            ("", "file"),
            ("///", "file"),
            ("...", "file"),
        ],
    )
    def test_are_names_only(self, remote: str, local: str) -> None:
        """No folder, no control character, no name that a system keeps for itself."""
        assert safe_name(remote, "file") == local

    def test_long_ones_keep_their_ending(self) -> None:
        """What is cut is the middle, so that it still opens with the right program."""
        name = safe_name("x" * 500 + ".pdf", "file")
        assert len(name) == NAME_CHARS
        assert name.endswith("x.pdf")

    def test_types(self) -> None:
        """The name says what it is."""
