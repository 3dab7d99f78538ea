"""`make replay`: every capture of a folder in all ways, a line per file, and dumps where they are wanted."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.replay.corrupt import replayed_and_corrupted
from tests.replay.dump import text
from tests.replay.recording import DATA, captures
from tests.replay.ways import Result, replayed

NO_FILE = 2
MOST_LINE_CHARS = 2_000


def main() -> int:
    """0: no difference. 1: differences. 2: there is no file."""
    parser = argparse.ArgumentParser(prog="make replay", description=__doc__)
    parser.add_argument("--captures", default="", help="a folder of captures; otherwise those of the tests")
    parser.add_argument("--dump", default="", help="a folder for the dumps")
    parser.add_argument("--full", action="store_true", help="also play every generated corruption")
    asked = parser.parse_args()
    paths = captures(Path(asked.captures) if asked.captures else DATA)
    if not paths:
        print("there is no capture")
        return NO_FILE
    folder = Path(asked.dump) if asked.dump else None
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    good = 0
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count() or 1, mp_context=context) as pool:
        for result in pool.map(replayed_and_corrupted if asked.full else replayed, paths):
            good += result.ok
            print(result.line()[:MOST_LINE_CHARS], flush=True)
            if folder is not None and result.dump is not None:
                _write(folder, result)
    print(f"{good} of {len(paths)} replayed without a difference")
    return 0 if good == len(paths) else 1


def _write(folder: Path, result: Result) -> None:
    if result.dump is not None:
        name = re.sub(r"[^A-Za-z0-9._-]", "_", f"{result.platform}-{result.scenario}")
        (folder / f"{name}.json").write_text(text(result.dump), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
