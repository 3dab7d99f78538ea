"""Rules of the core on a clock of the test's own: limits, retention, ids, names, migrations."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, inspect, select
from starlette.datastructures import QueryParams

from chatdesk.server.core.access import Actor, actor_of
from chatdesk.server.core.accounts import hash_password, keeps_policy
from chatdesk.server.core.database import migration_config
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.ids import ObjectIds
from chatdesk.server.core.messages import Sent
from chatdesk.server.core.orders import NewOrder
from chatdesk.server.core.presence import Presence
from chatdesk.server.core.ratelimit import RateLimit
from chatdesk.server.core.rules import Rules
from chatdesk.server.core.service import Core, Ground
from chatdesk.server.core.tables import Base, Message, Role, User
from chatdesk.server.core.text import clipped, fold, is_storable, like_pattern
from chatdesk.server.core.uploads import NAME_LIMIT_CHARS, safe_name
from chatdesk.server.demo.cast import PASSWORD
from chatdesk.server.dialects.dispatcher.requests import search_of
from chatdesk.server.dialects.dispatcher.vocabulary import WORDS, default_rules, refusal
from tests.conftest import Aio

DAY_MS = 24 * 3_600 * 1_000


class FakeClock:
    """Time stands still until the test moves it."""

    def __init__(self) -> None:
        self.ms = 1_800_000_000_000

    def now_ms(self) -> int:
        return self.ms

    def monotonic_s(self) -> float:
        return self.ms / 1_000


@asynccontextmanager
async def core_at(folder: Path, clock: FakeClock, rules: Rules | None = None) -> AsyncIterator[Core]:
    core = Core(Ground(folder, clock), rules or default_rules(), WORDS)
    await core.open()
    try:
        yield core
    finally:
        await core.close()


async def people(core: Core) -> tuple[Actor, Actor]:
    """A customer and a member of staff."""
    password_hash = await asyncio.to_thread(hash_password, PASSWORD)
    async with core.database.writing() as session:
        users = [
            core.accounts.add(session, email=f"{role}@example.test", password_hash=password_hash, role=role)
            for role in (Role.CUSTOMER, Role.STAFF)
        ]
    return actor_of(users[0]), actor_of(users[1])


async def an_order(core: Core, owner: Actor) -> str:
    new = NewOrder(origin="Here", destination="There", status="pending", details={})
    async with core.database.writing() as session:
        order, _conversation = await core.orders.add(session, owner.id, new, core.clock.now_ms())
    return order.id


async def say(core: Core, actor: Actor, order_id: str, text: str, client_id: str | None = None) -> Sent:
    async def push(_sent: Sent) -> None:
        pass

    return await core.messages.send(
        actor, order_id, text, client_id=client_id, notify=lambda _sent: [], push=push
    )


@pytest.mark.promised("dispatcher", "archiving")
def test_old_messages_are_archived_not_deleted(tmp_path: Path, aio: Aio) -> None:
    """Messages beyond the age leave history, search and counts, and stay readable when asked for."""

    async def story() -> None:
        clock = FakeClock()
        rules = default_rules(archive_after_days=30)
        async with core_at(tmp_path, clock, rules) as core:
            owner, staff = await people(core)
            order = await an_order(core, owner)
            await say(core, owner, order, "old")
            clock.ms += 20 * DAY_MS
            await say(core, owner, order, "newer")
            assert (await core.retention.run_once()).archived_messages == 0
            assert await core.receipts.unread(staff, order) == 2
            clock.ms += 11 * DAY_MS
            assert (await core.retention.run_once()).archived_messages == 1
            page = await core.messages.history(staff, order, offset=0, limit=10)
            assert ([shown.message.text for shown in page.shown], page.total) == (["newer"], 1)
            found = await core.messages.history(staff, order, offset=0, limit=10, search="old")
            assert found.total == 0
            whole = await core.messages.history(staff, order, offset=0, limit=10, with_archived=True)
            assert [shown.message.text for shown in whole.shown] == ["newer", "old"]
            assert await core.receipts.unread(staff, order) == 1

    aio(story())


@pytest.mark.promised("dispatcher", "archiving")
def test_the_start_archives_by_itself(tmp_path: Path, aio: Aio) -> None:
    """Opening a server puts old messages away without being asked, unless the rule says never."""

    async def story() -> None:
        clock = FakeClock()
        async with core_at(tmp_path, clock) as core:
            owner, _staff = await people(core)
            order = await an_order(core, owner)
            await say(core, owner, order, "old")
        clock.ms += 400 * DAY_MS
        for days, archived in ((0, 0), (365, 1)):
            async with core_at(tmp_path, clock, default_rules(archive_after_days=days)) as core:
                total = -1
                while total != 1 - archived:
                    await asyncio.sleep(0.01)
                    total = (await core.messages.history(owner, order, offset=0, limit=1)).total

    aio(story(), timeout_s=10)


def test_refresh_tokens_end_and_are_swept(tmp_path: Path, aio: Aio) -> None:
    """A refresh token works until its end, then is REFRESH_EXPIRED; an access token ends earlier."""

    async def story() -> None:
        clock = FakeClock()
        async with core_at(tmp_path, clock, default_rules(access_ttl_s=60, refresh_ttl_s=600)) as core:
            owner, _staff = await people(core)
            tokens = await core.accounts.sign_in(owner.email, PASSWORD)
            assert await core.accounts.holder(tokens.access_token) == owner
            clock.ms += 60_000
            with pytest.raises(Refused) as refused:
                await core.accounts.holder(tokens.access_token)
            assert refused.value.reason is Reason.BAD_TOKEN
            renewed = await core.accounts.renew(tokens.refresh_token)
            assert await core.accounts.holder(renewed) == owner
            clock.ms += 540_000
            with pytest.raises(Refused) as refused:
                await core.accounts.renew(tokens.refresh_token)
            assert refused.value.reason is Reason.REFRESH_EXPIRED
            assert (await core.retention.run_once()).expired_tokens == 1

    aio(story())


def test_failed_logins_make_one_account_wait(tmp_path: Path, aio: Aio) -> None:
    """Too many wrong passwords block that e-mail, even for the right one, for the rest of the minute."""

    async def story() -> None:
        clock = FakeClock()
        async with core_at(tmp_path, clock) as core:
            _owner, staff = await people(core)
            for _ in range(core.rules.failed_logins_per_minute):
                with pytest.raises(Refused):
                    await core.accounts.sign_in("nobody@example.test", PASSWORD)
            clock.ms += 20_000
            with pytest.raises(Refused) as refused:
                await core.accounts.sign_in("Nobody@example.test ", PASSWORD)
            assert (refused.value.reason, refused.value.retry_after_s) == (Reason.TOO_MANY_LOGINS, 40)
            await core.accounts.sign_in(staff.email, PASSWORD)
            clock.ms += 40_000
            with pytest.raises(Refused) as refused:
                await core.accounts.sign_in("nobody@example.test", PASSWORD)
            assert refused.value.reason is Reason.NO_ACCOUNT

    aio(story())


def test_unconfirmed_accounts_stay_out(tmp_path: Path, aio: Aio) -> None:
    """An account whose e-mail is not confirmed cannot sign in; a deleted account's token opens nothing."""

    async def story() -> None:
        async with core_at(tmp_path, FakeClock()) as core:
            password_hash = await asyncio.to_thread(hash_password, PASSWORD)
            async with core.database.writing() as session:
                user = core.accounts.add(
                    session,
                    email="new@example.test",
                    password_hash=password_hash,
                    role=Role.CUSTOMER,
                    confirmed=False,
                )
            with pytest.raises(Refused) as refused:
                await core.accounts.sign_in("new@example.test", PASSWORD)
            assert refused.value.reason is Reason.UNCONFIRMED
            async with core.database.writing() as session:
                row = await session.get_one(User, user.id)
                row.confirmed = True
            tokens = await core.accounts.sign_in("new@example.test", PASSWORD)
            await core.accounts.sign_out(actor_of(user))
            async with core.database.writing() as session:
                await session.delete(await session.get_one(User, user.id))
            with pytest.raises(Refused) as refused:
                await core.accounts.holder(tokens.access_token)
            assert refused.value.reason is Reason.UNKNOWN_HOLDER

    aio(story())


def test_a_clock_that_steps_back_does_not_disorder_messages(tmp_path: Path, aio: Aio) -> None:
    """Times within a conversation rise strictly, and a read mark lies between two messages."""

    async def story() -> None:
        clock = FakeClock()
        async with core_at(tmp_path, clock) as core:
            owner, staff = await people(core)
            order = await an_order(core, owner)
            first = await say(core, owner, order, "first")
            clock.ms -= 3_600_000

            async def push(_receipt: object) -> None:
                pass

            receipt = await core.receipts.mark_read(staff, order, push=push)
            second = await say(core, owner, order, "second")
            assert first.shown.message.created_ms <= receipt.read_ms < second.shown.message.created_ms
            assert second.shown.message.seq == first.shown.message.seq + 1

    aio(story())


def test_a_failed_write_leaves_nothing_and_pushes_nothing(tmp_path: Path, aio: Aio) -> None:
    """When something fails before the commit, neither message nor notification is stored, and nobody told."""

    async def story() -> None:
        async with core_at(tmp_path, FakeClock()) as core:
            owner, _staff = await people(core)
            order = await an_order(core, owner)
            pushed: list[Sent] = []

            async def push(sent: Sent) -> None:
                pushed.append(sent)

            def notify(_sent: Sent) -> list[object]:
                raise RuntimeError("on purpose")

            with pytest.raises(RuntimeError, match="on purpose"):
                await core.messages.send(owner, order, "text", client_id="c", notify=notify, push=push)  # type: ignore[arg-type]
            async with core.database.reading() as session:
                assert (await session.scalars(select(Message))).all() == []
            assert pushed == []
            sent = await say(core, owner, order, "text", "c")
            assert (sent.repeated, sent.shown.message.seq) == (False, 1)

    aio(story())


def test_the_window_of_a_rate_limit_slides() -> None:
    """Three in ten seconds: the fourth waits exactly until the first is ten seconds old."""
    clock = FakeClock()
    limit = RateLimit(3, 10, clock)
    for _ in range(3):
        assert limit.take("a") == 0
        clock.ms += 2_000
    assert limit.take("a") == 4
    assert limit.take("b") == 0
    clock.ms += 3_999
    assert limit.take("a") == 1
    clock.ms += 1
    assert limit.take("a") == 0
    assert limit.take("a") == 2
    clock.ms += 20_000
    limit.sweep()
    assert limit.wait_s("a") == 0


def test_ids_rise_also_when_the_clock_falls() -> None:
    """Ids are 24 hexadecimal characters, never twice, each greater than the one before."""
    clock = FakeClock()
    ids = ObjectIds(clock)
    made = []
    for step in range(2_000):
        clock.ms += -5_000 if step % 7 == 0 else 700
        made.append(ids.new())
    assert made == sorted(set(made))
    assert all(len(one) == 24 and set(one) <= set("0123456789abcdef") for one in made)


@given(st.text(alphabet=st.characters()))
def test_a_stored_name_is_never_a_path(name: str) -> None:
    """Any name becomes one that is short, not empty, and neither a path nor hidden nor unprintable."""
    safe = safe_name(name)
    assert 1 <= len(safe) <= NAME_LIMIT_CHARS
    assert not set(safe) & set("/\\\0\n\u202e")
    assert not safe.startswith(".")
    assert is_storable(safe)
    assert Path(safe).name == safe
    assert safe_name(safe) == safe


@given(st.text(), st.text(), st.text())
def test_a_pattern_finds_its_needle_literally(before: str, needle: str, after: str) -> None:
    """The LIKE pattern of a needle matches every text that contains it, for SQLite itself."""
    folded = fold(before + needle + after)
    if "\0" in folded or fold(needle) not in folded:
        return
    with closing(sqlite3.connect(":memory:")) as connection:
        query = r"SELECT ? LIKE ? ESCAPE '\'"
        assert connection.execute(query, (folded, like_pattern(needle))).fetchone() == (1,)
        if fold(needle):
            assert connection.execute(query, ("", like_pattern(needle))).fetchone() == (0,)


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("Permits#2026", True),
        ("Ab1#xyzw", True),
        ("Ab1#xyz", False),
        ("permits#2026", False),
        ("PERMITS#2026", False),
        ("Permits#abcd", False),
        ("Permits2026", False),
        ("Permits 2026", False),
        ("Aa1#" + "x" * 197, False),
    ],
)
def test_the_password_policy(password: str, good: bool) -> None:
    """Upper, lower, digit, special character, eight to two hundred."""
    assert keeps_policy(password) is good


def test_clipping_keeps_the_limit() -> None:
    """A text at the limit stays, one above ends in an ellipsis at the limit."""
    assert clipped("x" * 5, 5) == "x" * 5
    assert clipped("x" * 6, 5) == "xxxx…"


def test_presence_counts_people_not_connections() -> None:
    """Rooms and the online state end with a person's last connection."""
    there = Presence()
    assert there.connect("s1", "ann")
    assert not there.connect("s2", "ann")
    there.join("s1", "room")
    there.join("s2", "room")
    there.typing("s1", "room", is_typing=True)
    first = there.disconnect("s1")
    assert first is not None
    assert (first.left_rooms, first.stopped_typing, first.offline) == ((), ("room",), False)
    last = there.disconnect("s2")
    assert last is not None
    assert (last.left_rooms, last.stopped_typing, last.offline) == (("room",), (), True)
    assert there.disconnect("s2") is None
    assert there.online() == []
    assert not there.leave("s2", "room")


def test_every_refusal_has_words() -> None:
    """The dialect has a status below 500 and a sentence for every reason of the core."""
    for reason in Reason:
        words = refusal(
            Refused(reason, retry_after_s=7, detail="admin,staff" if reason is Reason.ROLE else "9")
        )
        assert 400 <= words.status < 500
        assert words.text
        assert "{" not in words.text
    assert refusal(Refused(Reason.ROLE, detail="admin,staff")).text.endswith("admin, moderator")


def test_migrations_make_the_models() -> None:
    """From an empty file to the newest schema there is one line of migrations, and it equals the models."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        config = migration_config(connection)
        assert len(ScriptDirectory.from_config(config).get_heads()) == 1
        command.upgrade(config, "head")
        command.check(config)
        assert set(Base.metadata.tables) < set(inspect(connection).get_table_names())
        command.downgrade(config, "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_search_texts_lose_their_escapes() -> None:
    """What a client escaped for a regular expression is searched as it was typed."""
    assert search_of(QueryParams({"search": r"ORD\-1\.5 \(x\)"}), "search") == "ORD-1.5 (x)"
