"""Opens old data folders in children that kill themselves before their n-th statement.

`python -m tests.faults.kills.migrating`: a folder and n on each line of stdin; on stdout how it ended:
-9 where it has killed itself, 0 where it has opened and closed the store before its n-th statement.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import traceback
from pathlib import Path

import apsw

from chatdesk.store import Store


def _live(folder: Path, nth: int) -> None:
    statements = itertools.count(1)

    def trace(_cursor: object, _sql: str, _bindings: object) -> bool:
        if next(statements) == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return True

    def watch(con: apsw.Connection) -> None:
        con.exec_trace = trace

    apsw.connection_hooks.append(watch)
    Store.open(folder).close()


def main() -> None:
    """A child for each line."""
    for line in sys.stdin:
        folder, nth = line.rsplit(maxsplit=1)
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                _live(Path(folder), int(nth))
                status = 0
            except BaseException:  # noqa: BLE001 -- told by its parent
                traceback.print_exc()
                sys.stderr.flush()
            finally:
                os._exit(status)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
