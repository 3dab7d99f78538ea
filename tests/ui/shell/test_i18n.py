"""Texts are filled without ever looking into what is filled in; times are as short as they can be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from chatdesk.ui import i18n
from chatdesk.ui.i18n import countdown, day_heading, full_time, list_time, size_text, span, tr, trn


@pytest.fixture(autouse=True)
def english(qapp: QApplication) -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))
    yield
    QLocale.setDefault(before)


def at(year: int, month: int, day: int, hour: int = 12, minute: int = 0) -> int:
    """A local moment in microseconds."""
    return int(dt.datetime(year, month, day, hour, minute).astimezone().timestamp()) * 1_000_000


NOW = at(2026, 11, 20, 10, 42)


def test_values_are_put_in_once() -> None:
    """Braces in a value are text, not a place for another value."""
    assert tr("{a} and {b}", a="{b}", b="{a}") == "{b} and {a}"
    assert tr("{a} {missing}", a="{0.__class__}") == "{0.__class__} {missing}"


@given(st.text())
def test_any_value_comes_through(value: str) -> None:
    """Whatever the value, it stands in the text as it is."""
    assert tr("<{v}>", v=value) == f"<{value}>"


class Upside(QTranslator):
    """A language in which everything is said backwards, with three plural forms for one text."""

    def translate(self, context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str:
        if context != i18n.CONTEXT:
            return source
        if source == "{n} messages":
            return {0: "none", 1: "one"}.get(n, "many: {n}")
        return source[::-1] if source == "Send" else source


def test_translations_are_used(qapp: QApplication) -> None:
    """An installed translation is used, with its own plural forms; texts that it lacks stay English."""
    translator = Upside()
    QCoreApplication.installTranslator(translator)
    try:
        assert tr("Send") == "dneS"
        assert tr("Retry") == "Retry"
        assert [trn("{n} message", "{n} messages", n) for n in (0, 1, 5)] == ["none", "one", "many: 5"]
    finally:
        QCoreApplication.removeTranslator(translator)
    assert [trn("{n} message", "{n} messages", n) for n in (0, 1, 2000)] == [
        "0 messages",
        "1 message",
        "2,000 messages",
    ]


@pytest.mark.parametrize(
    ("moment", "short", "heading"),
    [
        (at(2026, 11, 20, 9, 5), "09:05", "Today"),
        (at(2026, 11, 20, 23, 59), "23:59", "Today"),
        (at(2026, 11, 19, 23, 59), "Yesterday", "Yesterday"),
        (at(2026, 11, 17), "Tue", "Tuesday"),
        (at(2026, 11, 14), "Sat", "Saturday"),
        (at(2026, 11, 13), "13 Nov", "13 November"),
        (at(2025, 12, 31), "31 Dec 2025", "31 December 2025"),
    ],
)
def test_times_are_short(moment: int, short: str, heading: str) -> None:
    """A list row says the time, the day or the date, whatever is shortest and still clear."""
    assert list_time(moment, NOW) == short
    assert day_heading(moment, NOW) == heading


@pytest.mark.parametrize("moment", [0, -1, 10**18, -(10**18), 253_370_764_799_999_999 + 10**15])
def test_absurd_times_do_not_fail(moment: int) -> None:
    """A server may claim any time; it is shown as some date, never as an error."""
    for text in (list_time(moment, NOW), day_heading(moment, NOW), full_time(moment)):
        assert isinstance(text, str)
    assert list_time(0, NOW) == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "now"),
        (59, "now"),
        (60, "1 min"),
        (720, "12 min"),
        (3600, "1 h 00"),
        (7500, "2 h 05"),
        (259_200, "3 d"),
    ],
)
def test_spans(seconds: int, words: str) -> None:
    """A span is said in the coarsest words that still help."""
    assert span(seconds * 1_000_000) == words


def test_countdown_never_says_zero_too_early() -> None:
    """While anything is left, at least one second is said; afterwards none."""
    assert countdown(NOW + 1, NOW) == "1 s"
    assert countdown(NOW + 4_000_000, NOW) == "4 s"
    assert countdown(NOW + 61_000_000, NOW) == "1 min"
    assert countdown(NOW - 5, NOW) == "0 s"


def test_full_time_and_sizes() -> None:
    """A moment in full names day, month, year and time; a size has a unit."""
    assert full_time(NOW) == "20 November 2026 10:42"
    assert size_text(1_887_437) == "1.8 MB"
