"""Notifications: what one person should know, stored and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from chatdesk.server.core.access import Actor
from chatdesk.server.core.common import Common
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.ids import Kind
from chatdesk.server.core.tables import Details, Notification, NotificationStatus, User
from chatdesk.server.core.text import clipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A notification before it is stored."""

    recipient_id: str = ""
    """Empty until it is addressed."""
    kind: str
    title: str
    body: str
    sender_id: str | None = None
    facts: Details = field(default_factory=dict)
    action_url: str | None = None
    action_text: str | None = None
    expires_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which notifications to list; times are inclusive."""

    status: str | None = None
    kind: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    search: str = ""


@dataclass(frozen=True, slots=True)
class Stats:
    """How many notifications somebody has."""

    total: int
    unread: int
    by_kind: dict[str, int]


class Notifications:
    """The notifications of everybody; each person reaches only their own."""

    def __init__(self, common: Common) -> None:
        self._platform = common.platform
        self._database = common.database
        self._ids = common.ids
        self._clock = common.clock
        self._rules = common.rules

    def add(self, session: AsyncSession, drafts: Sequence[Draft]) -> list[Notification]:
        """Store these in the transaction of what they tell about; too long texts are shortened."""
        now_ms = self._clock.now_ms()
        added = [
            Notification(
                id=self._ids.new(Kind.NOTIFICATION),
                recipient_id=draft.recipient_id,
                sender_id=draft.sender_id,
                kind=draft.kind,
                status=NotificationStatus.UNREAD,
                title=clipped(draft.title, self._rules.notification_title_chars),
                body=clipped(draft.body, self._rules.notification_body_chars),
                facts=draft.facts,
                action_url=draft.action_url,
                action_text=draft.action_text,
                expires_ms=draft.expires_ms,
                read_ms=None,
                created_ms=now_ms,
                updated_ms=now_ms,
            )
            for draft in drafts
        ]
        session.add_all(added)
        return added

    async def create(self, draft: Draft) -> Notification:
        """Store one by itself; USER_NOT_FOUND when its recipient does not exist."""
        async with self._database.writing() as session:
            recipient = await session.get(User, draft.recipient_id)
            if recipient is None or recipient.platform != self._platform:
                raise Refused(Reason.USER_NOT_FOUND)
            return self.add(session, [draft])[0]

    async def page(
        self, actor: Actor, wanted: Filter, *, offset: int, limit: int
    ) -> tuple[list[Notification], int]:
        """Notifications of the actor, newest first, and how many match."""
        matches = self._matching(actor, wanted)
        async with self._database.reading() as session:
            total = await session.scalar(select(func.count()).select_from(Notification).where(*matches)) or 0
            rows = await session.scalars(
                select(Notification)
                .where(*matches)
                .order_by(Notification.created_ms.desc(), Notification.id.desc())
                .offset(offset)
                .limit(limit)
            )
            return list(rows), total

    async def stats(self, actor: Actor) -> Stats:
        """Counts of the actor's notifications."""
        async with self._database.reading() as session:
            rows = (
                await session.execute(
                    select(Notification.kind, Notification.status, func.count())
                    .where(*self._matching(actor, Filter()))
                    .group_by(Notification.kind, Notification.status)
                )
            ).all()
        by_kind: dict[str, int] = {}
        unread = 0
        for kind, status, count in rows:
            by_kind[kind] = by_kind.get(kind, 0) + count
            if status == NotificationStatus.UNREAD:
                unread += count
        return Stats(sum(by_kind.values()), unread, by_kind)

    async def mark_read(self, actor: Actor, ids: list[str] | None) -> int:
        """Mark these of the actor's notifications as read, or all; what is not theirs stays as it is.

        Answers how many of them were unread.
        """
        now_ms = self._clock.now_ms()
        change = update(Notification).where(
            Notification.recipient_id == actor.id, Notification.status == NotificationStatus.UNREAD
        )
        if ids is not None:
            change = change.where(Notification.id.in_(ids))
        async with self._database.writing() as session:
            values = {"status": NotificationStatus.READ, "read_ms": now_ms, "updated_ms": now_ms}
            marked = await session.execute(change.values(**values).returning(Notification.id))
            return len(marked.all())

    async def set_status(
        self, actor: Actor, notification_id: str, status: NotificationStatus
    ) -> Notification:
        """Change one of the actor's notifications; NOTIFICATION_NOT_FOUND also for other people's."""
        now_ms = self._clock.now_ms()
        async with self._database.writing() as session:
            row = await session.scalar(
                select(Notification).where(
                    Notification.id == notification_id, Notification.recipient_id == actor.id
                )
            )
            if row is None:
                raise Refused(Reason.NOTIFICATION_NOT_FOUND)
            row.status = status
            row.updated_ms = now_ms
            if status == NotificationStatus.UNREAD:
                row.read_ms = None
            elif row.read_ms is None:
                row.read_ms = now_ms
            return row

    async def remove(self, actor: Actor, notification_id: str) -> None:
        """Delete one of the actor's notifications; NOTIFICATION_NOT_FOUND also for other people's."""
        async with self._database.writing() as session:
            removed = await session.execute(
                delete(Notification)
                .where(Notification.id == notification_id, Notification.recipient_id == actor.id)
                .returning(Notification.id)
            )
            if removed.first() is None:
                raise Refused(Reason.NOTIFICATION_NOT_FOUND)

    def _matching(self, actor: Actor, wanted: Filter) -> list[ColumnElement[bool]]:
        now_ms = self._clock.now_ms()
        matches = [
            Notification.recipient_id == actor.id,
            Notification.expires_ms.is_(None) | (Notification.expires_ms > now_ms),
        ]
        if wanted.status is not None:
            matches.append(Notification.status == wanted.status)
        if wanted.kind is not None:
            matches.append(Notification.kind == wanted.kind)
        if wanted.from_ms is not None:
            matches.append(Notification.created_ms >= wanted.from_ms)
        if wanted.to_ms is not None:
            matches.append(Notification.created_ms <= wanted.to_ms)
        if wanted.search:
            matches.append(
                Notification.title.icontains(wanted.search, autoescape=True)
                | Notification.body.icontains(wanted.search, autoescape=True)
            )
        return matches
