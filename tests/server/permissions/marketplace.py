"""Who may do what at the marketplace."""

from __future__ import annotations

from chatdesk.server.core.access import Actor, Operation
from chatdesk.server.core.conversations import Opening
from chatdesk.server.core.orders import NewOrder
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import Details
from chatdesk.wire.marketplace import names
from tests.server.permissions import NOBODY, Setting, Table, Where, add_people
from tests.server.toy import say


async def _marketplace(core: Core) -> Setting:
    people = await add_people(
        core,
        {
            "seller": names.ROLE_SELLER,
            "rival": names.ROLE_SELLER,
            "buyer": names.ROLE_BUYER,
            "other": names.ROLE_BUYER,
            "employee": names.ROLE_EMPLOYEE,
            "admin": names.ROLE_ADMIN,
        },
    )
    seller, buyer = people["seller"], people["buyer"]
    opening = Opening(members={seller.id: seller.role, buyer.id: buyer.role})
    chat = (await core.conversations.open(seller, opening)).place.chat.id
    sent = await say(core, seller, chat, "text")
    places: dict[str, Where] = {
        "nothing": {},
        "new product": {"wanted": "product"},
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
        for place, (owner, kind, status, details, parties) in orders.items():
            new = NewOrder(kind=kind, status=status, details=details, parties=parties)
            order = await core.orders.store(session, owner.id, new, core.clock.now_ms())
            places[place] = {"order_id": order.id}
    return Setting(people, places)


_PAIR = {"seller", "buyer"}
_TRADERS = {"seller", "rival", "buyer", "other", "admin"}

TABLE = Table(
    _marketplace,
    {
        (Operation.SEE_ORDER, "for all"): {"buyer", "seller", "rival", "admin"},
        (Operation.SEE_ORDER, "for one"): {"buyer", "seller", "admin"},
        (Operation.SEE_ORDER, "draft"): {"buyer", "admin"},
        (Operation.SEE_ORDER, "product"): _TRADERS | {"employee"},
        (Operation.CREATE_ORDER, "nothing"): {"buyer", "other", "admin"},
        (Operation.CREATE_ORDER, "new product"): {"seller", "rival"},
        (Operation.CHANGE_STATUS, "for all"): {"buyer", "admin"},
        (Operation.CHANGE_STATUS, "product"): {"admin"},
        (Operation.DELETE_ORDER, "for one"): {"buyer", "admin"},
        (Operation.TAKE_OVER, "for all"): {"seller", "rival"},
        (Operation.TAKE_OVER, "for one"): {"seller"},
        (Operation.TAKE_OVER, "draft"): NOBODY,
        (Operation.ADD_ORDER_FILE, "for all"): NOBODY,
        (Operation.ADD_ORDER_FILE, "product"): {"seller"},
        (Operation.REMOVE_FILE, "for all"): NOBODY,
        (Operation.OPEN, "nothing"): _TRADERS,
        (Operation.SEE, "chat"): _PAIR,
        (Operation.SEND, "chat"): _PAIR,
        (Operation.MARK_READ, "chat"): _PAIR,
        (Operation.SEE, "message"): _PAIR,
        (Operation.DELETE_MESSAGE, "message"): NOBODY,
        (Operation.REPORT, "message"): NOBODY,
        (Operation.HIDE_MESSAGE, "message"): NOBODY,
        (Operation.END, "chat"): NOBODY,
        (Operation.DELETE_CONVERSATION, "chat"): NOBODY,
        (Operation.ARCHIVE, "chat"): NOBODY,
    },
)
