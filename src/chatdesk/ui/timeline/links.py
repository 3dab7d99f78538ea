"""Addresses in a message: where they stand, which host they really lead to, and opening one when asked."""

from __future__ import annotations

import re
from typing import NamedTuple

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from chatdesk.ui.timeline.shown import utf16_length

_ADDRESS = re.compile(r"https?://[^\s<>\"'`\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufffd]+", re.IGNORECASE)
_TRAILING = ".,;:!?…»”’"
_PAIRS = {")": "(", "]": "[", "}": "{"}
MAX_LINKS = 50
MAX_LINK_CHARS = 2_000


class Link(NamedTuple):
    """An address and its place in the drawn text, in UTF-16 units."""

    start: int
    end: int
    url: str


def find_links(drawn: str) -> tuple[Link, ...]:
    """The http and https addresses in a text, at most MAX_LINKS; nothing else is ever a link."""
    found: list[Link] = []
    if "://" not in drawn:
        return ()
    for match in _ADDRESS.finditer(drawn):
        url = _without_trailing(match[0])
        if len(url) > MAX_LINK_CHARS or not real_host(url):
            continue
        start = utf16_length(drawn[: match.start()])
        found.append(Link(start, start + utf16_length(url), url))
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


def open_link(url: str) -> bool:
    """Hand an address to the system's browser. False for all but http and https, or without one."""
    parsed = _parsed(url)
    return parsed is not None and QDesktopServices.openUrl(parsed)


def _parsed(url: str) -> QUrl | None:
    """One parse for showing and for opening, so that both speak of the same host."""
    parsed = QUrl(url, QUrl.ParsingMode.StrictMode)
    if not parsed.isValid():
        parsed = QUrl(url, QUrl.ParsingMode.TolerantMode)
    if not parsed.isValid() or parsed.scheme().lower() not in {"http", "https"} or not parsed.host():
        return None
    return parsed


def _without_trailing(url: str) -> str:
    """The address without the punctuation of the sentence around it."""
    while url:
        last = url[-1]
        if last in _TRAILING or (last in _PAIRS and url.count(last) > url.count(_PAIRS[last])):
            url = url[:-1]
        else:
            break
    return url
