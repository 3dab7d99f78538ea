"""The peer's parts that need no browser, and what is told where there is none."""

from __future__ import annotations

import json
import re
import shutil
import urllib.request
from pathlib import Path

import pytest

from tests.bench import bench_panel, browser, panel_site, profile
from tests.bench.bars import BARS, NO_PEER, NO_VALUE, PEER, Measured, merged
from tests.bench.report import judge_all
from tests.bench.texts import Texts


def test_without_a_browser_the_bars_against_the_panel_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The peer is no part of the product: where it can't be had, its bars say why and nothing fails."""
    monkeypatch.setattr(browser, "PROGRAMS", ("no-such-browser",))
    found = bench_panel.run(1_000)
    assert {one.key for one in found} == {bar.key for bar in BARS if bar.against == PEER}
    rows = [row for row in judge_all({one.key: (one, 1.0) for one in found}) if row["reference"] == PEER]
    assert all(row["holds"] is None and row["reason"] == "Chromium is not installed" for row in rows)


def test_without_npm_the_panel_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without npm has no panel, and that is the reason it gives."""
    monkeypatch.setattr(profile, "OUT", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(panel_site.NoPanel, match="npm is not installed"):
        panel_site.build(1_000)


def test_a_peers_bar_takes_its_value_from_the_products() -> None:
    """The panel gives the reference; value, reason and broken conditions come from the product's bar."""
    peer = Measured(key="sustained-peer", reference=2_000.0, detail={"panel": 1})
    own = Measured(key="sustained", value=5_000.0, broken="a gap of 60 ms")
    for order in ([peer, own], [own, peer]):
        found = merged(order)["sustained-peer"]
        assert (found.value, found.reference, found.broken) == (5_000.0, 2_000.0, "a gap of 60 ms")
        assert found.detail == {"panel": 1}
    assert merged([peer])["sustained-peer"].reason == NO_VALUE
    assert merged([own]).keys() == {"sustained"}


def test_what_has_a_reference_comes_before_what_has_none() -> None:
    """The start is measured alone and beside the panel: the pair that was measured in turn counts."""
    alone = Measured(key="idle-pss", value=100.0, reason="nothing beside it")
    pair = Measured(key="idle-pss", value=110.0, reference=400.0)
    assert merged([alone, pair])["idle-pss"] is pair
    assert merged([pair, alone])["idle-pss"] is pair
    assert merged([alone])["idle-pss"] is alone
    unasked = Measured(key="idle-pss", value=100.0, reason=NO_PEER)
    missing = Measured(key="idle-pss", reason="Chromium is not installed")
    assert merged([missing, unasked])["idle-pss"] is missing


def test_the_panel_holds_the_profiles_texts(tmp_path: Path) -> None:
    """The newest messages of the big conversation as the window shows them, the end of it apart."""
    panel_site._write_data(tmp_path / "data", 300)
    newest = json.loads((tmp_path / "data" / "newest.json").read_text("utf-8"))
    history = json.loads((tmp_path / "data" / "history.json").read_text("utf-8"))["messages"]
    texts = Texts()
    assert [one["text"] for one in history + newest["messages"]] == [texts[n] for n in range(300)]
    assert len(newest["messages"]) == panel_site.FIRST_PAGE
    assert len(newest["conversations"]) == profile.OTHERS + 2


def test_the_site_lets_its_page_measure_finely(tmp_path: Path) -> None:
    """Isolated pages have fine clocks; built files are kept, data are not; asking for history is noticed."""
    for name in ("data", "assets"):
        (tmp_path / name).mkdir()
    (tmp_path / "data" / "history.json").write_text("{}")
    (tmp_path / "assets" / "index.js").write_text("")
    with panel_site.served(tmp_path) as site:
        assert not site.painted.is_set()
        with urllib.request.urlopen(site.url + "assets/index.js") as answer:
            assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
            assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
            assert "immutable" in answer.headers["Cache-Control"]
        with urllib.request.urlopen(site.url + "data/history.json") as answer:
            assert answer.headers["Cache-Control"] == "no-store"
        assert site.painted.is_set()


def test_the_panel_names_exact_versions_and_no_hosts() -> None:
    """Every install builds the same panel, from whichever registry the machine has."""
    wanted = json.loads((panel_site.SOURCE / "package.json").read_text("utf-8"))
    versions = {**wanted["dependencies"], **wanted["devDependencies"]}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions.values())
    lock = (panel_site.SOURCE / "package-lock.json").read_text("utf-8")
    assert "://" not in lock
    packages = json.loads(lock)["packages"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in versions} == versions
    assert all("integrity" in one for path, one in packages.items() if path)
