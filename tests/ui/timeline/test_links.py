"""Only http and https addresses are links, and what is shown is the host that would really be asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication

from chatdesk.ui.timeline.links import MAX_LINKS, find_links, open_link, real_host
from chatdesk.ui.timeline.shown import shown, utf16_slice


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("see https://example.test/a_(b).", ["https://example.test/a_(b)"]),
        ("(http://example.test)", ["http://example.test"]),
        ("HTTP://EXAMPLE.TEST/X, and more", ["HTTP://EXAMPLE.TEST/X"]),
        ("two: http://a.test http://b.test", ["http://a.test", "http://b.test"]),
        ("file:///etc/passwd ftp://a.test javascript:alert(1) smb://h/s //h/s www.a.test", []),
        ("https:// http:///x https://?", []),
        ("mailto:a@b.example", []),
    ],
)
def test_what_is_a_link(text: str, urls: list[str]) -> None:
    """Addresses end before the punctuation of their sentence; no other scheme is ever a link."""
    assert [link.url for link in find_links(text)] == urls


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://good.example@evil.example/x", "evil.example"),
        ("https://user:secret@h.test:8443/", "h.test:8443"),
        ("https://аррӏе.com/", "xn--80ak6aa92e.com"),
        ("https://EXAMPLE.test", "example.test"),
        ("file:///etc/passwd", ""),
        ("not an address", ""),
    ],
)
def test_the_real_host_is_shown(url: str, host: str) -> None:
    """What stands before an @ is no host, and letters that look alike are shown in their ASCII form."""
    assert real_host(url) == host


@given(st.text(max_size=80), st.text(max_size=30))
def test_links_stand_where_they_are_drawn(before: str, after: str) -> None:
    """The place of each link is exactly its address in the drawn text, whatever stands around it."""
    drawn = shown(f"{before} https://example.test/x {after}").drawn
    for link in find_links(drawn):
        assert utf16_slice(drawn, link.start, link.end) == link.url
        assert real_host(link.url)


def test_a_flood_of_links_is_bounded() -> None:
    """Of thousands of addresses the first are links; an endless one is none."""
    assert len(find_links("http://a.test " * 1_000)) == MAX_LINKS
    assert find_links("http://a.test/" + "x" * 5_000) == ()


class _Browser(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(url.toString(QUrl.ComponentFormattingOption.FullyEncoded))


def test_only_web_addresses_are_handed_over(qapp: QApplication) -> None:
    """The browser gets http and https; everything else is refused here."""
    browser = _Browser()
    for scheme in ("http", "file"):
        QDesktopServices.setUrlHandler(scheme, browser, "open")  # type: ignore[arg-type] # the stubs ask for bytes, the binding for text
    try:
        assert open_link("http://example.test/ä")
        assert not open_link("file:///etc/passwd")
    finally:
        for scheme in ("http", "file"):
            QDesktopServices.unsetUrlHandler(scheme)
    assert browser.opened == ["http://example.test/%C3%A4"]
