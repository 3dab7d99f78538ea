"""One file brought to the server, cut at each of its bytes: whole and once in the end, or the person is told.

Where files belong to messages, one message for each file follows, and the checker counts messages. Where they
belong to orders, the file itself must be there once: the person who got no answer looks before the next try.
"""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

import starlette.datastructures

from chatdesk.domain.actions import Action, ActionKind, Attachment, Extras
from chatdesk.domain.entities import Conversation, Order, OrderFile
from chatdesk.domain.errors import NotDone, NotKnown
from chatdesk.domain.kinds import MessageKind
from chatdesk.server.dialect import Variant
from tests.faults import checker, lab
from tests.faults.parts import Case, Result
from tests.faults.sweeps import ground

WITH_MESSAGES = frozenset({"omw"})
"""Files of messages; elsewhere files belong to orders."""
PLACES: tuple[ground.Place, ...] = tuple(
    (platform, variant) for platform in ("dispatcher", "omw") for variant in Variant
)
"""Where files can be brought at all."""
WAYS = (ground.UP, ground.DOWN)
SMALL_BYTES = 4_000
LARGE_BYTES = 10_000_000
TRIES = 8
AGAIN_S = 3.0
"""After so long the person tries again."""
_sizes: dict[tuple[ground.Place, int], ground.Sizes] = {}


class Files(ground.World):
    """A world whose person brings files."""

    def __init__(self, folder: Path, made: lab.Prepared) -> None:
        super().__init__(folder, made)
        self.staged = folder / "staged"
        self.staged.mkdir()
        self.hashes: dict[str, str] = {}
        """By the name of the file, what its bytes are."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        rows = (await asyncio.wrap_future(self.desk.store.conversations())).rows
        self.talk: Conversation = next(one for one in rows if one.id == self.made.talks[0])
        orders = (await asyncio.wrap_future(self.desk.store.orders())).rows
        self.order: Order | None = next((one for one in orders if one.id == self.talk.order_id), None)
        return self

    def stage(self, number: int, size: int) -> Path:
        """A file of its own bytes."""
        path = self.staged / f"picture-{number:04d}.png"
        stamp = f"{number:08d}".encode()
        content = (stamp * (size // len(stamp) + 1))[:size]
        path.write_bytes(content)
        self.hashes[path.name] = hashlib.sha256(content).hexdigest()
        return path

    @property
    def brings_messages(self) -> bool:
        """Whether files belong to messages here."""
        return self.made.platform in WITH_MESSAGES

    def _action(self, path: Path) -> Action:
        where: dict[str, Any] = {"path": str(path), "content_type": "image/png"}
        where["size_bytes"] = path.stat().st_size
        if self.brings_messages:
            return Action(kind=ActionKind.UPLOAD, conversation=self.talk.remote_id, **where)
        assert self.order is not None
        return Action(kind=ActionKind.ADD_FILE, **where, **self._about())

    def _about(self) -> dict[str, Any]:
        assert self.order is not None
        order = self.order
        return {"order": order.remote_id, "order_kind": order.kind, "order_number": order.number}

    async def bring(self, path: Path) -> Attachment | None:
        """Have the file brought; told that it failed, the person tries again. None: given up."""
        for _ in range(TRIES):
            assert self.desk.engine is not None
            try:
                done = await self.desk.engine.act(self._action(path))
            except NotDone:
                pass
            except NotKnown:
                if await self._is_there(path):
                    return Attachment(name=path.name)
            else:
                return done.attachment or Attachment(name=path.name)
            await asyncio.sleep(AGAIN_S)
        return None

    async def _is_there(self, path: Path) -> bool:
        return any(one.name == path.name for one in await self._listed())

    async def _listed(self) -> tuple[OrderFile, ...]:
        for _ in range(TRIES):
            assert self.desk.engine is not None
            await asyncio.sleep(AGAIN_S)
            try:
                await self.desk.engine.act(Action(kind=ActionKind.LIST_FILES, **self._about()))
            except NotDone:
                continue
            orders = (await asyncio.wrap_future(self.desk.store.orders())).rows
            return next(one.files for one in orders if self.order is not None and one.id == self.order.id)
        raise AssertionError("the list of files can't be read although nothing is wrong")

    def take_away(self, name: str) -> None:
        """Have the server forget a file, so that each answer is as long as the first: not everybody may."""
        with closing(sqlite3.connect(self.house.folder / "server.sqlite3")) as connection, connection:
            connection.execute("DELETE FROM uploads WHERE original_name = ?", (name,))

    async def say(self, text: str, file: Attachment) -> None:
        """Press Send for a message that shows the file."""
        where = self.made.talks[0]
        reader = self.desk.real.reader()
        try:
            version = reader.draft(where).version
        finally:
            reader.close()
        extras = Extras(attachments=(file,))
        pressed = self.desk.store.press_send(where, version, text, MessageKind.IMAGE, extras)
        await asyncio.wrap_future(pressed)
        self.desk.presses.append(checker.Press("t0", text, self.clock.now_ms()))

    def stored(self, name: str) -> list[str]:
        """The hashes of a file's bytes on the server's disk, once for each time that it is there for good."""
        with closing(sqlite3.connect(self.house.folder / "server.sqlite3")) as connection:
            sql = "SELECT stored_name, blob, order_id FROM uploads WHERE original_name = ?"
            rows = connection.execute(sql, (name,)).fetchall()
            shown = connection.execute(
                "SELECT extras FROM messages WHERE text = ?", (text_of(name),)
            ).fetchall()
        said = " ".join(str(one) for (one,) in shown)
        blobs = [blob for stored, blob, order in rows if order is not None or stored in said]
        folder = self.house.folder / "uploads"
        return [hashlib.sha256((folder / blob).read_bytes()).hexdigest() for blob in blobs]


def text_of(name: str) -> str:
    """What the message of a file says."""
    return f"t0 {name}"


@contextmanager
def forms_in_one_thread() -> Iterator[None]:
    """While it lasts, servers keep large forms without threads: the lab waits for none of those."""

    async def at_once(work: Callable[..., Any], *values: Any, **named: Any) -> Any:
        return work(*values, **named)

    patched: Any = starlette.datastructures
    before = patched.run_in_threadpool
    patched.run_in_threadpool = at_once
    try:
        yield
    finally:
        patched.run_in_threadpool = before


def measured(place: ground.Place, folder: Path, size: int = SMALL_BYTES) -> ground.Sizes:
    """How many bytes one upload takes at a place, its message not counted; measured once in a process."""
    if (place, size) not in _sizes:
        made = ground.prepared(place, folder.parent)
        with forms_in_one_thread():
            _sizes[place, size] = lab.run_lab(_measure(folder / "measured", made, size))
    return _sizes[place, size]


async def _measure(folder: Path, made: lab.Prepared, size: int) -> ground.Sizes:
    async with Files(folder, made) as world:
        with ground.counted(world.network) as (up, down):
            assert await world.bring(world.stage(0, size)) is not None
        return ground.Sizes(up.passed, down.passed)


def carry_out(case: Case, folder: Path) -> Result:
    """Bring one file for each point of the case, with the connection cut there."""
    place, size = ground.place_of(case), case.get("size", SMALL_BYTES)
    sizes = measured(place, folder, size)
    if "points" in case:
        cuts = [ground.Cut(ground.UP, sizes.up * part // 10_000) for part in case["points"]]
    else:
        cuts = ground.share(case, sizes, WAYS)
    made = ground.prepared(place, folder.parent)
    with forms_in_one_thread():
        return lab.run_lab(_sweep(case, folder / "world", made, cuts, size))


async def _sweep(case: Case, folder: Path, made: lab.Prepared, cuts: list[ground.Cut], size: int) -> Result:
    tally, count = ground.Tally(), checker.Count()
    world = Files(folder, made)
    async with world:
        for number, cut in enumerate(cuts):
            path = world.stage(number, size)
            with ground.armed(world.network, cut) as trap:
                begun_ms = world.clock.now_ms()
                file = await world.bring(path)
            if trap.sprung:
                tally.faults.append(f"upload_{cut.way}")
            else:
                tally.words.append(f"never reached: {cut}")
            if file is not None and world.brings_messages:
                await world.say(text_of(path.name), file)
                await world.settled(begun_ms)
            tally.alive += file is not None and world.clock.now_ms() - begun_ms <= lab.ALIVE_MS
            wrong = _judge(count, world.stored(path.name), world.hashes[path.name], told=file is not None)
            if wrong:
                tally.words.append(f"{cut}: {wrong}")
            if not world.brings_messages:
                world.take_away(path.name)
            await asyncio.sleep(ground.CALM_S)
    if world.brings_messages:
        said, files_lost, files_twice = world.count(), count.lost, count.duplicated
        count = said
        count.lost += files_lost
        count.duplicated += files_twice
    return ground.result(case, tally, count)


def _judge(count: checker.Count, stored: list[str], wanted: str, *, told: bool) -> str:
    """Count what became of one file; what is wrong with it. told: the person was told that it is there."""
    count.presses += 1
    if len(stored) > 1:
        count.duplicated += 1
        return f"{len(stored)} times there"
    if stored == [wanted]:
        count.accepted += 1
        return "" if told else "there, and the person gave up"
    if stored or told:
        count.lost += 1
        return "other bytes than those that were brought" if stored else "told as done, and not there"
    count.waiting += 1
    return "given up"
