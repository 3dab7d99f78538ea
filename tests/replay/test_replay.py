"""Every recording, played against the real parts: what is shown at the end is as computed.

Here each is played as recorded and in one of the four other ways, in turn; `make replay` plays all five.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from chatdesk.domain.kinds import Feature
from tests.replay.recording import DATA, PLATFORMS, RIGHT_TOKEN, captures, walk
from tests.replay.stub import Way
from tests.replay.ways import AS_RECORDED, WAYS, replayed

ROOT = Path(__file__).resolve().parents[2]
CAPTURES = captures(DATA)
NAMES = [f"{path.parent.name}-{path.stem}" for path in CAPTURES]
OWN_TEXT_CHARS = 12


OTHER_WAYS = tuple(way for way in WAYS if way is not AS_RECORDED)
PLAYED = [(path, OTHER_WAYS[at % len(OTHER_WAYS)]) for at, path in enumerate(CAPTURES)]


@pytest.mark.parametrize(("path", "way"), PLAYED, ids=NAMES)
def test_a_recording_ends_as_expected(path: Path, way: Way) -> None:
    """As recorded, and with delays, doubled, late histories or shuffled: one and the same, as computed."""
    result = replayed(path, (AS_RECORDED, way))
    assert result.ok, result.line()
    assert set(result.found) == {AS_RECORDED.name, way.name}


def test_every_platform_is_played_in_every_way() -> None:
    """No way is left out anywhere."""
    played = {(path.parent.name, way) for path, way in PLAYED}
    assert played == {(platform, way) for platform in PLATFORMS for way in OTHER_WAYS}


def test_every_platform_has_recordings() -> None:
    """All five are replayed."""
    assert {path.parent.name for path in CAPTURES} == set(PLATFORMS)


def test_the_expectation_imports_nothing_of_the_client() -> None:
    """What is expected is computed from the recording, by rules of its own."""
    todo, seen = ["expect"], set()
    while todo:
        name = todo.pop()
        seen.add(name)
        tree = ast.parse((ROOT / "tests" / "replay" / f"{name}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            imported = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                imported.append(node.module or "")
            for module in imported:
                assert not module.startswith("chatdesk"), f"{name} imports {module}"
                if module.startswith("tests.replay.") and module.rpartition(".")[2] not in seen:
                    todo.append(module.rpartition(".")[2])
    assert {"expect", "facts", "story"} <= seen


def _given(path: Path) -> set[str]:
    """Ids and texts that stand in a recording, and its name."""
    found = set()
    for value in walk(json.loads(path.read_text(encoding="utf-8"))["frames"]):
        if not isinstance(value, str) or RIGHT_TOKEN.fullmatch(value):
            continue
        if re.fullmatch(r"[0-9a-f]{24}|c[a-z0-9]{24}", value):
            found.add(value)
    for frame in json.loads(path.read_text(encoding="utf-8"))["frames"]:
        for body in (frame.get("args"), frame.get("request_body"), frame.get("response_body")):
            for value in walk(body):
                if isinstance(value, dict):
                    texts = [value.get(key) for key in ("content", "message")]
                    found.update(t for t in texts if isinstance(t, str) and len(t) >= OWN_TEXT_CHARS)
    return found


def _spoken(path: Path) -> set[str]:
    """Words that the platforms themselves use in a recording."""
    frames = json.loads(path.read_text(encoding="utf-8"))["frames"]
    return {value for value in walk(frames) if isinstance(value, str) and "_" in value}


def test_no_code_knows_a_recording() -> None:
    """Neither the program nor the replay holds the name, an id or a text of a recording: rules only."""
    sources = [*(ROOT / "src").rglob("*.py"), *(ROOT / "tests" / "replay").glob("*.py")]
    code = {path: path.read_text(encoding="utf-8") for path in sources if path.name != "test_replay.py"}
    replay = "\n".join(text for path, text in code.items() if path.parent.name == "replay")
    everything = "\n".join(code.values())
    given: set[str] = set()
    words = {feature.value for feature in Feature} | {"login", "directory", "history", "rooms"}
    for path in CAPTURES:
        given |= _given(path)
        words |= _spoken(path)
    assert not [path.stem for path in CAPTURES if path.stem not in words and f'"{path.stem}"' in everything]
    server_words = set(re.findall(r'"([^"\n]{12,})"', everything))
    ids = {one for one in given if re.fullmatch(r"[0-9a-f]{24}|c[a-z0-9]{24}", one)}
    assert not [one for one in ids if one in everything]
    sent = {one for one in given - ids if one in server_words and f'"{one}"' in replay}
    assert not _people_said(sent)


def _people_said(texts: set[str]) -> set[str]:
    """Of these texts those that a person has sent, not a server."""
    found = set()
    for path in CAPTURES:
        for frame in json.loads(path.read_text(encoding="utf-8"))["frames"]:
            if frame.get("dir") == "out":
                told = [frame.get("args"), frame.get("request_body")]
                said = [value for one in told for value in walk(one) if isinstance(value, str)]
                found |= texts & set(said)
    return found


def _replay(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.replay", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def test_the_command_tells_files_and_differences(tmp_path: Path) -> None:
    """A line per file, a last line with the count, dumps; 0: no difference, 1: some, 2: no file."""
    good, bad, dumps = tmp_path / "good", tmp_path / "bad", tmp_path / "dumps"
    good.mkdir()
    bad.mkdir()
    original = min(CAPTURES, key=lambda path: path.stat().st_size)
    raw = json.loads(original.read_text(encoding="utf-8"))
    (good / "one.json").write_text(json.dumps(raw), encoding="utf-8")
    done = _replay("--captures", str(good), "--dump", str(dumps))
    assert done.stdout.splitlines() == ["good/one.json: ok", "1 of 1 replayed without a difference"]
    assert done.returncode == 0
    written = dumps / f"{raw['platform']}-{raw['scenario']}.json"
    dump = json.loads(written.read_text(encoding="utf-8"))
    assert dump["alive"] is True
    assert list(dump) == sorted(dump)
    raw["frames"][0] = {"t_ms": "soon"}
    (bad / "two.json").write_text(json.dumps(raw), encoding="utf-8")
    done = _replay("--captures", str(bad))
    assert done.stdout.splitlines()[-1] == "0 of 1 replayed without a difference"
    assert "unreadable" in done.stdout
    assert done.returncode == 1
    assert _replay("--captures", str(tmp_path / "nothing")).returncode == 2


def test_one_recording_is_one_dump() -> None:
    """Two plays of a recording give the same dump, to the letter."""
    path = min(CAPTURES, key=lambda one: one.stat().st_size)
    first, second = (replayed(path, (AS_RECORDED,)).dump for _ in range(2))
    assert first is not None
    assert first == second
