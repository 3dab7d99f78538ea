"""Addresses and numbers are found in plain text, say where they lead, and open only as what they are."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication

from chatdesk.ui.timeline.links import (
    MAX_LINKS,
    Doubt,
    Link,
    LinkKind,
    doubt,
    find_links,
    open_link,
    real_host,
)
from chatdesk.ui.timeline.opening import copied, tip, verb
from chatdesk.ui.timeline.shown import shown, utf16_length, utf16_slice


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://example.test/a_(b).", ["https://example.test/a_(b)"]),
        ("(http://example.test) [http://b.test/[1]]", ["http://example.test", "http://b.test/[1]"]),
        ("HTTP://EXAMPLE.TEST/X, and more", ["HTTP://EXAMPLE.TEST/X"]),
        ("two: http://a.test http://b.test?!", ["http://a.test", "http://b.test"]),
        ("“https://a.test/x”… *https://b.test*", ["https://a.test/x", "https://b.test"]),
        ("見て「https://a.test/x」。https://b.test/y、", ["https://a.test/x", "https://b.test/y"]),
        ("انظر https://a.test/x؟", ["https://a.test/x"]),
        ("www.a.test/x?y=1, Www.b.test.", ["www.a.test/x?y=1", "Www.b.test"]),
        ("www. www.. www a.www.test", []),
        ("file:///etc/passwd ftp://a.test javascript:alert(1) smb://h/s //h/s data:text/html,x", []),
        ("https:// http:///x https://? xhttps://a.test", []),
        ("anna.b+c@mail.example.test, <b@c.example>", ["anna.b+c@mail.example.test", "b@c.example"]),
        ("a@b @here x@@y.test a@b.c1", []),
        ("https://a.test/?to=x@b.example", ["https://a.test/?to=x@b.example"]),
    ],
)
def test_what_is_an_address(text: str, found: list[str]) -> None:
    """Web and mail addresses end before the punctuation of their sentence; nothing else is ever one."""
    assert [link.text for link in find_links(text)] == found


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("call +998 90 123-45-67.", ["tel:+998901234567"]),
        ("+49 (0)30 / 12 34 56 78", ["tel:+493012345678"]),
        ("(555) 123-4567, 555-123-4567 or 1 (555) 123 4567", ["tel:5551234567"] * 2 + ["tel:15551234567"]),
        (
            "030 1234567; 0800 123 456; 8 (912) 345-67-89",
            ["tel:0301234567", "tel:0800123456", "tel:89123456789"],
        ),
        ("0049301234567", ["tel:0049301234567"]),
        ("order 12345678, #12345678, ORD-12345678901", []),
        ("on 2026-11-20 12:30, 05 11 2026, 05/11/2026 14:00, 20.11.2026", []),
        ("1 000 000, 10.000.000, 4111 1111 1111 1111, DE89 3704 0044 0532 0130 00", []),
        ("192.168.100.200, 41.31108, 69.24056, v+12345678", []),
    ],
)
def test_what_is_a_telephone_number(text: str, urls: list[str]) -> None:
    """Numbers as people write them; no amount, date, order, card or coordinate is one."""
    assert [link.url for link in find_links(text) if link.kind is LinkKind.PHONE] == urls


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


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("https://аррӏе.com/", Doubt.LOOK_ALIKE),
        ("https://аpple.test/", Doubt.LOOK_ALIKE),
        ("https://ελα-shop.test/", Doubt.LOOK_ALIKE),
        ("www.pаypal.test", Doubt.LOOK_ALIKE),
        ("me@gооgle.test", Doubt.LOOK_ALIKE),
        ("http://good.example@evil.example", Doubt.DISGUISED),
        ("http://good.example\\@evil.example", Doubt.DISGUISED),
        ("https://пример.рф/x", None),
        ("https://сор.рф", None),
        ("https://café.test", None),
        ("https://日本テスト.test", None),
        ("https://example.test/@name", None),
        ("anna@example.test", None),
        ("+998 90 123-45-67", None),
    ],
)
def test_deceiving_addresses_are_told_from_honest_ones(text: str, why: Doubt | None) -> None:
    """Mixed scripts, look-alikes and names before an @ are in doubt; honest names of any script are not."""
    [link] = [one for one in find_links(text) if one.kind is not LinkKind.MAIL] or find_links(text)
    assert doubt(link) is why


def test_a_link_says_where_it_leads() -> None:
    """Both forms of an honest name, only the ASCII one of a doubtful one; mail and telephone by their own."""
    said = {
        link.text: tip(link)
        for link in find_links("https://пример.рф https://аpple.test a@b.test +99890123456")
    }
    assert said["https://пример.рф"] == "Opens пример.рф (xn--e1afmkfd.xn--p1ai) in your browser"
    first, second = said["https://аpple.test"].split("\n")
    assert (first, second.startswith("Careful")) == ("Opens xn--pple-43d.test in your browser", True)
    assert said["a@b.test"] == "Writes an e-mail to a@b.test"
    assert said["+99890123456"] == "Calls +99890123456"
    web, mail = find_links("www.a.test a@b.test")
    assert (verb(web), copied(web)) == ("Open www.a.test", "https://www.a.test")
    assert (verb(mail), copied(mail)) == ("Write to a@b.test", "a@b.test")


HOSTILE = st.text(
    st.one_of(
        st.sampled_from("ah.t/:@()-+0123456789 w#?%[]{}<>\\\"'._~\u202e\u200b\u2066\ud800\x00\n"),
        st.characters(codec=None),
    ),
    max_size=120,
)
PIECES = st.lists(
    st.one_of(
        HOSTILE,
        st.sampled_from(
            [
                "http://",
                "https://a.test",
                "www.",
                "b@c.example",
                "+998901234567",
                "😀",
                "(555) 123-4567",
                "\r\n",
            ]
        ),
    ),
    max_size=8,
).map("".join)


def stand_apart(links: tuple[Link, ...], length: int) -> bool:
    """Whether links are in order, inside a text of this length, and none inside another."""
    return all(one.end <= other.start for one, other in pairwise(links)) and all(
        0 <= one.start < one.end <= length for one in links
    )


@given(PIECES)
def test_links_stand_where_they_are_drawn(text: str) -> None:
    """Whatever a text holds, each link is exactly its stretch of what is drawn, and none overlaps another."""
    drawn = shown(text).drawn
    links = find_links(drawn)
    assert stand_apart(links, utf16_length(drawn))
    for link in links:
        assert utf16_slice(drawn, link.start, link.end) == link.text
        assert link.url.partition(":")[0].lower() in {"http", "https", "mailto", "tel"}
        assert bool(real_host(link.url)) is (link.kind is LinkKind.WEB)
        assert "\u202e" not in link.url
        assert tip(link)


def test_a_flood_of_links_is_bounded() -> None:
    """Of thousands of addresses the first are links; an endless one is none, and costs little."""
    assert len(find_links("http://a.test " * 1_000)) == MAX_LINKS
    assert find_links("http://a.test/" + "x" * 5_000) == ()
    assert find_links("http://a.test" + ")" * 20_000) == ()
    for endless in ("0-", "a@", "a.b", "1 ", "(", "+1", "www.", "://"):
        assert len(find_links(endless * 10_000)) <= MAX_LINKS


class _System(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(url.toString(QUrl.ComponentFormattingOption.FullyEncoded))


def test_only_what_a_person_means_is_handed_over(qapp: QApplication) -> None:
    """The system gets web, mail and telephone addresses; everything else is refused here."""
    system = _System()
    schemes = ("http", "mailto", "tel", "file")
    for scheme in schemes:
        QDesktopServices.setUrlHandler(scheme, system, "open")  # type: ignore[arg-type] # the stubs ask for bytes, the binding for text
    try:
        assert open_link("http://example.test/ä")
        assert open_link("mailto:a@b.test")
        assert open_link("tel:+998901234567")
        assert not open_link("file:///etc/passwd")
        assert not open_link("/etc/passwd")
    finally:
        for scheme in schemes:
            QDesktopServices.unsetUrlHandler(scheme)
    assert system.opened == ["http://example.test/%C3%A4", "mailto:a@b.test", "tel:+998901234567"]
