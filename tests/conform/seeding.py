"""Rows under given ids and times, and tokens good and bad: what every planter needs to make a first state.

    async with seeding(core) as seed:
        ada = await seed.user("65a...101", email="ada@example.test", role="customer", password="Passw0rd!x")
        order = await seed.order("65a...201", owner_id=ada.id, number="ORD-1", status="pending")
        chat = await seed.conversation("65a...201", order_id=order.id)
        await seed.message("65a...401", chat, sender_id=ada.id, text="hello", created="2026-11-20T07:00:00Z")
        await seed.mark(chat, user_id=bob.id, seq=1)
    tokens = {"<token-A>": await good(core, ada.id), "<expired-token-A>": await expired(core, ada.id)}

Everything inside one `seeding` is one transaction. Times are ISO texts or milliseconds since 1970; None = the
core's clock.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from chatdesk.server.core.accounts import Person, hash_password
from chatdesk.server.core.database import WriteSession
from chatdesk.server.core.ids import Kind, NumberIds
from chatdesk.server.core.orders import search_text
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import (
    Asset,
    Conversation,
    Lifecycle,
    Member,
    Message,
    MessageKind,
    Notification,
    NotificationStatus,
    Order,
    OrderLink,
    Party,
    ReadMark,
    Receipt,
    Upload,
    User,
)
from chatdesk.server.core.tables import (
    Sequence as Counter,
)
from chatdesk.server.core.text import fold
from tests.conform.tokens import (
    GARBAGE,
    badly_signed,
    claims,
    expired,
    good,
    of_nobody,
    pair,
    rewritten,
)

When = str | int | None
PASSWORD = "Passw0rd!x"

__all__ = [
    "GARBAGE",
    "Seeding",
    "badly_signed",
    "claims",
    "expired",
    "good",
    "ms",
    "of_nobody",
    "pair",
    "password_hash",
    "rewritten",
    "seeding",
]


def ms(when: str | int) -> int:
    """Milliseconds since 1970 of an ISO text (without a zone: UTC)."""
    if isinstance(when, int):
        return when
    moment = dt.datetime.fromisoformat(when)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return round(moment.timestamp() * 1_000)


@functools.cache
def password_hash(password: str) -> str:
    """Argon2 takes its time: once per password."""
    return hash_password(password)


class Seeding:
    """One transaction of rows. Every method stores its row at once, so that later ones may refer to it."""

    def __init__(self, core: Core, session: WriteSession) -> None:
        self.core = core
        self.session = session
        self._chats: dict[str, Conversation] = {}

    def _at(self, when: When) -> int:
        return self.core.clock.now_ms() if when is None else ms(when)

    async def add(self, row: Any) -> Any:
        """Any row."""
        self.session.add(row)
        await self.session.flush()
        return row

    async def user(
        self,
        user_id: str,
        *,
        email: str,
        role: str,
        name: str = "",
        password: str = PASSWORD,
        phone: str | None = None,
        more_roles: Sequence[str] = (),
        confirmed: bool = True,
        active: bool = True,
        profile: Mapping[str, Any] | None = None,
        created: When = None,
        last_seen: When = None,
    ) -> User:
        """Somebody."""
        user = self.core.accounts.add(
            self.session,
            email=email,
            password_hash=password_hash(password),
            role=role,
            confirmed=confirmed,
            person=Person(
                id=user_id,
                name=name,
                phone=phone,
                more_roles=tuple(more_roles),
                active=active,
                profile=dict(profile or {}),
                created_ms=self._at(created),
            ),
        )
        user.last_seen_ms = None if last_seen is None else ms(last_seen)
        await self.session.flush()
        return user

    async def asset(
        self, asset_id: str, *, owner_id: str, kind: str, label: str, details: Mapping[str, Any] | None = None
    ) -> Asset:
        """Something that somebody owns."""
        row = Asset(id=asset_id, owner_id=owner_id, kind=kind, label=label, details=dict(details or {}))
        self.session.add(row)
        await self.session.flush()
        return row

    async def order(
        self,
        order_id: str,
        *,
        owner_id: str,
        status: str,
        number: str = "",
        kind: str = "order",
        title: str = "",
        assignee_id: str | None = None,
        origin: str = "",
        destination: str = "",
        details: Mapping[str, Any] | None = None,
        parties: Sequence[tuple[str, str]] = (),
        links: Sequence[tuple[str, str]] = (),
        created: When = None,
        updated: When = None,
        version: int = 0,
    ) -> Order:
        """A business object; `parties` are (role, user id), `links` (kind, order id). No number = its id."""
        created_ms = self._at(created)
        order = Order(
            id=order_id,
            platform=self.core.platform,
            kind=kind,
            number=number or order_id,
            title=title,
            owner_id=owner_id,
            assignee_id=assignee_id,
            status=status,
            origin=origin,
            destination=destination,
            search_text=search_text(number or order_id, title, origin, destination),
            details=dict(details or {}),
            created_ms=created_ms,
            updated_ms=created_ms if updated is None else ms(updated),
            version=version,
        )
        self.session.add(order)
        await self.session.flush()
        self.session.add_all(
            Party(order_id=order_id, role=role, user_id=user_id) for role, user_id in parties
        )
        self.session.add_all(OrderLink(from_id=order_id, kind=kind, to_id=to_id) for kind, to_id in links)
        await self.session.flush()
        return order

    async def conversation(
        self,
        conversation_id: str,
        *,
        kind: str = "chat",
        key: str | None = None,
        order_id: str | None = None,
        other_order_id: str | None = None,
        title: str = "",
        details: Mapping[str, Any] | None = None,
        members: Mapping[str, str] | None = None,
        lifecycle: Lifecycle = Lifecycle.ACTIVE,
        created: When = None,
        updated: When = None,
        ended: When = None,
    ) -> Conversation:
        """An empty conversation; `members` are user id -> role."""
        created_ms = self._at(created)
        row = Conversation(
            id=conversation_id,
            platform=self.core.platform,
            kind=kind,
            key=key,
            order_id=order_id,
            other_order_id=other_order_id,
            title=title,
            details=dict(details or {}),
            lifecycle=lifecycle,
            last_seq=0,
            clock_ms=created_ms,
            created_ms=created_ms,
            updated_ms=created_ms if updated is None else ms(updated),
            ended_ms=None if ended is None else ms(ended),
        )
        self.session.add(row)
        await self.session.flush()
        for user_id, role in (members or {}).items():
            await self.member(conversation_id, user_id, role, joined=created_ms)
        return row

    async def member(
        self,
        conversation_id: str,
        user_id: str,
        role: str = "member",
        *,
        joined: When = None,
        muted: bool = False,
        hidden: bool = False,
    ) -> Member:
        """Somebody who takes part by name."""
        row = Member(
            conversation_id=conversation_id,
            user_id=user_id,
            role=role,
            joined_ms=self._at(joined),
            muted=muted,
            hidden=hidden,
        )
        self.session.add(row)
        await self.session.flush()
        return row

    async def message(
        self,
        message_id: str,
        conversation: Conversation,
        *,
        sender_id: str | None,
        text: str,
        kind: MessageKind | None = None,
        seq: int | None = None,
        extras: Mapping[str, Any] | None = None,
        client_id: str | None = None,
        created: When = None,
        updated: When = None,
        deleted: When = None,
        archived: bool = False,
        reported_by: str | None = None,
        report_reason: str | None = None,
        hidden: When = None,
    ) -> Message:
        """The next message (or the one with this number); the conversation's own numbers follow it."""
        created_ms = self._at(created)
        seq = conversation.last_seq + 1 if seq is None else seq
        row = Message(
            id=message_id,
            conversation_id=conversation.id,
            seq=seq,
            sender_id=sender_id,
            kind=kind or (MessageKind.SYSTEM if sender_id is None else MessageKind.TEXT),
            text=text,
            search_text=fold(text),
            extras=dict(extras or {}),
            client_id=client_id,
            created_ms=created_ms,
            updated_ms=created_ms if updated is None else ms(updated),
            deleted_ms=None if deleted is None else ms(deleted),
            archived=archived,
            reported_by=reported_by,
            report_reason=report_reason,
            hidden_ms=None if hidden is None else ms(hidden),
        )
        self.session.add(row)
        conversation.last_seq = max(conversation.last_seq, seq)
        conversation.clock_ms = max(conversation.clock_ms, created_ms)
        conversation.updated_ms = max(conversation.updated_ms, created_ms)
        await self.session.flush()
        return row

    async def mark(
        self, conversation: Conversation, *, user_id: str, seq: int | None = None, read: When = None
    ) -> ReadMark:
        """Somebody has read everything up to `seq` (None = all that is there)."""
        row = ReadMark(
            conversation_id=conversation.id,
            user_id=user_id,
            seq=conversation.last_seq if seq is None else seq,
            read_ms=self._at(read),
        )
        self.session.add(row)
        await self.session.flush()
        return row

    async def receipt(
        self, message_id: str, user_id: str, *, delivered: When = None, read: When = None
    ) -> Receipt:
        """One message reached one person, and was read; None = not that."""
        row = Receipt(
            message_id=message_id,
            user_id=user_id,
            delivered_ms=None if delivered is None else ms(delivered),
            read_ms=None if read is None else ms(read),
        )
        self.session.add(row)
        await self.session.flush()
        return row

    async def notification(
        self,
        notification_id: str,
        *,
        recipient_id: str,
        kind: str,
        title: str = "",
        body: str = "",
        sender_id: str | None = None,
        status: NotificationStatus = NotificationStatus.UNREAD,
        facts: Mapping[str, Any] | None = None,
        action_url: str | None = None,
        action_text: str | None = None,
        created: When = None,
        updated: When = None,
        read: When = None,
        expires: When = None,
    ) -> Notification:
        """Something that one person should know."""
        created_ms = self._at(created)
        row = Notification(
            id=notification_id,
            recipient_id=recipient_id,
            sender_id=sender_id,
            kind=kind,
            status=status,
            title=title,
            body=body,
            facts=dict(facts or {}),
            action_url=action_url,
            action_text=action_text,
            expires_ms=None if expires is None else ms(expires),
            read_ms=None if read is None else ms(read),
            created_ms=created_ms,
            updated_ms=created_ms if updated is None else ms(updated),
        )
        self.session.add(row)
        await self.session.flush()
        return row

    async def upload(
        self,
        upload_id: str,
        *,
        uploader_id: str,
        stored_name: str,
        original_name: str,
        content: bytes,
        media_type: str,
        order_id: str | None = None,
        message_id: str | None = None,
        created: When = None,
    ) -> Upload:
        """A file with its bytes."""
        row = Upload(
            id=upload_id,
            order_id=order_id,
            message_id=message_id,
            uploader_id=uploader_id,
            stored_name=stored_name,
            original_name=original_name,
            blob=f"seeded-{upload_id}",
            media_type=media_type,
            size_bytes=len(content),
            created_ms=self._at(created),
        )
        self.session.add(row)
        folder = self.core._ground.uploads
        folder.mkdir(parents=True, exist_ok=True)
        (folder / row.blob).write_bytes(content)
        await self.session.flush()
        return row

    async def next_number(self, kind: Kind, number: int) -> None:
        """The next id of this kind, where ids are numbers."""
        await self.session.merge(Counter(platform=self.core.platform, kind=kind, last=number - 1))
        await self.session.flush()


@asynccontextmanager
async def seeding(core: Core) -> AsyncIterator[Seeding]:
    """One transaction of seeded rows."""
    async with core.database.writing() as session:
        yield Seeding(core, session)
    if isinstance(core.ids, NumberIds):
        async with core.database.reading() as session_after:
            await core.ids.load(session_after)
