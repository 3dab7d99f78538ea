"""Requests to the routes of any platform: paths that nothing remote can bend, and the token they carry."""

from __future__ import annotations

from urllib.parse import quote

from chatdesk.domain.facts import Facts
from chatdesk.domain.steps import Call

_AUTHORIZATION = "Authorization"
_SCHEME = "Bearer"


def path(template: str, **parts: str) -> str:
    """A path with its parts percent-encoded: nothing remote ever adds a segment to it."""
    return template.format(**{name: quote(value, safe="") for name, value in parts.items()})


def bearer(facts: Facts) -> tuple[tuple[str, str], ...]:
    """The header that carries the access token, or the session."""
    return ((_AUTHORIZATION, f"{_SCHEME} {facts.account.secrets.access}"),)


def token_of(call: Call) -> str:
    """The access token that a request carries; empty: none."""
    for name, value in call.headers:
        if name == _AUTHORIZATION:
            scheme, _, token = value.partition(" ")
            return token if scheme == _SCHEME else ""
    return ""


def get(path: str, facts: Facts, note: str, query: tuple[tuple[str, str], ...] = ()) -> Call:
    """A GET with the token."""
    return Call(method="GET", path=path, query=query, headers=bearer(facts), note=note)
