"""The registry offers platforms without loading what they need to speak."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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


def test_a_plugin_brings_adapter_and_client() -> None:
    """The adapter is there at once; the client is made on the network thread."""
    found = registry.plugin(Platform.DISPATCHER)
    assert found is not None
    assert found.adapter.platform is Platform.DISPATCHER
    assert found.default_port == 3000
    client: Client = found.make_client("http://127.0.0.1:1", found.adapter.limits)
    assert client.last_heard_ms() is None


def test_a_platform_that_is_not_spoken_is_none() -> None:
    """The others come with their own folders."""
    assert registry.plugin(Platform.OMW) is None
