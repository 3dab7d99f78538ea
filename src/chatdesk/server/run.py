"""Starts a reference server and stops it cleanly: what `chatdesk serve` does."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import random
import socket
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from chatdesk.server.core.errors import SetupError
from chatdesk.server.demo.seed import seed_demo
from chatdesk.server.dialects.dispatcher.app import DispatcherServer
from chatdesk.server.dialects.dispatcher.vocabulary import default_rules
from chatdesk.server.signals import stop_on_signals
from chatdesk.wire.dispatcher import names

PLATFORMS = (names.PLATFORM,)
SEEDS = ("none", "demo")
QUIET_PORTS = range(20_000, 30_000)
KEEP_ALIVE_S = 75
"""Longer than clients keep idle connections: who closes first must not be us, or a request may be lost."""
STOP_TIMEOUT_S = 1
"""How long requests may still take when the server stops; then they are cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """What the person who starts a server may choose; `port` 0 = any free one."""

    data_dir: Path
    platform: str = names.PLATFORM
    host: str = "127.0.0.1"
    port: int = names.DEFAULT_PORT
    seed: str = "none"
    rate: int = names.MESSAGES_PER_MINUTE
    events: int = names.EVENTS_PER_MINUTE
    message_limit: int = names.MESSAGE_LIMIT
    access_ttl_s: int = names.ACCESS_TOKEN_TTL_S
    refresh_ttl_s: int = names.REFRESH_TOKEN_TTL_S
    archive_after_days: int = 365


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The switches of `chatdesk serve`."""
    parser.add_argument("--platform", choices=PLATFORMS, required=True, help="whose wire to speak")
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="folder of the database and files"
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=names.DEFAULT_PORT,
        help="port to listen on, 0 = any free one (default: %(default)s)",
    )
    parser.add_argument("--seed", choices=SEEDS, default="none", help="what to put into an empty database")
    parser.add_argument(
        "--rate",
        type=_positive,
        default=names.MESSAGES_PER_MINUTE,
        metavar="N",
        help="messages a minute per person (default: %(default)s)",
    )
    parser.add_argument(
        "--events",
        type=_positive,
        default=names.EVENTS_PER_MINUTE,
        metavar="N",
        help="socket events a minute per person (default: %(default)s)",
    )
    parser.add_argument(
        "--message-limit",
        type=_positive,
        default=names.MESSAGE_LIMIT,
        metavar="N",
        help="characters of a message (default: %(default)s)",
    )
    parser.add_argument(
        "--access-ttl",
        type=_positive,
        default=names.ACCESS_TOKEN_TTL_S,
        metavar="S",
        help="seconds that a sign-in lasts (default: %(default)s)",
    )
    parser.add_argument(
        "--refresh-ttl",
        type=_positive,
        default=names.REFRESH_TOKEN_TTL_S,
        metavar="S",
        help="seconds for which it can be renewed (default: %(default)s)",
    )
    parser.add_argument(
        "--archive-after",
        type=_not_negative,
        default=365,
        metavar="DAYS",
        help="archive messages older than this, 0 = never (default: %(default)s)",
    )


def options(arguments: argparse.Namespace) -> ServeOptions:
    """The options that parsed switches stand for."""
    return ServeOptions(
        data_dir=arguments.data,
        platform=arguments.platform,
        host=arguments.host,
        port=arguments.port,
        seed=arguments.seed,
        rate=arguments.rate,
        events=arguments.events,
        message_limit=arguments.message_limit,
        access_ttl_s=arguments.access_ttl,
        refresh_ttl_s=arguments.refresh_ttl,
        archive_after_days=arguments.archive_after,
    )


def serve(options: ServeOptions) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit status, 1 with a sentence on stderr when it cannot."""
    try:
        listener = _listen(options.host, options.port)
    except (OSError, OverflowError) as exc:
        _complain(f"cannot listen on {options.host}:{options.port}: {_plain(exc)}")
        return 1
    with listener:
        try:
            asyncio.run(_serve(options, listener))
        except SetupError as exc:
            _complain(str(exc))
            return 1
    return 0


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

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(options: ServeOptions, listener: socket.socket) -> None:
    server = DispatcherServer(
        options.data_dir,
        default_rules(
            message_limit_chars=options.message_limit,
            messages_per_minute=options.rate,
            events_per_minute=options.events,
            access_ttl_s=options.access_ttl_s,
            refresh_ttl_s=options.refresh_ttl_s,
            archive_after_days=options.archive_after_days,
        ),
    )
    stop = asyncio.Event()
    stop_on_signals(stop)
    try:
        await server.open()
        if options.seed == "demo":
            await seed_demo(server.core)
        web = _WebServer(
            uvicorn.Config(
                server.app,
                ws="wsproto",
                ws_max_size=names.MAX_PACKET_BYTES,
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
        )
        serving = asyncio.create_task(web.serve(sockets=[listener]), name="web server")
        await web.listening.wait()
        host, port = listener.getsockname()[:2]
        _say(f"ready {options.platform} http://{_in_url(host)}:{port}")
        await stop.wait()
        await server.close_connections()
        web.should_exit = True
        await serving
    finally:
        await server.close()


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
