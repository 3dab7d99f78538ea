"""Starts a reference server and stops it cleanly: what `chatdesk serve` does."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import random
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

import uvicorn

from chatdesk.server.chat_server import ChatServer
from chatdesk.server.core.errors import SetupError
from chatdesk.server.core.service import Ground
from chatdesk.server.dialect import Choices, Dialect, Variant
from chatdesk.server.registry import DIALECTS
from chatdesk.server.signals import stop_on_signals

ALL = "all"
SEEDS = ("none", "demo")
QUIET_PORTS = range(20_000, 30_000)
KEEP_ALIVE_S = 75
"""Longer than clients keep idle connections: who closes first must not be us, or a request may be lost."""
STOP_TIMEOUT_S = 1
"""How long requests may still take when the server stops; then they are cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """What the person who starts a server may choose.

    `port` None = the platform's own, 0 = any free one; with several platforms each has its own, or any free
    one, unless `ports` names one for it.
    """

    data_dir: Path
    platform: str = "dispatcher"
    host: str = "127.0.0.1"
    port: int | None = None
    ports: Mapping[str, int] = field(default_factory=dict)
    seed: str = "none"
    variant: Variant = Variant.PROMISED
    choices: Choices = field(default_factory=Choices)

    @property
    def dialects(self) -> list[Dialect]:
        """Whose wires to speak."""
        return list(DIALECTS.values()) if self.platform == ALL else [DIALECTS[self.platform]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The switches of `chatdesk serve`."""
    parser.add_argument(
        "--platform",
        choices=(*DIALECTS, ALL),
        required=True,
        help="whose wire to speak; all = every one, each on a port of its own, over one database",
    )
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="folder of the database and files"
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    ports = ", ".join(f"{one.platform} {one.default_port}" for one in DIALECTS.values())
    parser.add_argument("--port", type=_port, help=f"port to listen on, 0 = any free one (default: {ports})")
    parser.add_argument(
        "--at",
        dest="ports",
        type=_port_at,
        action="append",
        default=[],
        metavar="PLATFORM=PORT",
        help="the port of one of several platforms; may be repeated",
    )
    parser.add_argument(
        "--as-is",
        dest="variant",
        action="store_const",
        const=Variant.AS_IS,
        default=Variant.PROMISED,
        help="do what the recorded servers of the platform do, faults included, not what it promises",
    )
    parser.add_argument("--seed", choices=SEEDS, default="none", help="what to put into an empty database")
    _number_argument(parser, "--rate", "messages_per_minute", "N", "messages a minute per person")
    _number_argument(parser, "--events", "events_per_minute", "N", "socket events a minute per person")
    _number_argument(parser, "--message-limit", "message_limit_chars", "N", "characters of a message")
    _number_argument(parser, "--access-ttl", "access_ttl_s", "S", "seconds that a sign-in lasts")
    _number_argument(parser, "--refresh-ttl", "refresh_ttl_s", "S", "seconds for which it can be renewed")
    parser.add_argument(
        "--archive-after",
        dest="archive_after_days",
        type=_not_negative,
        metavar="DAYS",
        help="archive messages older than this, 0 = never (default: 365)",
    )
    parser.add_argument(
        "--newest-first",
        action="store_const",
        const=True,
        help="where a recorded server leaves the order of histories to its database: the newest first",
    )


def _number_argument(
    parser: argparse.ArgumentParser, switch: str, field: str, metavar: str, what: str
) -> None:
    parser.add_argument(
        switch, dest=field, type=_positive, metavar=metavar, help=f"{what} (default: as the platform has it)"
    )


def options(arguments: argparse.Namespace) -> ServeOptions:
    """The options that parsed switches stand for."""
    chosen = {one.name: getattr(arguments, one.name) for one in fields(Choices)}
    return ServeOptions(
        data_dir=arguments.data,
        platform=arguments.platform,
        host=arguments.host,
        port=arguments.port,
        ports=dict(arguments.ports),
        seed=arguments.seed,
        variant=arguments.variant,
        choices=Choices(**chosen),
    )


def serve(options: ServeOptions) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit status, 1 with a sentence on stderr when it cannot."""
    if options.port and len(options.dialects) > 1:
        _complain("several platforms cannot share one port: leave --port out, or give 0")
        return 1
    lacking = [one.platform for one in options.dialects if options.variant not in one.variants]
    if lacking:
        _complain(f"{', '.join(lacking)}: this server has no {options.variant} variant of it")
        return 1
    with contextlib.ExitStack() as stack:
        listeners = []
        for dialect in options.dialects:
            port = _port_of(options, dialect)
            try:
                listeners.append(stack.enter_context(_listen(options.host, port)))
            except (OSError, OverflowError) as exc:
                _complain(f"cannot listen on {options.host}:{port}: {_plain(exc)}")
                return 1
        try:
            return asyncio.run(_serve(options, listeners))
        except SetupError as exc:
            _complain(str(exc))
            return 1


def _port_of(options: ServeOptions, dialect: Dialect) -> int:
    default = dialect.default_port if options.port is None else options.port
    return options.ports.get(dialect.platform, default)


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m chatdesk.server.run`: the server without the rest of chatdesk."""
    parser = argparse.ArgumentParser(prog="chatdesk serve", description="Run a reference server.")
    add_arguments(parser)
    chosen = options(parser.parse_args(argv))
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    return serve(chosen)


class _WebServer(uvicorn.Server):
    """Uvicorn that tells when it listens, and leaves signals alone: several servers may share one process."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    def cut(self) -> None:
        """End every connection without a word, as a process does that dies."""
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(options: ServeOptions, listeners: Sequence[socket.socket]) -> int:
    """Serve until told to stop (0), or until a recorded fault ends the process (1)."""
    ground = Ground(options.data_dir)
    stop = asyncio.Event()
    stop_on_signals(stop)
    async with contextlib.AsyncExitStack() as stack:
        webs: list[_WebServer] = []
        servers: list[ChatServer] = []
        serving: list[asyncio.Task[None]] = []
        for dialect in options.dialects:
            server = dialect.build(ground, options.choices, options.variant)
            servers.append(server)
            stack.push_async_callback(server.close)
            await server.open()
            if options.seed == "demo" and dialect.seed is not None:
                await dialect.seed(server.core)
            webs.append(_WebServer(_config(server)))
        for web, dialect, listener in zip(webs, options.dialects, listeners, strict=True):
            serving.append(asyncio.create_task(web.serve(sockets=[listener]), name="web server"))
            await web.listening.wait()
            host, port = listener.getsockname()[:2]
            _say(f"ready {dialect.platform} http://{_in_url(host)}:{port}")
        crashed = await _end(stop, servers)
        if not crashed:
            for server in servers:
                await server.close_connections()
        for web in webs:
            if crashed:
                web.cut()
            web.should_exit = True
        await asyncio.gather(*serving)
        return 1 if crashed else 0


async def _end(stop: asyncio.Event, servers: Sequence[ChatServer]) -> bool:
    """Wait for the end; whether it is a crash."""
    waits = [asyncio.create_task(one.wait()) for one in (stop, *(server.crashed for server in servers))]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return not stop.is_set()


def _config(server: ChatServer) -> uvicorn.Config:
    return uvicorn.Config(
        server.app,
        ws="wsproto",
        ws_max_size=server.settings.max_packet_bytes,
        # Socket.IO has pings of its own.
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        log_level=logging.CRITICAL,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_TIMEOUT_S,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if port == 0:
        # Below the kernel's own range: a client that knocks while the server restarts must not meet itself.
        for candidate in random.sample(QUIET_PORTS, 50):
            with contextlib.suppress(OSError):
                return _listen(host, candidate)
    # Only a socket that names TCP has its small packets sent at once (asyncio looks at it): 40 ms per answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":
            # Come back on the same port at once; on Windows this would allow two servers on one port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except BaseException:
        listener.close()
        raise
    return listener


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _complain(line: str) -> None:
    sys.stderr.write(line + "\n")


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _plain(exc: Exception) -> str:
    return exc.strerror or str(exc) if isinstance(exc, OSError) else str(exc)


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65_535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return number


def _port_at(text: str) -> tuple[str, int]:
    platform, _, port = text.partition("=")
    if platform not in DIALECTS:
        raise argparse.ArgumentTypeError(f"PLATFORM=PORT, with one of {', '.join(DIALECTS)}")
    return platform, _port(port)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _not_negative(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return number


if __name__ == "__main__":
    sys.exit(main())
