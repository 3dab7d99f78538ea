"""Bars 1, 2, 5, 7 and 8 held against the web panel in Chromium: only with `make bench-peers`.

Start and memory are measured of the product and the panel in turn. For the other bars the panel gives the
reference, and the product's own benchmark in the same run the value.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chatdesk.server.demo.cast import DESK_EMAIL, PASSWORD
from chatdesk.server.demo.tongues.dispatcher import DispatcherTongue
from tests.bench import bench_live, panel_site, profile
from tests.bench.bars import Measured
from tests.bench.browser import Browser, BrowserFailed, program
from tests.bench.child import Child
from tests.bench.measure import MS, median, percentile, pss_mb, summary

RUNS = 5
PRODUCT_IDLE_S = 3.0
PANEL_IDLE_S = 5.0
"""From when it holds all messages; it is asked to collect its garbage before."""
COLLECTED_S = 1.0
JUMPS, WARM_JUMPS = 150, 10
FLOOD = 6_000
FLOODS = 3
PATIENCE_S = 60.0
SEED = 5
KEYS = ("start-peer", "idle-pss", "jump-peer", "sparse-peer", "sustained-peer")


def run(rows: int) -> list[Measured]:
    """Measure over a profile of `rows` messages; the panel holds at most panel_site.MOST_ROWS of them."""
    found: list[Measured] = []
    try:
        program()
        site_folder = panel_site.build(rows)
        with panel_site.served(site_folder) as site:
            found += _starts(site, rows)
            found += _list(site, rows)
            # One by one: what it gave before it failed counts.
            for one in _live(site, rows):
                found.append(one)
    except (panel_site.NoPanel, BrowserFailed) as exc:
        # The peer is no part of the product: without it the bars against it are not shown, and no more.
        given = {one.key for one in found}
        found += [Measured(key=key, reason=str(exc), rows=rows) for key in KEYS if key not in given]
    return found


def _open(site: panel_site.Site, rows: int) -> Browser:
    """The panel with everything that it holds. Raises BrowserFailed."""
    site.painted.clear()
    browser = Browser(site.url, profile.OUT / "chromium")
    try:
        # Nobody looks at it before its first paint: a DevTools client would cost it time.
        if not site.painted.wait(PATIENCE_S):
            raise BrowserFailed("the panel painted nothing")
        browser.attach()
        size = min(rows, panel_site.MOST_ROWS)
        end = time.monotonic() + PATIENCE_S
        while browser.ask("panel.size()") < size:
            if time.monotonic() > end:
                raise BrowserFailed(f"the panel did not load its {size:,} messages")
            time.sleep(0.1)
    except BaseException:
        browser.end()
        raise
    return browser


def _starts(site: panel_site.Site, rows: int) -> list[Measured]:
    """Start both in turn, to meet the same noise; the first pair does not count."""
    taken: dict[str, list[float]] = {
        name: [] for name in ("program, ms", "panel, ms", "program, MB", "panel, MB", "panel's processes")
    }
    with profile.scratch(rows, "panel") as folder:
        for turn in range(RUNS + 1):
            counts = turn > 0
            one = _start_program(folder, PRODUCT_IDLE_S if counts else 0.5)
            other = _start_panel(site, rows, PANEL_IDLE_S if counts else 0.5)
            if counts:
                for name, value in zip(taken, (one[0], other[0], one[1], other[1], other[2]), strict=True):
                    taken[name].append(round(value, 1))
    held = f"{min(rows, panel_site.MOST_ROWS):,} messages in the panel"
    return [
        Measured(
            key="start-peer",
            value=median(taken["program, ms"]),
            reference=median(taken["panel, ms"]),
            rows=rows,
            detail={"program, ms": taken["program, ms"], "panel, ms": taken["panel, ms"], "peer": held},
        ),
        Measured(
            key="idle-pss",
            value=median(taken["program, MB"]),
            reference=median(taken["panel, MB"]),
            rows=rows,
            detail={
                **{name: taken[name] for name in ("program, MB", "panel, MB", "panel's processes")},
                "peer": held,
            },
        ),
    ]


def _start_program(folder: Path, idle_s: float) -> tuple[float, float]:
    """Milliseconds to painted content, and megabytes a while later."""
    with Child("tests.bench.start_run", "--data", str(folder)) as child:
        told = child.answer(PATIENCE_S)
        time.sleep(idle_s)
        return (told["painted"] - child.began) * MS, pss_mb(child.pid)


def _start_panel(site: panel_site.Site, rows: int, idle_s: float) -> tuple[float, float, float]:
    """The same of the panel, with all its processes; and how many they are."""
    with _open(site, rows) as browser:
        painted_ms = browser.ask("panel.started()") + browser.offset_ms - browser.began * MS
        time.sleep(idle_s)
        browser.command("HeapProfiler.collectGarbage", {})
        time.sleep(COLLECTED_S)
        return painted_ms, pss_mb(browser.pid), len(browser.processes())


def _list(site: panel_site.Site, rows: int) -> list[Measured]:
    """Jumps to any of the messages that it holds."""
    chance = random.Random(SEED)
    held = min(rows, panel_site.MOST_ROWS)
    taken: list[float] = []
    missed = 0
    with _open(site, rows) as browser:
        for turn in range(WARM_JUMPS + JUMPS):
            took = browser.ask(f"panel.jump({chance.randrange(held)})")
            if turn < WARM_JUMPS:
                continue  # its code is compiled by then
            if took is None:
                missed += 1
            else:
                taken.append(took)
    return [
        Measured(
            key="jump-peer",
            reference=percentile(taken, 99),
            rows=rows,
            detail={"panel": summary(taken), "panel never arrived": missed},
        )
    ]


def _live(site: panel_site.Site, rows: int) -> Iterator[Measured]:
    """Messages from the real server: one at a time, then bursts."""
    with profile.scratch(rows, "panel") as folder:
        arguments = ["--platform", "dispatcher", "--port", "0", "--data", str(folder / "server")]
        arguments += ["--seed", "demo", "--rate", "1000000"]
        with (
            Child("tests.bench.panel_server", *arguments, PAGE=site.url.rstrip("/")) as server,
            _open(site, rows) as browser,
        ):
            url = bench_live._url(server)
            order_id, token = asyncio.run(_desk(url))
            asyncio.run(bench_live._write(url, order_id, ["the first one"]))
            options = {"server": url, "token": token, "order": order_id, "gather": False}
            browser.ask("panel.toEnd()")
            _join(server, browser, options)
            yield _sparse(server, browser, url, order_id)
            plain = [_flood(server, browser) for _ in range(FLOODS)]
            _join(server, browser, options | {"gather": True})
            gathered = [_flood(server, browser) for _ in range(FLOODS)]
            yield _sustained(plain, gathered)


async def _desk(url: str) -> tuple[str, str]:
    """The order that the customer writes about, and a token of the desk."""
    order_id, _number = await bench_live._an_order(url)
    async with DispatcherTongue(url, DESK_EMAIL, PASSWORD) as desk:
        await desk.sign_in()
        return order_id, desk._token


def _join(server: Child, browser: Browser, options: dict[str, Any]) -> None:
    """Enter the order's room. Nobody answers that, so wait until a message comes. Raises BrowserFailed."""
    browser.ask(f"panel.join({json.dumps(options)})")
    size = browser.ask("panel.size()")
    for _ in range(50):
        server.tell({"burst": 1})
        server.answer(PATIENCE_S)
        time.sleep(0.1)
        if browser.ask("panel.size()") > size:
            return
    raise BrowserFailed("the panel could not enter the order's room")


def _sparse(server: Child, browser: Browser, url: str, order_id: str) -> Measured:
    """The same customer with the same pauses as the product's."""
    _say(server, browser, url, order_id, "warm", 20)
    late = _say(server, browser, url, order_id, "panel", bench_live.SPARSE)
    missing = bench_live.SPARSE - len(late)
    if missing > bench_live.SPARSE // 10:
        return Measured(key="sparse-peer", reason=f"the panel did not paint {missing} messages")
    return Measured(
        key="sparse-peer",
        reference=percentile(late, 99),
        detail={"panel": summary(late), "not painted": missing},
    )


def _say(server: Child, browser: Browser, url: str, order_id: str, prefix: str, count: int) -> list[float]:
    texts = [f"{prefix} {n}: the driver is at gate {n % 7}" for n in range(count)]
    asyncio.run(bench_live._write(url, order_id, texts))
    painted = browser.ask(f"panel.painted({json.dumps(prefix)}, {count}, 5000)")
    server.tell({"emits": 0})
    emits = server.answer(PATIENCE_S)["emits"]
    return [
        painted[text] + browser.offset_ms - emits[text] * MS
        for text in texts
        if painted.get(text) is not None
    ]


def _flood(server: Child, browser: Browser) -> dict[str, float]:
    """A burst as fast as the socket takes it while the list is scrolled: messages a second, and more."""
    size = int(browser.ask("panel.size()")) + FLOOD
    server.tell({"burst": FLOOD})
    seen = browser.ask(f"panel.scrollUntil({size}, {PATIENCE_S * MS:.0f})", PATIENCE_S + 10)
    emitted = server.answer(PATIENCE_S)
    if not seen["came"]:
        raise BrowserFailed(f"the panel did not take in {FLOOD} messages in {PATIENCE_S:.0f} s")
    came_s = (seen["at"] + browser.offset_ms) / MS
    return {
        "rate": round(FLOOD / (came_s - emitted["began"])),
        "server": round(FLOOD / (emitted["ended"] - emitted["began"])),
        "greatest frame, ms": round(max(seen["gaps"]), 1),
        "frame p50, ms": round(statistics.median(seen["gaps"]), 1),
    }


def _sustained(plain: list[dict[str, float]], gathered: list[dict[str, float]]) -> Measured:
    """The reference is the usual way, a state for each message; what gathering them gives is told."""
    return Measured(
        key="sustained-peer",
        reference=median([one["rate"] for one in plain]),
        detail={"panel": plain, "panel that gathers the messages of a frame": gathered},
    )
