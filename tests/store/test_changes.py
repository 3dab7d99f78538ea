"""Change records tell a view all that it needs, and nothing that it knows already."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chatdesk.store import Store
from tests.store.actions import Actor, actions
from tests.store.making import Desk, short_lived_folder
from tests.store.replay import Replay, snapshot


@settings(max_examples=50)
@given(st.lists(actions, min_size=1, max_size=25))
def test_replaying_commits_equals_reading_anew(done: list[tuple[Any, ...]]) -> None:
    """Whatever is done, a view that replays the commits holds what a fresh read of the store gives, every
    record tells something new, and commit numbers have no hole.
    """
    with short_lived_folder() as folder:
        store = Store.open(folder)
        try:
            replay = Replay(store)
            actor = Actor(Desk(store))
            for action in done:
                actor.do(*action)
                assert replay.tables == snapshot(store), action
                assert not replay.faults, action
        finally:
            store.close()
