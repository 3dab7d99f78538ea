"""What a client must show after a recording: computed from the recording alone, by rules of its own."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from tests.replay.recording import Frame, Recording, Role

PROGRESS = {
    "pending": "open",
    "processing": "active",
    "requires_invoice": "waiting",
    "requires_charge": "waiting",
    "charged": "done",
    "finished": "done",
    "cancelled": "cancelled",
}


def expected(recording: Recording) -> dict[str, Any]:
    """Messages by conversation, orders, outbox, notifications, presence: what there is at the end."""
    state = _Story(recording)
    for frame in recording.frames:
        state.take(frame)
    return {
        "sign_in": state.sign_in,
        "refused": state.refused,
        "messages": state.shown(),
        "orders": state.orders,
        "outbox": state.outbox,
        "notifications": sorted(state.notifications),
        "unread": state.unread(),
        "presence": state.presence,
    }


class _Story:
    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.me = recording.user_id
        self.sign_in = "none"
        self.refused: list[str] = []
        self.records: dict[str, dict[str, Any]] = {}
        self.live: set[str] = set()
        self.gone: set[str] = set()
        self.read_up_to: dict[str, str] = {}
        self.orders: dict[str, dict[str, str]] = {}
        self.versions: dict[str, str] = {}
        self.outbox: list[dict[str, str]] = []
        self.notifications: set[str] = set()
        self.presence: dict[str, str] = {}
        self.unsent: list[str] = []

    def take(self, frame: Frame) -> None:
        role = self.recording.role(frame)
        if frame["channel"] == "http":
            if frame["status"] is None:
                if role is Role.SEND:
                    self.unsent.append(frame["request_body"]["message"])
                return
            self._answer(role, frame)
        elif role is Role.PUSH:
            self._push(frame["event"], frame["args"][0])

    def _answer(self, role: Role, frame: Frame) -> None:
        status, body = frame["status"], frame["response_body"]
        data: Any = body.get("data") if isinstance(body, dict) else None
        match role:
            case Role.SIGN_IN:
                if status == 200:
                    self.sign_in = "ok"
                elif 400 <= status < 500:
                    self.refused.append(body["message"])
            case Role.SIGN_OUT if status == 200:
                self.sign_in = "out"
            case Role.SEND if status == 201:
                self._record(data)
            case Role.SEND:
                self.outbox.append({"kind": "send", "state": "parked"})
            case Role.DELETE if status == 200:
                self.gone.add(frame["path"].rsplit("/", 1)[1])
            case Role.STATUS if status == 403:
                self.outbox.append({"kind": "change_status", "state": "parked", "reason": "forbidden"})
            case Role.AUTO if status == 200:
                self._reading(frame["path"], data)

    def _reading(self, path: str, data: Any) -> None:
        if re.fullmatch(r"/api/chat/orders/[0-9a-f]+/messages", path):
            for record in data:
                self._record(record)
        elif path == "/api/orders/paginated":
            for item in data:
                self.orders.setdefault(item["id"], {"number": item["orderNumber"], "status": item["status"]})
        elif re.fullmatch(r"/api/orders/ORD-\d+", path):
            self._order(data["id"], data)
        elif path == "/api/notifications":
            self.notifications.update(item["id"] for item in data)

    def _order(self, order_id: str, record: dict[str, Any]) -> None:
        if record.get("updatedAt", "") >= self.versions.get(order_id, ""):
            self.versions[order_id] = record.get("updatedAt", "")
            if "status" in record:
                self.orders[order_id] = {"number": record["orderNumber"], "status": record["status"]}

    def _push(self, event: str, payload: dict[str, Any]) -> None:
        match event:
            case "new-message":
                self._record(payload["message"])
                self.live.add(payload["message"]["id"])
            case "order-updated":
                self._order(payload["orderId"], payload["update"]["order"])
            case "message-read":
                if payload["userId"] != self.me:
                    self.read_up_to[payload["orderId"]] = payload["timestamp"]
            case "user-joined-order":
                self.presence[payload["userId"]] = "online"
            case "user-left-order":
                self.presence[payload["userId"]] = "offline"
            case "notification":
                self.notifications.add(payload["id"])

    def _record(self, record: dict[str, Any]) -> None:
        self.records[record["id"]] = record

    # -- at the end ----------------------------------------------------------------------------------------

    def shown(self) -> dict[str, list[dict[str, Any]]]:
        """Every message once, in the order of (createdAt, id), by conversation."""
        rows: dict[str, list[dict[str, Any]]] = {}
        for record in sorted(self.records.values(), key=lambda one: (one["createdAt"], one["id"])):
            rows.setdefault(record["orderId"], []).append(self._row(record))
        return rows

    def _row(self, record: dict[str, Any]) -> dict[str, Any]:
        own = record["user"]["id"] == self.me
        read = own and record["createdAt"] <= self.read_up_to.get(record["orderId"], "")
        deleted = record["id"] in self.gone
        return {
            "id": record["id"],
            "own": own,
            "sender": record["user"]["email"] or "",
            "kind": record["messageType"],
            "text": "" if deleted else record["message"],
            "sent_at_us": _us(record["createdAt"]),
            "state": "read" if read else "accepted",
            "deleted": deleted,
        }

    def unread(self) -> dict[str, int]:
        """Messages of others that arrived live, after the last own one of their conversation."""
        counts: dict[str, int] = {}
        for room, rows in self.shown().items():
            last_own = max((row["sent_at_us"] for row in rows if row["own"]), default=0)
            counts[room] = sum(
                1
                for row in rows
                if row["id"] in self.live
                and not (row["own"] or row["deleted"] or row["kind"] == "system")
                and row["sent_at_us"] > last_own
            )
        return counts


def _us(iso: str) -> int:
    moment = dt.datetime.fromisoformat(iso)
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)
