"""What counts as a server address, and what a person must know before it is used."""

from __future__ import annotations

import ipaddress
from enum import StrEnum
from urllib.parse import urlsplit

import msgspec


class AddressProblem(StrEnum):
    """Why an address can't be used as typed."""

    EMPTY = "empty"
    NO_HOST = "no_host"
    BAD_SCHEME = "bad_scheme"
    BAD_PORT = "bad_port"
    BAD_HOST = "bad_host"
    HAS_SECRETS = "has_secrets"
    HAS_PATH = "has_path"


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A checked address. `url`: scheme, host and port only, the host in its ASCII form.

    needs_consent: plain http to somewhere that is not this machine; whoever is on the way can read and change
    everything, so it takes one explicit consent per account.
    """

    url: str
    host: str
    loopback: bool
    needs_consent: bool


def check(typed: str) -> Address | AddressProblem:
    """The address a person has typed, or what is wrong with it. Without a scheme https is meant.

    Plain http is for loopback; elsewhere the result says that consent is needed.
    """
    text = typed.strip()
    if not text:
        return AddressProblem.EMPTY
    if "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return AddressProblem.BAD_PORT if text.count(":") > 1 else AddressProblem.BAD_HOST
    problem = _shape_problem(parts.scheme, parts.hostname, port)
    if problem is not None:
        return problem
    if parts.username is not None or parts.password is not None:
        return AddressProblem.HAS_SECRETS
    if parts.path.strip("/") or parts.query or parts.fragment:
        return AddressProblem.HAS_PATH
    host = _ascii_host(parts.hostname or "")
    if host is None:
        return AddressProblem.BAD_HOST
    loopback = is_loopback(host)
    shown = f"[{host}]" if ":" in host else host
    standard = {"http": 80, "https": 443}[parts.scheme]
    tail = "" if port in (None, standard) else f":{port}"
    return Address(
        url=f"{parts.scheme}://{shown}{tail}",
        host=host,
        loopback=loopback,
        needs_consent=parts.scheme == "http" and not loopback,
    )


def is_loopback(host: str) -> bool:
    """True for this machine itself: 127.0.0.0/8, ::1 and the name localhost."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _shape_problem(scheme: str, host: str | None, port: int | None) -> AddressProblem | None:
    if scheme not in {"http", "https"}:
        return AddressProblem.BAD_SCHEME
    if not host:
        return AddressProblem.NO_HOST
    if port == 0:
        return AddressProblem.BAD_PORT
    return None


def _ascii_host(host: str) -> str | None:
    if any(char.isspace() or char in "\\%<>\"'`{}|^" or ord(char) < 0x20 for char in host):
        return None
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        ascii_host = host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    labels = ascii_host.rstrip(".").split(".")
    good = len(ascii_host) <= 253 and all(_is_label(label) for label in labels)
    return ascii_host if good else None


def _is_label(label: str) -> bool:
    return 0 < len(label) < 64 and label.replace("-", "").replace("_", "").isalnum()
