"""The words and payloads of the OMW platform against its recorded traffic: nothing lost, nothing invented."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chatdesk.wire.omw import names, shapes, texts

CAPTURES = sorted((Path(__file__).parents[1] / "data" / "omw").glob("*.json"))
EMITS: dict[str, type[msgspec.Struct]] = {
    names.EMIT_JOIN: shapes.SessionArgs,
    names.EMIT_LEAVE: shapes.SessionArgs,
    names.EMIT_TYPING_START: shapes.SessionArgs,
    names.EMIT_TYPING_STOP: shapes.SessionArgs,
    names.EMIT_SEND: shapes.SendArgs,
    names.EMIT_MARK_READ: shapes.MarkArgs,
}
BODIES: tuple[tuple[str, str, type[msgspec.Struct]], ...] = (
    ("POST", names.ROUTE_LOGIN, shapes.LoginBody),
    ("POST", names.ROUTE_SESSIONS, shapes.StartBody),
    ("PUT", names.ROUTE_MESSAGES_READ, shapes.MarkBody),
    ("PUT", names.ROUTE_WORKER_STATUS, shapes.StatusBody),
    ("PUT", names.ROUTE_REQUEST, shapes.StatusBody),
    ("POST", names.ROUTE_VERIFY_OTP, shapes.CodeBody),
)
UNUSED = (
    "/api/auth/refresh",
    "/api/chat/unread-count",
    "/api/customer/bookings/summary",
    "/api/customer/bookings/{id}/generate-otp",
    "/api/customer/bookings/{id}/otp-status",
    "/api/uploads/{name}",
    "/api/uploads/chat/{name}",
    "/uploads/chat/{name}",
    "/api/worker-management/worker/booking-requests/counts",
    "/api/worker-management/worker/recent-bookings",
    "/api/chat/nothing-here",
    "/socket.io/",
)
"""Recorded, and of no use to a desk: missing, wrong, or of no interest."""


def frames() -> Iterator[dict[str, Any]]:
    for path in CAPTURES:
        yield from json.loads(path.read_text(encoding="utf-8"))["frames"]


def matches(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path.partition("?")[0]) is not None


def routes() -> list[str]:
    return [value for name, value in vars(names).items() if name.startswith("ROUTE_")]


def test_every_recorded_route_is_known() -> None:
    """Each path of the recordings has a name here, or is on the list of those of no use."""
    for frame in frames():
        if frame["channel"] == "http":
            known = [one for one in (*routes(), *UNUSED) if matches(one, frame["path"])]
            assert known, frame["path"]


def test_every_recorded_event_is_known() -> None:
    """Each event of a server has a name here."""
    events = {value for name, value in vars(names).items() if name.startswith("EVENT_")}
    library = {"connect", "connect_error", "disconnect"}
    seen = {one["event"] for one in frames() if one["channel"] == "socket" and one["dir"] == "in"} - library
    assert seen
    assert seen <= events


@pytest.mark.parametrize("event", EMITS)
def test_payloads_of_events_are_those_of_recorded_clients(event: str) -> None:
    """A well-formed recorded payload and ours have the same fields under the same names."""
    fields = {one.encode_name for one in msgspec.structs.fields(EMITS[event])}
    seen = 0
    for frame in frames():
        if frame["channel"] == "socket" and frame["dir"] == "out" and frame["event"] == event:
            try:
                found = msgspec.convert(frame["args"][0], EMITS[event])
            except (msgspec.ValidationError, IndexError):
                continue  # what bad clients send
            seen += 1
            again = msgspec.to_builtins(found)
            extra = set(frame["args"][0]) - fields
            assert {**again, **{one: frame["args"][0][one] for one in extra}} == frame["args"][0]
    assert seen or event == names.EMIT_LEAVE


@pytest.mark.parametrize(("method", "route", "shape"), BODIES)
def test_bodies_are_those_of_recorded_clients(method: str, route: str, shape: type[msgspec.Struct]) -> None:
    """At least one recorded body of each route reads as ours."""
    bodies = [
        frame["request_body"]
        for frame in frames()
        if frame["channel"] == "http" and frame["method"] == method and matches(route, frame["path"])
    ]
    good = 0
    for body in bodies:
        try:
            good += msgspec.to_builtins(msgspec.convert(body, shape)) == body
        except msgspec.ValidationError:
            continue  # what bad clients send
    assert good


def test_refusals_are_known_letter_by_letter() -> None:
    """Every text that decides something stands in a recording, or is known from the specification alone."""
    recorded = json.dumps(list(frames()), ensure_ascii=False)
    decisive = {
        name: text for name, text in vars(texts).items() if name.startswith(("ERR_", "CONNECT_", "PAGE_"))
    }
    assert {name for name, text in decisive.items() if text not in recorded} == {
        "CONNECT_BAD_PAYLOAD",
        "CONNECT_NO_USER",
        "ERR_JOIN",
        "ERR_LEAVE",
        "ERR_MARK",
        "ERR_NO_TOKEN_IN_HEADER",
        "ERR_ONLY_ACCEPTED",
        "ERR_OTP_LOGIN_PHONE",
        "ERR_OTP_LOGIN_ROLE",
        "ERR_TOKEN_PAYLOAD",
    }


def test_the_prefix_begins_every_route() -> None:
    """So that it can be moved."""
    assert all(route.startswith(names.API_PREFIX + "/") for route in routes())


def test_a_code_is_not_shown() -> None:
    """Not in a traceback, not in a log."""
    assert "123456" not in repr(shapes.CodeBody("123456"))
