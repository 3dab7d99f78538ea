"""Fixtures of the store's tests: a store on a real file, and one with something in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatdesk.store import Store
from tests.store.making import Desk


@pytest.fixture
def store(profile_dir: Path) -> Iterator[Store]:
    """An empty store; closed at the end."""
    opened = Store.open(profile_dir)
    yield opened
    opened.close()


@pytest.fixture
def desk(store: Store) -> Desk:
    """A store with an account and two conversations."""
    return Desk(store)
