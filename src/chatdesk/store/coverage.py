"""How much of a conversation is here without a hole: what who loads all of it asks before every page."""

from __future__ import annotations

from typing import Final

import apsw

from chatdesk.domain.desk import Coverage
from chatdesk.domain.ids import PENDING_CURSOR, ConversationId, Cursor

NEWEST: Final = (
    "SELECT cursor FROM messages WHERE conversation_id = ? AND cursor < ?"
    " ORDER BY cursor DESC, id DESC LIMIT 1"
)
TOP: Final = "SELECT lo FROM ranges WHERE conversation_id = ? ORDER BY hi DESC LIMIT 1"
AROUND: Final = (
    "SELECT lo FROM ranges WHERE conversation_id = ?1 AND lo <= ?2 AND hi >= ?2 ORDER BY lo LIMIT 1"
)
COUNT: Final = "SELECT count(*) FROM messages WHERE conversation_id = ? AND cursor >= ? AND cursor < ?"
FIRST: Final = (
    "SELECT sent_at_us FROM messages WHERE conversation_id = ? AND cursor >= ? ORDER BY cursor, id LIMIT 1"
)


def coverage(
    con: apsw.Connection, conversation: ConversationId, at: Cursor | None, since: Coverage | None
) -> Coverage | None:
    """See EngineStore.coverage. Costs as much as what is new since `since`."""
    newest = con.execute(NEWEST, (conversation, PENDING_CURSOR)).get
    if newest is None:
        return None
    if at is None:
        lowest = con.execute(TOP, (conversation,)).fetchone()
    else:
        lowest = con.execute(AROUND, (conversation, at)).fetchone()
    oldest = (newest if at is None else at) if lowest is None else lowest[0]
    return Coverage(
        oldest=oldest,
        newest=newest,
        held=_held(con, conversation, oldest, since),
        back_to_us=con.execute(FIRST, (conversation, oldest)).get or 0,
    )


def _held(con: apsw.Connection, conversation: ConversationId, oldest: str, since: Coverage | None) -> int:
    """Messages from a cursor on; those of `since` are not counted again."""

    def between(lo: str, hi: str) -> int:
        return int(con.execute(COUNT, (conversation, lo, hi)).get)

    if since is None or oldest > since.oldest:
        return between(oldest, PENDING_CURSOR)
    # Cursors are unique, so what follows the newest begins right behind it.
    return since.held + between(oldest, since.oldest) + between(since.newest + "\0", PENDING_CURSOR)
