"""The ledger's witness: a key in the system's keyring, and what it has vouched for, for one data folder."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from pathlib import Path
from typing import Final

import msgspec

from chatdesk.desktop.vault import KeyringVault, NoKeyring
from chatdesk.domain.ports import Vouched

KEY_BYTES: Final = 32
_log = logging.getLogger(__name__)


class _Entry(msgspec.Struct, frozen=True):
    """What the keyring holds for one folder."""

    key: bytes
    number: int = 0
    seal: bytes = b""

    def __repr__(self) -> str:
        """Hides the key from logs and tracebacks."""
        return "_Entry(...)"


class KeyringWitness:
    """A Witness (domain.ports). The keyring is asked once, by `begin` or `look`; until then it has no answer.

    Marking needs no keyring, only the key in memory, so whoever writes never waits for a wallet.
    """

    def __init__(self, vault: KeyringVault, folder: Path) -> None:
        self._vault = vault
        self._name = entry_name(folder)
        self._entry: _Entry | None = None

    async def begin(self, *, anew: bool = False) -> None:
        """Take up the folder's entry, making it where there is none.

        anew: the folder was empty, so that nothing that was vouched for before counts.
        """
        try:
            text = await self._vault.read_text(self._name)
            found = None if text is None else _decode(text)
            if found is None:
                found = _Entry(secrets.token_bytes(KEY_BYTES))
                await self._vault.write_text(self._name, _encode(found))
            elif anew and found.number:
                found = _Entry(found.key)
                await self._vault.write_text(self._name, _encode(found))
        except NoKeyring:
            _log.info("the ledger is anchored without a keyring")
            return
        self._entry = found

    async def look(self) -> None:
        """Take up the folder's entry if there is one; nothing is changed."""
        try:
            text = await self._vault.read_text(self._name)
        except NoKeyring:
            return
        self._entry = None if text is None else _decode(text)

    async def settle(self) -> None:
        """Return once the keyring has what it was told to keep, or does not answer in time."""
        entry = self._entry
        if entry is not None and entry.number:
            try:
                await self._vault.write_text(self._name, _encode(entry))
            except NoKeyring:
                _log.info("the keyring does not know the newest anchor")

    # -- Witness, on any thread

    def newest(self) -> Vouched | None:
        """What it has vouched for; None while the keyring has not answered."""
        entry = self._entry
        return None if entry is None else Vouched(entry.number, entry.seal)

    def mark(self, number: int, seal: bytes) -> bytes:
        """The keyed hash of an anchor."""
        entry = self._entry
        return b"" if entry is None else _mark(entry.key, number, seal)

    def confirms(self, number: int, seal: bytes, mark: bytes) -> bool:
        """Whether this key made the mark."""
        entry = self._entry
        return entry is not None and hmac.compare_digest(_mark(entry.key, number, seal), mark)

    def keep(self, number: int, seal: bytes) -> None:
        """Remember the newest anchor; the keyring is told when it has time."""
        entry = self._entry
        if entry is not None:
            self._entry = kept = _Entry(entry.key, number, seal)
            self._vault.write_soon(self._name, _encode(kept))


def entry_name(folder: Path) -> str:
    """The keyring's name for a data folder: by its place, which nobody changes unseen."""
    return "ledger|" + hashlib.sha256(str(folder.expanduser().resolve()).encode()).hexdigest()[:32]


def _mark(key: bytes, number: int, seal: bytes) -> bytes:
    return hmac.digest(key, b"chatdesk anchor 1|%d|" % number + seal, "sha256")


def _encode(entry: _Entry) -> str:
    return msgspec.json.encode(entry).decode()


def _decode(text: str) -> _Entry | None:
    try:
        entry = msgspec.json.decode(text, type=_Entry)
    except msgspec.MsgspecError:
        _log.warning("the keyring's entry for the ledger is not one of ours")
        return None
    return entry if len(entry.key) == KEY_BYTES else None
