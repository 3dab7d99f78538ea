"""Writes the map of rooms into docs/architecture.md: every module with the first line of its docstring.

`map.py` writes, `map.py --check` only says whether the map is as the modules are (status 1 when it is not).
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "chatdesk"
PAPER = ROOT / "docs" / "architecture.md"
BEGIN = "<!-- map: written by `make docs` from the first lines of the modules; do not edit by hand -->"
END = "<!-- map: end -->"


def first_line(module: Path) -> str:
    """The first line of a module's docstring. Raises ValueError where there is none."""
    text = ast.get_docstring(ast.parse(module.read_text("utf-8")))
    if not text:
        raise ValueError(f"no docstring: {module}")
    return text.splitlines()[0]


def rooms(package: Path) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Each folder as (path within the package, its own line, [(file name, line) of each module]), sorted.

    Folders without a module of their own (migrations written in SQL) are left out.
    """
    folders = sorted({module.parent for module in package.rglob("*.py")})
    for folder in folders:
        init = folder / "__init__.py"
        modules = sorted(module for module in folder.glob("*.py") if module != init)
        name = "chatdesk" if folder == package else folder.relative_to(package).as_posix()
        own = first_line(init) if init.is_file() else ""
        yield name, own, [(module.name, first_line(module)) for module in modules]


def written(package: Path = PACKAGE) -> str:
    """The map as Markdown, markers included."""
    parts: list[str] = []
    for name, own, modules in rooms(package):
        title = f"**{name}/**" + (f" {own}" if own else "")
        lines = [f"- `{file}` {line}" for file, line in modules]
        parts.append("\n".join([title, "", *lines]).strip())
    return "\n\n".join([BEGIN, *parts, END])


def replaced(paper: str, new: str) -> str:
    """The paper with what is between the markers replaced. Raises ValueError without both markers."""
    if paper.count(BEGIN) != 1 or paper.count(END) != 1:
        raise ValueError("docs/architecture.md must have each marker of the map once")
    before, _, rest = paper.partition(BEGIN)
    return before + new + rest.partition(END)[2]


def main(arguments: list[str]) -> int:
    """Write the map, or with --check compare it; the exit status."""
    paper = PAPER.read_text("utf-8")
    fresh = replaced(paper, written())
    if arguments == ["--check"]:
        if fresh != paper:
            print("docs/architecture.md: the map is not as the modules are; run: make docs", file=sys.stderr)
            return 1
        return 0
    if arguments:
        print("usage: map.py [--check]", file=sys.stderr)
        return 2
    if fresh != paper:
        PAPER.write_text(fresh, "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
