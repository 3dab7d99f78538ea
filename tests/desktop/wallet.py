"""A keyring backend for tests: it waits to be unlocked, as a real wallet does."""

from __future__ import annotations

import threading
from typing import ClassVar

import keyring.backend


class LockedWallet(keyring.backend.KeyringBackend):
    """A backend that waits for a person to unlock it, as a real wallet does, then works."""

    priority: ClassVar[float] = -1  # else the real keyring would chain it to its own

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.unlocked = threading.Event()
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        self.unlocked.wait()
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.unlocked.wait()
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self.unlocked.wait()
        del self.entries[service, username]
