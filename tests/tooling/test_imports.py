"""What is imported where, and when."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tooling.tree import PACKAGE, ROOT, modules

NETWORK = {"aiohttp", "engineio", "httpx", "socketio"}
SERVER = {"aiosqlite", "alembic", "sqlalchemy", "starlette", "uvicorn"}
PROBE = """
import importlib, pkgutil, sys
import chatdesk, chatdesk.main, chatdesk.program
for room in ("domain", "store", "sync", "services", "desktop", "ui"):
    package = importlib.import_module(f"chatdesk.{room}")
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if ".migrations." not in module.name:
            importlib.import_module(module.name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_window_loads_no_network_and_no_server() -> None:
    """Importing window, services, engine and store loads neither network nor server libraries."""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-c", PROBE], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "PySide6" in loaded
    assert loaded & (NETWORK | SERVER) == set()


PURE_PROBE = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""
LINK = {"bodies.py", "bursts.py", "decoding.py", "exchanges.py", "link.py", "sio.py", "streams.py"}
"""The one link under all platforms: it moves bytes, with the network libraries, and is imported late."""


def _moves_bytes(file: Path) -> bool:
    """Whether the file is of the link, or a client.py, which hands the link its platform's ways."""
    return file.name == "client.py" or (file.name in LINK and file.parent.name == "platforms")


def _network_imports(source: str) -> list[int]:
    """Lines that import a network library, wherever in the module they stand."""
    found: list[int] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                roots = {alias.name.partition(".")[0] for alias in names}
            case ast.ImportFrom(module=str() as module):
                roots = {module.partition(".")[0]}
            case _:
                continue
        if roots & NETWORK:
            found.append(node.lineno)
    return found


def test_platforms_judge_without_a_network() -> None:
    """Only the link and a platform's client.py import network libraries, not even late or for types."""
    wrong = [
        f"{file.relative_to(PACKAGE)}:{line}"
        for file in modules("platforms")
        for line in _network_imports(file.read_text("utf-8"))
        if not _moves_bytes(file)
    ]
    assert wrong == []
    assert _network_imports("import httpx\ndef f():\n    from socketio import AsyncClient") == [1, 3]


def test_platforms_are_there_before_the_network() -> None:
    """Loading the registry and every rule of every platform loads no network library."""
    names = [
        ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        for file in modules("platforms")
        if not _moves_bytes(file)
    ]
    assert "chatdesk.platforms.registry" in names
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", PURE_PROBE, *names]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) & (NETWORK | SERVER) == set()


BREACHES = {
    "store asks the engine": ("store/planted.py", "import chatdesk.sync"),
    "engine knows a platform": ("sync/planted.py", "import chatdesk.platforms"),
    "services know the server": ("services/planted.py", "import chatdesk.server"),
    "window talks to the desktop": ("ui/planted.py", "import chatdesk.desktop"),
    "Qt in the engine": ("sync/planted.py", "import PySide6.QtCore"),
    "loop of Qt in the store": ("store/planted.py", "import qasync"),
    "database outside the store": ("services/planted.py", "import apsw"),
    "keyring in the window": ("ui/planted.py", "import keyring"),
    "network in the engine": ("sync/planted.py", "import httpx"),
    "server library in the client": ("services/planted.py", "import sqlalchemy"),
    "database in the demo": ("demo/planted.py", "import apsw"),
    "wire in the store": ("store/planted.py", "import chatdesk.wire"),
    "a room without a floor": ("cellar/__init__.py", "HOW_DEEP = 1"),
}


@pytest.fixture(scope="module")
def copy_of_src(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the sources and settings that a test may spoil."""
    place = tmp_path_factory.mktemp("layers")
    shutil.copy(ROOT / "pyproject.toml", place)
    shutil.copytree(ROOT / "src", place / "src", ignore=shutil.ignore_patterns("__pycache__"))
    return place


def _lint(place: Path) -> subprocess.CompletedProcess[str]:
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    env = {**os.environ, "PYTHONPATH": str(place / "src")}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=place,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_layers_hold(copy_of_src: Path) -> None:
    """The sources as they are keep every contract; this is what makes the breaches below mean something."""
    done = _lint(copy_of_src)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("where", "what"), BREACHES.values(), ids=BREACHES.keys())
def test_breach_is_caught(copy_of_src: Path, where: str, what: str) -> None:
    """Each planted breach of the layers breaks a contract."""
    file = copy_of_src / "src" / "chatdesk" / where
    new_room = not file.parent.exists()
    file.parent.mkdir(exist_ok=True)
    file.write_text(f'"""Planted."""\n\n{what}\n', "utf-8")
    try:
        done = _lint(copy_of_src)
    finally:
        file.unlink()
        if new_room:
            shutil.rmtree(file.parent)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout
