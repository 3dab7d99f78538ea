"""Bad input at every route and event of every platform: what is good there, so that it can be made bad.

One module per platform, named like it, with a `BAD`. Routes and events are enumerated from the application
itself; one without a row here, or a row without one, fails (tests/server/test_bad.py). What is sent is made
in `cases`, the same for everybody.
"""

from __future__ import annotations

import base64
import json
import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import jwt

from chatdesk.server.core.service import DATABASE_NAME, SECRET_NAME
from tests.server.process import ServerProcess

JSON_TYPE = "application/json"
ME = "me"
"""Of the people of a scene the one to whom things can be other people's."""

SILENT = "silent"
"""Recorded: nothing comes back, and the connection stays."""
CRASH = "crash"
"""Recorded: the whole process ends."""
CRASH_TOO = "crash too"
"""The same; not sent, since each costs a start of the server, and one of each event shows it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back to a request; `body` is JSON where it was that, else text."""

    status: int
    kind: str
    body: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A good request, `{place}` in it standing for an id of the scene, and what of it matters."""

    who: str = ME
    """Whose token; empty = nobody has to be signed in."""
    path: Mapping[str, str] = field(default_factory=dict)
    """Each parameter of the template -> its good value."""
    free: frozenset[str] = frozenset()
    """Parameters and fields for which anything is an answer, also an unknown one."""
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    needs: frozenset[str] = frozenset()
    """Fields without which the request makes no sense."""
    ids: frozenset[str] = frozenset()
    """Fields that hold ids: malformed, unknown and other people's ones are refused."""
    parts: Mapping[str, tuple[str, bytes, str]] = field(default_factory=dict)
    """Files of a form: part -> name, content, type."""
    spends: bool = False
    """A good one can be asked once only (it ends a session): nothing that may succeed is sent."""
    endless: bool = False
    """The answer to a good request does not end."""
    unavailable: bool = False
    """What the platform does elsewhere: a 503 in its envelope is the answer to everything."""
    bodiless: bool = False
    """A body that says nothing is as good as one that does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A good payload (an object, or a bare value), and what of it matters."""

    payload: Any
    who: str = ME
    needs: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    lenient: bool = False
    """Nothing of it is needed: any payload is as good as another."""
    recorded: Mapping[str, str] = field(default_factory=dict)
    """As recorded: name of a case -> SILENT, CRASH, or the text of an error event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Who is signed in at one server, and what there is."""

    tokens: Mapping[str, str]
    own: Mapping[str, str | int]
    """`{place}` -> the id of something that `me` may use."""
    foreign: Mapping[str, str | int]
    """`{place}` -> the id of something of the same kind that `me` may not see."""
    expired: str
    """A token of `me` that was good once."""


class Http(ABC):
    """Asking the server."""

    @abstractmethod
    async def ask(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: Any = None,
        content: bytes | None = None,
        kind: str = JSON_TYPE,
        parts: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> Answer:
        """One request; `path` goes out as it is."""

    async def good(self, method: str, path: str, **more: Any) -> Any:
        """The body of an answer that must be a success."""
        answer = await self.ask(method, path, **more)
        assert answer.status < 300, (method, path, answer)
        return answer.body


class Bad(ABC):
    """One platform."""

    platform: ClassVar[str]
    health: ClassVar[str]
    """A path that is answered for everybody, be it with a refusal."""
    routes: ClassVar[Mapping[tuple[str, str], Route]]
    """(method, template) -> a good request."""
    events: ClassVar[Mapping[str, Event]]
    socket_path: ClassVar[str] = "/socket.io/"
    error_events: ClassVar[tuple[str, ...]] = ("error",)
    wakes: ClassVar[tuple[str, Any] | None] = None
    """As recorded: an event with an error of its own, which tells that a connection is listened to by now."""
    malformed: ClassVar[tuple[str, ...]] = ("not-an-id", "A" * 24, "x" * 3_000, "%00", "%ED%A0%80", "'")
    """What is no id, as it stands in a path."""
    unknown: ClassVar[str | int] = "0" * 24
    """An id that there is not."""
    oversize_bytes: ClassVar[int] = 1_100_000
    """More than any body but a file may have."""
    file_limit_bytes: ClassVar[int] = 10 * 1024 * 1024
    recorded: ClassVar[Mapping[tuple[str, str, str], tuple[int, str]]] = {}
    """As recorded: (method, template, name of a case) -> status and a part of the answer."""

    @abstractmethod
    async def scene(self, http: Http, server: ServerProcess) -> Scene:
        """Sign in, and make or find what is needed."""

    @abstractmethod
    def is_error(self, answer: Answer) -> bool:
        """Whether this is an error in the platform's own envelope (or its page for what is no route)."""

    def is_error_event(self, payload: Any) -> bool:
        """Whether this is what the platform's error event carries."""
        return isinstance(payload, dict) and bool(payload.get("message"))

    def auth(self, token: str | None) -> dict[str, Any] | None:
        """The `auth` of a handshake."""
        return None if token is None else {"token": token}


def expired(server: ServerProcess, token: str) -> str:
    """The same signed token, of an hour ago."""
    claims = jwt.decode(token, options={"verify_signature": False})
    claims |= {"iat": int(time.time()) - 7_200, "exp": int(time.time()) - 3_600}
    secret = (server.data_dir / SECRET_NAME).read_text("ascii")
    return jwt.encode(claims, secret, algorithm="HS256")


def expire_stored(server: ServerProcess, digest: str) -> None:
    """Let a session token that the server remembers run out, by its stored digest."""
    with sqlite3.connect(server.data_dir / DATABASE_NAME, timeout=10) as database:
        changed = database.execute("UPDATE tokens SET expires_ms = 1 WHERE id = ?", (digest,)).rowcount
    database.close()
    assert changed == 1


def claim(token: str, name: str) -> Any:
    """One claim of a signed token."""
    middle = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))[name]
