"""The database: migrations, many readers, and one writer at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from chatdesk.server.core.errors import SetupError

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_MS = 5_000
READERS = 4

AfterCommit = Callable[[], Awaitable[None]]
BeforeCommit = Callable[[AsyncSession], Awaitable[None]]


class WriteSession(AsyncSession):
    """A session of the one writer; what follows from its changes waits for the commit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._follow_ups: list[AfterCommit] = []

    def after_commit(self, follow_up: AfterCommit) -> None:
        """Run this when the changes are stored and before anybody else writes, so pushes keep their order."""
        self._follow_ups.append(follow_up)

    async def follow_up(self) -> None:
        """Run what waits for the commit."""
        for follow_up in self._follow_ups:
            await follow_up()


class Database:
    """One SQLite file in WAL mode.

    Readers have connections of their own. Writers take turns on one connection (a lock, and BEGIN IMMEDIATE),
    so two that come at once wait instead of failing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        """Where the file is; moved away while all is closed, every use of it fails until it is back."""
        url = f"sqlite+aiosqlite:///{path}"
        self._read_engine = create_async_engine(url, pool_size=READERS, max_overflow=0)
        self._write_engine = create_async_engine(url, pool_size=1, max_overflow=0)
        _prepare(self._read_engine, begin="BEGIN")
        _prepare(self._write_engine, begin="BEGIN IMMEDIATE")
        self._read = async_sessionmaker(self._read_engine, expire_on_commit=False)
        self._write = async_sessionmaker(self._write_engine, class_=WriteSession, expire_on_commit=False)
        self._turn = asyncio.Lock()
        self._before_commit: list[BeforeCommit] = []

    def before_commit(self, hook: BeforeCommit) -> None:
        """Let every later transaction of the writer store this too, just before it ends."""
        self._before_commit.append(hook)

    async def open(self) -> None:
        """Bring the file to the newest schema; a file of a newer chatdesk or a broken one is a SetupError."""
        try:
            async with self._write_engine.begin() as connection:
                await connection.run_sync(_upgrade)
        except CommandError as exc:
            raise SetupError(f"{self.path} was written by a newer chatdesk: {exc}") from exc
        except DatabaseError as exc:
            raise SetupError(f"{self.path} cannot be used as a database: {exc.orig}") from exc

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session on one consistent state of the database."""
        async with self._read() as session:
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[WriteSession]:
        """A session that stores all of its changes at the end, or none when an exception leaves it."""
        async with self._turn:
            async with self._write() as session:
                yield session
                for hook in self._before_commit:
                    await hook(session)
                await session.commit()
            await session.follow_up()

    async def close(self) -> None:
        """Close every connection; the last one folds the log into the file."""
        await self._read_engine.dispose()
        await self._write_engine.dispose()


def migration_config(connection: Connection | None = None) -> Config:
    """Alembic's settings for the migrations in this package; no connection is needed to look at scripts."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    command.upgrade(migration_config(connection), "head")


def _prepare(engine: AsyncEngine, *, begin: str) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(dbapi_connection: Any, _record: object) -> None:
        # Transactions are begun by us, below: the driver's own begin comes too late for a reader's one view.
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        for pragma in (
            f"busy_timeout = {BUSY_TIMEOUT_MS}",
            "journal_mode = WAL",
            # An answer 201 promises that the message survives a power cut.
            "synchronous = FULL",
            "foreign_keys = ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)
