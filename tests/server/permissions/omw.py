"""Who may do what at OMW."""

from __future__ import annotations

from chatdesk.server.core.access import Operation
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import Lifecycle
from chatdesk.server.dialects.omw.making import begin_session, book, offer
from chatdesk.wire.omw import names
from tests.server.permissions import NOBODY, Setting, Table, Where, add_people
from tests.server.toy import say


async def _town(core: Core) -> Setting:
    people = await add_people(
        core,
        {
            "worker": names.ROLE_WORKER,
            "rival": names.ROLE_WORKER,
            "customer": names.ROLE_CUSTOMER,
            "neighbour": names.ROLE_CUSTOMER,
            "admin": names.ROLE_ADMIN,
        },
    )
    worker, customer, rival = (people[name].id for name in ("worker", "customer", "rival"))
    now_ms = core.clock.now_ms()
    places: dict[str, Where] = {"nothing": {}}
    async with core.database.writing() as session:
        for place, status, by in (
            ("assigned", names.STATUS_ASSIGNED, worker),
            ("unpaid", "payment_required", worker),
            ("completed", names.STATUS_COMPLETED, worker),
            ("offered", names.STATUS_PENDING, None),
        ):
            booking = await book(core, session, customer, {}, status=status, at_ms=now_ms, worker_id=by)
            places[place] = {"order_id": booking.id}
            if place == "offered":
                await offer(core, session, booking, worker, at_ms=now_ms)
            if place == "assigned":
                await offer(core, session, booking, rival, at_ms=now_ms, status="timeout")
                chat = await begin_session(core, session, booking, at_ms=now_ms)
                places["chat"] = {"conversation_id": chat.id}
            if place == "unpaid":
                ended = await begin_session(core, session, booking, at_ms=now_ms)
                ended.lifecycle = Lifecycle.ENDED
                places["ended"] = {"conversation_id": ended.id}
        for status in (names.STATUS_CANCELLED, names.STATUS_COMPLETED, names.STATUS_ARRIVED):
            places[f"to {status}"] = {**places["assigned"], "wanted": status}
            places[f"unpaid to {status}"] = {**places["unpaid"], "wanted": status}
        places["completed to arrived"] = {**places["completed"], "wanted": names.STATUS_ARRIVED}
    sent = await say(core, people["worker"], places["chat"]["conversation_id"], "text")
    places["message"] = {"message_id": sent.shown.message.id}
    return Setting(people, places)


_PAIR = {"worker", "customer"}

TABLE = Table(
    _town,
    {
        (Operation.SEE_ORDER, "assigned"): _PAIR,
        (Operation.SEE_ORDER, "offered"): {"customer"},
        (Operation.CREATE_ORDER, "nothing"): {"customer", "neighbour"},
        (Operation.CHANGE_STATUS, "assigned"): _PAIR,
        (Operation.CHANGE_STATUS, "to cancelled"): _PAIR,
        (Operation.CHANGE_STATUS, "to arrived"): {"worker"},
        (Operation.CHANGE_STATUS, "to completed"): {"worker"},
        (Operation.CHANGE_STATUS, "unpaid to completed"): _PAIR,
        (Operation.CHANGE_STATUS, "unpaid to arrived"): {"worker"},
        (Operation.CHANGE_STATUS, "completed to arrived"): NOBODY,
        (Operation.CHANGE_STATUS, "offered"): {"customer"},
        (Operation.TAKE_OVER, "offered"): {"worker"},
        (Operation.TAKE_OVER, "assigned"): {"worker"},
        (Operation.TAKE_OVER, "completed"): NOBODY,
        (Operation.DELETE_ORDER, "assigned"): NOBODY,
        (Operation.ADD_ORDER_FILE, "assigned"): NOBODY,
        (Operation.REMOVE_FILE, "assigned"): NOBODY,
        (Operation.OPEN, "assigned"): _PAIR,
        (Operation.OPEN, "offered"): {"customer"},
        (Operation.OPEN, "completed"): NOBODY,
        (Operation.OPEN, "nothing"): NOBODY,
        (Operation.SEE, "chat"): _PAIR,
        (Operation.SEE, "ended"): NOBODY,
        (Operation.SEE, "message"): _PAIR,
        (Operation.SEND, "chat"): _PAIR,
        (Operation.SEND, "ended"): NOBODY,
        (Operation.MARK_READ, "chat"): _PAIR,
        (Operation.MARK_READ, "ended"): NOBODY,
        (Operation.END, "chat"): _PAIR,
        (Operation.END, "ended"): _PAIR,
        (Operation.DELETE_CONVERSATION, "chat"): _PAIR,
        (Operation.DELETE_CONVERSATION, "ended"): _PAIR,
        (Operation.DELETE_MESSAGE, "message"): NOBODY,
        (Operation.REPORT, "message"): NOBODY,
        (Operation.HIDE_MESSAGE, "message"): NOBODY,
        (Operation.ARCHIVE, "chat"): NOBODY,
    },
)
