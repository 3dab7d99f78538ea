"""Who may do what at Fakomame."""

from __future__ import annotations

from chatdesk.server.core.access import Actor, Operation
from chatdesk.server.core.conversations import Opening
from chatdesk.server.core.orders import NewOrder
from chatdesk.server.core.service import Core
from chatdesk.wire.fakomame import names
from tests.server.permissions import NOBODY, Setting, Table, Where, add_people
from tests.server.toy import say


async def _fakomame(core: Core) -> Setting:
    people = await add_people(
        core,
        {
            "sender": names.ROLE_SENDER,
            "rival": names.ROLE_SENDER,
            "traveler": names.ROLE_TRAVELER,
            "courier": names.ROLE_COURIER,
            "receiver": names.ROLE_RECEIVER,
            "admin": names.ROLE_ADMIN,
        },
    )
    sender, traveler = people["sender"], people["traveler"]
    people["visitor"] = Actor("", "", "", core.platform)
    opening = Opening(members={sender.id: sender.role, traveler.id: traveler.role})
    chat = (await core.conversations.open(sender, opening)).place.chat.id
    sent = await say(core, sender, chat, "text")
    places: dict[str, Where] = {
        "something": {"wanted": names.ITEM_PACKAGE},
        "some trip": {"wanted": names.ITEM_TRIP},
        "chat": {"conversation_id": chat},
        "message": {"message_id": sent.shown.message.id},
    }
    receiver = (("receiver", people["receiver"].id),)
    packages = {
        "draft": ("DRAFT", False),
        "posted": ("POSTED", False),
        "matched": ("MATCHED", True),
        "moving": ("IN_TRANSIT", True),
        "delivered": ("DELIVERED", True),
    }
    async with core.database.writing() as session:
        for place, (status, taken) in packages.items():
            package = NewOrder(
                kind=names.ITEM_PACKAGE,
                status=status,
                details={},
                assignee_id=traveler.id if taken else None,
                parties=receiver,
            )
            row = await core.orders.store(session, sender.id, package, core.clock.now_ms())
            places[place] = {"order_id": row.id}
            places[f"{place} on the way"] = {"order_id": row.id, "wanted": names.PACKAGE_IN_TRANSIT}
            places[f"{place} there"] = {"order_id": row.id, "wanted": names.PACKAGE_DELIVERED}
        for place, status in {"trip": "POSTED", "done trip": "COMPLETED"}.items():
            trip = NewOrder(kind=names.ITEM_TRIP, status=status, details={}, parties=(("sender", sender.id),))
            row = await core.orders.store(session, traveler.id, trip, core.clock.now_ms())
            places[place] = {"order_id": row.id}
    return Setting(people, places)


_ALL = {"sender", "rival", "traveler", "courier", "receiver", "admin"}
_PAIR = {"sender", "traveler"}

TABLE = Table(
    _fakomame,
    {
        (Operation.SEE_ORDER, "draft"): {"sender", "receiver", "admin"},
        (Operation.SEE_ORDER, "posted"): _ALL | {"visitor"},
        (Operation.SEE_ORDER, "matched"): _PAIR | {"receiver", "admin"},
        (Operation.SEE_ORDER, "trip"): _ALL | {"visitor"},
        (Operation.SEE_ORDER, "done trip"): _PAIR | {"admin"},
        (Operation.CREATE_ORDER, "something"): {"sender", "rival", "admin"},
        (Operation.CREATE_ORDER, "some trip"): {"traveler", "courier", "admin"},
        # A package before it moves is its sender's to change; the traveller says how far it is.
        (Operation.CHANGE_STATUS, "posted"): {"sender", "admin"},
        (Operation.CHANGE_STATUS, "matched on the way"): {"sender", "traveler", "admin"},
        (Operation.CHANGE_STATUS, "matched there"): {"sender", "admin"},
        (Operation.CHANGE_STATUS, "moving"): {"admin"},
        (Operation.CHANGE_STATUS, "moving there"): {"traveler", "admin"},
        (Operation.CHANGE_STATUS, "delivered on the way"): {"admin"},
        (Operation.CHANGE_STATUS, "trip"): {"traveler", "admin"},
        (Operation.CHANGE_STATUS, "done trip"): {"admin"},
        # Matching: who has a trip looks for packages, and the other way round.
        (Operation.TAKE_OVER, "posted"): {"sender", "traveler", "courier", "admin"},
        (Operation.TAKE_OVER, "matched"): NOBODY,
        (Operation.TAKE_OVER, "trip"): _ALL,
        (Operation.TAKE_OVER, "done trip"): NOBODY,
        (Operation.DELETE_ORDER, "posted"): NOBODY,
        (Operation.ADD_ORDER_FILE, "posted"): NOBODY,
        (Operation.REMOVE_FILE, "posted"): NOBODY,
        (Operation.OPEN, "posted"): _ALL,
        (Operation.OPEN, "draft"): {"sender", "receiver", "admin"},
        (Operation.SEE, "chat"): _PAIR,
        (Operation.SEE, "message"): _PAIR,
        (Operation.SEND, "chat"): _PAIR,
        (Operation.MARK_READ, "chat"): NOBODY,
        (Operation.DELETE_MESSAGE, "message"): NOBODY,
        (Operation.REPORT, "message"): NOBODY,
        (Operation.HIDE_MESSAGE, "message"): NOBODY,
        (Operation.END, "chat"): NOBODY,
        (Operation.DELETE_CONVERSATION, "chat"): NOBODY,
        (Operation.ARCHIVE, "chat"): NOBODY,
    },
)
