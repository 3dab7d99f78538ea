"""There is a plain sentence for everything that can happen, and none of them talks like a program."""

from __future__ import annotations

import inspect
import re

import pytest

from chatdesk.domain import errors
from chatdesk.domain.changes import AccountStatus
from chatdesk.domain.desk import ServerCheck
from chatdesk.domain.entities import Draft, FileRule
from chatdesk.domain.errors import ChatdeskError, FileRefused, NotDone, SignInRefused, StaleDraft, WorldError
from chatdesk.domain.ids import AccountId, ConversationId
from chatdesk.domain.kinds import (
    ConnectionState,
    DeliveryState,
    FileWhy,
    NoticeCode,
    ParkReason,
    Platform,
    PresenceState,
)
from chatdesk.domain.outbox import COPY_LOST
from chatdesk.services.addresses import AddressProblem
from chatdesk.ui import words
from chatdesk.ui.file_words import file_parked_sentence, file_parked_word, not_taken
from chatdesk.ui.refusals import sign_in_sentence

JARGON = re.compile(r"Error|Exception|Traceback|None|null|HTTP \d|\b[45]\d\d\b|_|\b[a-z]+[A-Z]", re.ASCII)
NOW = 1_800_000_000_000_000


def check_sentence(text: str) -> None:
    assert text
    assert text[0].isupper()
    assert text.rstrip()[-1] in ".!?"
    assert not JARGON.search(text), text
    assert len(text) < 220


def all_errors() -> list[type[ChatdeskError]]:
    return [
        kind for _name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, ChatdeskError)
    ]


def made(kind: type[ChatdeskError]) -> ChatdeskError:
    if kind is SignInRefused:
        return SignInRefused(NoticeCode.AUTH_FAILED)
    if kind is StaleDraft:
        return StaleDraft(Draft(conversation_id=ConversationId(1), version=1, text="t", saved_at_us=0))
    if kind is NotDone:
        return NotDone(ParkReason.REFUSED, "No\nroom.", 90)
    if kind is FileRefused:
        return FileRefused(FileWhy.CHANGED)
    return kind("sqlite3.OperationalError: disk I/O error")


@pytest.mark.parametrize("reason", ParkReason)
def test_every_park_reason(reason: ParkReason) -> None:
    """Each reason to park has a sentence, a short word, and takes the server's words along."""
    check_sentence(words.parked_sentence(reason))
    assert 0 < len(words.parked_word(reason)) < 25
    assert "The server says: no room" in words.parked_sentence(reason, "no\nroom")


@pytest.mark.parametrize("code", NoticeCode)
def test_every_notice(code: NoticeCode) -> None:
    """Each notice of an account has a sentence."""
    check_sentence(words.notice_sentence(code))


@pytest.mark.parametrize("problem", AddressProblem)
def test_every_address_problem(problem: AddressProblem) -> None:
    """Each way to mistype an address has a sentence."""
    assert len(words.address_sentence(problem)) > 10


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
def test_every_error(kind: type[ChatdeskError]) -> None:
    """Each error has a title and a text in words; the text of the exception itself is never shown."""
    said = words.error_sentences(made(kind))
    check_sentence(said.text)
    assert said.title
    assert "OperationalError" not in said.title + said.text
    if kind is not WorldError and issubclass(kind, WorldError):
        assert said != words.error_sentences(ValueError("x")), "a world error has words of its own"


@pytest.mark.parametrize("why", FileWhy)
def test_every_reason_not_to_take_a_file(why: FileWhy) -> None:
    """Each has one sentence or two with the file's name; a name of somebody else's making can't break it."""
    rule = FileRule(most_bytes=1_000, types={"pdf": "application/pdf"})
    said = not_taken("Of\nfer {x}.exe", FileRefused(why), rule)
    check_sentence(said)
    assert "Of fer {x}.exe" in said


@pytest.mark.parametrize("reason", ParkReason)
def test_every_reason_to_park_a_file(reason: ParkReason) -> None:
    """Each has a sentence of its own."""
    check_sentence(file_parked_sentence(reason, ""))
    check_sentence(file_parked_sentence(reason, COPY_LOST))
    assert 0 < len(file_parked_word(reason, "")) < 25
    assert file_parked_word(reason, COPY_LOST) == "its copy is gone"
    assert file_parked_word(ParkReason.TOO_LONG, "") == "file too large"


def test_strangers_get_words_too() -> None:
    """An exception that is not ours is worded without its own text."""
    said = words.error_sentences(RuntimeError("Traceback of 500 {secret}"))
    check_sentence(said.text)
    assert "secret" not in said.text


@pytest.mark.parametrize("state", ConnectionState)
def test_every_connection_state(state: ConnectionState) -> None:
    """Each connection state has a word; latency and countdown join it where they are known."""
    status = AccountStatus(account_id=AccountId(1), connection=state)
    assert words.connection_word(status, NOW) == words.connection_state_word(state)
    busy = AccountStatus(
        account_id=AccountId(1), connection=state, latency_ms=38, retry_at_us=NOW + 4_000_000
    )
    text = words.connection_word(busy, NOW)
    if state is ConnectionState.ONLINE:
        assert text == "online 38 ms"
    if state in {ConnectionState.OFFLINE, ConnectionState.RECONNECTING}:
        assert text.endswith("in 4 s")


def test_presence_is_honest() -> None:
    """Presence is online, last seen, as of, or nothing at all where nothing is known."""
    assert words.presence_words(PresenceState.ONLINE, 0, NOW) == "online"
    assert words.presence_words(PresenceState.OFFLINE, 0, NOW) == "offline"
    assert words.presence_words(PresenceState.OFFLINE, NOW - 1, NOW).startswith("last seen ")
    assert words.presence_words(PresenceState.UNKNOWN, NOW - 1, NOW).startswith("online as of ")
    assert words.presence_words(PresenceState.UNKNOWN, 0, NOW) == ""


@pytest.mark.parametrize("state", DeliveryState)
def test_every_delivery_state(state: DeliveryState) -> None:
    """Each delivery state has a word."""
    assert words.delivery_word(state)


@pytest.mark.parametrize("platform", Platform)
def test_every_platform(platform: Platform) -> None:
    """Each platform has a name."""
    assert words.platform_name(platform)


def test_refused_sign_in_quotes_the_server() -> None:
    """The server's own reason is quoted, cleaned; without one the code is worded; a wait is said."""
    quoted = SignInRefused(NoticeCode.AUTH_FAILED, "wrong password\n<b>1 of 5</b>")
    assert sign_in_sentence(quoted) == "The server says: wrong password <b>1 of 5</b>."
    plain = SignInRefused(NoticeCode.LOCKED, "", retry_after_s=90)
    assert sign_in_sentence(plain).endswith("Try again in 1 min.")
    check_sentence(sign_in_sentence(plain))


@pytest.mark.parametrize("problem", ["unreachable", "timeout", "tls", "redirect", "not_this_platform", "new"])
def test_every_failed_check(problem: str) -> None:
    """Each outcome of a connection test is worded, one that is not known here too."""
    check_sentence(words.check_sentence(ServerCheck(reachable=False, problem=problem, detail="ECONNREFUSED")))
    assert words.check_sentence(ServerCheck(reachable=True, latency_ms=41)) == "reachable, 41 ms"
    assert words.check_sentence(ServerCheck(reachable=True)) == "reachable"
