"""What an adapter may base a decision on: the account, what was learnt, and its own frozen state."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from chatdesk.domain.ids import RemoteId


class Secrets(msgspec.Struct, frozen=True):
    """Tokens of an account; in the keyring or in memory, never in the database or a log."""

    access: str = ""
    refresh: str = ""

    def __repr__(self) -> str:
        """Hides the tokens from logs and tracebacks."""
        return "Secrets(...)"


class AccountFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an account before any connection."""

    server_url: str
    login: str
    user_id: RemoteId = RemoteId("")
    role: str = ""
    name: str = ""
    secrets: Secrets = Secrets()
    seat: str = ""
    """As whom the person asked to sign in; see Account.seat."""
    settings: Mapping[str, str] = MappingProxyType({})
    """Settings of the account; see PlatformPlugin.settings."""


class Learnt(msgspec.Struct, frozen=True):
    """A fact learnt of a server that outlives connections; wall clock, since it outlives the process too."""

    value: str
    expires_at_us: int


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that an adapter may base a decision on. `read` makes new ones; the engine sets the first five."""

    now_ms: int = 0
    """Engine time: monotonic."""
    now_us: int = 0
    """Wall clock, for tokens that name a time and for learnt facts."""
    heard_ms: int = 0
    """When the socket was heard last, pings included (engine time): so long it stood for certain."""
    epoch: int = 0
    """Number of the connection; what was learnt on an older one is void."""
    online: bool = False
    """The socket is connected and accepted."""
    account: AccountFacts
    learnt: Mapping[str, Learnt] = MappingProxyType({})
    own: Any = None
    """The adapter's own frozen struct (rooms joined, reads under way, ...); opaque to the engine."""
