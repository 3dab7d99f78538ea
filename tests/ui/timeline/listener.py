"""Reads a window as a screen reader does; runs under the system's Python, which has pyatspi.

usage: listener.py PID NAME: prints `{"rows": [...]}` of the list with this accessible name, then one line of
JSON per focus, selection, insertion and announcement, until its standard input ends.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

import pyatspi  # type: ignore[import-not-found]

EVENTS = (
    "object:state-changed:focused",
    "object:selection-changed",
    "object:children-changed:add",
    "object:announcement",
    "object:row-inserted",
)


def find_list(pid: int, name: str) -> Any:
    """The list, once the application has put it on the bus."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        for application in pyatspi.Registry.getDesktop(0):
            if application is not None and application.get_process_id() == pid:
                found = pyatspi.findDescendant(application, lambda one: one.name == name)
                if found is not None:
                    return found
        time.sleep(0.05)
    raise SystemExit("no such list on the accessibility bus")


def say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def heard(event: Any) -> None:
    source = event.source
    say(event=str(event.type), name=source.name if source else "", any=str(event.any_data))


def main() -> None:
    found = find_list(int(sys.argv[1]), sys.argv[2])
    for event in EVENTS:
        pyatspi.Registry.registerEventListener(heard, event)
    rows = [found.getChildAtIndex(n) for n in range(found.childCount)]
    extents = [row.queryComponent().getExtents(pyatspi.DESKTOP_COORDS) for row in rows]
    say(
        role=found.getRoleName(),
        rows=[row.name for row in rows],
        descriptions=[row.description for row in rows],
        tops=[extent.y for extent in extents],
    )

    def end() -> None:
        sys.stdin.read()
        pyatspi.Registry.stop()

    threading.Thread(target=end, daemon=True).start()
    pyatspi.Registry.start()


main()
