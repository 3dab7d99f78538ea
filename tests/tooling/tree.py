"""The checkout as the tooling tests see it: its root, its tracked files, its modules."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "chatdesk"


def modules(*rooms: str) -> list[Path]:
    """Python files of these rooms of src/chatdesk, of all when none is named; sorted."""
    places = [PACKAGE / room for room in rooms] or [PACKAGE]
    return sorted(file for place in places for file in place.rglob("*.py"))


def tracked_files() -> list[Path]:
    """Files that git holds; outside a clone (a source archive), every file that is not built."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        # A clone that another user made is still only read here.
        command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
        names = [name.decode() for name in listed.split(b"\0") if name]
        return [ROOT / name for name in names if (ROOT / name).is_file()]
    built = {".venv", "build", "dist", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
    return [f for f in ROOT.rglob("*") if f.is_file() and not built & set(f.relative_to(ROOT).parts)]


def text_of(file: Path) -> str:
    """The file as text, whatever its bytes."""
    return file.read_bytes().decode("utf-8", errors="replace")
