"""What a person typed and set while nothing could be saved, taken over once it can be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from chatdesk.domain.desk import DeskStore
from chatdesk.domain.errors import StaleDraft
from chatdesk.domain.ids import ConversationId

WAIT_S = 10.0
"""A disk that takes longer than this for a draft is not well again."""


class Unsaved(msgspec.Struct, frozen=True, kw_only=True):
    """A text that is not on disk. version, other: as `Desk.save_draft` takes them."""

    conversation_id: ConversationId
    version: int
    text: str
    other: str = ""


def take_over(store: DeskStore, texts: Iterable[Unsaved], settings: Mapping[str, str]) -> None:
    """Save drafts and settings in a store that nobody shows yet; waits for it, a few milliseconds.

    A draft that is another one by now stands against the text, as wherever two have written. Raises what
    saving raises; the texts are still where they were then.
    """
    for one in texts:
        _save(store, one)
    for key, value in settings.items():
        store.put_setting(key, value).result(WAIT_S)


def _save(store: DeskStore, one: Unsaved) -> None:
    try:
        store.save_draft(one.conversation_id, one.version, one.text, one.other).result(WAIT_S)
    except StaleDraft as stale:
        held = stale.draft
        others = dict.fromkeys(
            text for text in (one.other, held.text, held.other) if text not in {"", one.text}
        )
        against = "\n".join(others)
        store.save_draft(one.conversation_id, held.version, one.text, against).result(WAIT_S)
