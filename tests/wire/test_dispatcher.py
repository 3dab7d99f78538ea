"""The shapes of the dispatcher platform against its recorded traffic: nothing lost, nothing invented."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chatdesk.wire.dispatcher import names, shapes, texts

CAPTURES = sorted((Path(__file__).parents[1] / "data" / "dispatcher").glob("*.json"))

EVENTS: dict[str, type[msgspec.Struct]] = {
    names.EVENT_NEW_MESSAGE: shapes.NewMessage,
    names.EVENT_ORDER_UPDATED: shapes.OrderUpdated,
    names.EVENT_USER_TYPING: shapes.UserTyping,
    names.EVENT_MESSAGE_READ: shapes.RoomSignal,
    names.EVENT_USER_JOINED: shapes.RoomSignal,
    names.EVENT_USER_LEFT: shapes.RoomSignal,
    names.EVENT_NOTIFICATION: shapes.NotificationPush,
}

# In the order of matching: a fixed path before the one with a parameter.
ANSWERS: tuple[tuple[str, str, Any], ...] = (
    ("POST", names.ROUTE_LOGIN, shapes.Success[shapes.LoginData]),
    ("POST", names.ROUTE_REFRESH, shapes.Success[shapes.RefreshData]),
    ("POST", names.ROUTE_LOGOUT, shapes.Success[None]),
    ("GET", names.ROUTE_HISTORY, shapes.Success[list[shapes.MessageRecord]]),
    ("POST", names.ROUTE_SEND, shapes.Success[shapes.MessageRecord]),
    ("DELETE", names.ROUTE_MESSAGE, shapes.Success[None]),
    ("GET", names.ROUTE_ORDERS, shapes.Success[list[shapes.OrderItem]]),
    ("GET", names.ROUTE_ORDER_STATUSES, shapes.Success[list[shapes.StatusCount]]),
    ("POST", names.ROUTE_ORDER_CREATE, shapes.Success[dict[str, object]]),
    ("PUT", names.ROUTE_ORDER_STATUS, shapes.Success[shapes.OrderRecord]),
    ("GET", names.ROUTE_ORDER_FILES, shapes.Success[list[shapes.OrderFile]]),
    ("POST", names.ROUTE_ORDER_FILES, shapes.Success[shapes.OrderRecord]),
    ("DELETE", names.ROUTE_ORDER_FILE, shapes.Success[None]),
    ("GET", names.ROUTE_NOTIFICATION_STATS, shapes.Success[shapes.NotificationStats]),
    ("GET", names.ROUTE_NOTIFICATIONS, shapes.Success[list[shapes.NotificationItem]]),
    ("POST", names.ROUTE_NOTIFICATIONS, shapes.Success[shapes.NotificationRecord]),
    ("PATCH", names.ROUTE_NOTIFICATIONS_MARK_READ, shapes.Done),
    ("PATCH", names.ROUTE_NOTIFICATIONS_MARK_ALL_READ, shapes.Done),
    ("PATCH", names.ROUTE_NOTIFICATION, shapes.Success[shapes.NotificationRecord]),
    ("DELETE", names.ROUTE_NOTIFICATION, shapes.Done),
    ("GET", names.ROUTE_USERS, shapes.Success[list[shapes.UserRecord]]),
    ("GET", names.ROUTE_USERS_ALL, shapes.Success[dict[str, list[shapes.UserRecord]]]),
    ("GET", names.ROUTE_ORDER, shapes.Success[shapes.OrderDetail]),
)

IGNORED = {("GET", names.ROUTE_ORDER_FILE), ("GET", names.SOCKET_PATH)}


def matches(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) is not None


def payloads(capture: Path) -> Iterator[tuple[str, Any, Any]]:
    """What was received, where, and which shape it must have."""
    for frame in json.loads(capture.read_text(encoding="utf-8"))["frames"]:
        if frame["channel"] == "socket" and frame["dir"] == "in" and frame["event"] in EVENTS:
            yield frame["event"], frame["args"][0], EVENTS[frame["event"]]
        if frame["channel"] != "http" or not isinstance(frame.get("response_body"), dict):
            continue
        method, path, body = frame["method"], frame["path"], frame["response_body"]
        if any(method == wanted and matches(route, path) for wanted, route in IGNORED):
            continue
        if frame["status"] >= 400:
            yield f"{method} {path}", body, shapes.Failure
            continue
        shape = next(s for wanted, route, s in ANSWERS if wanted == method and matches(route, path))
        yield f"{method} {path}", body, shape


def without_nulls_of_counters(body: Any) -> Any:
    """The aggregation's `_id: null` beside notification counters says nothing and has no field."""
    if isinstance(body, dict) and isinstance(body.get("data"), dict) and "byType" in body["data"]:
        return {**body, "data": {key: value for key, value in body["data"].items() if key != "_id"}}
    return body


@pytest.mark.parametrize("capture", CAPTURES, ids=[path.stem for path in CAPTURES])
def test_recorded_traffic_survives_the_shapes(capture: Path) -> None:
    """Every recorded payload decodes, and encodes to exactly what it was."""
    for where, body, shape in payloads(capture):
        decoded = msgspec.convert(body, shape)
        assert msgspec.to_builtins(decoded) == without_nulls_of_counters(body), where


def test_the_captures_are_there() -> None:
    """The recordings cover every pushed event and nearly every route."""
    assert len(CAPTURES) == 22
    seen = {where for capture in CAPTURES for where, _body, _shape in payloads(capture)}
    assert set(EVENTS) - seen == {names.EVENT_USER_LEFT} - seen
    assert len(seen) >= 40


def test_unknown_fields_do_no_harm() -> None:
    """A field that nobody knows is ignored; one that may be absent is UNSET and stays absent."""
    record = msgspec.convert({"id": "1", "orderId": "2", "message": "x", "later": [1]}, shapes.MessageRecord)
    assert record.client_id is msgspec.UNSET
    assert "clientId" not in msgspec.to_builtins(record)


def test_texts_of_recorded_errors_are_the_constants() -> None:
    """Each recorded refusal below 500 has its sentence among the texts."""
    constants = {value for name, value in vars(texts).items() if name.startswith("ERR_")}
    templates = [re.sub(r"\\{\w+\\}", ".+", re.escape(value)) for value in constants]
    for capture in CAPTURES:
        for _where, body, shape in payloads(capture):
            if shape is shapes.Failure and body["status"] < 500:
                assert any(re.fullmatch(template, body["message"]) for template in templates), body
