"""Files of orders: bytes on disk under a name of chance, everything else in the database."""

from __future__ import annotations

import asyncio
import re
import secrets
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import ColumnElement, select

from chatdesk.server.core.access import Actor, order_for
from chatdesk.server.core.clock import Clock
from chatdesk.server.core.database import Database
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.ids import Ids
from chatdesk.server.core.messages import counterparts
from chatdesk.server.core.notifications import Draft, Notifications
from chatdesk.server.core.rules import Rules
from chatdesk.server.core.tables import Notification, Order, Upload

NAME_LIMIT_CHARS = 150
MEDIA_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}", re.ASCII)
ANY_MEDIA_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file as it arrived; name and type are the uploader's words."""

    name: str
    media_type: str
    content: bytes


Notify = Callable[[Order, Sequence[str]], Sequence[Draft]]
Push = Callable[[Sequence[Notification]], Awaitable[None]]


def safe_name(name: str) -> str:
    """The last part of the uploader's name without control characters; never empty, never a path."""
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip().strip(".")
    if len(kept) > NAME_LIMIT_CHARS:
        stem, dot, suffix = kept.rpartition(".")
        tail = dot + suffix if dot and len(suffix) <= 10 else ""
        kept = (stem if tail else kept)[: NAME_LIMIT_CHARS - len(tail)] + tail
    return kept or "file"


class Uploads:
    """The files of every order, in one folder."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        ids: Ids,
        clock: Clock,
        rules: Rules,
        notifications: Notifications,
    ) -> None:
        self._database = database
        self._folder = folder
        self._ids = ids
        self._clock = clock
        self._rules = rules
        self._notifications = notifications

    async def add(
        self, actor: Actor, order_id: str, file: NewFile, *, notify: Notify, push: Push
    ) -> tuple[Order, Sequence[Upload]]:
        """Store a file; the order and all its files. Raises Refused: ORDER_NOT_FOUND, FILE_TOO_LARGE."""
        if len(file.content) > self._rules.file_limit_bytes:
            raise Refused(Reason.FILE_TOO_LARGE)
        async with self._database.reading() as session:
            await order_for(session, actor, order_id)
        blob = secrets.token_hex(16)
        path = self._folder / blob
        await asyncio.to_thread(_write, path, file.content)
        try:
            async with self._database.writing() as session:
                order = await order_for(session, actor, order_id)
                now_ms = self._clock.now_ms()
                name = safe_name(file.name)
                session.add(
                    Upload(
                        id=self._ids.new(),
                        order_id=order.id,
                        uploader_id=actor.id,
                        stored_name=f"{now_ms}-{secrets.randbelow(10**9)}-{name.replace(' ', '_')}",
                        original_name=name,
                        blob=blob,
                        media_type=file.media_type
                        if MEDIA_TYPE.fullmatch(file.media_type)
                        else ANY_MEDIA_TYPE,
                        size_bytes=len(file.content),
                        created_ms=now_ms,
                    )
                )
                order.updated_ms = now_ms
                drafts = notify(order, await counterparts(session, actor, order))
                notifications = self._notifications.add(session, drafts)
                session.after_commit(lambda: push(notifications))
        except BaseException:
            await asyncio.to_thread(path.unlink, missing_ok=True)
            raise
        return order, await self.of_order(order.id)

    async def listed(self, actor: Actor, order_id: str) -> Sequence[Upload]:
        """The files of an order that the actor may see, oldest first; else ORDER_NOT_FOUND."""
        async with self._database.reading() as session:
            await order_for(session, actor, order_id)
        return await self.of_order(order_id)

    async def of_order(self, order_id: str) -> Sequence[Upload]:
        """The files of an order that was already looked up for somebody, oldest first."""
        async with self._database.reading() as session:
            rows = await session.scalars(
                select(Upload).where(Upload.order_id == order_id).order_by(Upload.created_ms, Upload.id)
            )
            return rows.all()

    async def read(self, actor: Actor, order_id: str, stored_name: str) -> tuple[Upload, bytes]:
        """A file and its bytes; raises Refused: FILE_NOT_FOUND, FILE_CONTENT_GONE."""
        upload = await self._find(actor, order_id, stored_name)
        try:
            return upload, await asyncio.to_thread((self._folder / upload.blob).read_bytes)
        except FileNotFoundError as exc:
            raise Refused(Reason.FILE_CONTENT_GONE) from exc

    async def remove(self, actor: Actor, order_id: str, stored_name: str) -> None:
        """Delete a file: the order's owner any, everybody their own upload; else FILE_NOT_FOUND."""
        upload = await self._find(actor, order_id, stored_name)
        async with self._database.writing() as session:
            order = await order_for(session, actor, order_id)
            row = await session.get(Upload, upload.id)
            if row is None or actor.id not in {order.owner_id, row.uploader_id}:
                raise Refused(Reason.FILE_NOT_FOUND)
            await session.delete(row)
        await asyncio.to_thread((self._folder / upload.blob).unlink, missing_ok=True)

    async def _find(self, actor: Actor, order_id: str, stored_name: str) -> Upload:
        async with self._database.reading() as session:
            try:
                await order_for(session, actor, order_id)
            except Refused as exc:
                raise Refused(Reason.FILE_NOT_FOUND) from exc
            this: tuple[ColumnElement[bool], ...] = (
                Upload.order_id == order_id,
                Upload.stored_name == stored_name,
            )
            upload = await session.scalar(select(Upload).where(*this))
        if upload is None:
            raise Refused(Reason.FILE_NOT_FOUND)
        return upload


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_bytes(content)
