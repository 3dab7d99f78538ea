"""Runs the demo: sets the stage, opens the window, and plays the journey where nobody watches."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import msgspec

from chatdesk import program
from chatdesk.demo.journey import Journey
from chatdesk.demo.stage import Stage, StageLeft, StageTrouble
from chatdesk.desktop.memory_vault import MemoryVault
from chatdesk.domain.desk import SignInRequest
from chatdesk.domain.errors import WorldError
from chatdesk.domain.kinds import Platform

LIVELY_PER_MINUTE = 60
CALM_PER_MINUTE = 8
LEFT = 128 + signal.SIGTERM
"""Exit status after SIGTERM, as a shell would give it. Server and customers never outlive the demo."""
LEAST_SENT, LEAST_OFFLINE, LEAST_RECEIVED = 10, 2, 10


class SignIn(msgspec.Struct, frozen=True):
    """Who sits before the window of the demo."""

    login: str
    password: str


def run(plugins: program.Plugins, sign_in: SignIn, *, out: Path, journey: bool) -> int:
    """Run it; returns the exit status.

    journey: play the scripted journey, write pictures and report.json into `out`, and judge it; else open the
    window, signed in, until it is closed. Server and profile live in a temporary folder and go with it.
    """
    folder = Path(tempfile.mkdtemp(prefix="chatdesk-demo-"))
    stage = Stage(folder)
    before = signal.signal(signal.SIGTERM, lambda *_: stage.leave())
    try:
        print("starting the server and three customers…", flush=True)
        stage.start_server()
        stage.start_customers(LIVELY_PER_MINUTE if journey else CALM_PER_MINUTE)
        if journey:
            return _play(plugins, sign_in, stage, out)
        print(f"the server of the demo is {stage.url}; close the window to end it", flush=True)
        return _open(plugins, sign_in, stage)
    except StageLeft:
        return LEFT
    except StageTrouble as trouble:
        print(f"chatdesk: the demo could not start: {trouble.words}", file=sys.stderr)
        return 1
    finally:
        stage.close()
        shutil.rmtree(folder, ignore_errors=True)
        signal.signal(signal.SIGTERM, before)


def _open(plugins: program.Plugins, sign_in: SignIn, stage: Stage) -> int:
    async def script(running: program.Program) -> int:
        if stage.is_left:
            return LEFT
        request = SignInRequest(
            platform=Platform.DISPATCHER,
            server_url=stage.url,
            login=sign_in.login,
            password=sign_in.password,
        )
        try:
            await running.desk.sign_in(request)
        except WorldError as error:
            running.troubles.report("demo sign-in", error)
        await running.until_closed()
        return 0

    return program.run(stage.folder / "profile", plugins, MemoryVault(), script)


def _play(plugins: program.Plugins, sign_in: SignIn, stage: Stage, out: Path) -> int:
    out.mkdir(parents=True, exist_ok=True)
    for old in [*out.glob("*.png"), out / "report.json"]:
        old.unlink(missing_ok=True)
    journey = Journey(stage, sign_in.login, sign_in.password, out)

    async def script(running: program.Program) -> int:
        return LEFT if stage.is_left else await journey.play(running)

    status = program.run(stage.folder / "profile", plugins, MemoryVault(), script)
    if status != 0:
        return status
    report = journey.report()
    (out / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(f"sent {report['sent']}, {report['sent_offline']} of them offline; accepted {report['accepted']}")
    print(f"received {report['received']}; lost {report['lost']}, duplicated {report['duplicated']}")
    print(f"pictures and report.json are in {out}")
    return 0 if passes(report) else 1


def passes(report: dict[str, object]) -> bool:
    """Whether a report shows what the demo promises: enough sent, also offline, nothing lost or doubled."""
    sent, accepted, received = (_number(report, name) for name in ("sent", "accepted", "received"))
    enough = sent >= LEAST_SENT and received >= LEAST_RECEIVED
    offline = _number(report, "sent_offline") >= LEAST_OFFLINE
    whole = accepted == sent and not _number(report, "lost") and not _number(report, "duplicated")
    shown = not _number(report, "not_shown") and not _number(report, "shown_twice")
    return enough and offline and whole and shown


def _number(report: dict[str, object], name: str) -> int:
    value = report.get(name)
    return value if isinstance(value, int) else -1
