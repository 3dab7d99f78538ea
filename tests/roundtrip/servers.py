"""All dialects in one real server process, each on a port that it keeps over restarts.

`python -m tests.roundtrip.servers --ports omw=12001,... SWITCHES` is `chatdesk serve SWITCHES`, but for the
usual ports of the dialects, and for a long history that the seed gets besides.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from sqlalchemy import func, select

from chatdesk.server import run
from chatdesk.server.core.messages import append
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import Conversation, Message, User
from chatdesk.server.demo.seats import SEATS
from chatdesk.server.dialect import Dialect, Variant
from chatdesk.server.registry import DIALECTS
from tests.server.process import ServerProcess, quiet_port

LONG = 130
"""So many lines the desk and its second customer have exchanged besides what the seed has."""
STEP_MS = 100
START_S = 60


def line(number: int) -> str:
    """One of them."""
    return f"line {number:03d} of a long talk"


def spoken(variant: Variant) -> tuple[str, ...]:
    """The platforms that the server speaks in a variant."""
    return tuple(name for name, one in DIALECTS.items() if variant in one.variants)


class AllServers(ServerProcess):
    """One process with every platform of a variant."""

    def __init__(self, folder: Path, variant: Variant, *platforms: str, **opts: str | int) -> None:
        """platforms: those to serve; all, unless some are named."""
        if variant is Variant.AS_IS:
            opts["as_is"] = True
        super().__init__(folder, 0, platform=run.ALL, seed="demo", rate=100_000, **opts)
        self.variant = variant
        self.ports = {name: quiet_port() for name in platforms or spoken(variant)}

    def command(self) -> list[str]:
        ports = ",".join(f"{name}={port}" for name, port in self.ports.items())
        usual = super().command()
        at = usual.index("--port")
        return [
            sys.executable,
            "-m",
            "tests.roundtrip.servers",
            "--ports",
            ports,
            *usual[3:at],
            *usual[at + 2 :],
        ]

    def start(self, timeout_s: float = START_S) -> Self:
        return super().start(timeout_s)

    def expected(self) -> int:
        return len(self.ports)

    def url_of(self, platform: str) -> str:
        return f"http://127.0.0.1:{self.ports[platform]}"

    # -- what its database holds, read without chatdesk

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        uri = f"{(self.data_dir / 'server.sqlite3').as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            return connection.execute(sql, values).fetchall()

    def write(self, sql: str, *values: object) -> None:
        """What the platform's own administration might do behind the server's back."""
        with closing(sqlite3.connect(self.data_dir / "server.sqlite3", timeout=10)) as connection:
            connection.execute(sql, values)
            connection.commit()

    def texts(self, platform: str, beginning: str) -> list[str]:
        """Stored texts of a platform that begin so, in the server's order, each as often as it is there."""
        sql = """
            SELECT m.text FROM messages m JOIN conversations c ON c.id = m.conversation_id
            WHERE c.platform = ? AND substr(m.text, 1, ?) = ? AND m.deleted_ms IS NULL
            ORDER BY m.conversation_id, m.seq
        """
        return [row[0] for row in self.rows(sql, platform, len(beginning), beginning)]


def _with_long_history(dialect: Dialect) -> Dialect:
    seed = dialect.seed
    if seed is None:
        return dialect

    async def seeded(core: Core) -> bool:
        done = await seed(core)
        if done:
            await _talk_long(core)
        return done

    return replace(dialect, seed=seeded)


async def _talk_long(core: Core) -> None:
    """Give the talk of the desk with its second customer LONG more lines, in turns."""
    seat = SEATS[core.platform]
    async with core.database.writing() as session:
        here = User.platform == core.platform
        pair = [
            (await session.scalars(select(User).where(here, User.email == email))).one()
            for email in (seat.desk, seat.customers[1])
        ]
        both = (
            select(Message.conversation_id)
            .where(Message.sender_id.in_([one.id for one in pair]))
            .group_by(Message.conversation_id)
            .having(func.count(Message.sender_id.distinct()) == len(pair))
        )
        found = await session.scalars(
            select(Conversation).where(Conversation.id.in_(both)).order_by(Conversation.updated_ms.desc())
        )
        talk = found.first()
        assert talk is not None, f"{core.platform}: no talk of {seat.desk} with {seat.customers[1]}"
        for number in range(LONG):
            append(
                session,
                core.ids,
                talk,
                text=line(number),
                sender_id=pair[number % 2].id,
                now_ms=talk.clock_ms + STEP_MS,
            )


def main(argv: list[str]) -> int:
    """Serve on given ports; what is not named is not served."""
    ports = dict(pair.split("=") for pair in argv[argv.index("--ports") + 1].split(","))
    for name, dialect in list(DIALECTS.items()):
        if name in ports:
            DIALECTS[name] = _with_long_history(replace(dialect, default_port=int(ports[name])))
        else:
            del DIALECTS[name]
    return run.main(argv[2:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
