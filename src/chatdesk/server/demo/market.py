"""The marketplace of the demonstration: a seller with eight buyers, talks, requests and products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chatdesk.server.bodies import iso
from chatdesk.server.core.accounts import Person
from chatdesk.server.core.conversations import Opening, store
from chatdesk.server.core.database import WriteSession
from chatdesk.server.core.messages import Body, append
from chatdesk.server.core.orders import NewOrder
from chatdesk.server.core.receipts import advance_mark
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import User
from chatdesk.server.demo import first
from chatdesk.wire.marketplace import names

SELLER_EMAIL = "sales@ironwood.example"
RIVAL_EMAIL = "desk@fernandco.example"
BUYER_EMAIL = "purchasing@tallmill.example"
OTHER_BUYER_EMAIL = "orders@quaystone.example"
FARM_EMAIL = "yard@larkfield.example"
HOTEL_EMAIL = "stores@harbourlight.example"
SCHOOL_EMAIL = "workshop@brightmoor.example"
GARAGE_EMAIL = "parts@twogears.example"
THEATRE_EMAIL = "stage@redcurtain.example"
BAKERY_EMAIL = "desk@grainhall.example"
EMPLOYEE_EMAIL = "helper@ironwood.example"
ADMIN_EMAIL = "admin@market.example"
PENDING_EMAIL = "new@waiting.example"

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Trader:
    """Somebody on the marketplace."""

    email: str
    name: str
    role: str
    profile: dict[str, Any]


def _seller(company: str, approval: str = "approved") -> dict[str, Any]:
    return {
        "companyName": company,
        "businessType": "wholesaler",
        "businessAddress": {"city": "Leeds", "country": "United Kingdom"},
        "approvalStatus": approval,
        "isVerified": approval == "approved",
        "isEmailVerified": False,
        "rating": 0,
        "totalReviews": 0,
        "documents": [],
    }


def _buyer(email: str, name: str) -> Trader:
    return Trader(email=email, name=name, role=names.ROLE_BUYER, profile={"isVerified": True})


TRADERS = (
    Trader(email=SELLER_EMAIL, name="Ida Moss", role=names.ROLE_SELLER, profile=_seller("Ironwood Tools")),
    Trader(email=RIVAL_EMAIL, name="Col Fern", role=names.ROLE_SELLER, profile=_seller("Fern and Co")),
    _buyer(BUYER_EMAIL, "Rae Tallis"),
    _buyer(OTHER_BUYER_EMAIL, "Ben Quay"),
    _buyer(FARM_EMAIL, "Nell Lark"),
    _buyer(HOTEL_EMAIL, "Omar Haddad"),
    _buyer(SCHOOL_EMAIL, "Petra Moor"),
    _buyer(GARAGE_EMAIL, "Sten Aalto"),
    _buyer(THEATRE_EMAIL, "Yuki Tanabe"),
    _buyer(BAKERY_EMAIL, "Lena Graf"),
    Trader(
        email=EMPLOYEE_EMAIL,
        name="Jo Penn",
        role=names.ROLE_EMPLOYEE,
        profile={"role": "sales", "status": "active", "permissions": {"canContactCustomers": False}},
    ),
    Trader(
        email=ADMIN_EMAIL,
        name="Market Desk",
        role=names.ROLE_ADMIN,
        profile={"adminLevel": "admin", "permissions": {"canManageUsers": True}},
    ),
    Trader(
        email=PENDING_EMAIL,
        name="Lou Park",
        role=names.ROLE_SELLER,
        profile=_seller("Park Supplies", "pending"),
    ),
)

TALKS = {
    BUYER_EMAIL: (
        ("buyer", "Price of drills", "Do you give a discount on forty impact drills?"),
        ("seller", "Price of drills", "From twenty pieces it is eight per cent, from fifty twelve."),
        ("buyer", "Price of drills", "Then we take fifty. Can you deliver before the fourth?"),
    ),
    OTHER_BUYER_EMAIL: (
        ("buyer", names.SUBJECT, "Are the tarpaulins in stock again?"),
        ("seller", names.SUBJECT, "They come in on Tuesday. Shall I put some aside?"),
        ("buyer", names.SUBJECT, "Thirty, please, with eyelets."),
    ),
    FARM_EMAIL: (
        ("buyer", "Fence wire", "Is the wire galvanised? It stands in wet ground."),
        ("seller", "Fence wire", "It is, and the posts are too. Rolls of 25 or 50 m."),
    ),
    HOTEL_EMAIL: (
        ("buyer", "Lost pallet", "One of the two pallets has not come."),
        ("seller", "Lost pallet", "I have asked the carrier, and write as soon as I know."),
        ("buyer", "Lost pallet", "It came this afternoon, thank you."),
        ("buyer", "Lost pallet", "Two boxes are dented. May I send pictures?"),
    ),
    SCHOOL_EMAIL: (
        ("buyer", "Levels for a class", "We need 24 short spirit levels for our workshop."),
        ("seller", "Levels for a class", "The 60 cm ones are in stock. For schools I can do 10.90 each."),
    ),
    GARAGE_EMAIL: (
        ("seller", "Your order", "The torque wrenches were sent today."),
        ("buyer", "Your order", "Received. One scale is hard to read, can it be exchanged?"),
    ),
    THEATRE_EMAIL: (("buyer", names.SUBJECT, "Do you rent out tools for two weeks, or only sell them?"),),
}
"""By buyer; the last of them, the bakery, has not written yet."""
REQUESTS = (
    (BUYER_EMAIL, "50 impact drills", "800 W, with case", 50, names.RFQ_OPEN),
    (BUYER_EMAIL, "Work gloves", "Size 9 and 10", 400, names.RFQ_CLOSED),
    (OTHER_BUYER_EMAIL, "Tarpaulins", "6 x 8 m, with eyelets", 30, names.RFQ_OPEN),
    (FARM_EMAIL, "Fence posts", "2 m, galvanised", 180, names.RFQ_OPEN),
    (HOTEL_EMAIL, "Ladders", "Three steps, with rubber feet", 12, names.RFQ_OPEN),
    (SCHOOL_EMAIL, "Spirit levels", "60 cm", 24, names.RFQ_OPEN),
    (GARAGE_EMAIL, "Torque wrenches", "20 to 200 Nm", 6, names.RFQ_CLOSED),
    (BAKERY_EMAIL, "Step stools", "Steel, white", 8, names.RFQ_OPEN),
    (BAKERY_EMAIL, "Trolleys", "Not decided yet", 2, names.RFQ_DRAFT),
)
TOOLS = "Tools"
COVERS = "Covers"
PRODUCTS = (
    ("Impact drill", "800 W drill with case", 84.5, 120, "IW-DR-8", TOOLS),
    ("Tarpaulin 6 x 8 m", "With eyelets every 50 cm", 39.0, 0, "IW-TP-68", COVERS),
    ("Spirit level", "60 cm, aluminium", 12.9, 300, "IW-SL-60", TOOLS),
    ("Torque wrench", "20 to 200 Nm, half inch", 64.0, 35, "IW-TW-20", TOOLS),
    ("Dust sheet", "4 x 5 m, washable", 9.4, 210, "IW-DS-45", COVERS),
)


async def seed_market(core: Core) -> bool:
    """Add people, talks, requests and products in one transaction; False when anybody is there already."""
    password_hash = await first.password_hash()
    now_ms = core.clock.now_ms()
    async with core.database.writing() as session:
        if await first.has_people(core, session):
            return False
        people: dict[str, User] = {}
        for trader in TRADERS:
            people[trader.email] = core.accounts.add(
                session,
                email=trader.email,
                password_hash=password_hash,
                role=trader.role,
                person=Person(name=trader.name, profile=trader.profile, created_ms=now_ms - 200 * DAY_MS),
            )
        await session.flush()
        seller = people[SELLER_EMAIL]
        people[EMPLOYEE_EMAIL].profile = {**people[EMPLOYEE_EMAIL].profile, "sellerId": seller.id}
        for email in TALKS:
            await _talk(core, session, seller, people[email], now_ms)
        for email, title, description, quantity, status in REQUESTS:
            request = NewOrder(
                kind="rfq",
                title=title,
                status=status,
                details={"description": description, "quantity": quantity, "distributionType": "all"},
            )
            await core.orders.store(session, people[email].id, request, now_ms - DAY_MS)
        categories = {name: _category(core, name, now_ms - 200 * DAY_MS) for name in (TOOLS, COVERS)}
        for title, description, price, stock, sku, category in PRODUCTS:
            product = NewOrder(
                kind="product",
                title=title,
                status="active",
                details={
                    "description": description,
                    "price": price,
                    "stock": stock,
                    "sku": sku,
                    "categories": [categories[category]],
                },
            )
            await core.orders.store(session, seller.id, product, now_ms - 90 * DAY_MS)
    return True


def _category(core: Core, name: str, at_ms: int) -> dict[str, Any]:
    """A category as it stands inside a product."""
    return {
        "_id": core.ids.new(),
        "name": name,
        "slug": name.lower(),
        "parentId": None,
        "level": 0,
        "isActive": True,
        "displayOrder": 0,
        "ancestors": [],
        "metadata": {"keywords": []},
        "stats": {"productCount": 0, "childrenCount": 0},
        "createdAt": iso(at_ms),
        "updatedAt": iso(at_ms),
        "__v": 0,
    }


async def _talk(core: Core, session: WriteSession, seller: User, buyer: User, now_ms: int) -> None:
    key = ":".join(sorted((seller.id, buyer.id)))
    lines = TALKS[buyer.email]
    begun_ms = now_ms - (len(lines) + 1) * 17 * MINUTE_MS
    opening = Opening(key=key, members={seller.id: seller.role, buyer.id: buyer.role})
    conversation = await store(session, core.ids, core.platform, opening, begun_ms)
    for position, (who, subject, text) in enumerate(lines):
        sender = seller if who == "seller" else buyer
        message = append(
            session,
            core.ids,
            conversation,
            text=text,
            sender_id=sender.id,
            now_ms=begun_ms + (position + 1) * 17 * MINUTE_MS,
            body=Body(extras={"subject": subject, "message_type": names.TOPIC_GENERAL}),
        )
        await session.flush()
        await advance_mark(session, conversation, sender.id, message.seq, message.created_ms)
