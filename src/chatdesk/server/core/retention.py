"""What is put away with time: old messages, worn-out tokens and notifications, forgotten files."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from chatdesk.server.core.common import Common
from chatdesk.server.core.tables import Conversation, Message, Notification, StoredToken, User

DAY_S = 24 * 3_600
DAY_MS = DAY_S * 1_000

Sweep = Callable[[], Awaitable[None]]
"""What else is tidied up in each round."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    """How much one round put away."""

    archived_messages: int
    expired_tokens: int
    expired_notifications: int


class Retention:
    """Archives messages older than the rule says: still stored, but not in histories, searches, counts."""

    def __init__(self, common: Common, sweep: Sweep) -> None:
        self._platform = common.platform
        self._database = common.database
        self._clock = common.clock
        self._rules = common.rules
        self._sweep = sweep

    async def run_once(self) -> Swept:
        """One round, now."""
        now_ms = self._clock.now_ms()
        async with self._database.writing() as session:
            archived = 0
            if self._rules.archive_after_days > 0:
                ours = select(Conversation.id).where(Conversation.platform == self._platform)
                old = (
                    Message.conversation_id.in_(ours),
                    Message.created_ms < now_ms - self._rules.archive_after_days * DAY_MS,
                    Message.archived.is_(False),
                )
                archived = await session.scalar(select(func.count()).select_from(Message).where(*old)) or 0
                await session.execute(update(Message).where(*old).values(archived=True))
            people = select(User.id).where(User.platform == self._platform)
            tokens = await session.execute(
                delete(StoredToken)
                .where(StoredToken.expires_ms <= now_ms, StoredToken.user_id.in_(people))
                .returning(StoredToken.id)
            )
            notifications = await session.execute(
                delete(Notification)
                .where(Notification.expires_ms <= now_ms, Notification.recipient_id.in_(people))
                .returning(Notification.id)
            )
            swept = Swept(archived, len(tokens.all()), len(notifications.all()))
        await self._sweep()
        return swept

    async def run_daily(self, stop: asyncio.Event) -> None:
        """A round now and one every day until `stop`; a failed one is reported and tried again next day."""
        while not stop.is_set():
            try:
                swept = await self.run_once()
                _log.info("archived %d messages", swept.archived_messages)
            except (SQLAlchemyError, OSError) as exc:
                _log.error("putting old things away failed: %s", type(exc).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), DAY_S)
