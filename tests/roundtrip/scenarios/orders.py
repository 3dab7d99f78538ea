"""What the talks are about: lists and details, look-ups, changes, files and notices."""

from __future__ import annotations

from typing import Any

import pytest

from chatdesk.domain.actions import ActionKind, FindKind, FindScope, Lookup
from chatdesk.domain.entities import Order
from chatdesk.domain.errors import NotDone
from chatdesk.domain.kinds import (
    ClosedWhy,
    Feature,
    Lifecycle,
    OrderKind,
    OutgoingKind,
    Progress,
    Why,
)
from chatdesk.server.demo.cast import ADMIN_EMAIL, CARRIERS
from tests.platforms.dispatcher.acting import FORM
from tests.roundtrip.post import until
from tests.roundtrip.stage import Party, Place


async def orders_are_listed(place: Place) -> None:
    """What the talk is about is listed, named and with a status that is understood; looked at, in full."""
    ours = place.ours
    ours.open()
    order = await ours.order()
    assert order.title
    assert order.progress is not Progress.UNKNOWN

    async def in_full() -> bool:
        return bool((await ours.order()).fields)

    await until(in_full, "its details")
    assert ours.row.order_number == order.number


async def talks_are_listed(place: Place) -> None:
    """Every talk once, with whom or what it is, what was said last, and the order that it is about."""
    for party in (place.ours, place.theirs):
        rows = await party.conversations()
        assert len({row.remote_id for row in rows}) == len(rows)
        assert all(row.title for row in rows)
        text = place.words("the last word")
        await party.said(text)
        await _last_is(party, text)
        if place.platform != "marketplace":
            assert party.row.order_id is not None


async def _last_is(party: Party, text: str) -> None:
    def told() -> bool:
        last = party.row.last
        return last is not None and last.text == text

    await until(told, f"{text!r} in the list")


async def requests_are_listed(place: Place) -> None:
    """Buyers have their requests; sellers those that reach them, where the server gives any."""
    theirs = await place.theirs.orders()
    assert {order.kind for order in theirs} == {OrderKind.RFQ}
    assert all(order.title and order.progress is not Progress.UNKNOWN for order in theirs)
    ours = await place.ours.orders()
    assert bool(ours) is place.promised


LOOKUPS: dict[str, FindKind] = {
    "dispatcher": FindKind.ORDER,
    "fakomame": FindKind.PACKAGE,
    "steppergo": FindKind.TRIP,
    "marketplace": FindKind.PRODUCT,
}


async def orders_are_looked_up(place: Place) -> None:
    """By words of one that is there; by words that nothing has, nothing."""
    kind = LOOKUPS[place.platform]
    ours = place.ours
    offer = next(one for one in ours.capabilities.finds if one.kind is kind)
    scope = offer.scopes[0]
    everything = await ours.post.find(ours.id, Lookup(kind=kind, scope=scope))
    assert everything.hits
    hit = everything.hits[0]
    words = hit.detail.split(" ")[0] if place.platform == "steppergo" else hit.title  # trips by their places
    found = await ours.post.find(ours.id, Lookup(kind=kind, scope=scope, words=words))
    assert hit.remote_id in {one.remote_id for one in found.hits}
    nothing = await ours.post.find(ours.id, Lookup(kind=kind, scope=scope, words="qxzzyqx ([\\"))
    assert nothing.hits == ()


async def people_are_looked_up(place: Place) -> None:
    """Products and people; whoever was found can be written to."""
    await orders_are_looked_up(place)
    ours = place.ours
    people = await ours.post.find(ours.id, Lookup(kind=FindKind.PERSON, scope=FindScope.ALL))
    assert place.theirs.user in {one.person for one in people.hits}


# -- creating and changing ---------------------------------------------------------------------------------


async def an_order_is_created(place: Place) -> None:
    """The customer creates it; it is listed there and here."""
    theirs = place.theirs
    known = {order.remote_id for order in await theirs.orders()}
    fields: dict[str, str]
    if place.platform == "dispatcher":
        carrier = next(one for one in CARRIERS if one.email == place.seat.customers[0])
        fields = {**FORM, "truck": carrier.truck.unit, "trailer": carrier.trailer.unit}
    else:
        fields = {"title": place.words("drills"), "description": "With case", "quantity": "12"}
    await theirs.act(ActionKind.CREATE_ORDER, fields=fields)

    async def new() -> list[Order]:
        return [order for order in await theirs.orders() if order.remote_id not in known]

    (order,) = await until(new, "the new order")
    assert order.progress is not Progress.UNKNOWN
    if place.ours.capabilities.has(Feature.ORDER_LIST):
        place.ours.refresh()
        await until(lambda: place.ours.post.order(place.ours.id, order.remote_id), "it at the desk")


async def staff_takes_over(place: Place) -> None:
    """A new order of the customer becomes the desk's, and both see it being worked on."""
    await an_order_is_created(place)
    ours = place.ours
    pending = [order for order in await ours.orders() if order.status == "pending"]
    order = max(pending, key=lambda one: one.created_at_us)
    await ours.act(ActionKind.TAKE_OVER, order)
    ours.refresh()
    await ours.ordered(order.remote_id, "processing")
    place.theirs.refresh()
    await place.theirs.ordered(order.remote_id, "processing")


async def changed(party: Party, order: Order, status: str) -> None:
    """Press the new status, and have the server's word for it."""
    await party.post.desk.change_status(order.id, status)

    async def through() -> bool:
        left = [one for one in await party.post.outbox(party.id) if one.kind is OutgoingKind.CHANGE_STATUS]
        assert not [one for one in left if one.parked], [(one.parked, one.detail) for one in left]
        return not left

    await until(through, f"the change to {status}")
    await party.ordered(order.remote_id, status)


async def an_administrator_changes_a_status(place: Place) -> None:
    """Pushed to those who look at the order; nobody else may, and is told so."""
    ours, theirs = place.ours, place.theirs
    for party in (ours, theirs):
        assert not party.capabilities.has(Feature.CHANGE_STATUS)
        assert party.capabilities.why[Feature.CHANGE_STATUS] is Why.NOT_FOR_ROLE
    admin = await place.sign_in(ours.post, ADMIN_EMAIL)
    talk = await ours.order()
    theirs.open()
    order = await admin.post.order(admin.id, talk.remote_id)
    assert order is not None
    before = order.status
    await changed(admin, order, "charged")
    await theirs.ordered(talk.remote_id, "charged")
    order = await admin.ordered(talk.remote_id, "charged")
    await changed(admin, order, before)
    await theirs.ordered(talk.remote_id, before)
    await ours.post.desk.sign_out(admin.id)


async def a_buyer_closes_a_request(place: Place) -> None:
    """The owner sets it, and the server has it; a seller is told that it is not for them."""
    theirs = place.theirs
    assert place.ours.capabilities.why[Feature.CHANGE_STATUS] is Why.NOT_FOR_ROLE
    order = next(one for one in await theirs.orders() if one.status == "open")
    await changed(theirs, order, "closed")
    assert place.servers.rows("SELECT status FROM orders WHERE id = ?", order.remote_id) == [("closed",)]
    order = await theirs.ordered(order.remote_id, "closed")
    await changed(theirs, order, "open")


# -- files of an order -------------------------------------------------------------------------------------


async def files_hang_on_orders(place: Place) -> None:
    """Brought by the customer, listed by both, fetched by the desk byte by byte, removed by its owner."""
    ours, theirs = place.ours, place.theirs
    order = await theirs.order()
    folder = place.stage.folder
    permit = folder / "permit ü.pdf"
    permit.write_bytes(b"%PDF" * 1_000)
    await theirs.post.desk.add_file(order.id, permit)

    async def brought() -> bool:
        return not await theirs.post.outbox(theirs.id)

    await until(brought, "the file being brought")
    for party in (theirs, ours):
        name = await _listed_as(party, "permit ü.pdf")
        target = folder / f"saved-{party.id}-{party is ours}.pdf"
        await party.act(ActionKind.SAVE_FILE, await party.order(), target=name, path=str(target))
        assert target.read_bytes() == permit.read_bytes()
    name = await _listed_as(theirs, "permit ü.pdf")
    with pytest.raises(NotDone):
        await ours.act(ActionKind.REMOVE_FILE, await ours.order(), target=name)
    await theirs.act(ActionKind.REMOVE_FILE, order, target=name)

    async def gone() -> bool:
        await theirs.act(ActionKind.LIST_FILES, order)
        return not [one for one in (await theirs.order()).files if one.name == "permit ü.pdf"]

    await until(gone, "the file being gone")


async def _listed_as(party: Party, name: str) -> str:
    async def found() -> str | None:
        await party.act(ActionKind.LIST_FILES, await party.order())
        return next((one.remote_name for one in (await party.order()).files if one.name == name), None)

    listed: str = await until(found, f"{name} in the list")
    return listed


# -- notices -----------------------------------------------------------------------------------------------


async def notices_are_read_marked_and_deleted(place: Place) -> None:
    """What the platform has to say is listed, marked one by one and all at once, and deleted."""
    party = place.theirs if place.platform == "dispatcher" else place.ours
    if place.platform == "dispatcher":
        party.look_away()
        await place.ours.said(place.words("a word that rings"))
    party.refresh()

    async def unread() -> list[Any]:
        return [one for one in await party.post.notifications(party.id) if one.unread]

    notices = await until(unread, "a notice")
    one = notices[0]
    assert one.title or one.text
    await party.act(ActionKind.NOTICE_READ, target=one.remote_id)

    async def still() -> bool:
        return one.remote_id in {other.remote_id for other in await unread()}

    await until(lambda: _not(still()), "it as read")
    await party.act(ActionKind.NOTICES_READ)
    await until(lambda: _not(unread()), "all as read")
    await party.act(ActionKind.NOTICE_DELETE, target=one.remote_id)

    async def listed() -> bool:
        return one.remote_id in {other.remote_id for other in await party.post.notifications(party.id)}

    await until(lambda: _not(listed()), "it being gone")


async def _not(question: Any) -> bool:
    return not await question


# -- beginnings and ends -----------------------------------------------------------------------------------


async def a_chat_begins_with_an_order(place: Place) -> None:
    """Started about an order that was looked up; again it is the same one."""
    ours = place.ours
    order = await ours.order()
    again = await ours.start_chat(order=order.remote_id, order_kind=order.kind, order_number=order.number)
    assert again == ours.talk


async def a_chat_begins_with_a_person(place: Place) -> None:
    """Somebody found in the directory who never wrote; the first message reaches them."""
    ours = place.ours
    again = await ours.start_chat(person=place.theirs.user)
    assert again == ours.talk
    people = await ours.post.find(ours.id, Lookup(kind=FindKind.PERSON))
    known = {row.remote_id for row in await ours.conversations()}
    stranger = next(hit for hit in people.hits if hit.person and hit.person not in {*known, ours.user})
    talk = await ours.start_chat(
        person=stranger.person, person_kind=stranger.person_kind, person_name=stranger.person_name
    )
    assert ours.post.row(talk).title


async def a_talk_whose_access_is_withdrawn_is_read_only(place: Place) -> None:
    """The order is given to another carrier: its chat closes with the reason, and comes back with it."""
    theirs, order = place.theirs, place.theirs.row.remote_id
    await _given_to(place, order, place.seat.customers[1])
    try:

        def closed() -> bool:
            theirs.open()
            return theirs.row.lifecycle is Lifecycle.READ_ONLY

        await until(closed, "the chat as read-only")
        assert theirs.row.closed_why is ClosedWhy.ACCESS_WITHDRAWN
    finally:
        await _given_to(place, order, place.seat.customers[0])

    def open_again() -> bool:
        theirs.refresh()
        theirs.open()
        return theirs.row.lifecycle is Lifecycle.OPEN

    await until(open_again, "the chat as open")


async def access_is_never_withdrawn(place: Place) -> None:
    """The recorded server asks nobody: who once had an order goes on writing there."""
    order = place.theirs.row.remote_id
    await _given_to(place, order, place.seat.customers[1])
    try:
        await place.theirs.said(place.words("still here"))
    finally:
        await _given_to(place, order, place.seat.customers[0])


async def _given_to(place: Place, order: str, email: str) -> None:
    place.servers.write(
        "UPDATE orders SET owner_id = (SELECT id FROM users WHERE platform = ? AND email = ?) WHERE id = ?",
        place.platform,
        email,
        order,
    )


async def an_administrator_can_not_be_written_to(place: Place) -> None:
    """The one sort of account that takes no messages: found, and refused before anything is sent."""
    ours = place.ours
    sql = "SELECT id FROM users WHERE platform = ? AND role = 'admin'"
    ((admin,),) = place.servers.rows(sql, place.platform)
    with pytest.raises(NotDone):
        await ours.act(ActionKind.START_CHAT, person=admin, person_kind="Admin")
