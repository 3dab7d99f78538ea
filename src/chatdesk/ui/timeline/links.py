"""Addresses and numbers in a message: where they stand, and where each would really lead."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from chatdesk.ui.timeline.hosts import is_odd_name
from chatdesk.ui.timeline.shown import utf16_length

MAX_LINKS = 50
MAX_LINK_CHARS = 2_000
LEAST_DIGITS, LEAST_AT_HOME, MOST_DIGITS = 8, 9, 15
"""Of a telephone number, of one without its country; 15 is the most that ITU-T E.164 has."""


class LinkKind(Enum):
    """What presses a link asks for."""

    WEB = "web"
    MAIL = "mail"
    PHONE = "phone"


class Link(NamedTuple):
    """An address and its place in the drawn text, in UTF-16 units."""

    start: int
    end: int
    url: str
    """As it is handed to the system: of http, https, mailto or tel."""
    text: str
    """As it stands in the message."""
    kind: LinkKind = LinkKind.WEB


class Doubt(Enum):
    """Why a person is asked before an address is opened."""

    LOOK_ALIKE = "look_alike"
    """Letters that look like others in the name of its host."""
    DISGUISED = "disguised"
    """Another name stands before an @."""


# No address holds what can't be seen, or what `shown` draws for it.
_NONE = (
    "\\s<>\"'`\u00ad\u115f\u1160\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2400-\u2421"
    "\u3000-\u3002\u3008-\u3011\ufeff\ufff0-\uffff"
)
_FIRST = "(?<![^\\W_])"
# With its country; or grouped as people write one; or beginning with the 0 of a long-distance call.
_PHONE = (
    r"(?P<phone>(?<![\w+./:#@=&?%-])(?![0-9]{1,2}[ /-][0-9]{1,2}[ /-](?:19|20)?[0-9]{2}(?![0-9]))"
    r"(?:\+[1-9](?:[ .()/-]{0,3}[0-9]){7,14}"
    r"|(?<![0-9] )(?:(?:[18] ?)?\([0-9]{2,5}\) ?[0-9]{3,4}(?:[ .-]?[0-9]{2,5}){1,2}"
    r"|[0-9]{3}[ .-][0-9]{3}[ .-][0-9]{4}"
    r"|0[0-9]{1,4}(?:[ /-]{1,2}[0-9]{2,8}){1,4}"
    r"|00[1-9][0-9]{8,12}))(?![\w@=]|[.,:/-]\d))"
)
_ANY = re.compile(
    rf"(?P<web>{_FIRST}(?:https?://|(?<![.@/-])www\.(?=[^{_NONE}.]))[^{_NONE}]+)"
    rf"|(?P<mail>{_FIRST}[a-z0-9][a-z0-9.+_%-]{{0,63}}@(?:[^\W_](?:[\w-]{{0,61}}[^\W_])?\.)+[^\W\d_]{{2,24}}(?![\w@-]))"
    rf"|{_PHONE}",
    re.IGNORECASE,
)
_PHONES = re.compile(_PHONE)
_RUN = re.compile("[0-9][0-9 ().+/-]{6}")
"""What every telephone number has, and few texts."""
_DIGITS = re.compile("[0-9]")
_WIDE = "\uff0c\uff0e\uff01\uff1f\uff1b\uff1a"
"""The same signs as Chinese and Japanese write them."""
_TRAILING = ".,;:!?…»”’“‘*_~|،؟؛।" + _WIDE
_PAIRS = {")": "(", "]": "[", "}": "{", "\uff09": "\uff08"}
_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_WEB = frozenset({"http", "https"})


def find_links(drawn: str) -> tuple[Link, ...]:
    """The web and mail addresses and telephone numbers in a text, in order, at most MAX_LINKS."""
    # Most texts hold nothing of the kind, and shall not cost a search.
    if "://" in drawn or "@" in drawn or "www." in drawn.lower():
        pattern = _ANY
    elif _RUN.search(drawn):
        pattern = _PHONES
    else:
        return ()
    found: list[Link] = []
    units, counted = 0, 0
    for match in pattern.finditer(drawn):
        link = _link(match)
        if link is None:
            continue
        units += utf16_length(drawn[counted : match.start()])
        counted = match.start()
        kind, text, url = link
        found.append(Link(units, units + utf16_length(text), url, text, kind))
        if len(found) == MAX_LINKS:
            break
    return tuple(found)


def real_host(url: str) -> str:
    """The host that would be asked, in ASCII (punycode), with its port if it names one.

    What stands before an `@` is no host. Empty for what is no http or https address.
    """
    parsed = _parsed(url)
    if parsed is None:
        return ""
    host = parsed.host(QUrl.ComponentFormattingOption.FullyEncoded)
    return f"{host}:{parsed.port()}" if host and parsed.port() != -1 else host


def doubt(link: Link) -> Doubt | None:
    """What speaks against opening an address unasked."""
    if link.kind is LinkKind.PHONE:
        return None
    if link.kind is LinkKind.MAIL:
        return Doubt.LOOK_ALIKE if is_odd_name(link.text.rpartition("@")[2]) else None
    parsed = _parsed(link.url)
    if parsed is None:
        return None
    # As it is written: Qt's own form may already be the ASCII one.
    after = re.split(r"[/?#\\]", link.text.partition("://")[2] or link.text, maxsplit=1)[0]
    if parsed.userInfo() or "@" in after:
        return Doubt.DISGUISED
    return Doubt.LOOK_ALIKE if is_odd_name(after.partition(":")[0]) else None


def open_link(url: str) -> bool:
    """Hand an address to the system. False for all but http, https, mailto and tel, or without a program."""
    scheme = url.partition(":")[0].lower()
    if scheme not in _SCHEMES:
        return False
    parsed = _parsed(url) if scheme in _WEB else QUrl(url, QUrl.ParsingMode.StrictMode)
    return parsed is not None and parsed.isValid() and QDesktopServices.openUrl(parsed)


def _link(match: re.Match[str]) -> tuple[LinkKind, str, str] | None:
    """Kind, text and address of what was found; None for what only looked like one."""
    text = match[0]
    if match.lastgroup == LinkKind.PHONE.value:
        abroad = text.startswith("+")
        # +49 (0)30 is dialled without the zero.
        digits = "".join(_DIGITS.findall(text.replace("(0)", "", 1) if abroad else text))
        if not (LEAST_DIGITS if abroad else LEAST_AT_HOME) <= len(digits) <= MOST_DIGITS:
            return None
        return LinkKind.PHONE, text, f"tel:{'+' if abroad else ''}{digits}"
    if match.lastgroup == LinkKind.MAIL.value:
        return LinkKind.MAIL, text, f"mailto:{text}"
    if len(text) > 2 * MAX_LINK_CHARS:
        return None
    text = _without_trailing(text)
    url = text if "://" in text else f"https://{text}"
    # Without the dot of `www.`, or with nothing after it, it is a word.
    if len(url) > MAX_LINK_CHARS or not real_host(url) or text.lower() == "www":
        return None
    return LinkKind.WEB, text, url


def _parsed(url: str) -> QUrl | None:
    """One parse for showing and for opening, so that both speak of the same host."""
    parsed = QUrl(url, QUrl.ParsingMode.StrictMode)
    if not parsed.isValid():
        parsed = QUrl(url, QUrl.ParsingMode.TolerantMode)
    if not parsed.isValid() or parsed.scheme().lower() not in _WEB or not parsed.host():
        return None
    return parsed


def _without_trailing(url: str) -> str:
    """The address without the punctuation of the sentence around it."""
    end = len(url)
    surplus = {closing: url.count(closing) - url.count(opening) for closing, opening in _PAIRS.items()}
    while end:
        last = url[end - 1]
        if last in _PAIRS:
            if surplus[last] <= 0:
                break
            surplus[last] -= 1
        elif last not in _TRAILING:
            break
        end -= 1
    return url[:end]
