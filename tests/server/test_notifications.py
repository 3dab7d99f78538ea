"""Notifications: listed, filtered, counted, marked, archived, deleted, written by staff."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chatdesk.wire.dispatcher import names, texts
from tests.conftest import Aio
from tests.server.people import QUIET_EMAIL, Person, town, unique
from tests.server.process import ServerProcess

ITEM_KEYS = {
    "id",
    "recipientId",
    "senderId",
    "type",
    "status",
    "title",
    "message",
    "metadata",
    "actionUrl",
    "actionText",
    "expiresAt",
    "readAt",
    "createdAt",
    "updatedAt",
    "unread",
}


async def listed(person: Person, **query: Any) -> list[dict[str, Any]]:
    answer = await person.get(names.ROUTE_NOTIFICATIONS, **query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


async def stats(person: Person) -> dict[str, Any]:
    answer = (await person.get(names.ROUTE_NOTIFICATION_STATS)).json()
    assert set(answer) == {"success", "message", "data"}
    return dict(answer["data"])


@pytest.mark.promised("dispatcher", "notification upkeep")
def test_a_persons_notifications_from_push_to_delete(demo_server: ServerProcess, aio: Aio) -> None:
    """Three pushes are listed newest first; filters, counters, marking, archiving and deleting agree."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, desk = await place.person(QUIET_EMAIL), await place.desk()
            assert await stats(owner) == {"total": 0, "unread": 0, "byType": {}}
            order = (await owner.get(names.ROUTE_CHATS)).json()["data"][0]["orderId"]
            async with owner.socket() as ear:
                for text in ("one", "two", "three"):
                    await desk.send(order, text)
                    push = await ear.until(names.EVENT_NOTIFICATION, message=text)
                    assert set(push) == {
                        "id",
                        "type",
                        "title",
                        "message",
                        "metadata",
                        "actionUrl",
                        "actionText",
                        "createdAt",
                    }
            items = await listed(owner)
            assert [item["message"] for item in items] == ["three", "two", "one"]
            assert set(items[0]) == ITEM_KEYS
            assert (items[0]["unread"], items[0]["expiresAt"], items[0]["senderId"]) == (True, "", desk.id)
            meta = (await owner.get(names.ROUTE_NOTIFICATIONS, page=2, limit=2)).json()["meta"]
            assert meta == {"totalItems": 3, "totalPages": 2, "currentPage": 2, "itemsPerPage": 2}
            body = {"notificationIds": [items[0]["id"]]}
            done = await owner.ask("PATCH", names.ROUTE_NOTIFICATIONS_MARK_READ, json=body)
            assert done.json() == {"success": True, "message": texts.OK_NOTIFICATIONS_READ}
            assert await stats(owner) == {"total": 3, "unread": 2, "byType": {"order_updated": 3}}
            assert len(await listed(owner, unreadOnly="true")) == 2
            assert len(await listed(owner, unreadOnly="false")) == 3
            read = await listed(owner, status="read")
            assert [item["message"] for item in read] == ["three"]
            assert read[0]["readAt"] >= read[0]["createdAt"]
            one = names.ROUTE_NOTIFICATION.format(notification_id=items[0]["id"])
            archived = await owner.ask("PATCH", one, json={"status": "archived"})
            record = archived.json()["data"]
            assert (record["_id"], record["id"], record["status"]) == (
                items[0]["id"],
                items[0]["id"],
                "archived",
            )
            foreign = await desk.ask("DELETE", one)
            assert (foreign.status_code, foreign.json()["message"]) == (404, texts.ERR_NOTIFICATION_NOT_FOUND)
            assert (await desk.ask("PATCH", one, json={"status": "read"})).status_code == 404
            gone = await owner.ask("DELETE", one)
            assert gone.json() == {"success": True, "message": texts.OK_NOTIFICATION_DELETED}
            assert (await owner.ask("DELETE", one)).status_code == 404
            await owner.ask("PATCH", names.ROUTE_NOTIFICATIONS_MARK_ALL_READ)
            assert await stats(owner) == {"total": 2, "unread": 0, "byType": {"order_updated": 2}}

    aio(story())


def test_staff_may_write_notifications(demo_server: ServerProcess, aio: Aio) -> None:
    """An announcement is pushed at once and can be found by type, words and day, until it expires."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            admin, stranger = await place.admin(), await place.stranger()
            title = unique("Maintenance")
            body = {
                "recipientId": stranger.id,
                "type": "system_announcement",
                "title": title,
                "message": "Tonight at 22:00",
            }
            async with stranger.socket() as ear:
                answer = await admin.post(names.ROUTE_NOTIFICATIONS, body)
                assert answer.status_code == 201
                assert answer.json()["message"] == texts.OK_NOTIFICATION_CREATED
                assert "status" not in answer.json()
                push = await ear.until(names.EVENT_NOTIFICATION, title=title)
                assert (push["metadata"], push["type"]) == ({}, "system_announcement")
            assert [item["title"] for item in await listed(stranger, type="system_announcement")] == [title]
            assert len(await listed(stranger, search=title.upper())) == 1
            today = datetime.now(UTC).date()
            assert len(await listed(stranger, search=title, startDate=str(today), endDate=str(today))) == 1
            tomorrow = str(today + timedelta(days=1))
            assert await listed(stranger, search=title, startDate=tomorrow) == []
            past = await admin.post(
                names.ROUTE_NOTIFICATIONS, {**body, "title": "past", "expiresAt": "2026-01-01T00:00:00Z"}
            )
            assert past.json()["data"]["expiresAt"] == "2026-01-01T00:00:00.000Z"
            assert "past" not in {item["title"] for item in await listed(stranger)}
            for change in (
                {"recipientId": "0" * 24},
                {"recipientId": "nobody"},
                {"type": "gossip"},
                {"title": ""},
                {"title": "x" * 201},
                {"message": ["x"]},
                {"metadata": "x"},
                {"expiresAt": "soon"},
            ):
                refused = await admin.post(names.ROUTE_NOTIFICATIONS, {**body, **change})
                assert refused.status_code in {400, 404}, change

    aio(story())


def test_long_messages_are_notified_in_short(demo_server: ServerProcess, aio: Aio) -> None:
    """A message above the notification's limit still notifies, shortened with an ellipsis."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, desk = await place.owner(), await place.desk()
            order = await owner.new_order()
            async with owner.socket() as ear:
                await desk.send(order["id"], "long " * 300)
                push = await ear.until(names.EVENT_NOTIFICATION, actionText="View Message")
                assert len(push["message"]) == names.NOTIFICATION_MESSAGE_LIMIT
                assert push["message"].endswith("…")

    aio(story())


def test_an_order_without_a_moderator_is_everybodys(demo_server: ServerProcess, aio: Aio) -> None:
    """While nobody has taken an order over, its owner's messages notify all staff."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, desk, admin = await place.owner(), await place.desk(), await place.admin()
            order = await owner.new_order()
            async with desk.socket() as ear, admin.socket() as office:
                text = unique()
                await owner.send(order["id"], text)
                for listener in (ear, office):
                    await listener.until(names.EVENT_NOTIFICATION, message=text)

    aio(story())
