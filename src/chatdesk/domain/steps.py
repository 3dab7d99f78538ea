"""What an adapter may ask for next: a step for the client, a wait, or the end of a goal."""

from __future__ import annotations

from typing import Any

import msgspec

from chatdesk.domain.kinds import NoticeCode, ParkReason

Json = Any
"""A JSON value as the decoder gives it: only `translate` looks inside."""


class Emit(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Send one Socket.IO event. timeout_ms 0: nothing is awaited; the step is over once it is handed over."""

    event: str
    args: tuple[Json, ...]
    lane: str | None = None
    timeout_ms: int = 0
    commits: bool = False
    note: str = ""


class FilePart(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a multipart request, streamed from a staged copy."""

    field: str
    filename: str
    content_type: str
    path: str


class Call(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """One HTTP exchange. `path` starts at the host's root; query values may repeat a name."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Json = None
    """JSON body; None: no body at all."""
    headers: tuple[tuple[str, str], ...] = ()
    """Authorization included; the client adds none. Never shown in a log."""
    file: FilePart | None = None
    form: tuple[tuple[str, str], ...] = ()
    """Further text parts of a multipart request; only beside `file`."""
    save_to: str = ""
    """A path of ours that a 2xx body is streamed to; its Answer has body None. Other bodies come as usual."""
    most_bytes: int = 0
    """With `save_to`: a longer body is given up as NoAnswer(reason='too_large'); 0: 50 MB."""
    lane: str | None = None
    timeout_ms: int = 15_000
    commits: bool = False
    note: str = ""
    """A word for ledger and log such as 'send' or 'history'; also lets `read` know its own step."""

    def __repr__(self) -> str:
        """Hides headers and body from logs and tracebacks."""
        return f"Call({self.method} {self.path}, note={self.note!r})"


class Connect(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Open the socket. `auth` is the payload of the namespace connect packet."""

    socketio_path: str = "socket.io"
    auth: Json = None
    headers: tuple[tuple[str, str], ...] = ()
    transports: tuple[str, ...] = ("websocket", "polling")
    timeout_ms: int = 10_000
    commits: bool = False
    lane: str | None = None
    note: str = "connect"

    def __repr__(self) -> str:
        """Hides the token from logs and tracebacks."""
        return f"Connect(/{self.socketio_path})"


class Listen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Open a stream of server-sent events and keep it open beside the socket.

    A 2xx answer of type text/event-stream gives Accepted for this step; each `data` line that parses as JSON
    then comes as Packet(event=STREAM_EVENT, args=(path, data)), the end of it as
    Packet(event=STREAM_ENDED, args=(path,)). Any other answer gives Answer, none at all NoAnswer. A second
    Listen on the same path takes the place of the first; `close` and `drop_link` end all of them. The end of
    each is told once, whoever ended it, before anything that follows on its path; only `close` tells nothing.
    """

    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    timeout_ms: int = 10_000
    commits: bool = False
    lane: str | None = None
    note: str = "listen"

    def __repr__(self) -> str:
        """Hides headers from logs and tracebacks."""
        return f"Listen({self.path})"


class Unlisten(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Close the stream of a path, if there is one; HandedOver follows."""

    path: str
    timeout_ms: int = 2_000
    commits: bool = False
    lane: str | None = None
    note: str = "unlisten"


STREAM_EVENT = "\x00stream"
STREAM_ENDED = "\x00stream-ended"
"""Names that no Socket.IO event can have here: the link drops events that begin with U+0000."""

Step = Emit | Call | Connect | Listen | Unlisten


class Wait(msgspec.Struct, frozen=True, tag=True):
    """Nothing can be done now; ask again after so long, or as soon as facts change.

    why: a stable English word that the window shows with a send that waits (recipient_away); such a send
    gives its place to others until then.
    """

    ms: int
    why: str = ""


class Done(msgspec.Struct, frozen=True, tag=True):
    """The goal is reached. For a committing goal: its last verdict said so."""


class Parked(msgspec.Struct, frozen=True, tag=True):
    """The goal can't be reached without the person (sends), or not at all (reads)."""

    reason: ParkReason
    detail: str = ""


class NeedsPassword(msgspec.Struct, frozen=True, tag=True):
    """Only the person can help: the token is void and no refresh mends it."""

    code: NoticeCode = NoticeCode.AUTH_REQUIRED
    detail: str = ""
    retry_after_ms: int | None = None


Next = Emit | Call | Connect | Listen | Unlisten | Wait | Done | Parked | NeedsPassword
