"""Runs the demo: sets the stage, opens the window, and plays the journey where nobody watches."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from chatdesk import program
from chatdesk.demo.journey import Journey, request
from chatdesk.demo.report import Report, missing, told
from chatdesk.demo.seats import Seat
from chatdesk.demo.stage import Stage, StageLeft, StageTrouble
from chatdesk.desktop.memory_vault import MemoryVault
from chatdesk.domain.errors import WorldError

LIVELY_PER_MINUTE = 10
"""Lines that the customers of each platform write unasked: one of them lets nobody write more than ten."""
CALM_PER_MINUTE = 4
LEFT = 128 + signal.SIGTERM
"""Exit status after SIGTERM, as a shell would give it. Server and customers never outlive the demo."""
LEAST_SENT, LEAST_OFFLINE = 4, 2
"""Of each platform."""


def run(plugins: program.Plugins, seats: Sequence[Seat], *, out: Path, journey: bool) -> int:
    """Run it; returns the exit status.

    seats: who signs in where. journey: play the scripted journey, write pictures and report.json into `out`,
    and judge it; else open the window, signed in, until it is closed. Server and profile live in a temporary
    folder and go with it.
    """
    folder = Path(tempfile.mkdtemp(prefix="chatdesk-demo-"))
    stage = Stage(folder, [seat.platform for seat in seats])
    before = signal.signal(signal.SIGTERM, lambda *_: stage.leave())
    try:
        print(f"starting {len(seats)} platforms and their customers…", flush=True)
        stage.start_server()
        stage.start_customers(LIVELY_PER_MINUTE if journey else CALM_PER_MINUTE)
        if journey:
            return _play(plugins, seats, stage, out)
        print("the servers of the demo; close the window to end them:")
        for platform, url in stage.urls.items():
            print(f"  {platform.value:<12} {url}", flush=True)
        return _open(plugins, seats, stage)
    except StageLeft:
        return LEFT
    except StageTrouble as trouble:
        print(f"chatdesk: the demo could not start: {trouble.words}", file=sys.stderr)
        return 1
    finally:
        stage.close()
        shutil.rmtree(folder, ignore_errors=True)
        signal.signal(signal.SIGTERM, before)


def _open(plugins: program.Plugins, seats: Sequence[Seat], stage: Stage) -> int:
    async def script(running: program.Program) -> int:
        if stage.is_left:
            return LEFT
        for seat in seats:
            try:
                await running.desk.sign_in(request(seat, stage))
            except WorldError as error:
                running.troubles.report(f"demo sign-in to {seat.platform.value}", error)
        await running.until_closed()
        return 0

    return program.run(stage.folder / "profile", plugins, MemoryVault(), script)


def _play(plugins: program.Plugins, seats: Sequence[Seat], stage: Stage, out: Path) -> int:
    out.mkdir(parents=True, exist_ok=True)
    for old in [*out.glob("*.png"), out / "report.json"]:
        old.unlink(missing_ok=True)
    journey = Journey(stage, seats, out)

    async def script(running: program.Program) -> int:
        return LEFT if stage.is_left else await journey.play(running)

    status = program.run(stage.folder / "profile", plugins, MemoryVault(), script)
    if status != 0:
        return status
    report = journey.report()
    (out / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    for line in told(report):
        print(line)
    print(f"pictures and report.json are in {out}")
    shortcomings = lacking(report, seats)
    if complaints := stage.complaints():
        shortcomings.append(f"the server complained: {complaints}")
    for sentence in shortcomings:
        print(f"chatdesk: {sentence}")
    return 1 if shortcomings else 0


def lacking(report: Report, seats: Sequence[Seat]) -> list[str]:
    """What a report does not show of what the demo promises of every seat; empty where all is well."""
    found = []
    for seat in seats:
        part = report.platforms.get(seat.platform.value)
        if part is None:
            found.append(f"{seat.platform.value} took no part")
            continue
        lacks = missing(part, has_marks=seat.has_marks, least_sent=LEAST_SENT, least_offline=LEAST_OFFLINE)
        found += [f"it was not shown that {seat.platform.value} {promise}" for promise in lacks]
    return found
