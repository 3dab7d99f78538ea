"""A life of the store alone on a failing disk: a person, a store, and a server that is a list.

What the store has said counts: a press that it has taken must arrive once, one that it has refused must not
be there at all, and what was asked of it when the process died may have been done or not.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from chatdesk.domain import outbox as machine
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.errors import ForeignDatabase, NewerDatabase, StaleDraft, StoreProblem
from chatdesk.domain.events import ConversationSeen
from chatdesk.domain.ids import ConversationId, RemoteId
from chatdesk.domain.kinds import DeliveryState, OutgoingKind
from chatdesk.store import Store
from chatdesk.store.connection import FILE_NAME
from chatdesk.store.recovery import open_store
from tests.faults.disk.shim import Disk, Fault, failing_disk
from tests.store.making import CONVERSATION, OTHER, WAIT_S, Desk, at, cursor, message, started, window

T = TypeVar("T")
MOST_TRIES = 4
"""So often a person tries what was refused before the disk is looked after."""
MOST_ROUNDS = 30


class Died(Exception):
    """The process is gone: what was asked last has no answer."""


@dataclass(slots=True)
class Found:
    """What a life came to."""

    calls: int = 0
    struck: int = 0
    refused: int = 0
    died: bool = False
    left_alone: bool = False
    """The spoilt file looked like a newer one, or like another program's, and was not touched."""
    wrong: list[str] = field(default_factory=list)


class Life:
    """A store that is opened, used, closed and opened again, by somebody who tries again what was refused."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self.folder = folder
        self.disk = disk
        self.disk.on_death = self._die
        self.found = Found()
        self.server: list[tuple[str, str]] = []
        """(text, id): what has arrived."""
        self.pressed: list[str] = []
        """What the store has taken."""
        self.doubtful: set[str] = set()
        """What was being asked when the process died."""
        self.gone: set[str] = set()
        """What was taken back or cancelled."""
        self.store: Any = None
        self.is_hurt = False
        """A file was spoilt: what was let go may ask again, and a ledger may show what it has lost."""
        self.older = folder
        """The folder as it was after a few sends."""
        self._dead: Path | None = None
        self._arrival = 0

    def _die(self) -> None:
        if self._dead is not None:
            return
        self._dead = self.folder.with_name(f"{self.folder.name}-left")
        leave(self.folder, self._dead)

    # -- doing

    def open(self) -> None:
        """Open it, once the disk lets us."""
        try:
            self.store = self._tried(lambda: open_store(self.folder), "open")
        except (NewerDatabase, ForeignDatabase):
            if not self.is_hurt:
                raise
            self.found.left_alone = True  # its header says so, and the person was told: they put it right
            mend_header(self.folder, self.older)
            self.store = open_store(self.folder)
        accounts = self._asked(self.store.accounts).rows
        self.account = accounts[0].id
        self.talk = self._id_of(CONVERSATION)
        self.other = self._id_of(OTHER)

    def _id_of(self, remote_id: RemoteId) -> ConversationId:
        found: ConversationId | None = self._asked(
            lambda: self.store.conversation_of(self.account, remote_id)
        )
        if found is None:  # a new database knows it again when the lists are read
            self.receive(ConversationSeen(remote_id=remote_id, title=""))
            return self._id_of(remote_id)
        return found

    def _tried(self, work: Callable[[], T], what: str) -> T:
        tries = 0
        while True:
            try:
                done = work()
            except (NewerDatabase, ForeignDatabase):
                raise
            except StoreProblem:
                self.found.refused += 1
                self._living(what)
                tries += 1
                if tries == MOST_TRIES:
                    self.disk.heal()
                assert tries <= MOST_TRIES, f"{what} is refused by a disk that is well"
            else:
                self._living(what)
                return done

    def _living(self, _what: str) -> None:
        if self._dead is not None:
            raise Died

    def _asked(self, ask: Callable[[], Future[T]], what: str = "") -> T:
        return self._tried(lambda: ask().result(WAIT_S), what)

    def press(self, talk: ConversationId, text: str, *, hold_us: int = 0) -> Outgoing:
        """Press Send until it is taken; a refusal must have changed nothing."""
        version = self._draft(talk)[0]
        self.doubtful.add(text)
        tries = 0
        while True:
            try:
                item: Outgoing = self.store.press_send(talk, version, text, hold_us=hold_us).result(WAIT_S)
            except StoreProblem:
                self.found.refused += 1
                self._living(text)
                tries += 1
                self._untouched(talk, version, text)
                if tries == MOST_TRIES:
                    self.disk.heal()
                assert tries <= MOST_TRIES, "refused by a disk that is well"
            except StaleDraft:
                self._living(text)
                self.found.wrong.append(f"{text!r} was refused, and is there all the same")
                raise
            else:
                self._living(text)
                self.doubtful.discard(text)
                self.pressed.append(text)
                return item

    def _untouched(self, talk: ConversationId, version: int, text: str) -> None:
        there = [one for one in self._asked(self.store.outbox).rows if one.text == text]
        if there or self._draft(talk)[0] != version:
            self.found.wrong.append(f"{text!r} was refused, and something of it is there")

    def _draft(self, talk: ConversationId) -> tuple[int, str]:
        def read() -> tuple[int, str]:
            reader = self.store.reader()
            try:
                draft = reader.draft(talk)
            finally:
                reader.close()
            return draft.version, draft.text

        return self._tried(read, "draft")

    def carry(self, item: Outgoing, *, answered: bool = True) -> None:
        """An attempt: on disk, then at the server, then its outcome on disk."""
        self._asked(lambda: self.store.advance(item.id, started(item)), item.text)
        remote = RemoteId(f"m{9_000 + len(self.server)}")
        self.server.append((item.text, remote))
        if answered:
            self._asked(lambda: self.store.advance(item.id, machine.Stored(remote)), item.text)

    def receive(self, *events: Any) -> None:
        """Something comes in."""
        self._arrival += 1
        self._asked(lambda: self.store.apply(self.account, at(100 + self._arrival, *events)))

    def live(self) -> None:
        """Everything that a store does, in one short life and the beginning of a second one."""
        self.open()
        self.carry(self.press(self.talk, "first of all"))
        self.press(self.other, "waits its turn")
        self.older = self.folder.with_name(f"{self.folder.name}-older")
        leave(self.folder, self.older)
        self._asked(lambda: self.store.save_draft(self.talk, self._draft(self.talk)[0], "half a thought"))
        self.receive(message(401), message(402))
        flying = self.press(self.talk, "second to none")
        self.carry(flying, answered=False)
        held = self.press(self.talk, "third time", hold_us=1)
        self.doubtful.add("third time")
        self._asked(lambda: self.store.take_back(held.id))
        self.doubtful.discard("third time")
        self.gone.add("third time")
        if "third time" not in self._draft(self.talk)[1]:
            self.found.wrong.append("what was taken back is not in the draft")
        fourth = self.press(self.other, "fourth wall")
        (waits,) = [one for one in self._asked(self.store.outbox).rows if one.text == "waits its turn"]
        self.carry(waits)
        self.carry(fourth)
        self.receive(*window(range(380, 410)))
        self._asked(lambda: self.store.intend_read(self.talk, cursor(402)))
        self.press(self.other, "fifth wheel")
        self.store.close()
        self._living("close")
        self.open()
        self.press(self.other, "sixth sense")
        self.store.close()
        self._living("close")

    def end(self) -> None:
        """The process is gone; its threads end as well as they can."""
        if self.store is not None:
            self.store.close()

    # -- what it has come to

    def settle(self, hurt: Callable[[Path, Path], None] | None = None) -> None:
        """On a sound disk: look after everything that waits, then count. hurt: is given the folder before."""
        if self._dead is not None:
            self.found.died = True
            self.folder, self._dead = self._dead, None
        self.disk.heal()
        if hurt is not None:
            hurt(self.folder, self.older)
            self.is_hurt = True
        self.open()
        if self._asked(self.store.check).must_rebuild:
            self.store.close()
            self.open()
        try:
            self._check_taken_back()
            for _ in range(MOST_ROUNDS):
                first: dict[RemoteId, Outgoing] = {}
                for one in sorted(self._asked(self.store.outbox).rows, key=lambda one: one.position):
                    if one.kind is OutgoingKind.SEND:
                        first.setdefault(one.conversation_remote_id, one)
                if not [one for one in first.values() if self._moves(one)]:
                    break
            else:
                self.found.wrong.append("something waits for ever")
            self._count()
        finally:
            self.store.close()

    def _check_taken_back(self) -> None:
        if "third time" in self.pressed:
            shown = [one.text for one in self._asked(self.store.outbox).rows]
            if "third time" not in shown and "third time" not in self._draft(self.talk)[1]:
                self.found.wrong.append("what was taken back is neither draft nor message")

    def _moves(self, item: Outgoing) -> bool:
        """One step of one item, as an engine and a person would; False: it is settled."""
        there = [remote for text, remote in self.server if text == item.text]
        match item.state:
            case DeliveryState.QUEUED:
                self.carry(item)
            case DeliveryState.PARKED:
                self._asked(lambda: self.store.advance(item.id, machine.PersonRetries()))
            case DeliveryState.IN_FLIGHT:
                self._asked(lambda: self.store.restart(item.account_id))
            case DeliveryState.UNCERTAIN if there:
                self._asked(lambda: self.store.advance(item.id, machine.Found(RemoteId(there[0]))))
            case DeliveryState.UNCERTAIN:
                self._asked(lambda: self.store.advance(item.id, machine.Absent(may_repeat=True)))
            case _:
                return False
        return True

    def _count(self) -> None:
        arrived = Counter(text for text, _id in self.server)
        for text in {*self.pressed, *self.doubtful, *arrived}:
            least = 0 if text in self.doubtful or text in self.gone else 1
            most = 0 if text in self.gone and not (self.found.died or self.is_hurt) else 1
            if not least <= arrived[text] <= most:
                self.found.wrong.append(f"{text!r} has arrived {arrived[text]} times")
        for names in (
            ("first of all", "second to none"),
            ("waits its turn", "fourth wall", "fifth wheel", "sixth sense"),
        ):
            got = [text for text, _id in self.server if text in names]
            if got != sorted(got, key=names.index):
                self.found.wrong.append(f"out of order: {got}")
        if self.is_hurt:
            return
        check = self._asked(self.store.verify_ledger)
        if check.first_bad is not None:
            self.found.wrong.append(f"the ledger is not sound: {check}")
        integrity = self._asked(self.store.check)
        if not integrity.is_sound:
            self.found.wrong.append(f"the database is not sound: {integrity}")


def mend_header(folder: Path, older: Path) -> None:
    with (older / FILE_NAME).open("rb") as sound, (folder / FILE_NAME).open("r+b") as spoilt:
        spoilt.write(sound.read(100))


def leave(folder: Path, left: Path) -> None:
    """What a process that dies now leaves behind; its lock is gone with it."""
    shutil.copytree(folder, left, ignore=shutil.ignore_patterns("*.lock"))


def template(folder: Path) -> None:
    """A profile with an account, two conversations and some history, closed."""
    store = Store.open(folder)
    desk = Desk(store)
    desk.apply(3, *window(range(300, 400)))
    store.close()


def live(
    source: Path, folder: Path, *faults: Fault, hurt: Callable[[Path, Path], None] | None = None
) -> Found:
    """One life on a disk with these faults; `hurt` then spoils what it leaves, given it and an older copy."""
    home = folder / "profile"
    leave(source, home)
    with failing_disk(folder) as disk:
        disk.faults = list(faults)
        life = Life(home, disk)
        try:
            life.live()
        except Died:
            life.end()
        life.found.calls, life.found.struck = disk.calls, disk.struck
        life.settle(hurt)
    return life.found
