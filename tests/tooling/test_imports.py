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


def _network_imports(source: str) -> list[tuple[int, bool]]:
    """(line, is at the top of the module) of each import of a network library that runs."""
    tree = ast.parse(source)
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for child in node.body
        for inner in ast.walk(child)
    }
    inside = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
    }
    found: list[tuple[int, bool]] = []
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                roots = {alias.name.partition(".")[0] for alias in names}
            case ast.ImportFrom(module=str() as module):
                roots = {module.partition(".")[0]}
            case _:
                continue
        if roots & NETWORK and id(node) not in guarded:
            found.append((node.lineno, id(node) not in inside))
    return found


def test_platforms_load_the_network_late_and_in_one_file() -> None:
    """In platforms only client.py imports the network, inside functions: after the first paint."""
    wrong = [
        f"{file.relative_to(PACKAGE)}:{line}"
        for file in modules("platforms")
        for line, at_top in _network_imports(file.read_text("utf-8"))
        if file.name != "client.py" or at_top
    ]
    assert wrong == []
    assert _network_imports("import httpx") == [(1, True)]
    assert _network_imports("def f():\n    from socketio import AsyncClient") == [(2, False)]
    assert _network_imports("if TYPE_CHECKING:\n    import httpx") == []


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
