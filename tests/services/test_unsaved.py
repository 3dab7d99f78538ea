"""What was typed while nothing could be saved is taken over without losing what was saved meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatdesk.domain.errors import WorldError
from chatdesk.domain.ids import ConversationId
from chatdesk.services.unsaved import Unsaved, take_over
from chatdesk.store import Store
from tests.store.making import WAIT_S, Desk, reading


@pytest.fixture
def desk(profile_dir: Path) -> Iterator[Desk]:
    store = Store.open(profile_dir)
    yield Desk(store)
    store.close()


def test_texts_and_settings_are_saved(desk: Desk) -> None:
    """On top of the draft that they were typed over."""
    held = desk.store.save_draft(desk.conversation, 0, "half").result(WAIT_S)
    text = Unsaved(conversation_id=desk.conversation, version=held.version, text="half a thought")
    take_over(desk.store, [text], {"theme": "dark"})
    with reading(desk.store) as reader:
        assert reader.draft(desk.conversation).text == "half a thought"
        assert reader.draft(desk.conversation).other == ""
        assert reader.setting("theme") == "dark"


def test_a_draft_that_changed_meanwhile_stands_against_the_text(desk: Desk) -> None:
    """Both are there, and the person chooses."""
    desk.store.save_draft(desk.conversation, 0, "from the journal").result(WAIT_S)
    take_over(desk.store, [Unsaved(conversation_id=desk.conversation, version=0, text="typed here")], {})
    with reading(desk.store) as reader:
        draft = reader.draft(desk.conversation)
    assert (draft.text, draft.other) == ("typed here", "from the journal")


def test_what_can_not_be_kept_is_told(desk: Desk) -> None:
    """Who typed it still has it: nobody is told that it was taken over."""
    with pytest.raises(WorldError):
        take_over(desk.store, [Unsaved(conversation_id=ConversationId(99), version=0, text="lost?")], {})
