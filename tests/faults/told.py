"""Cases that only tell who carried them out: what new processes must find under a name to import."""

from __future__ import annotations

import os
import random

from tests.faults.parts import Case, Result


def begin(_folder: str) -> None:
    """What a new process does first."""
    random.seed(0)


def told(name: str, case: Case) -> Result:
    """The process is told as the seed."""
    return {"part": name, "key": case["key"], "seed": os.getpid()}
