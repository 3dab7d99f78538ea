"""Every text that a person reads passes here: translation, plurals, and times and numbers as read here."""

from __future__ import annotations

import datetime as dt
import re

from PySide6.QtCore import QCoreApplication, QDate, QLocale, QTime

CONTEXT = "chatdesk"
_PLACE = re.compile(r"\{(\w+)\}")
_MINUTE_US = 60_000_000
_HOUR_US = 60 * _MINUTE_US
_WEEK_DAYS = 7


def tr(text: str, /, **values: object) -> str:
    """The text in the person's language, with each `{name}` replaced by the value of that name.

    text: plain English, always a literal at the call, so that the list of texts can be collected.
    Values are put in once and never looked into: braces in remote text stay as they are. A name without a
    value stays as it is too, so that a faulty translation shows instead of failing.
    """
    return _filled(QCoreApplication.translate(CONTEXT, text), values)


def trn(one: str, many: str, count: int, /, **values: object) -> str:
    """As `tr`, for a counted thing; `{n}` is the number as read here.

    Languages with more than two forms translate `many` once per form.
    """
    translated = QCoreApplication.translate(CONTEXT, many, None, count)
    if translated == many and count == 1:
        translated = one
    return _filled(translated, {"n": number(count), **values})


def _filled(text: str, values: dict[str, object]) -> str:
    return _PLACE.sub(lambda place: str(values.get(place[1], place[0])), text)


def number(value: int) -> str:
    """A whole number with the separators of the place."""
    return QLocale().toString(value)


def clock_time(at_us: int) -> str:
    """The time of day of a moment (microseconds since 1970, UTC) where the person is: 10:42."""
    moment = _local(at_us)
    return QLocale().toString(QTime(moment.hour, moment.minute), QLocale.FormatType.ShortFormat)


def exact_time(at_us: int, now_us: int) -> str:
    """A moment to the second: 10:42:01; with its day where that is not today."""
    moment, today = _local(at_us), _local(now_us).date()
    pattern = QLocale().timeFormat(QLocale.FormatType.ShortFormat).replace("mm", "mm:ss", 1)
    time = QLocale().toString(QTime(moment.hour, moment.minute, moment.second), pattern)
    if moment.date() == today:
        return time
    day = _date_text(moment.date(), with_year=moment.year != today.year, long=False)
    return tr("{day}, {time}", day=day, time=time)


def list_time(at_us: int, now_us: int) -> str:
    """A moment as short as a list row needs it: 10:42, Yesterday, Tue, 3 Nov, 3 Nov 2024. Empty for 0."""
    if at_us <= 0:
        return ""
    moment, today = _local(at_us), _local(now_us).date()
    days = (today - moment.date()).days
    if days <= 0:
        return clock_time(at_us)
    if days == 1:
        return tr("Yesterday")
    if days < _WEEK_DAYS:
        return QLocale().dayName(moment.isoweekday(), QLocale.FormatType.ShortFormat)
    return _date_text(moment.date(), with_year=moment.year != today.year, long=False)


def coming_time(at_us: int, now_us: int) -> str:
    """A moment that is still to come: today 18:00, tomorrow 9:00, 3 Nov 9:00."""
    moment, today = _local(at_us), _local(now_us).date()
    days = (moment.date() - today).days
    if days <= 0:
        return tr("today {time}", time=clock_time(at_us))
    if days == 1:
        return tr("tomorrow {time}", time=clock_time(at_us))
    date = _date_text(moment.date(), with_year=moment.year != today.year, long=False)
    return tr("{date}, {time}", date=date, time=clock_time(at_us))


def day_heading(at_us: int, now_us: int) -> str:
    """The day of a moment as a separator between messages: Today, Yesterday, Tuesday, 3 November."""
    moment, today = _local(at_us), _local(now_us).date()
    days = (today - moment.date()).days
    if days == 0:
        return tr("Today")
    if days == 1:
        return tr("Yesterday")
    if 1 < days < _WEEK_DAYS:
        return QLocale().dayName(moment.isoweekday(), QLocale.FormatType.LongFormat)
    return _date_text(moment.date(), with_year=moment.year != today.year, long=True)


def full_time(at_us: int) -> str:
    """A moment in full, for tooltips, details and screen readers: 3 November 2026 10:42."""
    moment = _local(at_us)
    return f"{_date_text(moment.date(), with_year=True, long=True)} {clock_time(at_us)}"


def long_date(at_us: int) -> str:
    """The day of a moment in full: 3 November 2026."""
    return _date_text(_local(at_us).date(), with_year=True, long=True)


def span(duration_us: int) -> str:
    """A duration in the coarsest words that still help: now, 12 min, 2 h 05, 3 d."""
    if duration_us < _MINUTE_US:
        return tr("now")
    if duration_us < _HOUR_US:
        return tr("{n} min", n=number(duration_us // _MINUTE_US))
    if duration_us < 24 * _HOUR_US:
        minutes = duration_us % _HOUR_US // _MINUTE_US
        return tr("{h} h {m}", h=number(duration_us // _HOUR_US), m=f"{minutes:02d}")
    return tr("{n} d", n=number(duration_us // (24 * _HOUR_US)))


def countdown(until_us: int, now_us: int) -> str:
    """How long until a moment: 4 s, 3 min; rounded up, so that it never says 0 while it has yet to happen."""
    left_s = max(0, -(-(until_us - now_us) // 1_000_000))
    if left_s < 60:
        return tr("{n} s", n=number(left_s))
    return span(left_s * 1_000_000)


def size_text(size_bytes: int) -> str:
    """A file size: 1.8 MB."""
    return QLocale().formattedDataSize(size_bytes, 1, QLocale.DataSizeFormat.DataSizeTraditionalFormat)


_FIRST_US, _LAST_US = 0, 253_370_764_800_000_000
"""1970 and the year 9999: a server may claim any time at all."""


def _local(at_us: int) -> dt.datetime:
    bounded = max(_FIRST_US, min(at_us, _LAST_US))
    return dt.datetime.fromtimestamp(bounded / 1_000_000, tz=dt.UTC).astimezone()


def _date_text(day: dt.date, *, with_year: bool, long: bool) -> str:
    # Month names come from the locale; the order of the parts is a text that translators turn around.
    month = QLocale().toString(QDate(day.year, day.month, day.day), "MMMM" if long else "MMM")
    if with_year:
        return tr("{day} {month} {year}", day=day.day, month=month, year=day.year)
    return tr("{day} {month}", day=day.day, month=month)
