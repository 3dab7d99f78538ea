"""Packages and trips of Fakomame as promised: matched, carried, told of in chats, shown on dashboards."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

import pytest

from chatdesk.server.demo.fakomame_cast import (
    ADMIN_EMAIL,
    DESK_EMAIL,
    IDRIS_EMAIL,
    LENA_EMAIL,
    MARGOT_EMAIL,
    TIAGO_EMAIL,
)
from chatdesk.wire.fakomame import names, texts
from tests.conftest import Aio
from tests.server.parcels import CONFIRMED, Parcels, Person, parcels
from tests.server.people import unique
from tests.server.process import ServerProcess


def package_path(item: dict[str, Any]) -> str:
    return names.ROUTE_PACKAGE.format(item_id=item["id"])


def trip_path(item: dict[str, Any]) -> str:
    return names.ROUTE_TRIP.format(item_id=item["id"])


async def matched(sender: Person, traveler: Person) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A new package that goes with a new trip, and the chat that the answer shows."""
    package, trip = await sender.package(unique("parcel")), await traveler.trip(unique("way"))
    answer = await sender.confirm(package["id"], trip["id"])
    assert answer.status_code == 200, answer.text
    return package, trip, answer.json()["chat"]


async def two(place: Parcels) -> tuple[Person, Person]:
    """A sender and a traveller who share no chat in the demonstration."""
    return await place.person(MARGOT_EMAIL), await place.person(IDRIS_EMAIL)


@pytest.mark.promised("fakomame", "chat on a match")
@pytest.mark.promised("fakomame", "one room per pair")
@pytest.mark.promised("fakomame", "context")
def test_a_match_brings_the_pair_their_one_chat(fakomame_server: ServerProcess, aio: Aio) -> None:
    """Both are in it at once, on the connections that they have; a second match and a start lead to it."""

    async def story() -> None:
        async with parcels(fakomame_server.url) as place, AsyncExitStack() as stack:
            margot, idris = await two(place)
            ears = [await stack.enter_async_context(one.socket()) for one in (margot, idris)]
            package, trip, chat = await matched(margot, idris)
            assert {one["userId"] for one in chat["participants"]} == {margot.id, idris.id}
            assert (chat["type"], chat["packageId"], chat["tripId"]) == ("CHAT", package["id"], trip["id"])
            line = f"Package “{package['title']}” goes with the trip “{trip['title']}”."
            for ear in ears:
                told = await ear.hears(line)
                assert (told["messageType"], told["sender"], told["chatId"]) == ("system", None, chat["id"])
                assert told["package"] == {
                    "id": package["id"],
                    "title": package["title"],
                    "status": "MATCHED",
                }
                assert told["trip"]["id"] == trip["id"]
            # What is said in it goes to both, without anybody having joined.
            text = unique("hello")
            await ears[1].emit(names.EMIT_SEND, {"chatId": chat["id"], "content": text})
            await ears[0].hears(text)
            shown = await idris.chat_with(margot)
            assert shown["package"] == {"id": package["id"], "title": package["title"], "status": "MATCHED"}
            assert shown["trip"] == {"id": trip["id"], "title": trip["title"], "status": "POSTED"}

            second, other_trip, same = await matched(margot, idris)
            assert same["id"] == chat["id"]
            assert (same["packageId"], same["tripId"]) == (second["id"], other_trip["id"])
            body = {
                "participantId": idris.id,
                "itemType": "package",
                "itemId": package["id"],
                "chatType": "CHAT",
            }
            started = await margot.ask("POST", names.ROUTE_CHATS, json=body)
            assert started.json()["message"] == texts.OK_CHAT
            assert started.json()["data"]["id"] == chat["id"]
            assert started.json()["data"]["package"]["id"] == package["id"]
            # What becomes of the first package is told there as well.
            await idris.confirm(package["id"], trip["id"], names.CONFIRM_PICKUP)
            await ears[0].hears(f"Package “{package['title']}”: In transit.")
            pairs = [
                one
                for one in (await margot.get(names.ROUTE_CHATS))["data"]
                if {who["userId"] for who in one["participants"]} == {margot.id, idris.id}
            ]
            assert len(pairs) == 1

    aio(story())


@pytest.mark.promised("fakomame", "status in the chat")
@pytest.mark.promised("fakomame", "milestones")
@pytest.mark.promised("fakomame", "notifications")
def test_every_milestone_stands_in_the_chat_and_is_noted(fakomame_server: ServerProcess, aio: Aio) -> None:
    """Matched, picked up, in transit, delivered: by its people alone, in this order, live, and on its way."""

    async def story() -> None:
        async with parcels(fakomame_server.url) as place, AsyncExitStack() as stack:
            margot, idris = await two(place)
            package, trip, chat = await matched(margot, idris)
            ear = await stack.enter_async_context(margot.socket())
            locked = (400, "This package cannot be changed to that status now")
            path = package_path(package)
            assert await idris.refused("PUT", path, json={"status": "DELIVERED"}) == locked
            picked_up = await idris.confirm(package["id"], trip["id"], names.CONFIRM_PICKUP)
            assert picked_up.json()["package"]["status"] == names.PACKAGE_IN_TRANSIT
            told = await ear.hears(f"Package “{package['title']}”: In transit.")
            assert told["package"]["status"] == names.PACKAGE_IN_TRANSIT
            # On the way it is nobody's to change but for the traveller's next step.
            assert await margot.refused("PUT", path, json={"status": "CANCELLED"}) == (
                400,
                texts.ERR_PACKAGE_LOCKED,
            )
            status = names.ROUTE_PACKAGE_STATUS.format(item_id=package["id"])
            stranger = await place.person(LENA_EMAIL)
            assert await stranger.refused("PATCH", status, json={"status": "DELIVERED"}) == (
                404,
                texts.ERR_NO_PACKAGE,
            )
            assert await idris.refused("PATCH", status, json={"status": "LOST"}) == (400, texts.ERR_STATUS)
            delivered = await idris.ask("PATCH", status, json={"status": "DELIVERED", "title": "Mine now"})
            assert delivered.json()["message"] == "Package status updated to DELIVERED"
            assert delivered.json()["package"]["title"] == package["title"]
            assert "password" not in delivered.text
            await ear.hears(f"Package “{package['title']}”: Delivered.")
            way = (await margot.get(path))["data"]["trackingEvents"]
            assert [one["event"] for one in way] == ["DELIVERED", "IN_TRANSIT", "PICKED_UP", "MATCHED"]
            assert {one["tripId"] for one in way} == {trip["id"]}
            done = await idris.ask("PUT", trip_path(trip), json={"status": "COMPLETED"})
            assert done.json()["message"] == texts.OK_TRIP
            await ear.hears(f"Trip “{trip['title']}”: Completed.")
            history = await margot.history(chat["id"])
            lines = [one["content"] for one in history if one["messageType"] == names.TYPE_SYSTEM]
            assert lines[-3:] == [
                f"Package “{package['title']}”: In transit.",
                f"Package “{package['title']}”: Delivered.",
                f"Trip “{trip['title']}”: Completed.",
            ]
            assert history[-1]["senderId"] is history[-1]["sender"] is None

            notices = await margot.get(names.ROUTE_NOTIFICATIONS, unreadOnly="true", limit=100)
            mine = [one for one in notices["data"]["notifications"] if one["packageId"] == package["id"]]
            kinds = [names.NOTICE_DELIVERY, names.NOTICE_ALERT]
            assert [one["type"] for one in mine] == kinds
            matches = await idris.get(names.ROUTE_NOTIFICATIONS)
            assert package["id"] in {
                one["packageId"]
                for one in matches["data"]["notifications"]
                if one["type"] == names.NOTICE_MATCH
            }

    aio(story())


@pytest.mark.promised("fakomame", "notifications")
def test_notifications_are_listed_in_pages_marked_and_deleted_by_their_person(
    fakomame_server: ServerProcess, aio: Aio
) -> None:
    """Newest first, with how many are unread; somebody else's are not found."""

    async def story() -> None:
        async with parcels(fakomame_server.url) as place:
            margot, idris = await two(place)
            for _ in range(2):
                await matched(margot, idris)
            page = (await idris.get(names.ROUTE_NOTIFICATIONS, limit=1))["data"]
            newest = page["notifications"][0]
            assert (len(page["notifications"]), page["pagination"]["page"]) == (1, 1)
            assert page["pagination"]["totalPages"] == page["pagination"]["total"] >= 2
            assert newest["user"] == {
                "id": idris.id,
                "firstName": "Idris",
                "lastName": "Vale",
                "avatar": None,
            }
            read = names.ROUTE_NOTIFICATION_READ.format(notice_id=newest["id"])
            one = names.ROUTE_NOTIFICATION.format(notice_id=newest["id"])
            for method, path in (("PUT", read), ("DELETE", one)):
                assert await margot.refused(method, path) == (404, texts.ERR_NO_NOTICE)
            marked = await idris.ask("PUT", read)
            assert marked.json()["data"]["isRead"] is True
            assert marked.json()["data"]["readAt"]
            unread = page["unreadCount"] - 1
            everything = await idris.ask("PUT", names.ROUTE_NOTIFICATIONS_READ)
            assert everything.json()["message"] == f"{unread} notifications marked as read"
            assert everything.json()["data"] == {"updatedCount": unread}
            left = (await idris.get(names.ROUTE_NOTIFICATIONS, unreadOnly="true"))["data"]
            assert (left["notifications"], left["unreadCount"]) == ([], 0)
            assert (await idris.ask("DELETE", one)).json()["message"] == texts.OK_NOTICE_DELETED
            assert await idris.refused("DELETE", one) == (404, texts.ERR_NO_NOTICE)

    aio(story())


@pytest.mark.promised("fakomame", "package dashboard")
@pytest.mark.promised("fakomame", "status badges")
def test_the_package_dashboard_shows_ones_own_by_side_status_and_words(
    fakomame_server: ServerProcess, aio: Aio
) -> None:
    """Sent, received and carried ones apart, in pages, with how many stand where."""

    async def story() -> None:
        async with parcels(fakomame_server.url) as place:
            margot, idris = await two(place)
            lena = await place.person(LENA_EMAIL)
            mark = unique("lamp").replace(" ", "-")
            sent = await margot.package(f"{mark} A", receiverId=lena.id, offeredPrice=3)
            other = await margot.package(f"{mark} B", description=f"with {mark}", offeredPrice=12)
            trip = await idris.trip(unique("way"))
            await margot.confirm(other["id"], trip["id"])

            async def found(who: Person, **query: Any) -> list[str]:
                answer = await who.get(names.ROUTE_DASHBOARD_PACKAGES, search=mark, **query)
                return [one["id"] for one in answer["data"]]

            assert await found(margot) == [other["id"], sent["id"]]
            assert await found(margot, view="sent", sortBy="offeredPrice", sortOrder="asc") == [
                sent["id"],
                other["id"],
            ]
            assert await found(margot, status="MATCHED") == [other["id"]]
            assert await found(margot, page=2, limit=1) == [sent["id"]]
            assert await found(margot, view="carried") == []
            assert await found(lena, view="received") == [sent["id"]]
            assert await found(idris, view="carried") == [other["id"]]
            answer = await margot.get(names.ROUTE_DASHBOARD_PACKAGES)
            counts = answer["counts"]
            assert set(counts) == set(names.PACKAGE_STATUSES)
            assert sum(counts.values()) == answer["pagination"]["total"]
            assert counts["MATCHED"] >= 1
            badges = {one["id"]: (one["status"], one["tripId"]) for one in answer["data"]}
            assert badges[other["id"]] == ("MATCHED", trip["id"])
            for query, sentence in (
                ({"view": "mine"}, "Invalid enum value. Expected 'sent' | 'received' | 'carried' | 'all'"),
                ({"limit": 101}, "Number must be less than or equal to 100"),
                ({"page": 0}, "Number must be greater than or equal to 1"),
            ):
                status, told = await margot.refused("GET", names.ROUTE_DASHBOARD_PACKAGES, params=query)
                assert (status, told[: len(sentence)]) == (400, sentence)
            assert (await place.http.get(names.ROUTE_DASHBOARD_PACKAGES)).status_code == 401

    aio(story())


@pytest.mark.promised("fakomame", "trip dashboard")
def test_the_trip_dashboard_shows_own_trips_and_the_list_those_on_offer(
    fakomame_server: ServerProcess, aio: Aio
) -> None:
    """A traveller's own, and those that carry one's packages; everybody finds what is on offer."""

    async def story() -> None:
        async with parcels(fakomame_server.url) as place:
            margot, idris = await two(place)
            tiago = await place.person(TIAGO_EMAIL)
            city = unique("Evora").replace(" ", "-")
            origin = {"street": "1 Gate", "city": city, "country": "Portugal", "latitude": 38.5}
            trip = await idris.trip(
                f"{city} to Lyon", originAddress=origin, transportMode="car", pricePerKg=2.5, maxWeight=9
            )
            package = await margot.package(unique("parcel"))

            async def found(who: Person, path: str, **query: Any) -> list[str]:
                return [one["id"] for one in (await who.get(path, **query))["data"]]

            assert await found(idris, names.ROUTE_DASHBOARD_TRIPS, search=city) == [trip["id"]]
            assert await found(margot, names.ROUTE_DASHBOARD_TRIPS, search=city) == []
            # On offer it is everybody's to find: by words, by city, by status.
            for query in ({"search": city}, {"originCity": city}, {"status": "POSTED", "search": city}):
                assert await found(tiago, names.ROUTE_TRIPS, **query) == [trip["id"]]
            await margot.confirm(package["id"], trip["id"])
            assert await found(margot, names.ROUTE_DASHBOARD_TRIPS, search=city) == [trip["id"]]
            listed = (await margot.get(names.ROUTE_DASHBOARD_TRIPS, search=city))["data"][0]
            assert [one["id"] for one in listed["packages"]] == [package["id"]]
            assert listed["_count"] == {"packages": 1, "chats": 1}
            status = names.ROUTE_TRIP_STATUS.format(item_id=trip["id"])
            assert await margot.refused("POST", status, json={"status": "CANCELLED"}) == (
                403,
                texts.ERR_TRIP_OWNER,
            )
            done = await idris.ask("POST", status, json={"status": "COMPLETED"})
            assert done.json()["message"] == "Trip status updated to completed"
            assert await found(tiago, names.ROUTE_TRIPS, search=city) == []
            assert await tiago.refused("GET", trip_path(trip)) == (404, texts.ERR_NO_TRIP)
            assert (await idris.get(names.ROUTE_DASHBOARD_TRIPS))["counts"]["COMPLETED"] >= 1

    aio(story())


@pytest.mark.promised("fakomame", "package management")
def test_people_put_up_change_and_cancel_what_is_theirs(fakomame_server: ServerProcess, aio: Aio) -> None:
    """By their role, checked field by field, and nobody else's; what is gone cannot be matched."""

    async def story() -> None:
        async with parcels(fakomame_server.url) as place:
            margot, idris = await two(place)
            desk, admin = await place.person(DESK_EMAIL), await place.person(ADMIN_EMAIL)
            package = await margot.package("A kite", category="toys", priority="high", offeredPrice=7)
            path = package_path(package)
            assert (package["senderId"], package["status"], package["priority"]) == (
                margot.id,
                "POSTED",
                "high",
            )
            changed = await margot.ask("PUT", path, json={"title": "A red kite", "offeredPrice": 8.5})
            assert changed.json()["message"] == texts.OK_PACKAGE
            assert (changed.json()["data"]["title"], changed.json()["data"]["offeredPrice"]) == (
                "A red kite",
                8.5,
            )
            for who in (desk, idris):
                assert await who.refused("PUT", path, json={"title": "Mine"}) == (
                    403,
                    texts.ERR_PACKAGE_OWNER,
                )
            draft = await margot.package("Not yet", status="DRAFT")
            assert await desk.refused("GET", package_path(draft)) == (404, texts.ERR_NO_PACKAGE)
            trip = await idris.trip("Somewhere")
            hidden = await idris.confirm(draft["id"], trip["id"])
            assert (hidden.status_code, hidden.json()["error"]) == (404, texts.ERR_NO_PACKAGE)
            # Neither the package's sender nor the trip's traveller.
            assert (
                await (await place.person(LENA_EMAIL)).confirm(package["id"], trip["id"])
            ).status_code == 403
            assert (await margot.ask("PUT", path, json={"status": "CANCELLED"})).status_code == 200
            assert (await margot.confirm(package["id"], trip["id"])).json()["error"] == (
                "This package cannot be changed to that status now"
            )
            assert (await admin.ask("PUT", path, json={"status": "POSTED"})).status_code == 200
            for route, who in ((names.ROUTE_PACKAGES, idris), (names.ROUTE_TRIPS, margot)):
                assert await who.refused("POST", route, json={"title": "x"}) == (
                    403,
                    "Your role does not allow this",
                )
            bad: list[tuple[dict[str, Any], int, str]] = [
                ({}, 422, "Required"),
                ({"title": 7}, 422, "Expected string, received number"),
                ({"title": " "}, 400, "Invalid value: title"),
                ({"title": "x", "offeredPrice": -1}, 400, "Number must be greater than or equal to 0"),
                ({"title": "x", "value": 10**400}, 400, "Number must be less than or equal to 1000000000000"),
                ({"title": "x", "pickupDate": "soon"}, 400, "Invalid value: pickupDate"),
                ({"title": "x", "pickupAddress": None}, 422, "Expected object, received null"),
                (
                    {"title": "x", "pickupAddress": {"latitude": 91}},
                    400,
                    "Invalid value: pickupAddress.latitude",
                ),
                ({"title": "x", "isFragile": "yes"}, 422, "Expected boolean, received string"),
                ({"title": "x", "receiverId": "nobody"}, 404, texts.ERR_NO_USER),
            ]
            for body, status, sentence in bad:
                assert await margot.refused("POST", names.ROUTE_PACKAGES, json=body) == (status, sentence)
            unconfirmed = {**CONFIRMED, "termsAcceptance": False}
            body = {"packageId": package["id"], "tripId": trip["id"], "confirmationType": "ASSIGNMENT"}
            assert await margot.refused(
                "POST", names.ROUTE_ASSIGNMENTS, json={**body, "confirmations": unconfirmed}
            ) == (400, "All confirmations are required")

    aio(story())


@pytest.mark.promised("fakomame", "details")
def test_numbers_and_addresses_are_shown_to_those_whom_they_concern(
    fakomame_server: ServerProcess, aio: Aio
) -> None:
    """People beside a package see how to reach its sender, others its name; nobody sees a password."""

    async def story() -> None:
        async with parcels(fakomame_server.url) as place:
            margot, idris = await two(place)
            desk = await place.person(DESK_EMAIL)
            package = await margot.package(unique("parcel"))
            path = package_path(package)
            for headers in ({}, {"Authorization": f"Bearer {desk.token}"}):
                shown = (await place.http.get(path, headers=headers)).json()["data"]
                assert shown["sender"]["firstName"] == "Margot"
                assert not {"phone", "email"} & set(shown["sender"])
                assert shown["chats"] == []
            trip = await idris.trip(unique("way"))
            await idris.confirm(package["id"], trip["id"])
            shown = (await idris.get(path))["data"]
            assert (shown["sender"]["phone"], shown["sender"]["email"]) == ("+45 555 0116", MARGOT_EMAIL)
            assert shown["trip"]["traveler"]["id"] == idris.id
            assert [one["packageId"] for one in shown["chats"]] == [package["id"]]
            assert await desk.refused("GET", path) == (404, texts.ERR_NO_PACKAGE)
            # The trip is on offer; who else sends with it is nobody's business.
            seen = (await desk.get(trip_path(trip)))["data"]
            assert (seen["packages"], seen["_count"]["packages"]) == ([], 1)
            assert [one["id"] for one in (await idris.get(trip_path(trip)))["data"]["packages"]] == [
                package["id"]
            ]
            profile = await desk.ask("GET", names.ROUTE_PROFILE.format(user_id=margot.id))
            assert not {"password", "email", "phone"} & set(profile.json())
            assert "argon2" not in profile.text
            own = await margot.get(names.ROUTE_PROFILE.format(user_id=margot.id))
            assert own["email"] == MARGOT_EMAIL
            unknown = await desk.ask("GET", names.ROUTE_PROFILE.format(user_id="nobody"))
            assert (unknown.status_code, unknown.json()) == (404, {"error": texts.ERR_NO_USER})

    aio(story())
