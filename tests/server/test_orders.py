"""Orders: listing, counters, detail, creating, taking over, changing status."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from chatdesk.wire.dispatcher import names, texts
from tests.conftest import Aio
from tests.server.people import Person, town, unique
from tests.server.process import ServerProcess

ALL = tuple(names.STATUS_LABELS)


async def page(person: Person, *statuses: str, **query: Any) -> httpx.Response:
    params = [("page", "1"), ("limit", "5000"), ("search", "")]
    params = [(key, str(query.pop(key, value))) for key, value in params]
    return await person.ask(
        "GET", names.ROUTE_ORDERS, params=params + [(names.QUERY_STATUS, status) for status in statuses]
    )


async def numbers(person: Person, *statuses: str, **query: Any) -> list[str]:
    answer = await page(person, *statuses, **query)
    assert answer.status_code == 200, answer.text
    return [item["orderNumber"] for item in answer.json()["data"]]


def test_the_list_filters_pages_and_sorts(demo_server: ServerProcess, aio: Aio) -> None:
    """Carriers see their own orders, newest first; without `status[]` nothing; pages meet."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, desk = await place.owner(), await place.desk()
            created = [(await owner.new_order())["orderNumber"] for _ in range(3)]
            assert (await numbers(owner, "pending"))[:3] == created[::-1]
            assert await numbers(owner) == []
            assert (await page(owner)).json()["meta"]["totalItems"] == 0
            assert await numbers(owner, "no-such-status") == []
            everything = await numbers(owner, *ALL)
            assert set(created) < set(everything) < set(await numbers(desk, *ALL))
            two = (await page(owner, *ALL, page=2, limit=2)).json()
            assert [item["orderNumber"] for item in two["data"]] == everything[2:4]
            assert two["meta"]["totalItems"] == len(everything)
            item = (await page(owner, "pending", limit=1)).json()["data"][0]
            assert set(item) == {
                "id",
                "orderNumber",
                "createdAt",
                "originAddress",
                "destinationAddress",
                "truckId",
                "status",
                "createdBy",
            }
            assert (item["truckId"], item["createdBy"]) == ("CS-31", owner.email)

    aio(story())


def test_search_takes_its_text_literally(demo_server: ServerProcess, aio: Aio) -> None:
    """Number, origin and destination are searched without case; escapes and stray brackets do no harm."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner = await place.owner()
            place_name = unique("Dock (9)")
            number = (await owner.new_order(originAddress=f"{place_name}, Łódź"))["orderNumber"]
            for search in (
                number,
                number.lower(),
                place_name.upper(),
                place_name.replace("(", "\\("),
                "łódź",
            ):
                assert await numbers(owner, "pending", search=search) == [number]
            for search in ("(", "[", "*", "\\", "%", "_____", "(?=", "CS-31", "." * 3):
                found = await page(owner, "pending", search=search)
                assert found.status_code == 200
            assert await numbers(owner, "pending", search="____") == []
            assert (await page(owner, "pending", search="x" * 201)).status_code == 400

    aio(story())


def test_counters_add_up(demo_server: ServerProcess, aio: Aio) -> None:
    """Each group starts with its sum, only visible orders count, an unknown group means all."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            stranger = await place.stranger()

            async def counts(kind: str) -> list[dict[str, Any]]:
                answer = await stranger.get(names.ROUTE_ORDER_STATUSES.format(type=kind))
                assert answer.json()["message"] == texts.OK_STATUSES
                return list(answer.json()["data"])

            active = await counts("active")
            assert [entry["value"] for entry in active] == ["all", "pending", "processing"]
            assert active[0] == {"value": "all", "label": "All Statuses", "quantity": 1}
            archived = await counts("archived")
            assert [entry["quantity"] for entry in archived] == [0, 0, 0]
            everything = await counts("whatever")
            assert [entry["label"] for entry in everything[:3]] == ["All Statuses", "All", "Pending"]
            assert everything[0]["quantity"] == sum(entry["quantity"] for entry in everything[1:])

    aio(story())


def test_the_detail_shows_papers_to_staff_only(demo_server: ServerProcess, aio: Aio) -> None:
    """A carrier's own order by number; company and numbers for staff; ids and foreign numbers are 404."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, stranger, desk = await place.owner(), await place.stranger(), await place.desk()
            order = await owner.new_order(stops=["Waco, TX"], axleConfigs=[{"tires": 4, "spacing": "10ft"}])
            mine = await owner.detail(order["orderNumber"])
            assert (mine["lengthFt"], mine["legalWeight"], mine["stops"]) == (90, "no", ["Waco, TX"])
            assert mine["axleConfigs"][0]["spacing"] == "10ft"
            assert mine["moderator"] is None
            assert mine["truck"]["unitNumber"] == "CS-31"
            assert "companyInfo" not in mine
            theirs = await desk.detail(order["orderNumber"])
            assert theirs["companyInfo"]["name"] == "Copper State Wind Logistics"
            assert theirs["carrierNumbers"]["mcNumber"] == "MC-690214"
            assert {key: theirs[key] for key in mine} == mine
            for person, number in (
                (stranger, order["orderNumber"]),
                (owner, order["id"]),
                (owner, "ORD-000000"),
            ):
                answer = await person.get(names.ROUTE_ORDER.format(order_number=number))
                assert (answer.status_code, answer.json()["message"]) == (404, texts.ERR_ORDER_NOT_FOUND)

    aio(story())


def test_a_new_order_opens_its_conversation(demo_server: ServerProcess, aio: Aio) -> None:
    """Creating answers 201 and {}, writes the system line and first messages, and notifies all staff."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, desk, admin = await place.owner(), await place.desk(), await place.admin()
            async with desk.socket() as ear, admin.socket() as office:
                form = await owner.order_form(messages=["Please hurry", "Thanks"])
                answer = await owner.post(names.ROUTE_ORDER_CREATE, form)
                assert (answer.status_code, answer.json()["data"]) == (201, {})
                push = await ear.until(names.EVENT_NOTIFICATION, type="order_created")
                for listener in (ear, office):
                    push = await listener.until(names.EVENT_NOTIFICATION, type="order_created")
                    assert push["title"] == "New Order Created"
                    assert push["actionUrl"].endswith(push["metadata"]["orderNumber"])
                    assert push["actionText"] == "View Order"
            order_id, number = push["metadata"]["orderId"], push["metadata"]["orderNumber"]
            assert (await owner.texts(order_id))[::-1] == [
                f"New order #{number} has been created. Status: Pending",
                "Please hurry",
                "Thanks",
            ]

    aio(story())


@pytest.mark.parametrize("field", ["lengthIn", "truckId", "originAddress", "legalWeight"])
def test_a_missing_field_is_named(demo_server: ServerProcess, aio: Aio, field: str) -> None:
    """Each required field must be truthy; the first that is not is named in a 400."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner = await place.owner()
            answer = await owner.post(names.ROUTE_ORDER_CREATE, await owner.order_form(**{field: 0}))
            assert (answer.status_code, answer.json()["message"]) == (400, f"Missing required field: {field}")

    aio(story())


def test_an_order_may_come_as_a_form_with_files(demo_server: ServerProcess, aio: Aio) -> None:
    """A multipart form makes the same order, with lists as JSON or repeated, and its files attached."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner = await place.owner()
            form = await owner.order_form()
            data = {key: str(value) for key, value in form.items() if key != "stops"}
            data |= {"stops": '["Waco, TX"]', "axleConfigs": '[{"tires": "4"}]'}
            answer = await owner.ask(
                "POST",
                names.ROUTE_ORDER_CREATE,
                data={**data, "messages[]": ["one", "two"]},
                files=[("files", ("a.txt", b"A", "text/plain")), ("files", ("b.txt", b"B", "text/plain"))],
            )
            assert answer.status_code == 201, answer.text
            number = (await numbers(owner, "pending"))[0]
            detail = await owner.detail(number)
            assert (detail["lengthFt"], detail["stops"]) == (90, ["Waco, TX"])
            assert [file["originalname"] for file in detail["files"]] == ["a.txt", "b.txt"]
            assert (await owner.texts(detail["id"]))[:2] == ["two", "one"]

    aio(story())


def test_somebody_elses_truck_is_refused(demo_server: ServerProcess, aio: Aio) -> None:
    """An order can only name its owner's vehicles."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, stranger = await place.owner(), await place.stranger()
            form = await owner.order_form(truckId=(await stranger.order_form())["truckId"])
            answer = await owner.post(names.ROUTE_ORDER_CREATE, form)
            assert answer.status_code == 400
            assert "truckId" in answer.json()["message"]

    aio(story())


@pytest.mark.promised("dispatcher", "order updates")
@pytest.mark.promised("dispatcher", "system messages")
@pytest.mark.promised("dispatcher", "push order-updated")
def test_a_change_of_status_is_pushed_with_its_system_line(demo_server: ServerProcess, aio: Aio) -> None:
    """An admin's change answers the raw order, pushes it and the system line, and both are stored."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, admin = await place.owner(), await place.admin()
            order = await owner.new_order()
            route = names.ROUTE_ORDER_STATUS.format(order_id=order["id"])
            async with owner.socket(order["id"]) as ear, admin.socket(order["id"]) as office:
                answer = await admin.ask("PUT", route, json={"status": "requires_invoice"})
                assert answer.status_code == 200
                assert answer.json()["message"] == "Order status updated successfully to Requires Invoice"
                raw = answer.json()["data"]
                assert (raw["_id"], raw["status"], raw["userId"]) == (
                    order["id"],
                    "requires_invoice",
                    owner.id,
                )
                assert len(raw["truckId"]) == 24
                text = f"Order #{order['orderNumber']} status has been updated to Requires Invoice"
                for listener in (ear, office):
                    push = await listener.until(names.EVENT_ORDER_UPDATED)
                    assert push["update"] == {"type": "order_status_updated", "order": raw}
                    line = await listener.until(names.EVENT_NEW_MESSAGE)
                    assert line["message"]["message"] == text
                    assert line["message"]["user"] == {"id": None, "email": None}
                same = await admin.ask("PUT", route, json={"status": "requires_invoice"})
                assert same.status_code == 200
            assert (await owner.texts(order["id"])).count(text) == 1
            assert (await owner.detail(order["orderNumber"]))["status"] == "requires_invoice"

    aio(story())


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, texts.ERR_STATUS_REQUIRED),
        ({"status": ""}, texts.ERR_STATUS_REQUIRED),
        ({"status": "shipped"}, texts.ERR_INVALID_STATUS),
        ({"status": "all"}, texts.ERR_INVALID_STATUS),
        ({"status": ["pending"]}, texts.ERR_INVALID_STATUS),
    ],
)
def test_a_bad_status_changes_nothing(
    demo_server: ServerProcess, aio: Aio, body: dict[str, Any], message: str
) -> None:
    """A missing or unknown status is a 400, and the order stays as it was."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, admin = await place.owner(), await place.admin()
            order = await owner.new_order()
            route = names.ROUTE_ORDER_STATUS.format(order_id=order["id"])
            answer = await admin.ask("PUT", route, json=body)
            assert (answer.status_code, answer.json()["message"]) == (400, message)
            assert (await owner.detail(order["orderNumber"]))["status"] == "pending"
            unknown = names.ROUTE_ORDER_STATUS.format(order_id="0" * 24)
            answer = await admin.ask("PUT", unknown, json={"status": "pending"})
            assert (answer.status_code, answer.json()["message"]) == (404, texts.ERR_ORDER_NOT_FOUND)

    aio(story())


def test_taking_over_tells_the_owner(demo_server: ServerProcess, aio: Aio) -> None:
    """A moderator who takes an order over becomes its moderator; the owner is notified, the room updated."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, desk = await place.owner(), await place.desk()
            order = await owner.new_order()
            route = names.ROUTE_ORDER_MODERATE.format(order_id=order["id"])
            async with owner.socket(order["id"]) as ear:
                answer = await desk.ask("POST", route)
                assert answer.status_code == 200
                data = answer.json()["data"]
                assert data["moderator"] == {"id": desk.id, "email": desk.email}
                assert (data["status"], data["truck"]["unitNumber"]) == ("processing", "CS-31")
                push = await ear.until(names.EVENT_ORDER_UPDATED)
                assert push["update"]["order"]["moderatorId"] == desk.id
                await ear.until(names.EVENT_NEW_MESSAGE)
                told = await ear.until(names.EVENT_NOTIFICATION)
                assert told["title"] == f"Order #{order['orderNumber']} is now moderated"
                assert (told["type"], told["actionText"]) == ("order_updated", "View Order")
                assert (await desk.ask("POST", route)).status_code == 200
                await ear.settled()
                assert len(ear.all(names.EVENT_ORDER_UPDATED)) == 1
            # From now on the owner's messages are the moderator's business alone.
            async with desk.socket() as mine, (await place.admin()).socket() as office:
                await owner.send(order["id"], unique())
                await mine.until(names.EVENT_NOTIFICATION)
                await office.settled()
                assert office.all(names.EVENT_NOTIFICATION) == []

    aio(story())
