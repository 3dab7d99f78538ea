"""Messages there and back, histories to their beginning, marks, typing, and who is there."""

from __future__ import annotations

import asyncio

from chatdesk.domain.actions import Extras
from chatdesk.domain.entities import Message
from chatdesk.domain.ids import ConversationId, OutgoingId, RemoteId
from chatdesk.domain.kinds import Assurance, DeliveryState, Feature, MessageKind, PresenceState
from tests.roundtrip.post import Post, until
from tests.roundtrip.servers import LONG, line
from tests.roundtrip.stage import Party, Place


async def sends_and_receives(place: Place) -> None:
    """Pressed three times at once: taken in that order, one row each on the server, read in that order."""
    ours, theirs = place.ours, place.theirs
    for party, other in ((ours, theirs), (theirs, ours)):
        first = place.words("")
        texts = [f"{first}{word} \U0001f69a <b>'\"" for word in ("one", "two", "three")]
        for text in texts:
            await party.say(text)
        for text in texts:
            taken = await party.settled(text)
            assert taken.assurance is (Assurance.STORED if place.stores else Assurance.RELAYED)
            got = await other.got(text)
            assert not got.own
        assert party.texts(first) == texts
        assert other.texts(first) == texts
        if place.stores:
            assert place.servers.texts(place.platform, first) == texts
            assert _ids(other, texts) == _ids(party, texts)


def _ids(party: Party, texts: list[str]) -> list[RemoteId | None]:
    found = [party.message(text) for text in texts]
    return [None if one is None else one.remote_id for one in found]


async def stores_nothing(place: Place) -> None:
    """A server that keeps nothing: the window knows, what is handed over says so, and no row is anywhere."""
    text = place.words("is anybody there?")
    taken = await place.ours.said(text)
    assert taken.assurance is Assurance.RELAYED
    await place.theirs.got(text)
    assert place.servers.texts(place.platform, text) == []
    assert place.ours.row.live_only
    assert not place.ours.capabilities.has(Feature.STORED_MESSAGES)


async def subject_and_topic(place: Place) -> None:
    """What a message is about comes with it."""
    text = place.words("how many are left?")
    extras = Extras(subject="Stock of drills", topic="order")
    await place.ours.said(text, extras=extras)
    got = await place.theirs.got(text)
    assert (got.extras.subject, got.extras.topic) == ("Stock of drills", "order")


async def history_to_its_beginning(place: Place) -> None:
    """The desk scrolls up in a long talk: every line once, in order, whatever came first from the server."""
    post = place.stage.ours
    newest = line(LONG - 1)

    async def long_one() -> int | None:
        for row in await place.ours.conversations():
            post.desk.opened(row.id)
            if post.message(row.id, newest) is not None:
                return row.id
        return None

    talk = await until(long_one, "the long talk")
    wanted = [line(number) for number in range(LONG)]
    paged = place.platform in {"dispatcher", "fakomame", "omw"}
    await until(lambda: len(post.texts(talk, "line ")) >= (40 if paged else LONG), "its newest page")

    async def all_there() -> bool:
        held = post.messages(talk)
        page = post.reader.older_page(talk, (held[0].cursor, held[0].id)) if held else None
        if page is not None and not page.gap_before and post.texts(talk, "line ") == wanted:
            return True
        post.desk.load_older(talk, held[0].cursor, len(held))
        await asyncio.sleep(0.05)
        return False

    await until(all_there, "its beginning", 20)
    ids = [one.remote_id for one in post.messages(talk)]
    assert len(set(ids)) == len(ids)
    place.ours.open()


async def typing_both_ways(place: Place) -> None:
    """Seen by the other side while keys are pressed, and over with the message."""
    for party, other in ((place.ours, place.theirs), (place.theirs, place.ours)):
        await _types(place, party, other)


async def _types(place: Place, party: Party, other: Party) -> None:
    party.open()
    other.open()
    party.post.desk.typing(party.talk, True)
    await until(lambda: other.typists, "typing")
    party.post.desk.typing(party.talk, False)
    await until(lambda: not other.typists, "its end")
    party.post.desk.typing(party.talk, True)
    await until(lambda: other.typists, "typing again")
    text = place.words("typed")
    await party.said(text)
    await other.got(text)
    await until(lambda: not other.typists, "the end with the message")


async def reading_is_told(place: Place) -> None:
    """What the other side has seen is marked as read here; both ways."""
    for party, other in ((place.ours, place.theirs), (place.theirs, place.ours)):
        await _is_read(place, party, other)


async def _is_read(place: Place, party: Party, other: Party) -> None:
    party.open()
    text = place.words("have you seen it?")
    await party.said(text)
    got = await other.got(text)
    await other.seen(got)

    def marked() -> bool:
        message = party.message(text)
        return message is not None and message.state is DeliveryState.READ

    await until(marked, f"the mark of {text!r}")
    await until(lambda: other.row.unread == 0, "nothing unread")


async def unread_is_counted(place: Place) -> None:
    """What came while the desk looked away counts as unread by the server's number, until it is seen."""
    ours, theirs = place.ours, place.theirs
    await _all_seen(ours)
    ours.look_away()
    texts = [place.words("while you were away") for _ in range(2)]
    for text in texts:
        await theirs.said(text)
    last: Message | None = None
    for text in texts:
        last = await ours.got(text)
    await until(lambda: ours.row.unread == 2, "two unread")
    ours.refresh()
    await until(lambda: ours.row.unread == 2, "two unread by the list")
    assert last is not None
    await ours.seen(last)
    await until(lambda: ours.row.unread == 0, "nothing unread")
    await until(lambda: _settled(ours), "the mark at the server")
    ours.refresh()
    await asyncio.sleep(0.2)
    await until(lambda: ours.row.unread == 0, "nothing unread by the list")
    ours.open()


async def _settled(party: Party) -> bool:
    return not await party.post.outbox(party.id)


async def _all_seen(party: Party) -> None:
    page = party.post.reader.newest_page(party.talk)
    if page.messages:
        await party.seen(page.messages[-1])
    await until(lambda: party.row.unread == 0, "nothing unread")
    await until(lambda: _settled(party), "the mark at the server")


async def coming_and_going(place: Place) -> None:
    """Who leaves is shown as gone, who is back as there."""
    ours, theirs = place.ours, place.theirs
    await _appears(place)
    await theirs.leaves()
    try:
        await until(lambda: _state(ours, theirs) is PresenceState.OFFLINE, "their leaving")
    finally:
        await theirs.comes()
    await _appears(place)


async def coming_alone(place: Place) -> None:
    """Who comes is shown; a connection that ends is told to nobody."""
    await place.theirs.leaves()
    await place.theirs.comes()
    await _appears(place)


async def presence_is_polled(place: Place) -> None:
    """Nothing tells it: the detail of what is looked at does, when it is read."""
    ours = place.ours
    ours.open()
    await until(lambda: ours.sees(place.theirs) is not None, "a word about the other side")


async def last_seen(place: Place) -> None:
    """When somebody who is gone was here last."""
    ours, theirs = place.ours, place.theirs
    await theirs.leaves()

    def known() -> bool:
        ours.open()
        sign = ours.sees(theirs)
        return sign is not None and sign.as_of_us > 0

    try:
        await until(known, "when they were here")
    finally:
        await theirs.comes()


def _state(party: Party, other: Party) -> PresenceState | None:
    sign = party.sees(other)
    return None if sign is None else sign.state


async def _appears(place: Place) -> None:
    """The other side does something that shows that it is there."""
    place.ours.open()
    place.theirs.open()
    if _state(place.ours, place.theirs) is not PresenceState.ONLINE:
        await place.theirs.leaves()
        await place.theirs.comes()
    await until(lambda: _state(place.ours, place.theirs) is PresenceState.ONLINE, "them being there")


async def own_messages_are_deleted(place: Place) -> None:
    """Gone on the server and at the other side's next reading; a stranger's message stays."""
    ours, theirs = place.ours, place.theirs
    text = place.words("never mind")
    message = await ours.said(text)
    await theirs.got(text)
    await ours.post.desk.delete_message(message.id)
    await until(lambda: not place.servers.texts(place.platform, text), "its row being gone")
    await until(lambda: not ours.texts(text), "it being gone here")

    def gone_there() -> bool:
        theirs.open()
        return not theirs.texts(text)

    await until(gone_there, "it being gone there")


async def a_message_is_reported(place: Place) -> None:
    """The server keeps who has reported it and why."""
    text = place.words("buy my tokens")
    await place.theirs.said(text)
    got = await place.ours.got(text)
    await place.ours.post.desk.report(got.id, "advertising")
    sql = "SELECT report_reason FROM messages WHERE text = ?"
    await until(lambda: place.servers.rows(sql, text) == [("advertising",)], "the report on the server")
    await until(lambda: _settled(place.ours), "its end here")


async def strangers_hear_nothing(place: Place) -> None:
    """What the desk writes to another customer reaches this one neither by push nor by list."""
    text = place.words("for somebody else alone")
    post = place.stage.ours
    other = next(
        row
        for row in await place.ours.conversations()
        if any(post.texts(row.id, "line ")) and row.id != place.ours.talk
    )
    await post.say(other.id, text)
    await post.settled(other.id, text)
    mark = place.words("and this is for you")
    await place.ours.said(mark)
    await place.theirs.got(mark)
    place.theirs.refresh()
    for row in await place.theirs.conversations():
        assert not place.theirs.post.texts(row.id, text)


async def places_travel(place: Place) -> None:
    """A place arrives as one, with its coordinates."""
    text = place.words("Location: the gate (51.1, 71.42)")
    kind, extras = MessageKind.LOCATION, Extras(place=(51.1, 71.42))
    await place.ours.said(text, kind=kind, extras=extras)
    got = await place.theirs.got(text)
    assert got.kind is MessageKind.LOCATION
    assert got.extras.place == (51.1, 71.42)


async def a_place_is_only_words(place: Place) -> None:
    """Written out it arrives as what was written, and as no more."""
    text = place.words("Location: the gate (51.1, 71.42)")
    await place.ours.said(text)
    got = await place.theirs.got(text)
    assert (got.kind, got.extras.place) == (MessageKind.TEXT, None)


async def relays_reach_their_recipient_alone(place: Place) -> None:
    """What the desk hands over to somebody else is on nobody else's screen."""
    ours, post, text = place.ours, place.stage.ours, place.words("for somebody else alone")
    sql = "SELECT id FROM users WHERE platform = ? AND email = ?"
    ((other,),) = place.servers.rows(sql, place.platform, place.seat.customers[1])
    talk = await ours.start_chat(person=other)
    item = await post.say(talk, text)
    if post.message(talk, text) is not None:
        await until(lambda: _goes_anyway(post, item.id, talk, text), "it being handed over")
    mark = place.words("and this is for you")
    await ours.said(mark)
    await place.theirs.got(mark)
    for row in await place.theirs.conversations():
        assert not place.theirs.post.texts(row.id, text)


async def _goes_anyway(post: Post, item: OutgoingId, talk: ConversationId, text: str) -> bool:
    """Its recipient gives no sign of life: the person says that it shall go."""
    message = post.message(talk, text)
    if message is not None and message.state is DeliveryState.QUEUED:
        waiting = [one for one in (await post.desk.outbox()).rows if one.id == item and one.detail]
        for one in waiting:
            await post.desk.retry(one.id)
    return message is not None and message.state is DeliveryState.ACCEPTED
