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
def server_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], ServerProcess]]:
    """`server_of("omw")`: that platform with the people of its demonstration, one for the whole run.

    To be asked by fixtures of the session only: what starts within a test has to end with it.
    Like `demo_server` it must stay silent: whatever a test sends, in the end nothing stands on its stderr.
    """
    servers: dict[str, ServerProcess] = {}

    def start(platform: str) -> ServerProcess:
        if platform not in servers:
            folder = tmp_path_factory.mktemp(platform) / "data"
            servers[platform] = ServerProcess(folder, platform=platform, seed="demo", rate=1_000_000).start()
        return servers[platform]

    yield start
    for server in servers.values():
        server.stop()
    for server in servers.values():
        assert server.log.read_text(encoding="utf-8") == "", server.platform


@pytest.fixture(scope="session")
def market_server(server_of: Callable[[str], ServerProcess]) -> ServerProcess:
    """The marketplace of the demonstration."""
    return server_of("marketplace")


@pytest.fixture(scope="session")
def fakomame_server(server_of: Callable[[str], ServerProcess]) -> ServerProcess:
    """Fakomame with the people of its demonstration."""
    return server_of("fakomame")


@pytest.fixture(scope="session")
def rides_server(server_of: Callable[[str], ServerProcess]) -> ServerProcess:
    """StepperGO with the people of its demonstration."""
    return server_of("steppergo")


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
