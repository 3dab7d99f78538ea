"""Schedules over real sockets, through a proxy that spoils bytes, before server processes that are killed."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import pickle
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from multiprocessing.util import Finalize
from pathlib import Path

from chatdesk.server.dialect import Variant
from tests.faults.parts import Case, Part, Result
from tests.faults.parts.schedules import places
from tests.faults.sockets.draw import draw
from tests.faults.sockets.nursery import Nursery
from tests.faults.sockets.world import Template, World, prepare
from tests.server.process import quiet_port

FIRST_SEED = 1_000_000
PREPARED_S = 120.0

_lock = threading.Lock()
_nursery: list[Nursery] = []
_made: dict[tuple[str, str, Path], Template] = {}


class Sockets:
    """The part; a case is one world of a few seconds. May be carried out on many threads at once."""

    name = "sockets"
    wall_bound = True

    def cases(self, seed: int, amount: int) -> Iterator[Case]:
        """Every place in turn."""
        found = places()
        for number in range(amount):
            platform, variant = found[number % len(found)]
            yield draw(seed * FIRST_SEED + number, platform, variant.value)

    def carry_out(self, case: Case, folder: Path) -> Result:
        """One world, from its first connection until nothing waits any more."""
        shared = _shared(folder.parent)
        made = _template(case["platform"], Variant(case["variant"]), shared)
        with _ports(shared) as ports:
            found = asyncio.run(World(folder, made, nursery(), case, ports).run())
        count = found.count
        return {
            "part": self.name,
            "key": case["key"],
            "platform": case["platform"],
            "variant": case["variant"],
            "seed": case["seed"],
            "faults": [step["kind"] for step in case["steps"] if step["kind"] != "press"],
            "presses": count.presses,
            "accepted": count.accepted,
            "waiting": count.waiting,
            "uncertain": count.uncertain,
            "parked": count.parked,
            "lost": count.lost,
            "duplicated": count.duplicated,
            "reordered": count.reordered,
            "alive": found.alive,
            "owed": count.presses,
            "kills": found.kills,
            "words": count.words,
        }


def nursery() -> Nursery:
    """The one of this process; it ends with it."""
    with _lock:
        if not _nursery:
            _nursery.append(Nursery())
            Finalize(None, close_nursery, exitpriority=10)
            atexit.register(close_nursery)
        return _nursery[0]


def close_nursery() -> None:
    """End the servers of this process, if there are any."""
    with _lock:
        while _nursery:
            _nursery.pop().close()


def _shared(beside: Path) -> Path:
    """Where all workers of a run look, if they have folders of their own in it."""
    return beside.parent if tempfile.tempdir is not None and beside == Path(tempfile.tempdir) else beside


@contextlib.contextmanager
def _ports(shared: Path) -> Iterator[tuple[int, int]]:
    """Two ports that no other world of the run takes, also not while nobody listens on them."""
    claims: list[Path] = []
    try:
        while len(claims) < 2:
            claim = shared / f"port-{quiet_port()}"
            with contextlib.suppress(FileExistsError):
                claim.mkdir()
                claims.append(claim)
        first, second = (int(claim.name.removeprefix("port-")) for claim in claims)
        yield first, second
    finally:
        for claim in claims:
            claim.rmdir()


def _template(platform: str, variant: Variant, shared: Path) -> Template:
    """Made once for all processes that share a folder; the first one makes it."""
    key = (platform, variant.value, shared)
    with _lock:
        known = _made.get(key)
    if known is not None:
        return known
    folder = shared / f"made-sockets-{platform}-{variant.value}"
    done = folder / "template.pickle"
    try:
        folder.mkdir()
    except FileExistsError:
        until = time.monotonic() + PREPARED_S
        while not done.exists():
            if time.monotonic() > until or not folder.exists():
                raise AssertionError(f"nobody has prepared {folder.name}") from None
            time.sleep(0.1)
        made: Template = pickle.loads(done.read_bytes())
    else:
        with contextlib.ExitStack() as stack:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            with _ports(shared) as (port, _other):
                made = prepare(folder, nursery(), platform, variant, port)
            stack.pop_all()
        part = folder / "template.part"
        part.write_bytes(pickle.dumps(made))
        part.rename(done)
    with _lock:
        _made[key] = made
    return made


PART: Part = Sockets()
