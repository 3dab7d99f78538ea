"""The registry offers platforms without loading what they need to speak."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from chatdesk.domain.kinds import Platform
from chatdesk.domain.ports import Client
from chatdesk.platforms import registry

SOURCE = Path(__file__).resolve().parents[2] / "src"
HEAVY = ("httpx", "httpcore", "aiohttp", "socketio", "engineio", "anyio", "PySide6", "ssl")


LIGHT = frozenset(
    {"chatdesk.platforms", "chatdesk.platforms.registry"}
    | {f"chatdesk.platforms.{one.value}" for one in Platform}
    | {f"chatdesk.platforms.{one.value}.plugin" for one in Platform}
)
"""All that the window needs of platforms."""
LOADED = "print(*(name for name in sys.modules if name.startswith('chatdesk.platforms')))"


def in_a_fresh_process(code: str) -> set[str]:
    """The words that some code prints."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, chatdesk.platforms.registry as registry\n{code}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE), "QT_QPA_PLATFORM": "offscreen"},
    )
    return set(done.stdout.split())


def test_importing_the_registry_loads_no_network_stack() -> None:
    """The window paints before the network is imported, and main imports the registry first."""
    assert in_a_fresh_process(f"print(*(n for n in {HEAVY!r} if n in sys.modules))") == set()


def test_importing_the_registry_loads_no_adapter() -> None:
    """Five platforms' rules are a fifth of a second that the first paint need not wait for."""
    assert in_a_fresh_process(LOADED) == LIGHT


def test_describing_the_platforms_to_the_window_loads_no_adapter() -> None:
    """The sign-in dialog knows ports, roles and settings before any platform's rules are there."""
    code = "from chatdesk.program import describe; [describe(one) for one in registry.PLUGINS]"
    assert in_a_fresh_process(f"{code}\n{LOADED}") == LIGHT


@pytest.mark.parametrize("platform", list(Platform))
def test_the_first_use_of_an_adapter_loads_that_platform_alone(platform: Platform) -> None:
    """Whoever uses one platform does not wait for four others, nor for the network."""
    code = f"registry.plugin(registry.Platform({platform.value!r})).adapter\n{LOADED}"
    loaded = in_a_fresh_process(f"{code}\nprint(*(n for n in {HEAVY!r} if n in sys.modules))")
    assert f"chatdesk.platforms.{platform.value}.adapter" in loaded
    others = [f"chatdesk.platforms.{one.value}." for one in Platform if one is not platform]
    assert {name for name in loaded if name.startswith(tuple(others))} <= LIGHT
    assert loaded.isdisjoint(HEAVY)


def test_a_plugin_has_one_adapter_and_a_changed_one_its_own() -> None:
    """An adapter is made once, whoever asks first."""
    found = registry.plugin(Platform.DISPATCHER)
    assert found.adapter is found.adapter
    changed = msgspec.structs.replace(found, load=registry.plugin(Platform.OMW).load)
    assert changed.adapter.platform is Platform.OMW
    assert found.adapter.platform is Platform.DISPATCHER


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
    """All five are spoken; adapter and client are loaded when somebody uses them."""
    found = registry.plugin(platform)
    assert found.adapter.platform is platform
    assert found.default_port == port
    client: Client = found.make_client("http://127.0.0.1:1", found.adapter.limits)
    assert client.last_heard_ms() is None
