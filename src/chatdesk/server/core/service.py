"""The core put together: one object per data folder, with every part that a dialect asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chatdesk.server.core.accounts import Accounts, Claims
from chatdesk.server.core.clock import Clock, SystemClock
from chatdesk.server.core.conversations import Conversations
from chatdesk.server.core.database import Database
from chatdesk.server.core.errors import SetupError
from chatdesk.server.core.ids import Ids
from chatdesk.server.core.messages import Messages
from chatdesk.server.core.moderation import LengthScreen, UnicodeScreen
from chatdesk.server.core.notifications import Notifications
from chatdesk.server.core.orders import Orders
from chatdesk.server.core.presence import Presence
from chatdesk.server.core.ratelimit import RateLimit
from chatdesk.server.core.receipts import Receipts
from chatdesk.server.core.retention import Retention
from chatdesk.server.core.rules import Rules
from chatdesk.server.core.tokens import Tokens, load_secret
from chatdesk.server.core.uploads import Uploads

DATABASE_NAME = "server.sqlite3"
SECRET_NAME = "token-secret"
UPLOADS_NAME = "uploads"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the core needs from a dialect to make records: names of token claims, numbers of orders."""

    claims: Claims
    order_number: Callable[[], str]


class Core:
    """Everything a dialect works with. Open it before use, close it at the end."""

    def __init__(self, folder: Path, rules: Rules, words: Words, clock: Clock | None = None) -> None:
        """Take this folder; raises SetupError when it cannot be made or written."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            secret = load_secret(folder / SECRET_NAME)
        except OSError as exc:
            raise SetupError(f"cannot use the folder {folder}: {exc.strerror}") from exc
        self.rules = rules
        self.clock = clock or SystemClock()
        self.ids = Ids(self.clock)
        self.database = Database(folder / DATABASE_NAME)
        self.presence = Presence()
        self.events = RateLimit(rules.events_per_minute, 60, self.clock)
        screens = (UnicodeScreen(), LengthScreen(rules.message_limit_chars))
        self.accounts = Accounts(
            self.database, Tokens(secret, self.clock), self.ids, self.clock, rules, words.claims
        )
        self.notifications = Notifications(self.database, self.ids, self.clock, rules)
        self.messages = Messages(self.database, self.ids, self.clock, rules, self.notifications, screens)
        self.receipts = Receipts(self.database, self.clock)
        self.conversations = Conversations(self.database)
        self.orders = Orders(
            self.database, self.ids, self.clock, self.notifications, screens, words.order_number
        )
        self.uploads = Uploads(
            self.database, folder / UPLOADS_NAME, self.ids, self.clock, rules, self.notifications
        )
        self.retention = Retention(self.database, self.clock, rules, self._sweep)
        self._stop = asyncio.Event()
        self._daily: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Bring the database up to date and start the daily round; raises SetupError."""
        await self.database.open()
        self._daily = asyncio.create_task(self.retention.run_daily(self._stop), name="retention")

    async def close(self) -> None:
        """Note who was connected until now, stop the daily round and close the database."""
        if self._daily is not None:
            self._stop.set()
            await self._daily
        await self.accounts.seen(self.presence.online(), self.clock.now_ms())
        await self.database.close()

    def _sweep(self) -> None:
        self.messages.sweep()
        self.events.sweep()
        self.accounts.sweep()
