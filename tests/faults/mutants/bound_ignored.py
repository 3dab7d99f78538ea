"""Bound ids ignored: a message that is one send's arrival may be taken for another's, too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import apsw

from chatdesk.domain.entities import Message, Outgoing
from chatdesk.domain.ids import ConversationId, RemoteId
from chatdesk.store import lists, outbox, rejoin
from chatdesk.store.transaction import Tx
from tests.faults.mutants.defect import replaced

_UNBOUND = " AND outgoing_id IS NULL"


class _Blind:
    """A connection that does not look whether a message is bound."""

    def __init__(self, con: apsw.Connection) -> None:
        self._con = con
        self.was_asked = False

    def execute(self, sql: str, values: Any) -> apsw.Cursor:
        self.was_asked = self.was_asked or _UNBOUND in sql
        return self._con.execute(sql.replace(_UNBOUND, ""), values)


@contextmanager
def plant() -> Iterator[None]:
    """One remote id may stand for several items; candidates are all own messages outside the watermark."""
    honest = lists.candidates

    def candidates(
        con: apsw.Connection, conversation: ConversationId, outside: frozenset[RemoteId]
    ) -> tuple[Message, ...]:
        blind = _Blind(con)
        found = honest(blind, conversation, outside)  # type: ignore[arg-type]
        assert blind.was_asked
        return found

    def can_bind(_tx: Tx, _item: Outgoing, _remote_id: RemoteId) -> bool:
        return True

    with replaced(
        (lists, "candidates", candidates), (outbox, "can_bind", can_bind), (rejoin, "can_bind", can_bind)
    ):
        yield
