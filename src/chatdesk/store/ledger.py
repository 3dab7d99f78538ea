"""The ledger: what became of every intention, sealed row by row, kept for ever, and without text."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any, Final

import apsw
import msgspec

from chatdesk.domain.entities import Outgoing
from chatdesk.domain.ids import OutgoingId
from chatdesk.store import rows
from chatdesk.store.journal import Anchor
from chatdesk.store.transaction import Tx

SALT_BYTES: Final = 16
_FIRST_SEAL: Final = hashlib.sha256(b"chatdesk ledger 1").digest()


class LedgerCheck(msgspec.Struct, frozen=True):
    """What a verification found. `first_bad`: number of the first row that is wrong; None: sound."""

    rows: int
    first_bad: int | None


def note(tx: Tx, outgoing: OutgoingId, code: str) -> None:
    """Write one row about an item as it is now in the outbox. Nothing where the item is unknown here."""
    row = tx.one(rows.OUTBOX + " WHERE id = ?", outgoing)
    if row is not None:
        write(tx, rows.outgoing(row), code)


def write(
    tx: Tx, item: Outgoing, code: str, *, remote_id: str | None = None, body: str | None = None
) -> None:
    """Write one row. `code`: a plain English word or two; `body`: the text whose salted hash is kept."""
    last = tx.one("SELECT number, seal FROM ledger ORDER BY number DESC LIMIT 1")
    number, seal = last if last is not None else (0, _FIRST_SEAL)
    content = (
        number + 1,
        tx.now_us,
        tx.account_name(item.account_id),
        item.conversation_remote_id,
        item.id,
        item.kind.value,
        code,
        item.state.value,
        remote_id,
        None if body is None else body_hash(body, secrets.token_bytes(SALT_BYTES)),
    )
    tx.run_sql("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", *content, _seal(seal, content))
    tx.touched.ledger = True


def body_hash(body: str, salt: bytes) -> bytes:
    """The salt, then the hash: proves what a text was to those who know it, and tells it to nobody else."""
    return salt + hashlib.sha256(salt + body.encode()).digest()


def _seal(before: bytes, content: tuple[Any, ...]) -> bytes:
    return hashlib.sha256(before + msgspec.msgpack.encode(content)).digest()


def verify(con: apsw.Connection, anchor: Anchor | None) -> LedgerCheck:
    """Walk the whole chain, and hold it against what was anchored outside the database."""
    expected, seal = 1, _FIRST_SEAL
    for row in con.execute("SELECT * FROM ledger ORDER BY number"):
        if row[0] != expected or _seal(seal, row[:-1]) != row[-1]:
            return LedgerCheck(expected - 1, expected)
        seal, expected = row[-1], expected + 1
        if anchor is not None and anchor.number == row[0] and anchor.seal != seal:
            return LedgerCheck(expected - 1, row[0])  # the chain is sound, but it is another one
    if anchor is not None and anchor.number >= expected:
        return LedgerCheck(expected - 1, expected)
    return LedgerCheck(expected - 1, None)


def head(con: apsw.Connection) -> Anchor | None:
    """Number and seal of the last row; None for an empty ledger."""
    row = con.execute("SELECT number, seal FROM ledger ORDER BY number DESC LIMIT 1").fetchone()
    return None if row is None else Anchor(row[0], row[1])


def story(con: apsw.Connection, outgoing: OutgoingId) -> tuple[tuple[int, str], ...]:
    """The rows of one item: (wall time in us, code), in order."""
    found = con.execute("SELECT at_us, code FROM ledger WHERE outgoing_id = ? ORDER BY number", (outgoing,))
    return tuple((row[0], row[1]) for row in found)
