"""Servers for the tests: one shared real process with the demonstration's people, others on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.server.process import ServerProcess

MakeServer = Callable[..., ServerProcess]


@pytest.fixture(scope="session")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A running server with the demonstration's people and practically no rate limit, for the whole run.

    Tests create orders of their own in it and leave everybody else's alone. Whatever they send, in the end it
    has said nothing on stderr: a mistake of its own would stand there.
    """
    folder = tmp_path_factory.mktemp("server") / "data"
    with ServerProcess(folder, seed="demo", rate=1_000_000) as server:
        yield server
    assert server.log.read_text(encoding="utf-8") == ""


@pytest.fixture(scope="session")
def market_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The marketplace of the demonstration, for the whole run; like `demo_server` it must stay silent."""
    folder = tmp_path_factory.mktemp("market") / "data"
    with ServerProcess(folder, platform="marketplace", seed="demo", rate=1_000_000) as server:
        yield server
    assert server.log.read_text(encoding="utf-8") == ""


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[MakeServer]:
    """`make_server(**opts)` starts a server of the test's own over tmp_path/server; stopped at the end."""
    servers: list[ServerProcess] = []

    def make(*, platform: str = "dispatcher", **opts: str | int) -> ServerProcess:
        server = ServerProcess(tmp_path / "server", 0, platform=platform, **opts)
        servers.append(server)
        return server.start()

    yield make
    for server in servers:
        server.stop()
