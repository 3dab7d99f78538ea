"""Who may do what: every route and role, one table."""

from __future__ import annotations

from typing import Any

import pytest

from chatdesk.wire.dispatcher import names
from tests.conftest import Aio
from tests.server.people import Person, Town, town, unique
from tests.server.process import ServerProcess

NOBODY, OWNER, STRANGER, DESK, ADMIN = "nobody", "owner", "stranger", "desk", "admin"
EVERYBODY = (NOBODY, OWNER, STRANGER, DESK, ADMIN)

Request = tuple[str, str, dict[str, Any]]


def body(**fields: Any) -> dict[str, Any]:
    return {"json": fields}


# Route -> the HTTP status for nobody, owner, a carrier who is no party, moderator, admin.
TABLE: dict[str, tuple[Request, tuple[int, int, int, int, int]]] = {
    "send": (("POST", names.ROUTE_SEND, body(orderId="{order}", message="hello")), (401, 201, 404, 201, 201)),
    "history": (("GET", names.ROUTE_HISTORY, {}), (401, 200, 404, 200, 200)),
    "search": (("GET", names.ROUTE_MESSAGE_SEARCH + "?q=x", {}), (401, 200, 404, 200, 200)),
    "read": (("PATCH", names.ROUTE_READ, {}), (401, 200, 404, 200, 200)),
    "unread": (("GET", names.ROUTE_UNREAD_COUNT, {}), (401, 200, 404, 200, 200)),
    "presence": (("GET", names.ROUTE_PRESENCE, {}), (401, 200, 404, 200, 200)),
    "chats": (("GET", names.ROUTE_CHATS, {}), (401, 200, 200, 200, 200)),
    "delete message": (("DELETE", names.ROUTE_MESSAGE, {}), (401, 200, 404, 403, 403)),
    "orders": (("GET", names.ROUTE_ORDERS, {}), (401, 200, 200, 200, 200)),
    "counters": (
        ("GET", names.ROUTE_ORDER_STATUSES.replace("{type}", "all"), {}),
        (401, 200, 200, 200, 200),
    ),
    "detail": (("GET", names.ROUTE_ORDER, {}), (401, 200, 404, 200, 200)),
    "create": (("POST", names.ROUTE_ORDER_CREATE, body()), (401, 400, 400, 403, 403)),
    "status": (("PUT", names.ROUTE_ORDER_STATUS, body(status="charged")), (401, 403, 403, 403, 200)),
    "moderate": (("POST", names.ROUTE_ORDER_MODERATE, {}), (401, 403, 403, 200, 200)),
    "upload": (
        ("POST", names.ROUTE_ORDER_FILES, {"files": {"file": ("a.txt", b"a", "text/plain")}}),
        (401, 200, 404, 200, 200),
    ),
    "files": (("GET", names.ROUTE_ORDER_FILES, {}), (401, 200, 404, 200, 200)),
    "download": (("GET", names.ROUTE_ORDER_FILE, {}), (401, 200, 404, 200, 200)),
    "delete file": (("DELETE", names.ROUTE_ORDER_FILE, {}), (401, 200, 404, 404, 404)),
    "notifications": (("GET", names.ROUTE_NOTIFICATIONS, {}), (401, 200, 200, 200, 200)),
    "counts": (("GET", names.ROUTE_NOTIFICATION_STATS, {}), (401, 200, 200, 200, 200)),
    "mark": (
        ("PATCH", names.ROUTE_NOTIFICATIONS_MARK_READ, body(notificationIds=["0" * 24])),
        (401, 200, 200, 200, 200),
    ),
    "mark all": (("PATCH", names.ROUTE_NOTIFICATIONS_MARK_ALL_READ, {}), (401, 200, 200, 200, 200)),
    "archive": (("PATCH", names.ROUTE_NOTIFICATION, body(status="archived")), (401, 200, 404, 404, 404)),
    "delete notification": (("DELETE", names.ROUTE_NOTIFICATION, {}), (401, 200, 404, 404, 404)),
    "announce": (
        (
            "POST",
            names.ROUTE_NOTIFICATIONS,
            body(recipientId="{owner}", type="system_announcement", title="t", message="m"),
        ),
        (401, 403, 403, 201, 201),
    ),
    "carriers": (("GET", names.ROUTE_USERS, {}), (401, 200, 200, 200, 200)),
    "everybody": (("GET", names.ROUTE_USERS_ALL, {}), (401, 403, 403, 403, 200)),
    "logout": (("POST", names.ROUTE_LOGOUT, {}), (401, 0, 0, 0, 0)),
}


async def people(place: Town) -> dict[str, Person]:
    return {
        OWNER: await place.owner(),
        STRANGER: await place.stranger(),
        DESK: await place.desk(),
        ADMIN: await place.admin(),
    }


async def something(owner: Person, desk: Person) -> dict[str, str]:
    """An order with one thing of each kind to act upon; what the templates stand for."""
    order = await owner.new_order()
    message = (await owner.send(order["id"], unique())).json()["data"]["id"]
    route = names.ROUTE_ORDER_FILES.format(order_id=order["id"])
    uploaded = await owner.ask("POST", route, files={"file": ("a.txt", b"a", "text/plain")})
    await desk.send(order["id"], unique())
    notification = (await owner.get(names.ROUTE_NOTIFICATIONS, limit=1)).json()["data"][0]["id"]
    return {
        "order_id": order["id"],
        "order_number": order["orderNumber"],
        "message_id": message,
        "filename": uploaded.json()["data"]["files"][0]["filename"],
        "notification_id": notification,
    }


@pytest.mark.parametrize("what", TABLE)
@pytest.mark.promised("dispatcher", "checked every time")
@pytest.mark.promised("dispatcher", "send to own orders")
@pytest.mark.promised("dispatcher", "message errors")
@pytest.mark.promised("dispatcher", "rest operations")
def test_access_is_as_the_table_says(demo_server: ServerProcess, aio: Aio, what: str) -> None:
    """Each role gets its status on a fresh order, and refusals come in the platform's envelope."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            cast = await people(place)
            (method, route, request), wanted = TABLE[what]
            got = []
            things = await something(cast[OWNER], cast[DESK])
            for who, status in zip(EVERYBODY, wanted, strict=True):
                if status == 0:
                    got.append(0)
                    continue
                if what.startswith("delete"):
                    things = await something(cast[OWNER], cast[DESK])
                path = route.format(**things)
                sent = {key: value for key, value in request.items() if key != "json"}
                if "json" in request:
                    fills = {"{order}": things["order_id"], "{owner}": cast[OWNER].id}
                    sent["json"] = {
                        key: fills.get(value, value) if isinstance(value, str) else value
                        for key, value in request["json"].items()
                    }
                if who == NOBODY:
                    answer = await place.http.request(method, path, **sent)
                else:
                    answer = await cast[who].ask(method, path, **sent)
                got.append(answer.status_code)
                if answer.status_code >= 400:
                    envelope = answer.json()
                    assert set(envelope) == {"status", "success", "message", "data"}
                    assert (envelope["status"], envelope["success"]) == (answer.status_code, False)
            assert tuple(got) == wanted

    aio(story())


@pytest.mark.promised("dispatcher", "own orders only")
def test_lists_hold_only_what_one_may_see(demo_server: ServerProcess, aio: Aio) -> None:
    """A carrier sees neither other carriers' orders nor chats nor accounts; staff see all of them."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            cast = await people(place)
            carriers = (await cast[DESK].get(names.ROUTE_USERS)).json()["data"]
            assert len(carriers) == 5
            assert {user["role"] for user in carriers} == {"user"}
            assert all("password" not in key.lower() for user in carriers for key in user)
            own = (await cast[STRANGER].get(names.ROUTE_USERS)).json()["data"]
            assert [user["_id"] for user in own] == [cast[STRANGER].id]
            everybody = (await cast[ADMIN].get(names.ROUTE_USERS_ALL, limit=3)).json()
            assert everybody["meta"]["totalItems"] == 6
            moderators = (await cast[ADMIN].get(names.ROUTE_USERS_ALL, role="moderator")).json()["data"]
            assert [user["email"] for user in moderators["moderators"]] == [cast[DESK].email]
            assert moderators["users"] == []
            found = (await cast[ADMIN].get(names.ROUTE_USERS_ALL, search="GULFPORT")).json()["data"]["users"]
            assert [user["companyInfo"]["name"] for user in found] == ["Gulfport Marine Haulers"]
            assert (await cast[ADMIN].get(names.ROUTE_USERS_ALL, role="king")).status_code == 400

    aio(story())
