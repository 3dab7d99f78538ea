"""Files of orders and of messages: bytes on disk under a name of chance, the rest in the database."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import ColumnElement, and_, delete, or_, select

from chatdesk.server.core.access import Actor, Operation, Place
from chatdesk.server.core.common import Common
from chatdesk.server.core.database import WriteSession
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.ids import Kind
from chatdesk.server.core.notifications import Draft, Notifications
from chatdesk.server.core.tables import Conversation, Message, Notification, Order, Upload, User

NAME_LIMIT_CHARS = 150
LOOSE_MS = 24 * 3_600 * 1_000
YOUNG_S = 3_600
MEDIA_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}", re.ASCII)
ANY_MEDIA_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file as it arrived; name and type are the uploader's words."""

    name: str
    media_type: str
    content: bytes
    shown_name: str = ""
    """What lists call it, where that is not made from the name; must be no path."""


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
    """All files of one platform; several platforms may share the folder."""

    def __init__(self, common: Common, folder: Path, notifications: Notifications) -> None:
        self._database = common.database
        self._ids = common.ids
        self._clock = common.clock
        self._rules = common.rules
        self._access = common.access
        self._folder = folder
        self._notifications = notifications

    async def add(
        self, actor: Actor, order_id: str, file: NewFile, *, notify: Notify, push: Push
    ) -> tuple[Order, Sequence[Upload]]:
        """Store a file of an order; the order and all its files.

        Raises Refused: ORDER_NOT_FOUND, ORDER_DENIED, FILE_TOO_LARGE, FILE_TYPE.
        """
        self.check(file)
        async with self._database.reading() as session:
            await self._access.order(session, actor, order_id, Operation.ADD_ORDER_FILE)
        async with self._written(file) as blob, self._database.writing() as session:
            order = await self._access.order(session, actor, order_id, Operation.ADD_ORDER_FILE)
            self._add(session, actor, file, blob, order_id)
            order.updated_ms = self._clock.now_ms()
            heard_by = await self._access.policy.audience(session, actor, Place(order=order))
            notifications = self._notifications.add(session, notify(order, heard_by))
            session.after_commit(lambda: push(notifications))
        return order, await self.of_order(order.id)

    async def add_loose(self, actor: Actor, file: NewFile, *, stored_name: str = "") -> Upload:
        """Store a file that a message will refer to (`Body.files`); raises FILE_TOO_LARGE, FILE_TYPE.

        `stored_name`: where the platform has a form of its own for it; must be different every time.
        """
        self.check(file)
        async with self._written(file) as blob, self._database.writing() as session:
            upload = self._add(session, actor, file, blob, None)
            upload.stored_name = stored_name or upload.stored_name
            return upload

    def check(self, file: NewFile) -> None:
        """Refuse what is too large, or neither named nor typed as files may be."""
        if len(file.content) > self._rules.file_limit_bytes:
            raise Refused(Reason.FILE_TOO_LARGE)
        suffix = file.name.rpartition(".")[2].lower()
        media_type = file.media_type.partition(";")[0].strip().lower()
        if self._rules.file_suffixes and suffix not in self._rules.file_suffixes:
            raise Refused(Reason.FILE_TYPE, detail=suffix[:NAME_LIMIT_CHARS])
        if self._rules.media_types and media_type not in self._rules.media_types:
            raise Refused(Reason.FILE_TYPE, detail=media_type[:NAME_LIMIT_CHARS])

    @asynccontextmanager
    async def _written(self, file: NewFile) -> AsyncIterator[str]:
        """The bytes on disk, under the chance name given; gone again when what follows fails."""
        blob = secrets.token_hex(16)
        path = self._folder / blob
        await asyncio.to_thread(_write, path, file.content)
        try:
            yield blob
        except BaseException:
            await asyncio.to_thread(path.unlink, missing_ok=True)
            raise

    def _add(
        self, session: WriteSession, actor: Actor, file: NewFile, blob: str, order_id: str | None
    ) -> Upload:
        now_ms = self._clock.now_ms()
        name = file.shown_name or safe_name(file.name)
        upload = Upload(
            id=self._ids.new(Kind.UPLOAD),
            order_id=order_id,
            message_id=None,
            uploader_id=actor.id,
            stored_name=f"{now_ms}-{secrets.randbelow(10**9)}-{name.replace(' ', '_')}",
            original_name=name,
            blob=blob,
            media_type=file.media_type if MEDIA_TYPE.fullmatch(file.media_type) else ANY_MEDIA_TYPE,
            size_bytes=len(file.content),
            created_ms=now_ms,
        )
        session.add(upload)
        return upload

    async def listed(self, actor: Actor, order_id: str) -> Sequence[Upload]:
        """The files of an order that the actor may see, oldest first; else ORDER_NOT_FOUND."""
        async with self._database.reading() as session:
            await self._access.order(session, actor, order_id)
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
        return upload, await self._content(upload)

    async def read_loose(self, actor: Actor, stored_name: str) -> tuple[Upload, bytes]:
        """A file of a message that the actor sees, or one of their own; FILE_NOT_FOUND, FILE_CONTENT_GONE."""
        async with self._database.reading() as session:
            upload = await session.scalar(
                select(Upload)
                .join(User, User.id == Upload.uploader_id)
                .outerjoin(Message, Message.id == Upload.message_id)
                .outerjoin(Conversation, Conversation.id == Message.conversation_id)
                .where(
                    Upload.stored_name == stored_name,
                    User.platform == actor.platform,
                    or_(
                        and_(Upload.uploader_id == actor.id, Upload.message_id.is_(None)),
                        and_(
                            self._access.conversations(actor),
                            Message.deleted_ms.is_(None),
                            Message.hidden_ms.is_(None),
                        ),
                    ),
                )
            )
        if upload is None:
            raise Refused(Reason.FILE_NOT_FOUND)
        return upload, await self._content(upload)

    async def _content(self, upload: Upload) -> bytes:
        try:
            return await asyncio.to_thread((self._folder / upload.blob).read_bytes)
        except FileNotFoundError as exc:
            raise Refused(Reason.FILE_CONTENT_GONE) from exc

    async def remove(self, actor: Actor, order_id: str, stored_name: str) -> None:
        """Delete a file: the order's owner any, everybody their own upload; else FILE_NOT_FOUND."""
        upload = await self._find(actor, order_id, stored_name)
        async with self._database.writing() as session:
            order = await self._access.order(session, actor, order_id)
            row = await session.get(Upload, upload.id)
            if row is None:
                raise Refused(Reason.FILE_NOT_FOUND)
            place = Place(order=order, uploader_id=row.uploader_id)
            self._access.policy.check(actor, Operation.REMOVE_FILE, place)
            await session.delete(row)
        await asyncio.to_thread((self._folder / upload.blob).unlink, missing_ok=True)

    async def discard(self, upload: Upload, *, with_entry: bool = True) -> None:
        """Remove the bytes of a file that was already looked up, and its entry unless that has to stay."""
        if with_entry:
            async with self._database.writing() as session:
                await session.execute(delete(Upload).where(Upload.id == upload.id))
        await asyncio.to_thread((self._folder / upload.blob).unlink, missing_ok=True)

    async def sweep(self) -> int:
        """Forget files that no message took up in a day, and remove bytes without a row; how many files."""
        now_ms = self._clock.now_ms()
        async with self._database.writing() as session:
            await session.execute(
                delete(Upload).where(
                    Upload.order_id.is_(None),
                    Upload.message_id.is_(None),
                    Upload.created_ms < now_ms - LOOSE_MS,
                )
            )
        async with self._database.reading() as session:
            kept = set(await session.scalars(select(Upload.blob)))
        return await asyncio.to_thread(_unlink_others, self._folder, kept)

    async def _find(self, actor: Actor, order_id: str, stored_name: str) -> Upload:
        async with self._database.reading() as session:
            try:
                await self._access.order(session, actor, order_id)
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


def _unlink_others(folder: Path, kept: set[str]) -> int:
    """Remove files without a row; young ones may be about to get theirs."""
    removed = 0
    if folder.is_dir():
        for path in folder.iterdir():
            if path.name not in kept and path.stat().st_mtime < time.time() - YOUNG_S:
                path.unlink(missing_ok=True)
                removed += 1
    return removed


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_bytes(content)
