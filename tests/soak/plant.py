"""Fills a server's database with the demonstration's people and so many conversations of the desk.

`python -m tests.soak.plant FOLDER CONVERSATIONS`; the server must not run.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from chatdesk.server.core.service import Ground
from chatdesk.server.demo import cast, omw, seed
from chatdesk.server.dialect import Choices, Variant
from chatdesk.server.registry import DIALECTS
from chatdesk.wire.dispatcher import names
from tests.soak.plan import SEEDED

OMW_SHARE = 3
"""Every so many of those that are added is one of OMW, the others are orders of the dispatcher platform."""


def widen(conversations: int) -> None:
    """Let the seeds make so many conversations of the desk."""
    added = max(0, conversations - SEEDED)
    jobs = added // OMW_SHARE
    like = [job for job in omw.JOBS if job.worker == omw.DESK_EMAIL and job.lines]
    vars(omw)["JOBS"] = (*omw.JOBS, *(like[number % len(like)] for number in range(jobs)))
    lively = [one for one in cast.HAULS if one.status == names.STATUS_PROCESSING]
    vars(seed)["HAULS"] = (
        *cast.HAULS,
        *(
            replace(
                lively[number % len(lively)],
                number=f"ORD-31{number:04d}",
                carrier=cast.CARRIERS[number % len(cast.CARRIERS)].email,
                serial=f"SK-{number:05d}",
                talk=20,
                unread=0,
                days_ago=1 + number % 5,
            )
            for number in range(added - jobs)
        ),
    )


async def plant(folder: Path) -> None:
    """Seed every platform."""
    ground = Ground(folder)
    for dialect in DIALECTS.values():
        server = dialect.build(ground, Choices(), Variant.PROMISED)
        await server.open()
        try:
            assert dialect.seed is not None
            await dialect.seed(server.core)
        finally:
            await server.close()


def main(folder: str, conversations: str) -> int:
    """Do it."""
    widen(int(conversations))
    asyncio.run(plant(Path(folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
