"""Trips with their drivers: what only StepperGO has."""

from __future__ import annotations

import time
from collections.abc import Awaitable
from contextlib import suppress

import socketio

from chatdesk.domain.actions import ActionKind, FindKind, Lookup
from chatdesk.domain.changes import PositionChanged
from chatdesk.domain.entities import Notification, Order
from chatdesk.domain.errors import NotDone
from chatdesk.domain.kinds import ClosedWhy, Feature, Lifecycle, OutgoingKind, Why
from chatdesk.domain.ports import vault_key
from tests.roundtrip.post import until
from tests.roundtrip.scenarios.orders import changed
from tests.roundtrip.stage import Party, Place

FREE = "UPDATE users SET profile = json_set(profile, '$.driver.availability', 'AVAILABLE') WHERE id = ?"
"""A driver who is on the way may not take another trip: as if the last one were over."""
NOTICE = """
    INSERT INTO notifications (id, recipient_id, kind, status, title, body, facts, created_ms, updated_ms)
    VALUES (?, ?, 'SYSTEM', 'unread', 'Tyres', 'Winter tyres from Monday on', '{}', ?, ?)
"""
"""What the platform's office tells a driver."""


async def _on_the_road(place: Place) -> Order:
    """The trip of the talk, made one that has begun, as its organizer would."""
    trip = (await place.ours.order()).remote_id
    place.servers.write("UPDATE orders SET status = 'IN_PROGRESS' WHERE id = ?", trip)
    await _has_begun(place.theirs, trip)
    return await _has_begun(place.ours, trip)


async def _has_begun(party: Party, trip: str) -> Order:
    async def begun() -> Order | None:
        party.refresh()
        party.open()
        order = await party.post.order(party.id, trip)
        return order if order is not None and order.status == "IN_PROGRESS" else None

    order: Order = await until(begun, "the trip as begun")
    return order


async def a_trip_moves_on(place: Place) -> None:
    """Its driver says so; who looks at it sees it move. Passengers may not, and are told why."""
    ours, theirs = place.ours, place.theirs
    assert theirs.capabilities.why[Feature.CHANGE_STATUS] is Why.NOT_FOR_ROLE
    order = await _on_the_road(place)
    if place.promised:
        await changed(ours, order, "DEPARTED")
        await theirs.ordered(order.remote_id, "DEPARTED")
        return
    await ours.post.desk.change_status(order.id, "DEPARTED")

    async def parked() -> str | None:
        left = await ours.post.outbox(ours.id)
        return next((one.id for one in left if one.kind is OutgoingKind.CHANGE_STATUS and one.parked), None)

    # The recorded server fails at every change and stores none: told in its words, and never tried again.
    item = await until(parked, "the server's word for it", 30)
    assert place.servers.rows("SELECT status FROM orders WHERE id = ?", order.remote_id) == [("IN_PROGRESS",)]
    await ours.post.desk.discard(item)


async def a_trip_is_accepted(place: Place) -> None:
    """A driver takes a trip that nobody drives yet; what the server then says of it is read again."""
    ours = place.ours
    hits = (await ours.post.find(ours.id, Lookup(kind=FindKind.TRIP))).hits
    mine = {order.remote_id for order in await ours.orders()}
    free = next(hit for hit in hits if hit.remote_id not in mine)
    place.servers.write(FREE, ours.user)
    if place.promised:
        await ours.act(ActionKind.ACCEPT, target=free.remote_id)
    else:
        with suppress(NotDone):  # the recorded one says that it worked, or that it did not; it never does
            await ours.act(ActionKind.ACCEPT, target=free.remote_id)
    ((status, driver),) = place.servers.rows(
        "SELECT status, assignee_id FROM orders WHERE id = ?", free.remote_id
    )
    if place.promised:
        assert (status, driver) == ("IN_PROGRESS", ours.user)
        ours.refresh()
        await ours.ordered(free.remote_id, "IN_PROGRESS")
    else:
        assert driver is None


async def who_lost_the_trip_is_told(place: Place) -> None:
    """A passenger whose booking is gone reads and writes no more, and is told why; with it back they may."""
    theirs, trip = place.theirs, place.theirs.row.remote_id
    theirs.open()
    text = place.words("before it was taken back")
    await theirs.said(text)
    booking = place.servers.rows(
        "SELECT l.from_id, l.kind, l.to_id FROM order_links l JOIN orders o ON o.id = l.from_id "
        "WHERE l.to_id = ? AND o.owner_id = ?",
        trip,
        theirs.user,
    )
    assert booking
    for row in booking:
        place.servers.write("DELETE FROM order_links WHERE from_id = ? AND kind = ? AND to_id = ?", *row)
    try:

        def closed() -> bool:
            theirs.refresh()
            theirs.open()
            return theirs.row.lifecycle is Lifecycle.READ_ONLY

        await until(closed, "the talk as closed")
        assert theirs.row.closed_why in {ClosedWhy.ACCESS_WITHDRAWN, ClosedWhy.NOT_FOR_ROLE}
        assert theirs.texts(text) == [text]
    finally:
        for row in booking:
            place.servers.write("INSERT INTO order_links VALUES (?, ?, ?)", *row)

    # Who was refused is not asked for again on the same connection.
    await theirs.leaves()
    await theirs.comes()
    await until(lambda: theirs.row.lifecycle is Lifecycle.OPEN, "the talk as open")


async def the_driver_is_on_the_map(place: Place) -> None:
    """Where the driver is reaches the passenger who looks at the trip."""
    ours, theirs = place.ours, place.theirs
    trip = theirs.row.remote_id
    theirs.open()
    key = vault_key(place.url, place.kind, place.seat.desk, place.seat.role)
    secrets = await ours.post.vault.load(key)
    assert secrets is not None
    car = socketio.AsyncClient(reconnection=False)
    await car.connect(
        place.url, auth={"token": secrets.access}, transports=["websocket"], socketio_path="/api/socket/"
    )
    place_at = {"tripId": trip, "latitude": 51.1283, "longitude": 71.4305, "heading": 90, "speed": 15}

    async def on_the_map() -> PositionChanged | None:
        await car.emit("driver:location:update", place_at)
        found = [one for one in theirs.post.positions if one.order_remote_id == trip]
        return found[-1] if found else None

    try:
        seen: PositionChanged = await until(on_the_map, "the driver's place")
    finally:
        await car.disconnect()
    assert (seen.latitude, seen.longitude, seen.heading_deg) == (51.1283, 71.4305, 90)


async def a_driver_has_notices(place: Place) -> None:
    """What the platform tells its drivers is listed; passengers have no such list, and are told why."""
    ours = place.ours
    assert place.theirs.capabilities.why[Feature.NOTIFICATIONS] is Why.NOT_FOR_ROLE
    now_ms = time.time_ns() // 1_000_000
    place.servers.write(NOTICE, "cnotice000000000000000001", ours.user, now_ms, now_ms)

    def read() -> Awaitable[list[Notification]]:
        ours.refresh()
        return ours.post.notifications(ours.id)

    notices = await until(read, "a notice")
    assert ("Tyres", "Winter tyres from Monday on") in {(one.title, one.text) for one in notices}
