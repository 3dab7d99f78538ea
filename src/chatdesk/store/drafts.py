"""Drafts: versioned, never overwritten; where two texts claim to be the same one, both are kept."""

from __future__ import annotations

from typing import Final

import msgspec

from chatdesk.domain.entities import Draft
from chatdesk.domain.errors import NotPossible, StaleDraft
from chatdesk.domain.events import ConversationSeen
from chatdesk.domain.ids import AccountId, ConversationId, RemoteId
from chatdesk.domain.ordering import Stamp
from chatdesk.domain.text import is_blank, well_formed
from chatdesk.store import conversations, rows
from chatdesk.store.journal import Contents, Drafted
from chatdesk.store.stamps import pack
from chatdesk.store.transaction import Tx

_BEFORE_ALL: Final = pack(0, Stamp(0, 0))
"""Whatever a server says of a conversation is newer than what the journal knows."""
DRAFT: Final = rows.DRAFTS + " WHERE conversation_id = ?"


def load(tx: Tx, conversation: ConversationId) -> Draft:
    """The draft; version 0 and no text where there was never one."""
    row = tx.one(DRAFT, conversation)
    if row is None:
        return Draft(conversation_id=conversation, version=0, text="", saved_at_us=0)
    return rows.draft(row)


def save(tx: Tx, conversation: ConversationId, version: int, text: str, other: str | None = None) -> Draft:
    """Save on top of `version`; what is unchanged keeps its version. Raises StaleDraft, NotPossible.

    other: the text that stands against it from now on, '' for none; None: as it was.
    """
    old = load(tx, conversation)
    if version != old.version:
        raise StaleDraft(old)
    text = well_formed(text)
    other = old.other if other is None else well_formed(other)
    if other == text:
        other = ""
    if (text, other) == (old.text, old.other):
        return old
    return put(tx, msgspec.structs.replace(old, version=version + 1, text=text, other=other))


def put(tx: Tx, draft: Draft) -> Draft:
    """Write a version, in the database and in the journal. Raises NotPossible without its conversation."""
    conversation = draft.conversation_id
    row = tx.one("SELECT account_id, remote_id FROM conversations WHERE id = ?", conversation)
    if row is None:
        raise NotPossible("no such conversation")
    draft = msgspec.structs.replace(draft, saved_at_us=tx.now_us)
    tx.run_sql(
        "INSERT OR REPLACE INTO drafts (conversation_id, version, text, saved_at_us, other)"
        " VALUES (?, ?, ?, ?, ?)",
        conversation,
        draft.version,
        draft.text,
        draft.saved_at_us,
        draft.other,
    )
    tx.records.append(
        Drafted(tx.account_name(row[0]), RemoteId(row[1]), draft.version, draft.text, draft.other)
    )
    tx.touched.drafts.add(conversation)
    tx.touched.conversations.add(conversation)
    return draft


def recorded(tx: Tx, contents: Contents, *, is_newer: bool) -> int:
    """The database was put back, lost its end or was made anew: take over what the journal knows of drafts.

    is_newer: the journal has gone on where the database stopped, so its text is the newer one. Otherwise
    nobody knows: the database's text stays, and the journal's stands against it. Returns of how many drafts
    there are two texts now.
    """
    names = {
        tx.account_name(AccountId(row[0])): AccountId(row[0]) for row in tx.all("SELECT id FROM accounts")
    }
    for one in contents.drafts.values():
        account = names.get(one.account)
        conversation = None if account is None else _conversation(tx, account, one.conversation)
        if conversation is None:
            continue  # the copy of the journal keeps it
        here = load(tx, conversation)
        text, other = (one.text, one.other) if is_newer else _merged(here, one)
        if (text, other) != (here.text, here.other):
            version = max(here.version, one.version) + 1
            put(tx, msgspec.structs.replace(here, version=version, text=text, other=other))
    return sum(1 for _ in tx.all("SELECT 1 FROM drafts WHERE other <> ''"))


def _conversation(tx: Tx, account: AccountId, remote_id: RemoteId) -> ConversationId | None:
    """The conversation; where it was lost, an empty one: the rest comes with the next reading of lists."""
    state = tx.conversation(account, remote_id)
    if state is None:
        tx.run_sql("DELETE FROM forgotten WHERE account_id = ? AND remote_id = ?", account, remote_id)
        conversations.seen(tx, account, _BEFORE_ALL, ConversationSeen(remote_id=remote_id))
        state = tx.conversation(account, remote_id)
    return None if state is None else state.id


def _merged(here: Draft, one: Drafted) -> tuple[str, str]:
    if is_blank(here.text):
        return one.text, one.other or here.other
    others = [here.other, one.text, one.other]
    kept = dict.fromkeys(text for text in others if not is_blank(text) and text != here.text)
    return here.text, "\n".join(kept)
