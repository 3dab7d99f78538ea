"""The command line and composition root: the one module that knows every room."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from chatdesk import __version__

if TYPE_CHECKING:
    from chatdesk.domain.kinds import Platform
    from chatdesk.domain.ports import PlatformPlugin

FAILURE = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run chatdesk; returns the exit status: 0, or 1 for a failure. Wrong use ends with 2 (argparse)."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    if arguments[:1] == ["serve"]:
        return _serve(arguments[1:])
    if arguments[:1] == ["customers"]:
        from chatdesk.server.demo import town

        return town.main(arguments[1:])
    if arguments[:1] == ["count"]:
        from chatdesk.server.demo import count

        return count.main(arguments[1:])
    parsed = _parser().parse_args(arguments)
    match parsed.command:
        case "demo":
            return _demo(parsed)
        case "doctor" | "ledger" | "export":
            from chatdesk.desktop import commands

            return commands.run(parsed)
        case _:
            return _window(parsed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chatdesk",
        description="Answer customers about their orders, on five platforms, online and offline.",
    )
    parser.add_argument("--version", action="version", version=f"chatdesk {__version__}")
    parser.add_argument("--data", type=Path, help="folder of the database (default: the user's data folder)")
    parser.add_argument(
        "--profile-startup",
        action="store_true",
        help="start, print where the time went until everything was painted, and end",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    demo = commands.add_parser("demo", help="try it with embedded servers and customers who answer")
    demo.add_argument(
        "--offscreen",
        action="store_true",
        help="play a journey, write pictures and a report (chosen by itself without a display)",
    )
    demo.add_argument("--out", type=Path, default=Path("build/demo"), help="where pictures and report go")
    _add_looking(commands)
    commands.add_parser("serve", help="run the reference server (chatdesk serve --help)", add_help=False)
    commands.add_parser("customers", help="let the customers of the demo in", add_help=False)
    commands.add_parser("count", help="count what arrived at a server of the demo", add_help=False)
    return parser


def _add_looking(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands that look at a data folder and end; their parts are loaded when one is run."""
    examined = commands.add_parser("doctor", help="show how program, data and keyring stand; changes nothing")
    examined.add_argument("--json", action="store_true", help="for programs")
    ledger = commands.add_parser("ledger", help="the record of what became of every message sent")
    verbs = ledger.add_subparsers(dest="verb", metavar="verify", required=True)
    verbs.add_parser("verify", help="look for rows that were changed, removed or cut off; changes nothing")
    exported = commands.add_parser("export", help="write all conversations and orders to a new folder")
    exported.add_argument("--to", type=Path, required=True, help="a folder that is empty or missing")


def _serve(arguments: list[str]) -> int:
    from chatdesk.server import run

    parser = argparse.ArgumentParser(prog="chatdesk serve", description="Run the reference server.")
    run.add_arguments(parser)
    return run.serve(run.options(parser.parse_args(arguments)))


def has_display() -> bool:
    """Whether a window can be shown. Elsewhere than on X11 and Wayland there always is a display."""
    if sys.platform in {"win32", "darwin"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _say(sentence: str) -> int:
    print(f"chatdesk: {sentence}", file=sys.stderr)
    return FAILURE


def _window(parsed: argparse.Namespace) -> int:
    if not has_display() and "QT_QPA_PLATFORM" not in os.environ:
        return _say("there is no display. Start it in a desktop session, or try `chatdesk demo --offscreen`.")
    watch = None
    if parsed.profile_startup:
        from chatdesk.desktop.stopwatch import Stopwatch

        watch = Stopwatch()
    from chatdesk.desktop.lean import start_lean

    start_lean()  # before all other modules of the window are imported
    from chatdesk import program
    from chatdesk.desktop import folders, logfile
    from chatdesk.desktop.vault import KeyringVault
    from chatdesk.desktop.witness import KeyringWitness

    folder = parsed.data or folders.data_folder()
    logs = parsed.data / "log" if parsed.data else folders.log_folder()
    logfile.start(logs)
    vault = KeyringVault()
    around = program.Surroundings(KeyringWitness(vault, folder), logs)
    try:
        if watch is None:
            return program.run(folder, _plugins(), vault, around=around)
        plugins = _plugins()
        watch.mark("imports")
        profiling = program.Profiling(watch.mark, watch.stop)
        return program.run(folder, plugins, vault, around=around, profiling=profiling)
    finally:
        vault.close()
        if watch is not None:
            print(watch.report())


def _demo(parsed: argparse.Namespace) -> int:
    offscreen = parsed.offscreen or not has_display()
    if offscreen:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from chatdesk.demo import show
    from chatdesk.demo.seats import Seat
    from chatdesk.domain.kinds import Platform
    from chatdesk.server.demo.cast import PASSWORD
    from chatdesk.server.demo.seats import SEATS

    seats = [
        Seat(platform=Platform(one.platform), login=one.desk, password=PASSWORD, role=one.role)
        for one in SEATS.values()
    ]
    return show.run(_plugins(), seats, out=parsed.out, journey=offscreen)


def _plugins() -> dict[Platform, PlatformPlugin]:
    from chatdesk.platforms.registry import PLUGINS

    return {plugin.platform: plugin for plugin in PLUGINS}
