"""Orders as the servers tell of them, field by field, and the statuses that were observed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from chatdesk.domain.entities import OrderField, OrderFile, Participant
from chatdesk.domain.events import OrderSeen
from chatdesk.domain.ids import AccountId, OrderId
from chatdesk.domain.kinds import Progress
from chatdesk.store.rows import OrderDetails
from chatdesk.store.stamps import Fact, Facts, decode_facts, encode_facts
from chatdesk.store.transaction import Tx

_COLUMNS = (
    "SELECT id, facts, kind, number, title, customer, status, status_label, progress, created_at_us,"
    " updated_at_us, details FROM orders WHERE account_id = ? AND remote_id = ?"
)


def seen(tx: Tx, account: AccountId, stamp: bytes, event: OrderSeen) -> None:
    """Apply what one packet says of an order."""
    row = tx.one(_COLUMNS, account, event.remote_id)
    facts: Facts = {} if row is None else decode_facts(row[1])
    for name, value in _said(event):
        facts.setdefault(name, Fact()).add(value, stamp, event.updated_at_us)
    encoded = encode_facts(facts)
    if row is not None and encoded == row[1]:
        return
    now = _columns(facts)
    if row is None:
        tx.run_sql(
            "INSERT INTO orders (account_id, remote_id, facts, kind, number, title, customer, status,"
            " status_label, progress, created_at_us, updated_at_us, details)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            account,
            event.remote_id,
            encoded,
            *now,
        )
        order = OrderId(tx.con.last_insert_rowid())
        if event.status is not None:
            _observe(tx, order, now[4], now[5], event.updated_at_us or 0)
    else:
        order = OrderId(row[0])
        tx.run_sql(
            "UPDATE orders SET facts = ?, kind = ?, number = ?, title = ?, customer = ?, status = ?,"
            " status_label = ?, progress = ?, created_at_us = ?, updated_at_us = ?, details = ? WHERE id = ?",
            encoded,
            *now,
            order,
        )
        if now[4] != row[6]:
            # The first status known of an order may be as old as the order; a later one began about now.
            unknown = 0 if row[6] == "" else tx.now_us
            _observe(tx, order, now[4], now[5], event.updated_at_us or unknown)
        elif now == row[2:]:
            return
    tx.touched.orders.add(order)
    if row is not None and _in_list(now) == _in_list(row[2:]):
        return
    tx.touched.conversations.update(
        found[0]
        for found in tx.all(
            "SELECT id FROM conversations WHERE account_id = ? AND order_remote_id = ?",
            account,
            event.remote_id,
        )
    )


def _in_list(columns: Sequence[Any]) -> tuple[Any, ...]:
    """What a row of the conversation list shows of an order: number, label of the status, progress."""
    return columns[1], columns[5], columns[6]


def _observe(tx: Tx, order: OrderId, status: str, label: str, at_us: int) -> None:
    tx.run_sql(
        "INSERT INTO order_steps (order_id, status, label, at_us) VALUES (?, ?, ?, ?)",
        order,
        status,
        label,
        at_us,
    )


def _said(event: OrderSeen) -> list[tuple[str, Any]]:
    """The fields that a packet speaks of; status, its label and its progress are one."""
    said: list[tuple[str, Any]] = [("kind", event.kind.value)]
    said += (
        (name, value)
        for name in (
            "number",
            "title",
            "customer",
            "created_at_us",
            "updated_at_us",
            "fields",
            "participants",
            "files",
        )
        if (value := getattr(event, name)) is not None
    )
    if event.status is not None:
        label = event.status if event.status_label is None else event.status_label
        progress = Progress.UNKNOWN if event.progress is None else event.progress
        said.append(("status", [event.status, label, progress.value]))
    return said


def _columns(facts: Facts) -> tuple[Any, ...]:
    def now(name: str, otherwise: Any) -> Any:
        return facts[name].now() if name in facts else otherwise

    status, label, progress = now("status", ("", "", Progress.UNKNOWN.value))
    details = OrderDetails(
        fields=msgspec.convert(now("fields", ()), tuple[OrderField, ...]),
        participants=msgspec.convert(now("participants", ()), tuple[Participant, ...]),
        files=msgspec.convert(now("files", ()), tuple[OrderFile, ...]),
    )
    return (
        now("kind", ""),
        now("number", ""),
        now("title", ""),
        now("customer", ""),
        status,
        label,
        progress,
        now("created_at_us", 0),
        now("updated_at_us", 0),
        msgspec.msgpack.encode(details),
    )
