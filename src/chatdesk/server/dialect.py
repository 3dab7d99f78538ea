"""What a dialect is to the program that starts servers: a name, a port, how to build it over a folder.

A dialect is a package in `chatdesk.server.dialects`. Over the core and the modules beside this one it brings:

* `Rules` and `Words` for the core: numbers, form of ids, tokens, and a `Policy` (who sees and may do what);
* routes (`web.Web`), each answering in the platform's shapes, with an `Envelope` that words every refusal;
* a `sockets.SocketSide`: who may connect, what each event does, what coming and going tells the others;
* a `Dialect` that puts these into a `chat_server.ChatServer`, listed in `chatdesk.server.registry`.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from chatdesk.server.chat_server import ChatServer
from chatdesk.server.core.service import Core, Ground


class Variant(enum.StrEnum):
    """Which of a platform's two faces a server shows."""

    PROMISED = "promised"
    """What the platform's requirement document promises, in the shapes of its code."""
    AS_IS = "as-is"
    """What the recorded servers do, faults included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the person who starts a server may change; None = as the platform has it."""

    message_limit_chars: int | None = None
    messages_per_minute: int | None = None
    events_per_minute: int | None = None
    access_ttl_s: int | None = None
    refresh_ttl_s: int | None = None
    archive_after_days: int | None = None
    newest_first: bool | None = None

    def given(self) -> dict[str, int]:
        """The chosen ones, by their name in `Rules`."""
        chosen = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in chosen.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One platform that the reference server speaks."""

    platform: str
    default_port: int
    build: Callable[[Ground, Choices, Variant], ChatServer]
    """A server that is not open yet; raises SetupError."""
    variants: tuple[Variant, ...] = (Variant.PROMISED,)
    """Those that it has."""
    seed: Callable[[Core], Awaitable[bool]] | None = None
    """Puts the people of the demonstration into a platform without people; whether it did."""
