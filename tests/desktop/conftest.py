"""Fixtures of the machine around us: a wallet that can be locked, and a vault over it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import keyring
import pytest

from chatdesk.desktop.vault import KeyringVault
from tests.desktop.wallet import LockedWallet


@pytest.fixture
def any_keyring() -> Iterator[None]:
    """The test chooses a backend; afterwards the one from before is back."""
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


@pytest.fixture
def wallet(any_keyring: None) -> Iterator[LockedWallet]:
    locked = LockedWallet()
    keyring.set_keyring(locked)
    yield locked
    locked.unlocked.set()


@pytest.fixture
def vault(any_keyring: None) -> Iterator[KeyringVault]:
    made = KeyringVault(limit_s=0.2)
    yield made
    made.close()
    # What it still had to do must not reach the keyring of the next test.
    for thread in threading.enumerate():
        if thread.name == "chatdesk-keyring":
            thread.join(5)
