"""A platform that there is not, to show that the core knows none: numbers as ids, stored session tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, select

from chatdesk.server.core.access import Actor, Operation, Place, Policy, actor_of
from chatdesk.server.core.accounts import Person, TokenPlan
from chatdesk.server.core.clock import Clock
from chatdesk.server.core.conversations import Opening
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.ids import Ids, NumberIds
from chatdesk.server.core.messages import PLAIN, Body, Sent
from chatdesk.server.core.orders import NewOrder, Telling
from chatdesk.server.core.rules import Rules
from chatdesk.server.core.service import Core, Ground, Words
from chatdesk.server.core.tables import Conversation, Lifecycle, Order

STATUSES = {"new": "busy", "busy": "done"}


class ToyPolicy(Policy):
    """Statuses follow one another; only helpers hide messages; what is hidden from you is said to exist."""

    only = {Operation.HIDE_MESSAGE: ("helper",)}  # noqa: RUF012
    reveals = True

    def conversations(self, actor: Actor) -> ColumnElement[bool]:
        about = Conversation.order_id.in_(select(Order.id).where(self.orders(actor)))
        return super().conversations(actor) | (about & (Conversation.lifecycle != Lifecycle.DELETED))

    def check(self, actor: Actor, operation: Operation, place: Place) -> None:
        super().check(actor, operation, place)
        order = place.order
        changes = operation is Operation.CHANGE_STATUS and place.wanted
        if changes and order is not None and STATUSES.get(order.status) != place.wanted:
            raise Refused(Reason.STATUS_REFUSED, detail=order.status)


def _ids(platform: str, _clock: Clock) -> Ids:
    return NumberIds(platform, first=100)


def words(platform: str = "toy", *, opaque: bool = True) -> Words:
    return Words(
        platform=platform,
        tokens=TokenPlan(
            claims=lambda actor: {"user_id": int(actor.id), "role": actor.role},
            subject=("userId", "user_id"),
            role_claim="role",
            issuer="toys",
            audience="players",
            opaque=opaque,
        ),
        policy=ToyPolicy(),
        order_number=iter(f"T-{number}" for number in range(1, 10_000)).__next__,
        ids=partial(_ids, platform),
    )


def rules(**changes: Any) -> Rules:
    given: dict[str, Any] = {
        "message_limit_chars": 100,
        "messages_per_minute": 1_000,
        "events_per_minute": 1_000,
        "access_ttl_s": 3_600,
        "file_limit_bytes": 1_000,
        "file_suffixes": frozenset({"png"}),
        "media_types": frozenset({"image/png"}),
        "writing_reads": False,
    }
    return Rules(**{**given, **changes})


@asynccontextmanager
async def toy_at(ground: Ground, made_of: Words | None = None, **changes: Any) -> AsyncIterator[Core]:
    core = Core(ground, rules(**changes), made_of or words())
    await core.open()
    try:
        yield core
    finally:
        await core.close()


def ground_at(folder: Path, clock: Clock) -> Ground:
    return Ground(folder, clock)


async def person(core: Core, name: str, role: str = "player", password_hash: str = "", **more: Any) -> Actor:
    async with core.database.writing() as session:
        user = core.accounts.add(
            session,
            email=f"{name}@example.test",
            password_hash=password_hash,
            role=role,
            person=Person(name=name, **more),
        )
    return actor_of(user)


async def talk(core: Core, *people: Actor, key: str | None = None, order_id: str | None = None) -> str:
    members = {one.id: one.role for one in people}
    opened = await core.conversations.open(people[0], Opening(key=key, order_id=order_id, members=members))
    return opened.place.chat.id


async def say(core: Core, who: Actor, where: str, text: str, body: Body = PLAIN) -> Sent:
    return await core.messages.send(who, where, text, body=body, push=in_silence)


async def an_order(core: Core, owner: Actor, **more: Any) -> Order:
    new = NewOrder(kind="game", status="new", details={}, **more)
    return await core.orders.create(owner, new, telling(), chat=False)


def telling(**more: Any) -> Telling:
    return Telling(push=in_silence, **more)


async def in_silence(_what: object) -> None:
    pass
