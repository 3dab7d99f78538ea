"""What may stand in tracked files, and what the files say about each other."""

from __future__ import annotations

import re
import tomllib

import chatdesk
from tests.tooling.tree import ROOT, text_of, tracked_files

MAKEFILE = ROOT / "Makefile"
PROMISED_TARGETS = {
    "bench", "clean", "coverage", "demo", "format", "fresh", "help", "lint", "lock", "replay", "shots", "test"
}  # fmt: skip
REGISTRY = re.compile(
    r"https?://[^ \"')>]+/(?:simple|packages)(?:/|\b)|--(?:extra-)?index-url[ =]+\S*:|"
    r"(?:pypi\.org|pythonhosted\.org|registry\.npmjs)/",
    re.IGNORECASE,
)
HOME = re.compile(r"(?<![\w.])/(?:home|Users)/(?!(?:user|you)\b)\w+/|(?<![\w.$}])/root/\w", re.IGNORECASE)


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE.read_text("utf-8"), re.MULTILINE))


def _made_in(text: str) -> set[str]:
    """Targets that a text tells its reader to make."""
    commands = re.findall(r"^\s*(?:\$ )?make ([a-z-]+)|`make ([a-z-]+)", text, re.MULTILINE)
    return {a or b for a, b in commands}


def test_version_is_one() -> None:
    """pyproject, the package and the newest heading of the change log agree on the version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == chatdesk.__version__
    headings = re.findall(r"^## \[?([^\]\s]+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0] in {"Unreleased", chatdesk.__version__}


def test_no_file_names_a_registry_or_this_machine() -> None:
    """No tracked file holds a package registry's address, or a path of the machine that it was written on."""
    above = f"{ROOT.parent}/"
    too_common = {"//", *(f"/{top}/" for top in ("tmp", "src", "app", "build", "home", "root", "opt", "srv"))}
    found = []
    for file in tracked_files():
        if file.suffix in {".png", ".ico", ".wav", ".ogg"} or "data" in file.relative_to(ROOT).parts[:2]:
            continue
        for number, line in enumerate(text_of(file).splitlines(), 1):
            names_machine = above not in too_common and above in line
            if names_machine or REGISTRY.search(line) or HOME.search(line):
                found.append(f"{file.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    assert [f for f in found if not f.startswith("tests/tooling/test_repository.py:")] == []


def test_registries_and_homes_are_seen() -> None:
    """The patterns see what they are for, and let ordinary addresses pass."""
    host = "https://packages.example"
    assert REGISTRY.search(f"{host}/simple/")
    assert REGISTRY.search(f'"resolved": "{host}/packages/ab/x.whl"')
    assert REGISTRY.search(f"pip install --index-url {host}")
    assert HOME.search("open('/home/maria/chatdesk/x')")
    assert HOME.search("see /root/notes")
    assert not REGISTRY.search("https://chat.example/api/orders")
    assert not HOME.search("${HOME}/x /rooms/1 /users/42")


def test_makefile_has_every_promised_target() -> None:
    """Each target that the project promises exists, is phony, and is explained by `make help`."""
    text = MAKEFILE.read_text("utf-8")
    assert PROMISED_TARGETS <= _targets()
    phony = set(re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)[0].split())
    explained = set(re.findall(r"^([a-z-]+):.*##", text, re.MULTILINE))
    assert PROMISED_TARGETS <= phony
    assert PROMISED_TARGETS <= explained


def test_commands_in_the_papers_exist() -> None:
    """Every `make ...` that README, CONTRIBUTING or a page of docs tells its reader to run is a target."""
    papers = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    told = {paper.name: _made_in(paper.read_text("utf-8")) for paper in papers}
    assert {"demo", "test"} <= told["README.md"]
    assert {name: made - _targets() for name, made in told.items() if made - _targets()} == {}


def test_paths_in_the_papers_exist() -> None:
    """Every file or folder of the project that README or CONTRIBUTING names in code letters is there."""
    for paper in (ROOT / "README.md", ROOT / "CONTRIBUTING.md"):
        named = re.findall(
            r"`((?:\.ci|docs|packaging|resources|src|tests)/[^`*<> ]*)`", paper.read_text("utf-8")
        )
        assert named
        assert [name for name in named if not (ROOT / name).exists()] == []


def test_ci_runs_lint_and_test() -> None:
    """.ci/run is executable and runs exactly what a person runs before a change: lint and test."""
    run = ROOT / ".ci" / "run"
    assert run.stat().st_mode & 0o111
    assert re.findall(r"^make (\w+)", run.read_text("utf-8"), re.MULTILINE) == ["lint", "test"]


def test_scripts_stop_at_the_first_error() -> None:
    """Every shell script of the project stops at an error, an unset name and a broken pipe."""
    scripts = [*(ROOT / "packaging").rglob("*.sh"), ROOT / ".ci" / "run"]
    assert len(scripts) > 5
    heads = {script.name: script.read_text("utf-8").splitlines()[:12] for script in scripts}
    assert [name for name, head in heads.items() if "set -euo pipefail" not in head] == []
