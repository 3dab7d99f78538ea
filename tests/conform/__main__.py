"""`make conform`: a line per capture, the table of listed differences, and a last line that counts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.conform.listed import BadTable, read
from tests.conform.run import hall, summary, table_of
from tests.replay.recording import DATA, Recording, Unreadable, captures


def main() -> int:
    """Play every wanted capture; 1 = there is a difference that is not listed, or an entry too many."""
    parser = argparse.ArgumentParser(prog="python -m tests.conform", description=__doc__)
    parser.add_argument("--captures", default="", help="a folder of captures (default: those of the tests)")
    parser.add_argument("--platform", default="", help="only this platform's")
    parser.add_argument("--scenario", default="", help="only captures of this name")
    parser.add_argument("--limit", type=int, default=6, help="differences told per capture")
    arguments = parser.parse_args()
    folder = Path(arguments.captures) if arguments.captures else DATA
    path = folder
    found = []
    try:
        table = read()
        for path in captures(folder):
            found.append(Recording(path))
    except (BadTable, Unreadable) as exc:
        sys.stderr.write(f"{path}: {exc}\n")
        return 1
    wanted = [
        one
        for one in found
        if arguments.platform in {"", one.platform} and arguments.scenario in {"", one.name}
    ]
    outcomes = []
    with hall() as place:
        for recording in wanted:
            outcome = place.outcome(recording, table)
            outcomes.append(outcome)
            print(outcome.line, *outcome.told(arguments.limit), sep="\n", flush=True)
    # The table is about all captures of the tests.
    part = arguments.captures or arguments.scenario
    stale = [] if part else table.stale((one.platform, one.scenario) for one in outcomes)
    print("\nListed differences (platform | captures | frame | place | reason):")
    for line in table_of(outcomes) or ["none"]:
        print(line)
    for entry in stale:
        print(f"listed, but it does not occur: {entry.platform} {entry.scenarios} {entry.frame} {entry.path}")
    print(summary(outcomes))
    return 1 if stale or not outcomes or any(one.unlisted for one in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
