"""What is installed is complete: the wheel carries the program, its data and its resources."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.tooling.tree import PACKAGE, ROOT

LOOK = "from chatdesk.desktop import resources; print(resources.root())"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel, built without a network from a copy of the checkout."""
    place = tmp_path_factory.mktemp("wheel")
    checkout = place / "checkout"
    checkout.mkdir()
    for name in ("src", "resources"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, checkout)
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)],
        cwd=checkout, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = place.glob("*.whl")
    return built


def test_wheel_holds_every_file(wheel: Path) -> None:
    """Modules, SQL, migrations and resources are all in; the command and the licence too."""
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
        (points,) = [name for name in inside if name.endswith("entry_points.txt")]
        assert "chatdesk = chatdesk.main:main" in archive.read(points).decode()
    built = {"__pycache__"}
    for source in (PACKAGE, ROOT / "resources"):
        base = source.parent
        for file in source.rglob("*"):
            if file.is_file() and not built & set(file.parts):
                name = file.relative_to(base).as_posix()
                assert (f"chatdesk/{name}" if source.name == "resources" else name) in inside
    assert any(name.endswith("licenses/LICENSE") for name in inside)


def test_installed_program_finds_its_resources(wheel: Path, tmp_path: Path) -> None:
    """Unpacked away from the checkout, the package finds its own resources and no others."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", LOOK],
        cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.splitlines()[0]) == (tmp_path / "chatdesk" / "resources").resolve()
    found = sum(file.is_file() for file in (tmp_path / "chatdesk" / "resources").rglob("*"))
    assert found == sum(file.is_file() for file in (ROOT / "resources").rglob("*"))
    assert found > 0
