"""The registry offers platforms without loading what they need to speak."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chatdesk.domain.kinds import Platform
from chatdesk.domain.ports import Client
from chatdesk.platforms import registry

SOURCE = Path(__file__).resolve().parents[2] / "src"
HEAVY = ("httpx", "httpcore", "aiohttp", "socketio", "engineio", "anyio", "PySide6", "ssl")


def test_importing_the_registry_loads_no_network_stack() -> None:
    """The window paints before the network is imported, and main imports the registry first."""
    code = f"import sys, chatdesk.platforms.registry; print([n for n in {HEAVY!r} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("platform", "port"),
    [
        (Platform.DISPATCHER, 3000),
        (Platform.FAKOMAME, 3001),
        (Platform.STEPPERGO, 3002),
        (Platform.OMW, 5001),
        (Platform.MARKETPLACE, 5000),
    ],
)
def test_every_platform_brings_adapter_and_client(platform: Platform, port: int) -> None:
    """All five are spoken; the adapter is there at once, the client is made on the network thread."""
    found = registry.plugin(platform)
    assert found.adapter.platform is platform
    assert found.default_port == port
    client: Client = found.make_client("http://127.0.0.1:1", found.adapter.limits)
    assert client.last_heard_ms() is None
