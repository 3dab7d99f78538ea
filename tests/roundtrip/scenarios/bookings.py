"""Bookings with their sessions, codes and files: what only OMW has."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from chatdesk.domain.actions import ActionKind, Extras
from chatdesk.domain.desk import SignInRequest
from chatdesk.domain.entities import Message, Order
from chatdesk.domain.errors import NotDone, SignInRefused
from chatdesk.domain.kinds import ClosedWhy, Lifecycle, MessageKind
from chatdesk.server.dialect import Variant
from chatdesk.store.staging import FOLDER
from tests.roundtrip.post import Post, until
from tests.roundtrip.scenarios.orders import changed
from tests.roundtrip.stage import Party, Place

PNG = bytes.fromhex("89504e470d0a1a0a0000000d494844520000000100000001080600000000")


async def _booking(place: Place) -> Order:
    return await place.ours.order()


async def _as(place: Place, status: str) -> Order:
    """The booking of the talk in a status, as the other apps of the platform would have set it."""
    booking = (await _booking(place)).remote_id
    place.servers.write("UPDATE orders SET status = ? WHERE id = ?", status, booking)

    async def read() -> bool:
        place.ours.refresh()
        place.ours.open()
        return (await _booking(place)).status == status

    await until(read, f"the booking as {status}")
    return await _booking(place)


async def a_booking_moves_on(place: Place) -> None:
    """The worker says how far the work is; the customer has it by push, or by the next reading."""
    order = await _as(place, "accepted")
    await changed(place.ours, order, "started")

    async def there() -> bool:
        found = await place.theirs.post.order(place.theirs.id, order.remote_id)
        if not place.promised:
            place.theirs.refresh()
            place.theirs.open()
        return found is not None and found.status == "started"

    await until(there, "it at the customer's")


async def a_code_at_arrival(place: Place) -> None:
    """Sent to the customer, entered by the worker: a wrong one is refused, the right one starts the work."""
    ours = place.ours
    order = await _as(place, "arrived")
    await ours.act(ActionKind.REQUEST_CODE, order)
    ((details,),) = place.servers.rows("SELECT details FROM orders WHERE id = ?", order.remote_id)
    code = _code(details)
    wrong = "000000" if code != "000000" else "000001"
    with pytest.raises(NotDone):
        await ours.act(ActionKind.CONFIRM_CODE, order, fields={"code": wrong})
    await ours.act(ActionKind.CONFIRM_CODE, order, fields={"code": code})
    ours.refresh()
    await ours.ordered(order.remote_id, "in_progress")


async def no_code_comes(place: Place) -> None:
    """The recorded server's mail does not get out: that is told in its words, and the booking stays."""
    order = await _as(place, "arrived")
    with pytest.raises(NotDone) as refused:
        await place.ours.act(ActionKind.REQUEST_CODE, order)
    assert refused.value.server_words
    with pytest.raises(NotDone):
        await place.ours.act(ActionKind.CONFIRM_CODE, order, fields={"code": "123456"})
    assert place.servers.rows("SELECT status FROM orders WHERE id = ?", order.remote_id) == [("arrived",)]


def _code(details: str) -> str:
    import json

    held: Any = json.loads(details)
    return next(str(value) for key, value in held.items() if "otp" in key.lower() and str(value).isdigit())


async def a_booking_is_accepted(place: Place) -> None:
    """An offer is taken by its request: it is the worker's then."""
    ours = place.ours
    pending = next(order for order in await ours.orders() if order.status == "pending")
    await ours.act(ActionKind.ACCEPT, pending)
    ours.refresh()
    await ours.ordered(pending.remote_id, "assigned")


async def a_chat_begins_with_a_booking(place: Place) -> None:
    """Asked for, it is there; asked for again, it is the same."""
    order = await _as(place, "accepted")
    again = await place.ours.start_chat(
        order=order.remote_id, order_kind=order.kind, order_number=order.number
    )
    assert again == place.ours.talk


async def a_session_is_ended(place: Place) -> None:
    """Either side may end a chat; the other one learns it by its next reading, and may not write either."""
    ours, theirs = place.ours, place.theirs
    row = ours.row
    await ours.act(ActionKind.END_CHAT, conversation=row.remote_id)
    sql = "UPDATE conversations SET lifecycle = 'active', ended_ms = NULL WHERE id = ?"
    try:
        await until(lambda: ours.row.lifecycle is Lifecycle.ENDED, "the end here")
        assert ours.row.closed_why is ClosedWhy.SESSION_ENDED

        def ended() -> bool:
            theirs.refresh()
            theirs.open()
            return theirs.row.lifecycle is Lifecycle.ENDED

        await until(ended, "the end there")
    finally:
        place.servers.write(sql, row.remote_id)
    # Nothing at the platform takes an end back, so nobody is in the room any more: both connect anew.
    for party in (ours, theirs):
        await party.leaves()
        await party.comes()
    await until(lambda: ours.row.lifecycle is theirs.row.lifecycle is Lifecycle.OPEN, "the session again")


async def _uploaded(party: Party, place: Place, name: str, content_type: str, data: bytes) -> Extras:
    path = place.stage.folder / name
    path.write_bytes(data)
    talk = party.row.remote_id
    done = await party.act(ActionKind.UPLOAD, conversation=talk, path=str(path), content_type=content_type)
    assert done.attachment is not None
    return Extras(attachments=(done.attachment,))


async def _sent_as_a_file(place: Place, name: str) -> None:
    """As the window does it: copied, queued, brought by itself, and the original gone meanwhile."""
    path = place.stage.folder / name
    path.write_bytes(PNG)
    sent = place.ours.post.desk.send_file(place.ours.talk, path, text=place.words("and here it is"))
    item = await sent
    path.unlink()
    await place.ours.settled(item.text)
    got = await place.theirs.got(item.text)
    assert got.kind is MessageKind.IMAGE
    (picture,) = got.extras.attachments
    assert (picture.name, picture.size_bytes) == (name, len(PNG))
    assert not list((place.ours.post.folder / FOLDER).iterdir())


async def a_picture_is_sent(place: Place) -> None:
    """Brought to the server first, then said; the other side has its name, its type and its size."""
    await _sent_as_a_file(place, "after ü.png")
    extras = await _uploaded(place.ours, place, "before ü.png", "image/png", PNG)
    text = place.words("before the repair")
    await place.ours.said(text, kind=MessageKind.IMAGE, extras=extras)
    got = await place.theirs.got(text)
    assert got.kind is MessageKind.IMAGE
    (picture,) = got.extras.attachments
    assert (picture.name, picture.size_bytes) == ("before ü.png", len(PNG))
    refused = place.stage.folder / "notes.exe"
    refused.write_bytes(b"MZ")
    with pytest.raises(NotDone):
        await place.ours.act(ActionKind.UPLOAD, conversation=place.ours.row.remote_id, path=str(refused))


async def voice_is_sent(place: Place) -> None:
    """Promised, and offered only where one was met: the customer's app sends one, then the desk can too."""
    ours, theirs = place.ours, place.theirs
    text = place.words("listen")
    async with place.web(place.seat.customers[0], place.seat.customer_role) as app:
        file = {"file": ("note.mp3", b"ID3" + bytes(64), "audio/mpeg")}
        sent = await app.post("/api/chat/upload", files=file)
        assert sent.status_code == 200, sent.text
        told = sent.json()["file"]
        body = {
            "content": text,
            "messageType": "audio",
            "fileUrl": told["url"],
            "fileName": told["name"],
            "fileSize": told["size"],
        }
        sent = await app.post(f"/api/chat/sessions/{ours.row.remote_id}/messages", json=body)
        assert sent.status_code == 200, sent.text

    def here() -> Message | None:
        ours.refresh()
        ours.open()
        return ours.message(text)

    message: Message = await until(here, "the voice message")
    assert message.kind is MessageKind.AUDIO
    extras = await _uploaded(ours, place, "answer.mp3", "audio/mpeg", b"ID3" + bytes(128))
    answer = place.words("heard you")
    await ours.said(answer, kind=MessageKind.AUDIO, extras=extras)
    assert (await theirs.got(answer)).kind is MessageKind.AUDIO


async def signs_in_by_code(place: Place) -> None:
    """A code comes by phone; what is no code is refused, the right one signs in as the same account."""
    sql = "SELECT phone FROM users WHERE platform = ? AND email = ?"
    ((phone,),) = place.servers.rows(sql, place.platform, place.seat.desk)
    post = Post(place.stage.folder / f"phone-{place.variant}")
    try:
        await post.desk.ask_for_otp(place.kind, place.url, phone)
        request = SignInRequest(
            platform=place.kind,
            server_url=place.url,
            login=phone,
            password="",
            role=place.seat.role,
            otp="12",
            plain_http_consent=True,
        )
        with pytest.raises(SignInRefused):
            await post.desk.sign_in(request)
        signed = await post.desk.sign_in(msgspec.structs.replace(request, otp=_short_message(place)))
        assert signed.account.user_id == place.ours.user
        await post.reached(signed.account.id)
    finally:
        post.close()


def _short_message(place: Place) -> str:
    """The code as an operator's gateway would find it; the recorded server looks at its form only."""
    if place.variant is Variant.AS_IS:
        return "123456"
    sql = "SELECT body FROM notifications WHERE kind = 'otp_sms' ORDER BY created_ms DESC LIMIT 1"
    ((words,),) = place.servers.rows(sql)
    return "".join(letter for letter in words if letter.isdecimal())
