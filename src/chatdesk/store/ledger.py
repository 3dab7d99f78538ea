"""The ledger: what became of every intention, sealed row by row, kept for ever, and without text."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from typing import Any, Final

import apsw
import msgspec

from chatdesk.domain.entities import Outgoing
from chatdesk.domain.ids import OutgoingId
from chatdesk.domain.ports import Vouched, Witness
from chatdesk.store import rows
from chatdesk.store.journal import Anchor
from chatdesk.store.transaction import Tx

SALT_BYTES: Final = 16
_FIRST_SEAL: Final = hashlib.sha256(b"chatdesk ledger 1").digest()
SEGMENT: Final = "new segment"
"""Code of a row that begins the chain anew after a loss; its body is the seal that it goes on from."""


class LedgerCheck(msgspec.Struct, frozen=True):
    """What a verification found. `first_bad`: number of the first row that is wrong; None: sound.

    fault: '', or why that row is wrong: changed, missing, cut (rows are gone before the last anchor),
    replaced (the chain is sound, but it is another one than was anchored), or forged (its anchor does not
    carry the mark of the witness).
    segments: numbers of the rows with which the chain began anew after a loss that was noticed.
    vouched: number of the last row for which a witness stands, 0 for none. None: no witness answered, so
    rows that were rewritten together with their anchor can't be told.
    """

    rows: int
    first_bad: int | None
    fault: str = ""
    segments: tuple[int, ...] = ()
    vouched: int | None = None
    last: int = 0
    """Number of the last row that was looked at."""


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


def is_text_of(tx: Tx, item: Outgoing) -> bool:
    """Whether an item's text is the one that its newest row with a text has sealed; True where none has."""
    row = tx.one(
        "SELECT body FROM ledger WHERE outgoing_id = ? AND body IS NOT NULL ORDER BY number DESC LIMIT 1",
        item.id,
    )
    return row is None or body_hash(item.text, row[0][:SALT_BYTES]) == row[0]


def _seal(before: bytes, content: tuple[Any, ...]) -> bytes:
    return hashlib.sha256(before + msgspec.msgpack.encode(content)).digest()


def verify(
    con: apsw.Connection, anchor: Anchor | None, newest: Vouched | None = None, witness: Witness | None = None
) -> LedgerCheck:
    """Walk the whole chain, and hold it against what was anchored outside the database.

    newest: what `witness` had vouched for before the anchor was read: it is never ahead of the journal.
    """
    if witness is None or newest is None:
        return _walk(con, [anchor])
    if newest.number == 0:
        return msgspec.structs.replace(_walk(con, [anchor]), vouched=0)
    known = Anchor(newest.number, newest.seal)
    marked = anchor if anchor is not None and anchor.mark else None
    if marked is not None and not witness.confirms(marked.number, marked.seal, marked.mark):
        found = _walk(con, [])
        if found.first_bad is None:
            found = msgspec.structs.replace(found, first_bad=newest.number + 1, fault="forged")
        return msgspec.structs.replace(found, vouched=0)
    if marked is not None and marked.number >= known.number and not goes_on_from(con, known):
        # Its rows were lost, and the anchor that the witness confirms stands for them.
        return msgspec.structs.replace(_walk(con, [marked]), vouched=marked.number)
    vouched = known.number if marked is None else max(known.number, marked.number)
    return msgspec.structs.replace(_walk(con, [anchor, known]), vouched=vouched)


def _walk(con: apsw.Connection, given: Iterable[Anchor | None]) -> LedgerCheck:
    anchors = [one for one in given if one is not None]
    expected, seal, rows_seen = 1, _FIRST_SEAL, 0
    segments: tuple[int, ...] = ()
    replaced: dict[int, Anchor] = {}

    def bad(number: int, fault: str) -> LedgerCheck:
        return LedgerCheck(rows_seen, number, fault, segments, last=expected - 1)

    for row in con.execute("SELECT * FROM ledger ORDER BY number"):
        number = row[0]
        if row[6] == SEGMENT and row[9] is not None and number >= expected:
            # Another copy was anchored, and this row says so.
            replaced = {at: one for at, one in replaced.items() if one.seal != row[9]}
            expected, seal, segments = number, row[9], (*segments, number)
        if number != expected:
            return bad(expected, "missing")
        if _seal(seal, row[:-1]) != row[-1]:
            return bad(number, "changed")
        seal, expected, rows_seen = row[-1], expected + 1, rows_seen + 1
        for one in anchors:
            if one.number == number and one.seal != seal:
                replaced[number] = one
    if replaced:
        return bad(min(replaced), "replaced")
    if any(one.number >= expected for one in anchors):
        return bad(expected, "cut")
    return LedgerCheck(rows_seen, None, "", segments, last=expected - 1)


def open_segment(tx: Tx, anchor: Anchor) -> None:
    """Go on after rows that this database has lost, with a row that names the last anchor.

    Nothing where the chain here has the anchored row.
    """
    if goes_on_from(tx.con, anchor):
        return
    last = head(tx.con)
    number = max(anchor.number, 0 if last is None else last.number) + 1
    content = (number, tx.now_us, "", "", "", "ledger", SEGMENT, "", None, anchor.seal)
    sealed = _seal(anchor.seal, content)
    tx.run_sql("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", *content, sealed)
    tx.touched.ledger = True


def goes_on_from(con: apsw.Connection, anchor: Anchor | None) -> bool:
    """Whether the chain here has the anchored row: only then a newer anchor may take its place."""
    if anchor is None:
        return True
    found = con.execute(
        "SELECT 1 FROM ledger WHERE (number = ?1 AND seal = ?2) OR (number > ?1 AND code = ?3 AND body = ?2)"
        " LIMIT 1",
        (anchor.number, anchor.seal, SEGMENT),
    )
    return found.fetchone() is not None


def next_anchor(con: apsw.Connection, before: Anchor | None, witness: Witness | None) -> Anchor | None:
    """The anchor to write now; None for an empty ledger, and where it does not go on from the one before.

    The witness marks it only where the rows go on from what it has vouched for, or from an anchor with its
    mark: what was cut or rewritten meanwhile is never covered up.
    """
    anchor = head(con)
    if anchor is None or not goes_on_from(con, before):
        return None
    if before is not None and before.mark and (before.number, before.seal) == (anchor.number, anchor.seal):
        return before
    newest = None if witness is None else witness.newest()
    if witness is None or newest is None:
        return anchor
    is_marked = (
        before is not None
        and before.number >= newest.number
        and witness.confirms(before.number, before.seal, before.mark)
    )
    if newest.number and not is_marked and not goes_on_from(con, Anchor(newest.number, newest.seal)):
        return anchor
    return Anchor(anchor.number, anchor.seal, witness.mark(anchor.number, anchor.seal))


def head(con: apsw.Connection) -> Anchor | None:
    """Number and seal of the last row; None for an empty ledger."""
    row = con.execute("SELECT number, seal FROM ledger ORDER BY number DESC LIMIT 1").fetchone()
    return None if row is None else Anchor(row[0], row[1])


def story(con: apsw.Connection, outgoing: OutgoingId) -> tuple[tuple[int, str], ...]:
    """The rows of one item: (wall time in us, code), in order."""
    found = con.execute("SELECT at_us, code FROM ledger WHERE outgoing_id = ? ORDER BY number", (outgoing,))
    return tuple((row[0], row[1]) for row in found)
