"""Tokens are kept by the system's keyring, or until the program quits; nobody ever waits long for it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time

import keyring
import keyring.backend
import pytest

from chatdesk.desktop.vault import KeyringVault
from chatdesk.domain.facts import Secrets
from chatdesk.domain.kinds import Platform
from chatdesk.domain.ports import Vault, vault_key
from tests.conftest import Aio, AllowLog
from tests.desktop.wallet import LockedWallet

KEY = vault_key("https://dispatch.example", Platform.DISPATCHER, "desk@northline.example")
TOKENS = Secrets(access="access-1", refresh="refresh-1")
NEWER = Secrets(access="access-2", refresh="refresh-2")


class Sieve(LockedWallet):
    """A backend that takes everything and keeps nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.unlocked.set()

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries.clear()


def test_is_a_vault(vault: KeyringVault) -> None:
    """KeyringVault is what the engines ask for."""
    as_port: Vault = vault
    assert as_port is vault


def test_without_a_keyring_tokens_live_until_we_quit(
    aio: Aio, vault: KeyringVault, any_keyring: None
) -> None:
    """With no keyring, save says that the token is not kept, and load still has it in this process."""
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]

    async def main() -> None:
        assert await vault.load(KEY) is None
        assert await vault.save(KEY, TOKENS) is False
        assert await vault.load(KEY) == TOKENS
        await vault.delete(KEY)
        assert await vault.load(KEY) is None

    aio(main())


def test_an_unlocked_wallet_keeps_tokens(aio: Aio, vault: KeyringVault, wallet: LockedWallet) -> None:
    """What one vault saves, a later one loads; what is deleted is gone for both."""
    wallet.unlocked.set()

    async def main() -> None:
        assert await vault.save(KEY, TOKENS) is True
        later = KeyringVault()
        assert await later.load(KEY) == TOKENS
        await later.delete(KEY)
        await later.delete(KEY)
        third = KeyringVault()
        assert await third.load(KEY) is None
        later.close()
        third.close()

    aio(main())


def test_a_locked_wallet_costs_the_limit_once(
    aio: Aio, vault: KeyringVault, wallet: LockedWallet, allow_log: AllowLog
) -> None:
    """A wallet that hangs is waited for once; later calls answer at once, from memory."""
    warned = allow_log("WARNING chatdesk.desktop.vault: the keyring did not answer")

    async def main() -> None:
        began = time.monotonic()
        assert await vault.save(KEY, TOKENS) is False
        first_s = time.monotonic() - began
        await asyncio.sleep(0.05)
        began = time.monotonic()
        assert await vault.save(KEY, NEWER) is False
        assert await vault.load(KEY) == NEWER
        assert await vault.load("other") is None
        assert 0.2 <= first_s < 2.0
        assert time.monotonic() - began < 3 * 0.2  # what three more waits would take

    aio(main())
    assert len(warned) == 1


def test_a_wallet_unlocked_late_gets_the_newest_token(
    aio: Aio, vault: KeyringVault, wallet: LockedWallet, allow_log: AllowLog
) -> None:
    """Saves that were given up reach the wallet in order once it opens, so that no older token wins."""
    allow_log("WARNING chatdesk.desktop.vault: the keyring did not answer")

    async def main() -> None:
        assert await vault.save(KEY, TOKENS) is False
        await asyncio.sleep(0.05)
        assert await vault.save(KEY, NEWER) is False
        wallet.unlocked.set()
        for _ in range(200):
            if wallet.entries.get(("chatdesk", KEY), "").count("access-2"):
                break
            await asyncio.sleep(0.01)
        assert "access-2" in wallet.entries["chatdesk", KEY]
        assert await vault.save(KEY, TOKENS) is True

    aio(main())


def test_a_wallet_that_keeps_nothing_is_none(aio: Aio, vault: KeyringVault, wallet: LockedWallet) -> None:
    """A backend that swallows what it is given counts as no keyring."""
    keyring.set_keyring(Sieve())

    async def main() -> None:
        assert await vault.save(KEY, TOKENS) is False

    aio(main())


def test_a_strange_entry_is_no_token(
    aio: Aio, vault: KeyringVault, wallet: LockedWallet, allow_log: AllowLog
) -> None:
    """An entry that is not ours loads as nothing instead of failing the sign-in."""
    wallet.unlocked.set()
    wallet.entries["chatdesk", KEY] = "{not json"
    warned = allow_log("WARNING chatdesk.desktop.vault: the keyring's entry")

    async def main() -> None:
        assert await vault.load(KEY) is None

    aio(main())
    assert len(warned) == 1


def test_a_hanging_wallet_does_not_hold_up_the_end() -> None:
    """A program whose keyring hangs for ever still ends at once."""
    code = """
import asyncio, threading, keyring, keyring.backend
class Hangs(keyring.backend.KeyringBackend):
    priority = 1
    def get_password(self, service, username): threading.Event().wait()
    set_password = delete_password = get_password
keyring.set_keyring(Hangs())
from chatdesk.desktop.vault import KeyringVault
vault = KeyringVault(limit_s=0.1)
print(asyncio.run(vault.load("k")))
vault.close()
"""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
        env=_environment(),
    )
    assert done.stdout.strip() == "None"
    assert time.monotonic() - began < 10


@pytest.mark.session
def test_the_real_keyring_keeps_tokens(aio: Aio) -> None:
    """The Secret Service of a desktop session keeps tokens from one vault (one program run) to the next."""

    async def main() -> None:
        first = KeyringVault()
        assert await first.save(KEY, TOKENS) is True
        second = KeyringVault()
        assert await second.load(KEY) == TOKENS
        await second.delete(KEY)
        third = KeyringVault()
        assert await third.load(KEY) is None
        for vault in (first, second, third):
            vault.close()

    aio(main())


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": "src"}
