"""Who may do what at each platform, as tables: operation and place -> the people who may; nobody else may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from chatdesk.server.core.access import Actor, Operation, actor_of
from chatdesk.server.core.accounts import Person
from chatdesk.server.core.conversations import Opening
from chatdesk.server.core.orders import NewOrder
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import Details, Role
from chatdesk.wire.marketplace import names as market
from tests.server.toy import say

Where = Mapping[str, str]
"""The keyword arguments of `Access.verdict` that name the resource."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Everybody by name, and the resources by name."""

    people: dict[str, Actor]
    places: dict[str, Where]


@dataclass(frozen=True, slots=True)
class Table:
    """One platform's permissions; every operation of the core has at least one row."""

    build: Callable[[Core], Awaitable[Setting]]
    rows: dict[tuple[Operation, str], set[str]]


async def add_people(core: Core, roles: Mapping[str, str]) -> dict[str, Actor]:
    """Accounts by name with these roles."""
    people = {}
    async with core.database.writing() as session:
        for name, role in roles.items():
            email = f"{name}@example.test"
            user = core.accounts.add(
                session, email=email, password_hash="", role=role, person=Person(name=name)
            )
            await session.flush()
            people[name] = actor_of(user)
    return people


async def _dispatcher(core: Core) -> Setting:
    roles = {"owner": Role.CUSTOMER, "stranger": Role.CUSTOMER, "staff": Role.STAFF, "admin": Role.ADMIN}
    people = await add_people(core, roles)
    async with core.database.writing() as session:
        new = NewOrder(status="pending", details={})
        order, _chat = await core.orders.add(session, people["owner"].id, new, core.clock.now_ms())
    sent = await say(core, people["owner"], order.id, "text")
    places: dict[str, Where] = {
        "nothing": {},
        "order": {"order_id": order.id},
        "chat": {"conversation_id": order.id},
        "message": {"message_id": sent.shown.message.id},
    }
    return Setting(people, places)


_SEE_ALL = {"owner", "staff", "admin"}
_NOBODY: set[str] = set()

DISPATCHER = Table(
    _dispatcher,
    {
        (Operation.SEE_ORDER, "order"): _SEE_ALL,
        (Operation.CREATE_ORDER, "nothing"): {"owner", "stranger"},
        (Operation.CHANGE_STATUS, "order"): {"admin"},
        (Operation.TAKE_OVER, "order"): {"staff", "admin"},
        (Operation.DELETE_ORDER, "order"): _NOBODY,
        (Operation.ADD_ORDER_FILE, "order"): _SEE_ALL,
        (Operation.REMOVE_FILE, "order"): {"owner"},
        (Operation.SEE, "chat"): _SEE_ALL,
        (Operation.OPEN, "order"): _SEE_ALL,
        (Operation.SEND, "chat"): _SEE_ALL,
        (Operation.MARK_READ, "chat"): _SEE_ALL,
        (Operation.SEE, "message"): _SEE_ALL,
        (Operation.DELETE_MESSAGE, "message"): {"owner"},
        (Operation.REPORT, "message"): _NOBODY,
        (Operation.HIDE_MESSAGE, "message"): _NOBODY,
        (Operation.END, "chat"): _NOBODY,
        (Operation.DELETE_CONVERSATION, "chat"): _NOBODY,
        (Operation.ARCHIVE, "chat"): _NOBODY,
    },
)


async def _marketplace(core: Core) -> Setting:
    people = await add_people(
        core,
        {
            "seller": market.ROLE_SELLER,
            "rival": market.ROLE_SELLER,
            "buyer": market.ROLE_BUYER,
            "other": market.ROLE_BUYER,
            "employee": market.ROLE_EMPLOYEE,
            "admin": market.ROLE_ADMIN,
        },
    )
    seller, buyer = people["seller"], people["buyer"]
    opening = Opening(members={seller.id: seller.role, buyer.id: buyer.role})
    chat = (await core.conversations.open(seller, opening)).place.chat.id
    sent = await say(core, seller, chat, "text")
    places: dict[str, Where] = {
        "nothing": {},
        "chat": {"conversation_id": chat},
        "message": {"message_id": sent.shown.message.id},
    }
    some = {"distributionType": "specific", "targetSellerIds": [seller.id]}
    orders: dict[str, tuple[Actor, str, str, Details, tuple[tuple[str, str], ...]]] = {
        "for all": (buyer, "rfq", "open", {"distributionType": "all"}, ()),
        "for one": (buyer, "rfq", "open", some, (("invited", seller.id),)),
        "draft": (buyer, "rfq", "draft", {"distributionType": "all"}, ()),
        "product": (seller, "product", "active", {}, ()),
    }
    async with core.database.writing() as session:
        for name, (owner, kind, status, details, parties) in orders.items():
            new = NewOrder(kind=kind, status=status, details=details, parties=parties)
            order = await core.orders.store(session, owner.id, new, core.clock.now_ms())
            places[name] = {"order_id": order.id}
    return Setting(people, places)


_PAIR = {"seller", "buyer"}
_TRADERS = {"seller", "rival", "buyer", "other", "admin"}

MARKETPLACE = Table(
    _marketplace,
    {
        (Operation.SEE_ORDER, "for all"): {"buyer", "seller", "rival", "admin"},
        (Operation.SEE_ORDER, "for one"): {"buyer", "seller", "admin"},
        (Operation.SEE_ORDER, "draft"): {"buyer", "admin"},
        (Operation.SEE_ORDER, "product"): _TRADERS | {"employee"},
        (Operation.CREATE_ORDER, "nothing"): {"buyer", "other", "admin"},
        (Operation.CHANGE_STATUS, "for all"): {"buyer", "admin"},
        (Operation.CHANGE_STATUS, "product"): {"admin"},
        (Operation.DELETE_ORDER, "for one"): {"buyer", "admin"},
        (Operation.TAKE_OVER, "for all"): {"seller", "rival"},
        (Operation.TAKE_OVER, "for one"): {"seller"},
        (Operation.TAKE_OVER, "draft"): _NOBODY,
        (Operation.ADD_ORDER_FILE, "for all"): _NOBODY,
        (Operation.REMOVE_FILE, "for all"): _NOBODY,
        (Operation.OPEN, "nothing"): _TRADERS,
        (Operation.SEE, "chat"): _PAIR,
        (Operation.SEND, "chat"): _PAIR,
        (Operation.MARK_READ, "chat"): _PAIR,
        (Operation.SEE, "message"): _PAIR,
        (Operation.DELETE_MESSAGE, "message"): _NOBODY,
        (Operation.REPORT, "message"): _NOBODY,
        (Operation.HIDE_MESSAGE, "message"): _NOBODY,
        (Operation.END, "chat"): _NOBODY,
        (Operation.DELETE_CONVERSATION, "chat"): _NOBODY,
        (Operation.ARCHIVE, "chat"): _NOBODY,
    },
)

TABLES = {"dispatcher": DISPATCHER, "marketplace": MARKETPLACE}
