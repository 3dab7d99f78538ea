"""The core put together: one `Ground` per data folder, one `Core` per platform on it.

What a dialect gives to its core is `Rules` (numbers) and `Words` (the form of ids, tokens and order numbers,
and who may do what). Nothing else in the core differs between platforms.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from chatdesk.server.core.access import Access, Policy
from chatdesk.server.core.accounts import Accounts, TokenPlan
from chatdesk.server.core.clock import Clock, SystemClock
from chatdesk.server.core.common import Common
from chatdesk.server.core.conversations import Conversations
from chatdesk.server.core.database import Database
from chatdesk.server.core.errors import SetupError
from chatdesk.server.core.ids import Ids, NumberIds, ObjectIds
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
    """What a dialect calls things, as far as the core has to know."""

    platform: str
    tokens: TokenPlan
    policy: Policy = field(default_factory=Policy)
    order_number: Callable[[], str]
    """A candidate for the number of a new order; must be different most of the time."""
    ids: Callable[[Clock], Ids] = ObjectIds


class Ground:
    """A data folder: its database, secret and files, shared by every platform that runs on it."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        """Take this folder; raises SetupError when it cannot be made or written."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.secret = load_secret(folder / SECRET_NAME)
        except OSError as exc:
            raise SetupError(f"cannot use the folder {folder}: {exc.strerror}") from exc
        self.clock = clock or SystemClock()
        self.database = Database(folder / DATABASE_NAME)
        self.uploads = folder / UPLOADS_NAME
        self._opened = 0

    async def open(self) -> None:
        """Bring the database up to date, the first time; raises SetupError."""
        self._opened += 1
        if self._opened == 1:
            await self.database.open()

    async def close(self) -> None:
        """Close the database with the last one who opened it."""
        self._opened -= 1
        if self._opened <= 0:
            await self.database.close()


class Core:
    """Everything a dialect works with. Open it before use, close it at the end."""

    def __init__(self, ground: Ground, rules: Rules, words: Words) -> None:
        self.rules = rules
        self.words = words
        self.platform = words.platform
        self.clock = ground.clock
        self.database = ground.database
        self.ids = words.ids(self.clock)
        self.presence = Presence()
        self.events = RateLimit(rules.events_per_minute, 60, self.clock)
        self.access = Access(words.policy)
        self._ground = ground
        common = Common(
            platform=words.platform,
            database=self.database,
            ids=self.ids,
            clock=self.clock,
            rules=rules,
            access=self.access,
        )
        screens = (UnicodeScreen(), LengthScreen(rules.message_limit_chars))
        plan = words.tokens
        tokens = Tokens(ground.secret, self.clock, issuer=plan.issuer, audience=plan.audience)
        self.accounts = Accounts(common, tokens, plan)
        self.notifications = Notifications(common)
        self.messages = Messages(common, self.notifications, screens)
        self.receipts = Receipts(common)
        self.conversations = Conversations(common)
        self.orders = Orders(common, self.notifications, screens, words.order_number)
        self.uploads = Uploads(common, ground.uploads, self.notifications)
        self.retention = Retention(common, self._sweep)
        self._stop = asyncio.Event()
        self._daily: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Bring the database up to date and start the daily round; raises SetupError."""
        await self._ground.open()
        if isinstance(self.ids, NumberIds):
            async with self.database.reading() as session:
                await self.ids.load(session)
            self.database.before_commit(self.ids.save)
        self._daily = asyncio.create_task(self.retention.run_daily(self._stop), name="retention")

    async def close(self) -> None:
        """Note who was connected until now, stop the daily round and close the database."""
        if self._daily is not None:
            self._stop.set()
            await self._daily
            await self.accounts.seen(self.presence.online(), self.clock.now_ms())
        await self._ground.close()

    async def _sweep(self) -> None:
        self.messages.sweep()
        self.events.sweep()
        self.accounts.sweep()
        await self.uploads.sweep()
