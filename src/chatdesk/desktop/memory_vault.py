"""A vault for a profile that is thrown away: nothing of it outlives the program."""

from __future__ import annotations

from chatdesk.domain.facts import Secrets


class MemoryVault:
    """Keeps secrets in memory only. What it keeps is as durable as the profile it is made for."""

    def __init__(self) -> None:
        self._kept: dict[str, Secrets] = {}

    async def load(self, key: str) -> Secrets | None:
        """The secrets under a key, or None."""
        return self._kept.get(key)

    async def save(self, key: str, secrets: Secrets) -> bool:
        """Keep them; always True."""
        self._kept[key] = secrets
        return True

    async def delete(self, key: str) -> None:
        """Forget them."""
        self._kept.pop(key, None)
