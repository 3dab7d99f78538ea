"""The core without a platform: several on one database, forms of ids and tokens, lives of conversations."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from sqlalchemy import func, select

from chatdesk.server.core.access import Operation
from chatdesk.server.core.accounts import hash_password
from chatdesk.server.core.conversations import Opening
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.ids import CuidIds, Kind
from chatdesk.server.core.messages import Body
from chatdesk.server.core.order_views import Wanted
from chatdesk.server.core.receipts import MessagesRead
from chatdesk.server.core.service import Core, Ground
from chatdesk.server.core.tables import (
    Conversation,
    Lifecycle,
    Message,
    MessageKind,
    Order,
    Receipt,
    Upload,
)
from chatdesk.server.core.uploads import NewFile
from chatdesk.server.dialects.dispatcher.vocabulary import WORDS, default_rules
from tests.conftest import Aio
from tests.server.test_core import FakeClock
from tests.server.toy import an_order, in_silence, person, say, talk, telling, toy_at, words

PICTURE = NewFile(name="cat.png", media_type="image/png", content=b"png")


async def refusal(work: object) -> Reason:
    with pytest.raises(Refused) as refused:
        await work  # type: ignore[misc]
    return refused.value.reason


def test_platforms_share_a_database_and_nothing_else(tmp_path: Path, aio: Aio) -> None:
    """The same address lives on both; tokens, people and talks of one open nothing at the other."""

    async def story() -> None:
        ground = Ground(tmp_path, FakeClock())
        async with (
            toy_at(ground, words("toy")) as toy,
            toy_at(ground, words("twin"), access_ttl_s=60) as twin,
        ):
            password_hash = await asyncio.to_thread(hash_password, "secret")
            ann = await person(toy, "ann", password_hash=password_hash)
            async with twin.database.writing() as session:
                # Their ids are counted apart, but every id is there once.
                twin.ids.new(Kind.USER)
                double = twin.accounts.add(
                    session, email=ann.email, password_hash=password_hash, role="player"
                )
            assert double.id != ann.id
            signed = await toy.accounts.sign_in(ann.email, "secret")
            assert (await toy.accounts.holder(signed.access_token)).id == ann.id
            assert await refusal(twin.accounts.holder(signed.access_token)) is Reason.UNKNOWN_HOLDER
            assert (await twin.accounts.sign_in(ann.email, "secret")).user.id == double.id
            where = await talk(toy, ann)
            other = await twin.accounts.by_id(double.id)
            assert await refusal(talk(twin, other, ann)) is Reason.USER_NOT_FOUND
            assert await refusal(twin.conversations.get(other, where)) is Reason.CONVERSATION_NOT_FOUND
            assert await twin.conversations.visible_ids(other) == []
            await say(toy, ann, where, "old")
            ground.clock.ms += 400 * 24 * 3_600_000  # type: ignore[attr-defined]
            assert (await twin.retention.run_once()).archived_messages == 0
            assert (await toy.retention.run_once()).archived_messages == 1

    aio(story())


def test_numbers_go_on_after_a_restart(tmp_path: Path, aio: Aio) -> None:
    """Number ids are counted per kind, never reused, also when what had them is gone."""

    async def story() -> None:
        clock = FakeClock()
        async with toy_at(Ground(tmp_path, clock)) as core:
            ann = await person(core, "ann")
            assert ann.id == "100"
            where = await talk(core, ann)
            sent = [(await say(core, ann, where, "text")).shown.message.id for _ in range(3)]
            assert sent == ["100", "101", "102"]
            await core.conversations.delete(ann, where)
        async with toy_at(Ground(tmp_path, clock)) as core:
            where = await talk(core, ann)
            assert where == "101"
            assert (await say(core, ann, where, "text")).shown.message.id == "103"
            assert (await person(core, "ben")).id == "101"

    aio(story())


def test_cuids_have_their_form() -> None:
    """25 characters that start with c, never twice, rising."""
    clock = FakeClock()
    ids = CuidIds(clock)
    made = []
    for step in range(500):
        clock.ms += -50 if step % 7 == 0 else 3
        made.append(ids.new())
    assert made == sorted(set(made))
    assert all(re.fullmatch(r"c[0-9a-z]{24}", one) for one in made)


def test_stored_session_tokens(tmp_path: Path, aio: Aio) -> None:
    """A session token is 64 characters of chance, ends by itself or by signing out, and keeps its role."""

    async def story() -> None:
        clock = FakeClock()
        async with toy_at(Ground(tmp_path, clock)) as core:
            password_hash = await asyncio.to_thread(hash_password, "secret")
            ann = await person(core, "ann", password_hash=password_hash, more_roles=("helper",))
            signed = await core.accounts.sign_in(ann.email, "secret", role="helper", ttl_s=60)
            assert (len(signed.access_token), signed.refresh_token) == (64, "")
            assert signed.expires_ms == clock.ms + 60_000
            assert (await core.accounts.holder(signed.access_token)).role == "helper"
            assert await refusal(core.accounts.sign_in(ann.email, "secret", role="boss")) is Reason.ROLE
            clock.ms += 60_000
            assert await refusal(core.accounts.holder(signed.access_token)) is Reason.BAD_TOKEN
            signed = await core.accounts.sign_in(ann.email, "secret")
            await core.accounts.end_session(signed.access_token)
            assert await refusal(core.accounts.holder(signed.access_token)) is Reason.BAD_TOKEN
            assert await refusal(core.accounts.end_session(signed.access_token)) is Reason.NOTHING_TO_REVOKE

    aio(story())


def test_signed_tokens_with_numbers_and_roles(tmp_path: Path, aio: Aio) -> None:
    """Claims may hold a number as id and the role signed in as; another issuer's token opens nothing."""

    async def story() -> None:
        ground = Ground(tmp_path, FakeClock())
        async with toy_at(ground, words(opaque=False)) as core:
            password_hash = await asyncio.to_thread(hash_password, "secret")
            ann = await person(core, "ann", password_hash=password_hash, more_roles=("helper",))
            signed = await core.accounts.sign_in(ann.email, "secret", role="helper")
            holder = await core.accounts.holder(signed.access_token)
            assert (holder.id, holder.role) == (ann.id, "helper")
            other = Core(ground, default_rules(), WORDS)
            assert await refusal(other.accounts.holder(signed.access_token)) is Reason.BAD_TOKEN
            async with core.database.writing() as session:
                user = await session.merge(signed.user)
                user.active = False
            assert await refusal(core.accounts.holder(signed.access_token)) is Reason.UNKNOWN_HOLDER
            assert await refusal(core.accounts.sign_in(ann.email, "secret")) is Reason.INACTIVE

    aio(story())


def test_one_conversation_per_key(tmp_path: Path, aio: Aio) -> None:
    """The same key finds the conversation; after its deletion the key begins another one."""

    async def story() -> None:
        async with toy_at(Ground(tmp_path, FakeClock())) as core:
            ann, ben = await person(core, "ann"), await person(core, "ben")
            first = await talk(core, ann, ben, key="ann:ben")
            assert await talk(core, ben, ann, key="ann:ben") == first
            await say(core, ann, first, "text")
            assert (await core.conversations.delete(ben, first)).lifecycle == Lifecycle.DELETED
            assert await refusal(core.conversations.get(ann, first)) is Reason.CONVERSATION_DENIED
            async with core.database.reading() as session:
                assert await session.scalar(select(func.count()).select_from(Message)) == 0
            assert await talk(core, ben, ann, key="ann:ben") != first
            opening = Opening(members={ann.id: "player", "999": "player"})
            assert await refusal(core.conversations.open(ann, opening)) is Reason.USER_NOT_FOUND

    aio(story())


def test_strangers_see_nothing_and_latecomers_have_read_it(tmp_path: Path, aio: Aio) -> None:
    """Members and those whom the order lets in; who joins later has no old messages to read.

    Putting a conversation away is each member's own.
    """

    async def story() -> None:
        async with toy_at(Ground(tmp_path, FakeClock())) as core:
            ann, ben, cid, dan = [await person(core, name) for name in ("ann", "ben", "cid", "dan")]
            order = await an_order(core, ann, parties=(("guest", cid.id),))
            where = await talk(core, ann, ben, order_id=order.id)
            await say(core, ann, where, "before")
            whole = core.messages.history(dan, where, offset=0, limit=9)
            assert await refusal(whole) is Reason.CONVERSATION_DENIED
            assert await refusal(say(core, dan, where, "let me in")) is Reason.CONVERSATION_DENIED
            assert await core.receipts.unread(cid, where) == 1
            for _ in range(2):
                assert (await core.conversations.join(cid, where, "guest")).role == "guest"
            assert await core.receipts.unread(cid, where) == 0
            await say(core, ann, where, "after")
            assert await core.receipts.unread(cid, where) == 1
            await core.conversations.put_away(ben, where, hidden=True, muted=True)
            assert (await core.conversations.page(ben, offset=0, limit=9, with_put_away=False))[1] == 0
            assert (await core.conversations.page(ann, offset=0, limit=9, with_put_away=False))[1] == 1
            members = (await core.conversations.members([where]))[where]
            assert [(user.name, row.muted) for row, user in members] == [
                ("ann", False),
                ("ben", True),
                ("cid", False),
            ]

    aio(story())


def test_an_ended_conversation_takes_no_messages(tmp_path: Path, aio: Aio) -> None:
    """It can be read and not written; the refusal says why."""

    async def story() -> None:
        async with toy_at(Ground(tmp_path, FakeClock())) as core:
            ann, ben = await person(core, "ann"), await person(core, "ben")
            where = await talk(core, ann, ben)
            await say(core, ann, where, "text")
            for lifecycle in (Lifecycle.ENDED, Lifecycle.ARCHIVED):
                # Ended once, it stays as it ended.
                assert (await core.conversations.end(ben, where, lifecycle)).lifecycle == Lifecycle.ENDED
            with pytest.raises(Refused) as refused:
                await say(core, ann, where, "more")
            assert (refused.value.reason, refused.value.detail) == (Reason.CONVERSATION_CLOSED, "ended")
            assert (await core.messages.history(ann, where, offset=0, limit=9)).total == 1

    aio(story())


def test_receipts_of_single_messages(tmp_path: Path, aio: Aio) -> None:
    """Just the named messages of others are read, once; own and unknown ones are passed over."""

    async def story() -> None:
        clock = FakeClock()
        async with toy_at(Ground(tmp_path, clock)) as core:
            ann, ben = await person(core, "ann"), await person(core, "ben")
            where = await talk(core, ann, ben)
            made = [(await say(core, ann, where, text)).shown.message.id for text in ("one", "two", "three")]
            own = (await say(core, ben, where, "mine")).shown.message.id
            assert (await core.receipts.unread(ben, where), await core.receipts.unread_total(ben)) == (3, 3)
            told: list[MessagesRead] = []

            async def push(read: MessagesRead) -> None:
                told.append(read)

            for _ in range(2):
                await core.receipts.mark_messages(ben, where, [made[1], own, "999"], push=push)
            assert [[one.id for one in read.messages] for read in told] == [[made[1]], []]
            page = await core.messages.history(ann, where, offset=0, limit=9)
            assert [one.is_read for one in page.shown] == [False, False, True, False]
            assert await core.receipts.unread(ben, where) == 2
            await core.receipts.mark_messages(ben, where, None, push=push)
            assert await core.receipts.unread_total(ben) == 0

    aio(story())


def test_delivery_is_noted_once(tmp_path: Path, aio: Aio) -> None:
    """What waits is delivered at the return, each message once, never one's own."""

    async def story() -> None:
        clock = FakeClock()
        async with toy_at(Ground(tmp_path, clock)) as core:
            ann, ben = await person(core, "ann"), await person(core, "ben")
            where = await talk(core, ann, ben)
            made = [(await say(core, ann, where, text)).shown.message.id for text in ("one", "two")]
            assert [one.id for one in (await core.receipts.delivered(ben.id, made[:1])).messages] == made[:1]
            assert [one.id for one in (await core.receipts.deliver_waiting(ben)).messages] == made[1:]
            assert (await core.receipts.deliver_waiting(ben)).messages == ()
            assert (await core.receipts.deliver_waiting(ann)).messages == ()
            shown = await core.messages.one(ann, made[0])
            assert (shown.delivered_ms, shown.read_ms) == (clock.ms, None)

    aio(story())


def test_reports_and_hiding(tmp_path: Path, aio: Aio) -> None:
    """The newest report counts; only who may hides; what is hidden is in no history, count or list."""

    async def story() -> None:
        async with toy_at(Ground(tmp_path, FakeClock())) as core:
            ann, ben = await person(core, "ann"), await person(core, "ben", "helper")
            where = await talk(core, ann, ben)
            sent = await say(core, ann, where, "rude")
            message = sent.shown.message.id

            async def push(_shown: object, _notifications: object) -> None:
                pass

            await core.messages.report(ben, message, "first", notify=lambda _shown: (), push=push)
            shown = await core.messages.report(ben, message, "second", notify=lambda _shown: (), push=push)
            assert (shown.message.reported_by, shown.message.report_reason) == (ben.id, "second")
            assert await refusal(core.messages.hide(ann, message)) is Reason.ROLE
            await core.messages.hide(ben, message)
            page = await core.messages.history(ann, where, offset=0, limit=9)
            assert (page.total, await core.receipts.unread(ben, where)) == (0, 0)
            assert (await core.conversations.get(ann, where)).last is None
            assert await refusal(core.messages.one(ann, message)) is Reason.MESSAGE_NOT_FOUND
            whole = await core.messages.history(ben, where, offset=0, limit=9, with_hidden=True)
            assert [one.message.text for one in whole.shown] == ["rude"]
            await core.messages.hide(ben, message, hidden=False)
            assert (await core.messages.history(ann, where, offset=0, limit=9)).total == 1

    aio(story())


def test_files_of_messages(tmp_path: Path, aio: Aio) -> None:
    """A file is its uploader's until a message shows it; then whoever sees the message may fetch it."""

    async def story() -> None:
        clock = FakeClock()
        async with toy_at(Ground(tmp_path, clock)) as core:
            ann, ben, cid = [await person(core, name) for name in ("ann", "ben", "cid")]
            where = await talk(core, ann, ben)
            for bad, reason in (
                (NewFile(name="cat.svg", media_type="image/png", content=b"x"), Reason.FILE_TYPE),
                (NewFile(name="cat.png", media_type="text/html", content=b"x"), Reason.FILE_TYPE),
                (
                    NewFile(name="cat.png", media_type="image/png", content=b"x" * 1_001),
                    Reason.FILE_TOO_LARGE,
                ),
            ):
                assert await refusal(core.uploads.add_loose(ann, bad)) is reason
            name = (await core.uploads.add_loose(ann, PICTURE)).stored_name
            assert (await core.uploads.read_loose(ann, name))[1] == b"png"
            assert await refusal(core.uploads.read_loose(ben, name)) is Reason.FILE_NOT_FOUND
            body = Body(kind=MessageKind.IMAGE, extras={"fileUrl": f"/files/{name}"}, files=(name,))
            assert await refusal(say(core, ben, where, "mine", body)) is Reason.FILE_NOT_FOUND
            sent = await say(core, ann, where, "look", body)
            assert (sent.shown.message.kind, sent.shown.message.extras) == ("image", body.extras)
            assert (await core.uploads.read_loose(ben, name))[1] == b"png"
            assert await refusal(core.uploads.read_loose(cid, name)) is Reason.FILE_NOT_FOUND
            await core.messages.remove(ann, sent.shown.message.id)
            assert await refusal(core.uploads.read_loose(ben, name)) is Reason.FILE_NOT_FOUND
            loose = (await core.uploads.add_loose(ann, PICTURE)).stored_name
            clock.ms += 25 * 3_600_000
            await core.retention.run_once()
            assert await refusal(core.uploads.read_loose(ann, loose)) is Reason.FILE_NOT_FOUND
            async with core.database.reading() as session:
                assert await session.scalar(select(func.count()).select_from(Upload)) == 1

    aio(story())


def test_deleting_a_conversation_takes_everything_along(tmp_path: Path, aio: Aio) -> None:
    """Messages, marks, receipts and files go; nothing is left that refers to them."""

    async def story() -> None:
        async with toy_at(Ground(tmp_path, FakeClock())) as core:
            ann, ben = await person(core, "ann"), await person(core, "ben")
            where = await talk(core, ann, ben)
            name = (await core.uploads.add_loose(ann, PICTURE)).stored_name
            sent = await say(core, ann, where, "look", Body(files=(name,)))
            await core.receipts.mark_messages(ben, where, [sent.shown.message.id], push=in_silence)
            await core.receipts.mark_read(ben, where, push=in_silence)
            await core.conversations.delete(ann, where)
            async with core.database.reading() as session:
                for table in (Message, Receipt, Upload):
                    assert await session.scalar(select(func.count()).select_from(table)) == 0, table

    aio(story())


def test_orders_have_parties_and_links(tmp_path: Path, aio: Aio) -> None:
    """A party sees an order, a stranger hears that it exists; links are found from both ends."""

    async def story() -> None:
        async with toy_at(Ground(tmp_path, FakeClock())) as core:
            ann, ben, cid = [await person(core, name) for name in ("ann", "ben", "cid")]
            trip = await an_order(core, ann, title="Trip", parties=(("guest", ben.id),))
            parcel = await an_order(core, ben, title="Parcel", links=(("carried_by", trip.id),))
            assert (await core.orders.by_id(ben, trip.id)).title == "Trip"
            assert await refusal(core.orders.by_id(cid, trip.id)) is Reason.ORDER_DENIED
            assert await refusal(core.orders.by_id(cid, "999")) is Reason.ORDER_NOT_FOUND
            found = await core.orders.page(ben, Wanted(kind="game", search="PARCEL"), offset=0, limit=9)
            assert [view.order.id for view in found[0]] == [parcel.id]
            there = await core.orders.linked([parcel.id], "carried_by")
            assert [order.id for order in there[parcel.id]] == [trip.id]
            back = await core.orders.linked([trip.id], "carried_by", back=True)
            assert [order.id for order in back[trip.id]] == [parcel.id]
            parties = await core.orders.parties_of([trip.id])
            assert [(role, user.name) for role, user in parties[trip.id]] == [("guest", "ben")]
            await core.orders.remove(ann, trip.id)
            assert await core.orders.linked([parcel.id], "carried_by") == {}

    aio(story())


def test_a_change_of_status_is_told_where_it_matters(tmp_path: Path, aio: Aio) -> None:
    """Every active conversation about the order gets the line; what goes with it fails together with it."""

    async def story() -> None:
        async with toy_at(Ground(tmp_path, FakeClock())) as core:
            ann, ben = await person(core, "ann"), await person(core, "ben")
            order = await an_order(core, ann)
            chats = [await talk(core, ann, ben, order_id=order.id) for _ in range(2)]
            other = Opening(other_order_id=order.id, members={ann.id: "player"})
            chats.append((await core.conversations.open(ann, other)).place.chat.id)
            ended = await talk(core, ann, ben, order_id=order.id)
            await core.conversations.end(ann, ended)
            assert (
                await refusal(core.orders.set_status(ann, order.id, "done", telling()))
                is Reason.STATUS_REFUSED
            )

            async def fails(_session: object, _order: Order) -> None:
                raise RuntimeError("on purpose")

            line = telling(line=lambda changed: f"now {changed.status}")
            with pytest.raises(RuntimeError, match="on purpose"):
                await core.orders.set_status(ann, order.id, "busy", telling(line=line.line, also=fails))
            assert (await core.orders.by_id(ann, order.id)).status == "new"
            changed = await core.orders.set_status(ann, order.id, "busy", line)
            assert sorted(one.message.conversation_id for one in changed.lines) == sorted(chats)
            assert {one.message.text for one in changed.lines} == {"now busy"}
            assert changed.before == "new"
            async with core.database.reading() as session:
                rows = await session.scalars(select(Conversation).where(Conversation.lifecycle == "active"))
                assert all(row.last_seq == 1 for row in rows)
                assert await core.access.verdict(session, ann, Operation.SEND, conversation_id=ended) is (
                    Reason.CONVERSATION_CLOSED
                )

    aio(story())
