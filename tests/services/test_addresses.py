"""Server addresses: what is accepted, what is refused, and where consent is asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdesk.services.addresses import Address, AddressProblem, check, is_loopback


@pytest.mark.parametrize(
    ("typed", "url", "needs_consent"),
    [
        ("https://dispatch.example.com", "https://dispatch.example.com", False),
        ("  dispatch.example.com/ ", "https://dispatch.example.com", False),
        ("HTTPS://Dispatch.Example.com:443", "https://dispatch.example.com", False),
        ("https://dispatch.example.com:8443", "https://dispatch.example.com:8443", False),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000", False),
        ("http://127.9.9.9", "http://127.9.9.9", False),
        ("http://localhost:3000/", "http://localhost:3000", False),
        ("http://[::1]:3000", "http://[::1]:3000", False),
        ("http://dispatch.example.com", "http://dispatch.example.com", True),
        ("http://192.168.1.5:3000", "http://192.168.1.5:3000", True),
        ("http://localhost.example.com", "http://localhost.example.com", True),
        ("https://bücher.example", "https://xn--bcher-kva.example", False),
        ("https://раураl.example", "https://xn--l-7sba6dbr.example", False),
    ],
)
def test_an_address_is_reduced_to_scheme_host_and_port(typed: str, url: str, needs_consent: bool) -> None:
    """What is typed becomes one canonical address; plain http away from this machine needs consent."""
    address = check(typed)
    assert isinstance(address, Address), address
    assert (address.url, address.needs_consent) == (url, needs_consent)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", AddressProblem.EMPTY),
        ("   ", AddressProblem.EMPTY),
        ("ftp://dispatch.example.com", AddressProblem.BAD_SCHEME),
        ("file:///etc/passwd", AddressProblem.BAD_SCHEME),
        ("javascript://alert", AddressProblem.BAD_SCHEME),
        ("https://", AddressProblem.NO_HOST),
        ("https://dispatch.example.com:99999", AddressProblem.BAD_PORT),
        ("https://dispatch.example.com:x", AddressProblem.BAD_PORT),
        ("https://dispatch.example.com:0", AddressProblem.BAD_PORT),
        ("https://desk@dispatch.example.com", AddressProblem.HAS_SECRETS),
        ("https://desk:secret@dispatch.example.com", AddressProblem.HAS_SECRETS),
        ("https://dispatch.example.com/api", AddressProblem.HAS_PATH),
        ("https://dispatch.example.com/?x=1", AddressProblem.HAS_PATH),
        ("https://dis patch.example.com", AddressProblem.BAD_HOST),
        ("https://dispatch..example.com", AddressProblem.BAD_HOST),
        (r"https://dispatch.example.com\@evil.example", AddressProblem.HAS_SECRETS),
    ],
)
def test_an_address_that_cannot_be_used_is_named(typed: str, problem: AddressProblem) -> None:
    """Each kind of bad address has its own reason, so that the window can say what to change."""
    assert check(typed) is problem


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_a_problem(typed: str) -> None:
    """Checking while typing never raises, and what passes is stable when checked again."""
    result = check(typed)
    if isinstance(result, Address):
        assert check(result.url) == result
    else:
        assert isinstance(result, AddressProblem)


def test_loopback_is_this_machine_only() -> None:
    """A name or number that merely looks local is not loopback."""
    assert is_loopback("LOCALHOST")
    assert is_loopback("::1")
    assert not is_loopback("128.0.0.1")
    assert not is_loopback("127.0.0.1.example.com")
