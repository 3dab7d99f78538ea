"""failed.py REPORT MOST: the node ids of what failed in a JUnit report, a line each.

Status 1, and nothing printed, where more than MOST failed, or where it was no test: a module that can't be
collected, a worker that died.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).parents[2]


def node_id(case: ET.Element) -> str | None:
    """`tests/room/test_x.py::TestY::test_z[1]` of a case; None where there is no such file."""
    parts = case.get("classname", "").split(".")
    for end in range(len(parts), 0, -1):
        path = "/".join(parts[:end]) + ".py"
        if (ROOT / path).is_file():
            return "::".join([path, *parts[end:], case.get("name", "")])
    return None


def failed(report: Path) -> list[str | None]:
    """Every case with a failure or an error, once."""
    bad = [
        case
        for case in ET.parse(report).iter("testcase")  # noqa: S314 -- pytest has just written it
        if case.find("failure") is not None or case.find("error") is not None
    ]
    return list(dict.fromkeys(node_id(case) for case in bad))


def main(report: Path, most: int) -> int:
    """The command; returns the exit status."""
    found = failed(report)
    if not found or len(found) > most or None in found:
        return 1
    print(*found, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
