"""The versions that chatdesk runs on, and those that it must not run on."""

from __future__ import annotations

import ast
import itertools
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.tooling.tree import ROOT, modules

LOCKS = sorted((ROOT / "packaging" / "locks").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
QT_CAP = Version("6.12")
"""From 6.12.0 on, each call into Qt that returns nothing drops a reference to None; Python 3.11 aborts."""

REFERENCES = """
import sys
from PySide6.QtCore import QObject
thing = QObject()
before = sys.getrefcount(None)
for _ in range(20_000):
    thing.setObjectName("x")
print(before - sys.getrefcount(None))
"""


def _pins(lock: Path) -> dict[str, Version]:
    pins = re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^ ;\\]+)", lock.read_text("utf-8"), re.MULTILINE)
    return {name: Version(pinned) for name, pinned in pins}


def test_pyproject_caps_qt() -> None:
    """Every PySide6 package that pyproject asks for stays below the release that aborts."""
    asked = [Requirement(line) for line in itertools.chain(PROJECT["dependencies"], *EXTRAS.values())]
    qt = [r for r in asked if r.name.lower().startswith("pyside6")]
    assert {r.name for r in qt} == {"PySide6-Essentials", "PySide6-Addons"}
    for requirement in qt:
        assert "6.11.3" in requirement.specifier
        assert not any(v in requirement.specifier for v in ("6.12", "6.12.0", "6.13.1", "7.0"))


def test_installed_qt_keeps_the_cap() -> None:
    """The PySide6 that the tests run on is one that pyproject allows."""
    assert Version(version("PySide6-Essentials")) < QT_CAP
    assert Version(version("shiboken6")) < QT_CAP


def test_calls_into_qt_keep_none_alive() -> None:
    """20,000 calls that return nothing leave the references to None as they were (3.11 counts them)."""
    done = subprocess.run(
        [sys.executable, "-c", REFERENCES], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert abs(int(done.stdout)) < 100


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_lock_is_exact_hashed_and_names_no_host(lock: Path) -> None:
    """Each requirement has one version and hashes, and nothing says where it came from."""
    text = lock.read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-", text.replace("    --hash=sha256:", ""), re.MULTILINE)
    assert " @ " not in text
    requirements = [part for part in re.split(r"^(?=\S)", text, flags=re.MULTILINE) if part[:1].isalnum()]
    assert len(requirements) > 20
    for requirement in requirements:
        assert re.match(r"[a-z0-9._-]+==\S+", requirement), requirement
        assert "--hash=sha256:" in requirement, requirement


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_lock_keeps_out_what_must_stay_out(lock: Path) -> None:
    """No lock holds a PySide6 from the cap on, nor the package that replaces the import statement."""
    pins = _pins(lock)
    assert pins["pyside6-essentials"] == pins["shiboken6"] < QT_CAP
    assert "lazy-importer" not in pins


def test_locks_agree_and_grow() -> None:
    """A smaller set pins the versions that the tests ran with; server holds app, dev holds server."""
    pins = {lock.stem: _pins(lock) for lock in LOCKS}
    assert set(pins) == {"app", "build", "dev", "server"}
    for name, pinned in pins["build"].items():
        assert pins["dev"].get(name, pinned) == pinned
    assert pins["app"].items() < pins["server"].items() < pins["dev"].items()


@pytest.mark.parametrize(
    ("lock", "extra"), [("app", ""), ("server", "server"), ("dev", "dev"), ("build", "build")]
)
def test_lock_fits_pyproject(lock: str, extra: str) -> None:
    """Every dependency that pyproject declares is pinned, at a version that it allows."""
    pins = _pins(ROOT / "packaging" / "locks" / f"{lock}.txt")
    lines = [*PROJECT["dependencies"], *(EXTRAS["server"] if extra else []), *EXTRAS.get(extra, [])]
    for requirement in map(Requirement, lines):
        if requirement.name != "chatdesk":
            assert pins[requirement.name.lower()] in requirement.specifier, str(requirement)


def test_installed_packages_are_the_locked_ones() -> None:
    """The environment that runs the tests is the one that the lock describes."""
    dev = _pins(ROOT / "packaging" / "locks" / "dev.txt")
    for name in ("pyside6-essentials", "qasync", "python-socketio", "httpx", "apsw", "msgspec", "pytest"):
        assert Version(version(name)) == dev[name]


COMES_WITH = {
    "aiohttp": "python-socketio",  # its asyncio_client extra
    "python-engineio": "python-socketio",
    "certifi": "httpx",
    "shiboken6": "PySide6-Essentials",
}
"""Packages that src imports itself and that a declared one cannot be without."""


def _imported(files: list[Path]) -> set[str]:
    """Top-level names of what the files import, the standard library and chatdesk aside."""
    found: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            match node:
                case ast.Import(names=names):
                    found |= {alias.name.partition(".")[0] for alias in names}
                case ast.ImportFrom(module=str() as module, level=0):
                    found.add(module.partition(".")[0])
                case _:
                    continue
    return found - sys.stdlib_module_names - {"__future__", "chatdesk"}


def test_what_is_imported_is_declared() -> None:
    """Every package that src imports is a dependency in pyproject; the server's may be in its extra."""
    base = {Requirement(line).name.lower() for line in PROJECT["dependencies"]}
    extra = {Requirement(line).name.lower() for line in EXTRAS["server"]}
    base |= {name for name, bringer in COMES_WITH.items() if bringer.lower() in base}
    providers = packages_distributions()
    server = modules("server")
    client = [file for file in modules() if file not in set(server)]
    for files, declared in ((client, base), (server, base | extra)):
        used = _imported(files)
        assert used
        undeclared = {
            name
            for name in used
            if not {p.lower().replace("_", "-") for p in providers.get(name, [])} & declared
        }
        assert undeclared == set()
