"""Who may do what at the dispatcher."""

from __future__ import annotations

from chatdesk.server.core.access import Operation
from chatdesk.server.core.orders import NewOrder
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import Role
from tests.server.permissions import NOBODY, Setting, Table, Where, add_people
from tests.server.toy import say


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

TABLE = Table(
    _dispatcher,
    {
        (Operation.SEE_ORDER, "order"): _SEE_ALL,
        (Operation.CREATE_ORDER, "nothing"): {"owner", "stranger"},
        (Operation.CHANGE_STATUS, "order"): {"admin"},
        (Operation.TAKE_OVER, "order"): {"staff", "admin"},
        (Operation.DELETE_ORDER, "order"): NOBODY,
        (Operation.ADD_ORDER_FILE, "order"): _SEE_ALL,
        (Operation.REMOVE_FILE, "order"): {"owner"},
        (Operation.SEE, "chat"): _SEE_ALL,
        (Operation.OPEN, "order"): _SEE_ALL,
        (Operation.SEND, "chat"): _SEE_ALL,
        (Operation.MARK_READ, "chat"): _SEE_ALL,
        (Operation.SEE, "message"): _SEE_ALL,
        (Operation.DELETE_MESSAGE, "message"): {"owner"},
        (Operation.REPORT, "message"): NOBODY,
        (Operation.HIDE_MESSAGE, "message"): NOBODY,
        (Operation.END, "chat"): NOBODY,
        (Operation.DELETE_CONVERSATION, "chat"): NOBODY,
        (Operation.ARCHIVE, "chat"): NOBODY,
    },
)
