"""Bars 2, 7 and 9 with everything real: server process, customer, socket, engine, store and window."""

from __future__ import annotations

import asyncio
import random
import re
import time
from typing import Any

from chatdesk.server.demo.cast import CARRIERS, PASSWORD
from chatdesk.server.demo.tongues.dispatcher import DispatcherTongue
from tests.bench import profile
from tests.bench.bars import NO_PEER, Measured
from tests.bench.child import Child, ChildFailed
from tests.bench.measure import MS, cpu_s, percentile, pss_mb, summary

CUSTOMER = CARRIERS[0].email
READY = re.compile(r"ready dispatcher (http://\S+)")
SPARSE = 250
PAUSE_S = 0.05, 0.13
"""Between two messages of the customer, drawn anew each time."""
IDLE_S = 8.0
CATCH_UP = 30_000
LIVE_ROWS = 40_000
MOST_GAP_MS = 50.0
PATIENCE_S = 100.0
SEED = 7


def run(rows: int) -> list[Measured]:
    """Measure in a window over a profile of `rows` messages that is signed in at a server besides."""
    with profile.scratch(rows, "live") as folder:
        data = folder / "server"
        arguments = ("--platform", "dispatcher", "--port", "0", "--data", str(data), "--seed", "demo")
        with Child("tests.bench.live_server", *arguments, "--rate", "1000000") as server:
            url = _url(server)
            order_id, number = asyncio.run(_an_order(url))
            with Child(
                "tests.bench.live_run", "--data", str(folder), "--server", url, "--order", number
            ) as window:
                window.answer(PATIENCE_S)
                found = _sparse(server, window, url, order_id)
                found.append(_idle(window))
                return [*found, *_catch_up(server, window, rows)]


def _url(server: Child) -> str:
    match = READY.match(server.line(PATIENCE_S))
    if match is None:
        raise ChildFailed("the server did not say that it is ready")
    return match[1]


async def _an_order(url: str) -> tuple[str, str]:
    """Id and number of the order that the customer writes about."""
    async with DispatcherTongue(url, CUSTOMER, PASSWORD) as customer:
        await customer.sign_in()
        order = (await customer.orders())[0]
        return order.id, order.order_number


async def _write(url: str, order_id: str, texts: list[str]) -> None:
    """Say one text after the other, with pauses as between people who type at the same time."""
    chance = random.Random(SEED)
    async with DispatcherTongue(url, CUSTOMER, PASSWORD) as customer:
        await customer.sign_in()
        for text in texts:
            await customer.say(order_id, text)
            await asyncio.sleep(chance.uniform(*PAUSE_S))


def _sparse(server: Child, window: Child, url: str, order_id: str) -> list[Measured]:
    _say(server, window, url, order_id, "warm", 20)
    late = _say(server, window, url, order_id, "sparse", SPARSE)
    missing = SPARSE - len(late)
    if missing:
        reason = f"{missing} of {SPARSE} messages were not painted"
        return [Measured(key=key, reason=reason) for key in ("sparse", "sparse-peer")]
    p99 = percentile(late, 99)
    return [
        Measured(key="sparse", value=p99, detail=summary(late)),
        Measured(key="sparse-peer", value=p99, reason=NO_PEER),
    ]


def _say(server: Child, window: Child, url: str, order_id: str, prefix: str, count: int) -> list[float]:
    """Milliseconds from the server's emit to painted, of those that were painted."""
    texts = [f"{prefix} {n}: the driver is at gate {n % 7}" for n in range(count)]
    asyncio.run(_write(url, order_id, texts))
    window.tell({"painted": count, "prefix": prefix})
    painted = window.answer(PATIENCE_S)["painted"]
    server.tell({"emits": 0})
    emits = server.answer(PATIENCE_S)["emits"]
    return [(painted[text] - emits[text]) * MS for text in texts if text in painted]


def _idle(window: Child) -> Measured:
    """Signed in, connected, nobody writes."""
    time.sleep(3.0)
    before, began = cpu_s(window.pid), time.monotonic()
    time.sleep(IDLE_S)
    share = (cpu_s(window.pid) - before) / (time.monotonic() - began) * 100
    return Measured(key="idle-cpu", value=share, detail={"seconds": IDLE_S, "tick, %": round(1 / IDLE_S, 2)})


def _catch_up(server: Child, window: Child, rows: int) -> list[Measured]:
    """A burst on the socket into the open conversation, then as many more as make LIVE_ROWS."""
    first = _burst(server, window, CATCH_UP)
    emit_rate = CATCH_UP / (first["ended"] - first["began"])
    rate = CATCH_UP / (first["at"] - first["began"])
    gap = max(first["gaps_ms"], default=0.0)
    detail = {
        "server emitted, /s": round(emit_rate),
        "greatest gap of the window's loop, ms": round(gap, 1),
        "gaps over 50 ms": sum(one > MOST_GAP_MS for one in first["gaps_ms"]),
        "how": "one burst of live events into the open conversation",
    }
    if first["told"] < CATCH_UP:
        lost = f"the window heard of {first['told']} of {CATCH_UP} events in {PATIENCE_S:.0f} s"
        return [
            Measured(key="catch-up", reason=lost, detail=detail),
            Measured(key="live-pss", reason=lost),
        ]
    broken = f"the window's loop was away for {gap:.0f} ms" if gap > MOST_GAP_MS else ""
    caught = Measured(key="catch-up", value=rate, broken=broken, detail=detail)
    second = _burst(server, window, LIVE_ROWS - CATCH_UP)
    time.sleep(2.0)
    complete = second["told"] >= LIVE_ROWS - CATCH_UP
    memory = Measured(
        key="live-pss",
        value=pss_mb(window.pid),
        reason="" if complete else "not all rows arrived",
        rows=rows,
    )
    return [caught, memory]


def _burst(server: Child, window: Child, count: int) -> dict[str, Any]:
    window.tell({"gaps": True})
    window.answer(PATIENCE_S)
    server.tell({"burst": count})
    window.tell({"told": count})
    emitted = server.answer(PATIENCE_S)
    heard = window.answer(PATIENCE_S)
    window.tell({"gaps": False})
    window.answer(PATIENCE_S)
    return {**emitted, **heard}
