"""The map in docs/architecture.md is what the modules say of themselves, and a check sees when it is not."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.tooling.tree import PACKAGE, ROOT, modules

SCRIPT = ROOT / "packaging" / "dev" / "map.py"


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """The script as a module: its folder is no package."""
    spec = importlib.util.spec_from_file_location("rooms_map", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def a_package(folder: Path, **files: str) -> Path:
    """A small package; `__` in a name stands for a folder."""
    for name, text in {"__init__": '"""Top."""', **files}.items():
        path = folder / ("__init__.py" if name == "__init__" else name.replace("__", "/", 1) + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_the_map_is_as_the_modules_are() -> None:
    """Every module is on the map with the first line of its docstring; else: run `make docs`."""
    found = subprocess.run(
        [sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (found.returncode, found.stderr) == (0, "")


def test_every_module_has_its_line(maker: ModuleType) -> None:
    """No module of the package is left out, and no line is empty."""
    found = {
        (PACKAGE if room == "chatdesk" else PACKAGE / room) / name: line
        for room, _own, listed in maker.rooms(PACKAGE)
        for name, line in listed
    }
    assert set(found) == {module for module in modules() if module.name != "__init__.py"}
    assert all(line.strip() for line in found.values())


def test_a_new_module_and_a_changed_line_are_seen(maker: ModuleType, tmp_path: Path) -> None:
    """A module that comes, goes or says something else makes another map."""
    package = a_package(tmp_path / "p", room__one='"""One."""', other='"""Other.\n\nMore."""')
    first = maker.written(package)
    assert "**chatdesk/** Top." in first
    assert "- `other.py` Other.\n" in first
    assert "**room/**\n\n- `one.py` One." in first
    a_package(package, room__two='"""Two."""')
    second = maker.written(package)
    assert second != first
    a_package(package, room__two='"""Second."""')
    assert maker.written(package) != second
    (package / "room" / "two.py").unlink()
    assert maker.written(package) == first


def test_a_module_without_a_docstring_is_an_error(maker: ModuleType, tmp_path: Path) -> None:
    """A module that does not say what it is for gets no place on the map."""
    package = a_package(tmp_path / "p", silent="x = 1")
    with pytest.raises(ValueError, match=r"no docstring: .*silent\.py"):
        maker.written(package)


def test_only_what_is_between_the_markers_is_replaced(maker: ModuleType) -> None:
    """The words around the map stay as they are written; without both markers nothing is written at all."""
    paper = f"Before\n\n{maker.BEGIN}\nold\n{maker.END}\n\nAfter\n"
    new = f"{maker.BEGIN}\n\nnew\n\n{maker.END}"
    assert maker.replaced(paper, new) == f"Before\n\n{new}\n\nAfter\n"
    for broken in ("Before", f"{maker.BEGIN} only", f"{maker.BEGIN}{maker.BEGIN}{maker.END}"):
        with pytest.raises(ValueError, match="each marker"):
            maker.replaced(broken, new)


def test_wrong_use_is_told(maker: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown argument is status 2, with the usage."""
    assert maker.main(["--what"]) == 2
    assert "usage" in capsys.readouterr().err
