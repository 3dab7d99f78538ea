"""Carries out a soak: servers, proxies, the crowd, the program; faults and samples; then the count."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.faults.checker import Press, check
from tests.server.process import ROOT
from tests.soak import outside, verdict
from tests.soak.crowd import Crowd
from tests.soak.plan import Fault, Plan
from tests.soak.proxy import Proxy
from tests.soak.servers import Servers

Answer = dict[str, Any]
PATIENCE_S = 120.0
DELAY_S = 1.2
LATE_QT_OBJECTS = 20
STEADY_S = 0.5
STEADY_TIMES = 3
STEADY_TRIES = 24
ALIVE = 0.98
"""Share of the presses that arrive without a decision of the person."""
HELD = ("tasks_window", "tasks_network", "threads", "threads_all", "handles", "connections")
"""What the last rest must not hold more of than the first one."""


class Child:
    """The program, asked by lines."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lock = asyncio.Lock()

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ask(self, do: str, **words: Any) -> Answer:
        """Its answer; fails when it has ended, or takes too long."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        async with self._lock, asyncio.timeout(PATIENCE_S):
            self._process.stdin.write(json.dumps({"do": do, **words}).encode() + b"\n")
            await self._process.stdin.drain()
            line = await self._process.stdout.readline()
        if not line:
            raise AssertionError("the program has ended")
        answer: Answer = json.loads(line)
        return answer

    async def end(self) -> int:
        """Quit as a person does; the exit status."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return await asyncio.wait_for(self._process.wait(), 60)


class Soak:
    """One run over an empty folder."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan = plan
        self.folder = folder
        self.profile = folder / "profile"
        self.presses = folder / "presses.jsonl"
        self.samples: list[Answer] = []
        self.faults: list[str] = []
        self.rests: list[list[Answer]] = []
        self.ends: list[int] = []
        """Exit status of the servers, each time that they were told to end."""
        self.idle_cpu: list[float] = []
        """Processor seconds a minute in each rest."""
        self.censuses: list[Answer] = []
        self.traces: list[Answer] = []
        """Of each rest, bytes by the line that asked for them, where SOAK_TRACE is set."""
        self.servers = Servers(folder / "server")
        self.proxies: dict[str, Proxy] = {}
        self.crowd: Crowd
        self.child: Child
        self._began = time.monotonic()
        self._peace = asyncio.Lock()
        """Held by a fault, and by a rest among faults."""

    async def run(self) -> Answer:
        """Do it all; the report."""
        await asyncio.to_thread(self.servers.plant, self.plan.conversations)
        await asyncio.to_thread(self.servers.start)
        try:
            async with self._proxies(), self._crowd(), self._child():
                return await self._report(*await self._soak())
        finally:
            await asyncio.to_thread(self.servers.kill)

    # -- the stage

    @asynccontextmanager
    async def _proxies(self) -> AsyncIterator[None]:
        self.proxies = {name: Proxy(port) for name, port in self.servers.ports.items()}
        try:
            for proxy in self.proxies.values():
                await proxy.open()
            yield
        finally:
            for proxy in self.proxies.values():
                await proxy.close()

    @asynccontextmanager
    async def _crowd(self) -> AsyncIterator[None]:
        urls = {name: self.servers.url_of(name) for name in self.servers.ports}
        self.crowd = Crowd(urls, self.servers.data_dir / "server.sqlite3", self.plan.seed)
        try:
            await self.crowd.come(self.plan.guests)
            yield
        finally:
            await self.crowd.go()

    @asynccontextmanager
    async def _child(self) -> AsyncIterator[None]:
        paths = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
        with (self.folder / "program.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.soak.child",
                str(self.profile),
                str(self.presses),
                str(self.plan.seed),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                limit=1 << 24,
                env={"QT_QPA_PLATFORM": "offscreen", **os.environ, "PYTHONPATH": paths},
            )
        self.child = Child(process)
        try:
            yield
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    # -- the story

    async def _soak(self) -> tuple[Answer, Answer]:
        await self.child.ask("sign_in", urls={name: proxy.url for name, proxy in self.proxies.items()})
        seen = await self.child.ask("talks", talks=sorted(self.crowd.talks()))
        self._began = time.monotonic()
        sampling = asyncio.create_task(self._sample())
        mischief = asyncio.create_task(self._mischief())
        try:
            await self._act(self.plan.first_rest_s)
            async with self._peace:
                await self._rest()
            # What settling took beyond the plan does not count: all else comes so much later.
            self._began += self._at_s() - self.plan.first_rest_s - self.plan.rest_s
            await self._act(self.plan.length_s)
            await mischief
            state = await self._rest()
        finally:
            for task in (sampling, mischief):
                task.cancel()
            await asyncio.gather(sampling, mischief, return_exceptions=True)
        return seen, state

    def _at_s(self) -> float:
        return time.monotonic() - self._began

    async def _act(self, until_s: float) -> None:
        """Let everybody act until a moment."""
        over = asyncio.Event()
        others = asyncio.create_task(self.crowd.act(self.plan.events_per_s - self.plan.own_per_s, over))
        await self.child.ask("act", per_s=self.plan.own_per_s)
        try:
            await asyncio.sleep(max(0.0, until_s - self._at_s()))
        finally:
            over.set()
            await others
        await self.child.ask("act", per_s=0)

    async def _rest(self) -> Answer:
        """Nobody acts: once everything is sent, what is held then, and what idling costs."""
        await self.child.ask("home")
        state = await self._settle()
        self.censuses.append(await self._steady_census())
        self.traces.append(await self.child.ask("traces"))
        cpu_s, began = outside.cpu_s(self.child.pid), time.monotonic()
        samples: list[Answer] = []
        while not samples or self._rests_on(samples, time.monotonic() - began):
            await asyncio.sleep(min(self.plan.sample_every_s, self.plan.rest_s / 3))
            samples.append(await self._one_sample())
        minutes = (time.monotonic() - began) / 60
        self.idle_cpu.append((outside.cpu_s(self.child.pid) - cpu_s) / minutes)
        self.rests.append(samples)
        return state

    def _rests_on(self, samples: list[Answer], for_s: float) -> bool:
        """A rest has its time; the last one has more while more is held than in the first."""
        if for_s < self.plan.rest_s:
            return True
        more = self.rests and not all(bar["holds"] for bar in verdict.leaks(self.rests[0], samples, HELD))
        return bool(more) and for_s < self.plan.rest_s + self.plan.grace_s

    async def _settle(self) -> Answer:
        """How things stand once nothing is under way, or when the time for that is up."""
        end = time.monotonic() + self.plan.settle_s
        began = time.monotonic()
        while True:
            state = await self.child.ask("state")
            state["settled_s"] = round(time.monotonic() - began, 1)
            if not (state["unsent"] or state["away"]) or time.monotonic() > end:
                return state
            await asyncio.sleep(0.2)

    async def _steady_census(self) -> Answer:
        """What is there once nothing is added any more: an order's details come some time after its look."""
        found: Answer = await self.child.ask("census")
        steady = 0
        for _ in range(STEADY_TRIES):
            if steady == STEADY_TIMES:
                break
            await asyncio.sleep(STEADY_S)
            before, found = found, await self.child.ask("census")
            steady = steady + 1 if sum(found["qt"].values()) == sum(before["qt"].values()) else 0
        return found

    async def _sample(self) -> None:
        with (self.folder / "samples.jsonl").open("a", encoding="utf-8") as file:
            while True:
                self.samples.append(await self._one_sample())
                file.write(json.dumps(self.samples[-1]) + "\n")
                file.flush()
                await asyncio.sleep(self.plan.sample_every_s)

    async def _one_sample(self) -> Answer:
        pid = self.child.pid
        inside = await self.child.ask("sample")
        handles = outside.handles(pid)
        handles["socket"] -= inside["pooled"]
        return {
            "at_s": round(self._at_s(), 1),
            **outside.memory(pid),
            "cpu_s": outside.cpu_s(pid),
            "cpu_s_servers": outside.cpu_s(self.servers.pid) if self.servers.running else 0.0,
            "cpu_s_crowd": time.process_time(),
            "load": os.getloadavg()[0],
            "events": sum(self.crowd.done.values()),
            "failed": sum(self.crowd.failed.values()),
            "threads_all": outside.threads(pid),
            "handles": handles,
            **outside.files(self.profile),
            "rows": await asyncio.to_thread(outside.rows, self.profile),
            **inside,
        }

    # -- the faults

    async def _mischief(self) -> None:
        for fault in self.plan.faults():
            await asyncio.sleep(max(0.0, fault.at_s - self._at_s()))
            async with self._peace:
                self.faults.append(f"{self._at_s():.0f} s: {fault.kind}, {fault.lasts_s:.1f} s")
                await self._do(fault)

    async def _do(self, fault: Fault) -> None:
        everywhere = list(self.proxies.values())
        one = everywhere[fault.place % len(everywhere)]
        match fault.kind:
            case "cut" | "cut one":
                for proxy in everywhere if fault.kind == "cut" else [one]:
                    await proxy.cut()
            case "restart":
                self.ends.append(await self._stop_servers())
                await asyncio.to_thread(self.servers.start)
            case "kill":
                await asyncio.to_thread(self.servers.kill)
                await asyncio.to_thread(self.servers.start)
            case "offline":
                for proxy in everywhere:
                    await proxy.close()
                await asyncio.sleep(fault.lasts_s)
                for proxy in everywhere:
                    await proxy.open()
            case "delay":
                for proxy in everywhere:
                    proxy.delay_s = DELAY_S
                await self._heal_after(fault)
            case "blackhole" | "blackhole one" | "deaf":
                for proxy in [one] if fault.kind == "blackhole one" else everywhere:
                    proxy.hold(upward=fault.kind != "deaf")
                await self._heal_after(fault)
            case _:
                raise AssertionError(fault.kind)

    async def _heal_after(self, fault: Fault) -> None:
        try:
            await asyncio.sleep(fault.lasts_s)
        finally:
            for proxy in self.proxies.values():
                proxy.heal()

    # -- the count

    async def _stop_servers(self) -> int:
        """Their exit status; -9 where they had to be killed."""
        try:
            return await asyncio.to_thread(self.servers.stop)
        except subprocess.TimeoutExpired:
            return -signal.SIGKILL

    async def _report(self, seen: Answer, state: Answer) -> Answer:
        status = await self.child.end()
        self.ends.append(await self._stop_servers())
        again: Counter[str] = Counter(state["decided"])
        lines = [json.loads(line) for line in self.presses.read_text("utf-8").splitlines()]
        # Whoever sends again what may have arrived wants it twice rather than not at all.
        presses = [Press(**line, most=1 + again[line["text"]]) for line in lines]
        found = check(presses, self.servers.data_dir / "server.sqlite3", self.profile / "chatdesk.db")
        done = sum(self.crowd.done.values()) + sum(state["done"].values())
        acted_s = self.plan.length_s - self.plan.rest_s
        first, last = self.censuses[0], self.censuses[-1]
        complaints = [
            line
            for file in (self.servers.log, self.folder / "program.log")
            for line in file.read_text("utf-8", "replace").splitlines()
        ]
        bars = [
            *verdict.leaks(self.rests[0], self.rests[-1], HELD),
            qt_objects(first["qt"], last["qt"]),
            *verdict.files(self.samples),
            verdict.none_of("lost", found.lost, found.words),
            verdict.none_of("duplicated", found.duplicated, found.words),
            verdict.none_of("reordered", found.reordered, found.words),
            verdict.none_of("unsent at the end", state["unsent"], found.words),
            verdict.at_least("settled without its person", 1 - len(again) / max(1, len(lines)), ALIVE),
            verdict.none_of("accounts not reached at the end", len(state["away"]), state["away"]),
            verdict.none_of("what the window did not do", len(state["troubles"]), state["troubles"]),
            verdict.none_of("lines on a standard error", len(complaints), complaints),
            verdict.none_of("exit status", status),
            verdict.none_of("servers that did not end well", sum(map(bool, self.ends)), map(str, self.ends)),
        ]
        return {
            "plan": asdict(self.plan),
            **seen,
            "events": dict(self.crowd.done),
            "events_failed": dict(self.crowd.failed),
            "own": state["done"],
            "events_per_s": round(done / acted_s, 1),
            "faults": self.faults,
            "presses": found.presses,
            "accepted": found.accepted,
            "parked": found.parked,
            "decided": state["decided"],
            "settled_s": state["settled_s"],
            "idle_cpu_s_per_minute": [round(one, 2) for one in self.idle_cpu],
            "python_grown": verdict.grown(first["python"], last["python"], 200),
            "bars": bars,
            "rests": self.rests,
            "samples": self.samples,
            "traced_bytes_grown": verdict.grown(self.traces[0], self.traces[-1], 4_096),
        }


def qt_objects(first: Answer, last: Answer) -> verdict.Bar:
    """No more Qt objects at the end than in the first rest, but those that are made when first needed."""
    one, other = sum(first.values()), sum(last.values())
    return {
        "name": "Qt objects",
        "figure": f"{one} -> {other}",
        "wanted": f"<= {one + LATE_QT_OBJECTS}",
        "holds": other <= one + LATE_QT_OBJECTS,
        "words": verdict.grown(first, last),
    }


def memory(report: Answer, plan: Plan) -> verdict.Bar:
    """The bar that only a run of some length can tell about."""
    told, alone = verdict.ratios(report["samples"], plan.before, plan.after)
    return {
        "name": "PSS, last sixth to second sixth",
        "figure": f"{told:.3f}, sharing as before: {alone:.3f}",
        "wanted": f"<= {verdict.PSS_RATIO}",
        "holds": alone <= verdict.PSS_RATIO,
    }


def idling(report: Answer) -> verdict.Bar:
    """A minute in which nothing happens costs next to nothing."""
    found = max(report["idle_cpu_s_per_minute"])
    return {
        "name": "idle processor seconds a minute",
        "figure": f"{found:.2f}",
        "wanted": f"<= {verdict.IDLE_CPU_S}",
        "holds": found <= verdict.IDLE_CPU_S,
    }


def carry_out(plan: Plan, folder: Path) -> Answer:
    """One soak; the report, as it is written."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir(parents=True)
    return asyncio.run(Soak(plan, folder).run())
