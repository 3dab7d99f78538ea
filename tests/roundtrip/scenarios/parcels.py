"""Packages, trips that carry them, and chats about both: what only Fakomame has."""

from __future__ import annotations

from chatdesk.domain.kinds import ClosedWhy, Lifecycle, MessageKind
from tests.roundtrip.post import until
from tests.roundtrip.scenarios.orders import changed
from tests.roundtrip.stage import Place


async def an_owner_cancels_a_package(place: Place) -> None:
    """Not yet on its way: its sender cancels it, and the server has it."""
    ours = place.ours
    order = next(
        one for one in await ours.orders() if one.status in {"POSTED", "MATCHED"} and one.kind == "package"
    )
    before = order.status
    await changed(ours, order, "CANCELLED")
    assert place.servers.rows("SELECT status FROM orders WHERE id = ?", order.remote_id) == [("CANCELLED",)]
    order = await ours.ordered(order.remote_id, "CANCELLED")
    await changed(ours, order, before)


async def files_come_with_messages(place: Place) -> None:
    """The platform's web page sends files inside of a request; what is shown is name, type and size."""
    text = place.words("this is how it looks")
    file = {"name": "front.png", "type": "image/png", "data": "data:image/png;base64,iVBORw0KGgo="}
    async with place.web(place.seat.customers[0]) as web:
        body = {"chatId": place.ours.row.remote_id, "content": text, "type": "image", "attachments": [file]}
        sent = await web.post("/api/chats/messages", json=body)
        assert sent.status_code == 200, sent.text

    def here() -> bool:
        place.ours.refresh()
        place.ours.open()
        return place.ours.message(text) is not None

    await until(here, "the message with its file")

    def with_file() -> bool:
        message = place.ours.message(text)
        return message is not None and bool(message.extras.attachments)

    await until(with_file, "the file with its message")
    message = place.ours.message(text)
    assert message is not None
    (attachment,) = message.extras.attachments
    assert (message.kind, attachment.name, attachment.content_type) == (
        MessageKind.IMAGE,
        "front.png",
        "image/png",
    )
    assert attachment.size_bytes == 8


async def places_are_read_out_of_texts(place: Place) -> None:
    """A place is a kind of message whose text ends with its coordinates."""
    text = place.words("Location: the side gate (51.1, 71.42)")
    await place.theirs.said(text, kind=MessageKind.LOCATION)
    got = await place.ours.got(text)
    assert got.kind is MessageKind.LOCATION
    assert got.extras.place == (51.1, 71.42)


async def a_closed_chat_is_read_only(place: Place) -> None:
    """What the platform's administration has closed can be read on both sides and written to on neither."""
    chat = place.ours.row.remote_id
    sql = "UPDATE conversations SET lifecycle = ? WHERE id = ?"
    place.servers.write(sql, "ended", chat)
    try:
        await until(lambda: _both(place, Lifecycle.READ_ONLY), "the chat as read-only")
        for party in (place.ours, place.theirs):
            assert party.row.closed_why is ClosedWhy.SESSION_ENDED
            assert party.texts()
    finally:
        place.servers.write(sql, "active", chat)
    await until(lambda: _both(place, Lifecycle.OPEN), "the chat as open")


def _both(place: Place, lifecycle: Lifecycle) -> bool:
    for party in (place.ours, place.theirs):
        party.refresh()
    return (place.ours.row.lifecycle, place.theirs.row.lifecycle) == (lifecycle, lifecycle)
