"""Bars 2 and 7 to 9 with everything real: server process, customer, socket, engine, store and window."""

from __future__ import annotations

import asyncio
import random
import re
import time
from typing import Any

from chatdesk.server.demo.cast import CARRIERS, PASSWORD
from chatdesk.server.demo.tongues.dispatcher import DispatcherTongue
from tests.bench import profile
from tests.bench.bars import Measured
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
STREAMS = ("stream-1000", 1_000, 5.0), ("stream-10000", 10_000, 4.0)
"""Bar, messages a second, seconds."""
SCROLLED_RATES = 5_100, 7_500, 10_000
"""Messages a second that are tried; the least a little above its bar: a server never sends quite the rate."""
SCROLLED_S = 3.0
MOST_LATE_S = 1.0
"""A rate is sustained where the window has heard of the last message so soon after its emit."""
LEAST_OF_RATE = 0.9
"""And where the server has really sent this part of it."""
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
                found += _catch_up(server, window, rows)
                found += [_stream(server, window, *stream) for stream in STREAMS]
                return [*found, _sustained(server, window)]


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
    broken = f"{missing} of {SPARSE} messages were not painted" if missing else ""
    if not late:
        return [Measured(key="sparse", reason=broken)]
    return [Measured(key="sparse", value=percentile(late, 99), broken=broken, detail=summary(late))]


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


def _stream(server: Child, window: Child, key: str, rate: int, seconds: float) -> Measured:
    """A steady stream of live messages into the open conversation, its end in view."""
    count = round(rate * seconds)
    said = _burst(server, window, count, rate)
    window.tell({"painted": count, "prefix": "burst "})
    painted = window.answer(PATIENCE_S)["painted"]
    late = [(painted[text] - at) * MS for text, at in said["emits"].items() if text in painted]
    gap = max(said["gaps_ms"], default=0.0)
    sent = count / (said["ended"] - said["began"])
    detail = {
        **(summary(late) if late else {}),
        "server emitted, /s": round(sent),
        "greatest gap of the window's loop, ms": round(gap, 1),
        "not painted": count - len(late),
    }
    missing = f"{count - len(late)} of {count} were not painted" if len(late) < count else ""
    if not late:
        return Measured(key=key, reason=missing, detail=detail)
    if sent < rate * LEAST_OF_RATE:
        return Measured(key=key, reason=f"the server sent only {sent:.0f} a second", detail=detail)
    return Measured(key=key, value=percentile(late, 99), broken=missing, detail=detail)


def _sustained(server: Child, window: Child) -> Measured:
    """The greatest rate that the window keeps up with while the wheel is turned without a pause."""
    best: tuple[float, float] | None = None
    told: list[float] = []
    detail: dict[str, Any] = {}
    for rate in SCROLLED_RATES:
        window.tell({"scroll": True})
        window.answer(PATIENCE_S)
        said = _burst(server, window, round(rate * SCROLLED_S), rate)
        window.tell({"scroll": False})
        window.answer(PATIENCE_S)
        took_s = said["at"] - said["began"]
        gap = max(said["gaps_ms"], default=0.0)
        sent = rate * SCROLLED_S / (said["ended"] - said["began"])
        late_s = said["at"] - said["ended"]
        detail[f"at {rate:,}/s"] = {
            "server emitted, /s": round(sent),
            "told to the window, /s": round(said["told"] / took_s),
            "last one late by, s": round(late_s, 3),
            "greatest gap of the window's loop, ms": round(gap, 1),
        }
        if sent < rate * LEAST_OF_RATE:
            continue
        told.append(said["told"] / took_s)
        keeps_up = said["told"] >= round(rate * SCROLLED_S) and late_s <= MOST_LATE_S
        if keeps_up and (best is None or gap <= MOST_GAP_MS or best[1] > MOST_GAP_MS):
            best = sent, gap
    if not told:
        return Measured(key="sustained", reason="the server sent none of the rates", detail=detail)
    if best is None:
        broken = "the window kept up with none of the rates"
        return Measured(key="sustained", value=max(told), broken=broken, detail=detail)
    broken = f"the window's loop was away for {best[1]:.0f} ms" if best[1] > MOST_GAP_MS else ""
    return Measured(key="sustained", value=best[0], broken=broken, detail=detail)


def _burst(server: Child, window: Child, count: int, rate: float | None = None) -> dict[str, Any]:
    window.tell({"gaps": True})
    window.answer(PATIENCE_S)
    server.tell({"burst": count} if rate is None else {"burst": count, "rate": rate})
    window.tell({"told": count})
    emitted = server.answer(PATIENCE_S)
    heard = window.answer(PATIENCE_S)
    window.tell({"gaps": False})
    window.answer(PATIENCE_S)
    return {**emitted, **heard}
