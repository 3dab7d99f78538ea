"""The fault lab can see: planted defects are what they are called, and are found by what it draws anyway."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from contextlib import closing
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from PySide6.QtWidgets import QApplication

from chatdesk.domain import outbox as machine
from chatdesk.domain.entities import Draft
from chatdesk.domain.facts import AccountFacts, Facts, Secrets
from chatdesk.domain.goals import FreshHead, SendText
from chatdesk.domain.ids import ConversationId, OutgoingId, RemoteId
from chatdesk.domain.kinds import DeliveryState, KeyGrade, OutgoingKind
from chatdesk.domain.steps import Emit, Step
from chatdesk.platforms import registry
from chatdesk.platforms.fakomame import lane, sends
from chatdesk.platforms.link import Link
from chatdesk.platforms.marketplace import history
from chatdesk.platforms.steppergo import ids
from chatdesk.server.dialect import Variant
from chatdesk.store import Store
from chatdesk.store.connection import FILE_NAME
from chatdesk.store.journal import Journal, Record, Written
from chatdesk.sync.heads import Heads, Watermark
from chatdesk.sync.pump import Pump
from chatdesk.ui.composer.drafts import DraftKeeper
from tests.faults import lab, script
from tests.faults.mutants import (
    backup_resent,
    blind_resend,
    bound_ignored,
    early_clear,
    empty_is_absent,
    late_attempt,
    late_journal,
    late_mark,
    no_quiet_time,
    no_watermark,
    send_before_join,
    temp_id_dedupes,
)
from tests.faults.mutants.defect import Defect, replaced
from tests.faults.mutants.defects import DEFECTS
from tests.faults.mutants.search import HARMS, hunt, own_scratch
from tests.faults.parts import schedules
from tests.store.making import WAIT_S, Desk, message, started

FACTS = Facts(
    account=AccountFacts(
        server_url="https://chat.example",
        login="dana@example.test",
        user_id=RemoteId("me"),
        role="",
        name="Dana",
        secrets=Secrets("token"),
    ),
    epoch=1,
    online=True,
)
CHEAP = ("early_clear", "temp_id_dedupes")


def named(name: str) -> Defect:
    """A defect."""
    (found,) = (one for one in DEFECTS if one.name == name)
    return found


def rows(database: Path, table: str) -> int:
    """How many rows another process would see."""
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_twelve_defects_stand_under_names_of_their_own() -> None:
    """Each says what it does and which rule it breaks."""
    assert len({one.name for one in DEFECTS}) == len(DEFECTS) == 12
    assert all(one.does and one.rule for one in DEFECTS)


def test_hunts_carry_out_what_the_lab_draws() -> None:
    """The cases of a hunt are those that a run of the same seed has, without those of other places."""
    hunt_of = named("blind_resend").hunt
    drawn = [one for one in schedules.PART.cases(3, 40) if one["variant"] == "as-is"]
    assert list(islice(hunt_of.cases(3), len(drawn))) == drawn


def test_what_is_planted_is_gone_afterwards() -> None:
    """Also where what was done meanwhile has failed."""

    class Owner:
        value = 1

    with contextlib.suppress(KeyError), replaced((Owner, "value", 2)):
        assert Owner.value == 2
        raise KeyError
    assert Owner.value == 1


@pytest.mark.parametrize("name", CHEAP)
def test_it_is_found(name: str, qapp: QApplication) -> None:
    """By the checker, and the same case without it is clean."""
    assert qapp is not None
    with own_scratch():
        found = hunt(named(name), 1)
    assert found.found in HARMS, found
    assert found.clean, found


def test_the_composer_scene_is_clean_without_a_defect(tmp_path: Path, qapp: QApplication) -> None:
    """A failing disk, and deaths with and without their database, cost no text that has left the composer."""
    assert qapp is not None
    scene, kills = named("early_clear").hunt, 0
    for at, case in enumerate(islice(scene.cases(1), 8)):
        folder = tmp_path / str(at)
        folder.mkdir()
        with own_scratch():
            result = scene.carry_out(case, folder)
        assert not any(result.get(name) for name in HARMS), result
        kills += result["kills"]
    assert kills


# -- each is what it is called -------------------------------------------------------------------------------


@pytest.mark.parametrize("is_planted", [False, True])
def test_late_attempt_writes_the_row_after_the_bytes(tmp_path: Path, is_planted: bool) -> None:
    """When a send is handed to the network its attempt is on disk; with the defect it is not."""
    made = lab.prepare(tmp_path / "made", "omw", Variant.AS_IS)
    wanted = script.Script(1, "omw", "as-is", (script.Step(3_000, "press", 0, "t0 only"),))
    world = tmp_path / "world"
    on_disk: list[int] = []
    perform = Link.perform

    async def watched(self: Link, step_id: int, step: Step) -> None:
        if step.commits:
            on_disk.append(rows(world / "client" / FILE_NAME, "attempts"))
        await perform(self, step_id, step)

    plant = late_attempt.plant() if is_planted else contextlib.nullcontext()
    with replaced((Link, "perform", watched)), plant:
        found = lab.run_schedule(world, made, wanted)
    assert found.count.accepted == 1
    assert on_disk == [0 if is_planted else 1]


@pytest.mark.parametrize("is_planted", [False, True])
def test_late_journal_writes_after_the_commit(profile_dir: Path, is_planted: bool) -> None:
    """When the journal is written the row is not yet committed; with the defect it is."""
    committed: list[int] = []
    append = Journal.append

    def watched(self: Journal, records: Any) -> None:
        told: list[Record] = list(records)
        if any(isinstance(one, Written) for one in told):
            committed.append(rows(profile_dir / FILE_NAME, "outbox"))
        append(self, told)

    plant = late_journal.plant() if is_planted else contextlib.nullcontext()
    with replaced((Journal, "append", watched)), plant:
        store = Store.open(profile_dir)
        Desk(store).press("only")
        store.close()
    assert committed == [1 if is_planted else 0]


def test_no_quiet_time_leaves_none() -> None:
    """On every platform."""
    adapters = [one.load() for one in registry.PLUGINS]
    assert [one.limits.quiet_ms for one in adapters] == [10_000] * 5
    with no_quiet_time.plant():
        assert [one.limits.quiet_ms for one in adapters] == [0] * 5
    assert [one.limits.quiet_ms for one in adapters] == [10_000] * 5


def test_temp_id_dedupes_grades_what_only_comes_back() -> None:
    """StepperGO's ids are findable; with the defect they count as keys."""
    assert ids.grade(FACTS) is KeyGrade.FINDABLE
    with temp_id_dedupes.plant():
        assert ids.grade(FACTS) is KeyGrade.IDEMPOTENT


def test_send_before_join_sends_into_a_room_where_we_are_not() -> None:
    """The first step of a send is the join; with the defect it is the message."""
    item = OutgoingId("01K7Z0000000000000000000000")
    chat = RemoteId("cm0000000000000000000chat1")
    goal = SendText(chat, item, item, "hello")
    first = sends.next_send(goal, FACTS)
    assert isinstance(first, Emit)
    assert first.note == lane.NOTE_JOIN
    with send_before_join.plant():
        first = sends.next_send(goal, FACTS)
    assert isinstance(first, Emit)
    assert first.note == lane.NOTE_SEND


def test_early_clear_empties_the_composer_before_the_disk_has_it(qapp: QApplication) -> None:
    """After Enter the text stands until its commit; with the defect it is gone at once."""
    assert qapp is not None

    class NeverDone:
        def start(self, _name: str, work: Any, **_options: Any) -> None:
            work.close()

        def is_running(self, _name: str) -> bool:
            return True

    shown: list[str] = []
    for plant in (contextlib.nullcontext(), early_clear.plant()):
        draft = Draft(conversation_id=ConversationId(1), version=1, text="hello", saved_at_us=0)
        keeper = DraftKeeper(cast("Any", None), cast("Any", NeverDone()), draft)
        with plant:
            assert keeper.press_send()
        shown.append(keeper.text)
    assert shown == ["hello", ""]


def test_blind_resend_repeats_what_nobody_knows() -> None:
    """A send without an answer becomes uncertain, its links are cut; with the defect it goes again."""

    class FakePump(Pump):
        def __init__(self) -> None:
            self.told: list[str] = []
            self._client = cast("Any", SimpleNamespace(abort_commits=self._note("cut")))
            self._reconciler = cast("Any", SimpleNamespace(closed=lambda _item: None))
            self._rests = cast("Any", SimpleNamespace(after_setback=lambda _item, _ms: 0))

        def _note(self, what: str) -> Any:
            async def note() -> None:
                self.told.append(what)

            return note

        async def _record(self, _outgoing: OutgoingId, event: machine.Event) -> None:
            self.told.append(type(event).__name__)

    item = cast("Any", SimpleNamespace(id=OutgoingId("x"), kind=OutgoingKind.SEND))
    told = []
    for plant in (contextlib.nullcontext(), blind_resend.plant()):
        with plant:
            pump = FakePump()
            asyncio.run(pump._unclear(item, "timeout", KeyGrade.NONE))
        told.append(pump.told)
    assert told == [["cut", "Unknown"], ["Unknown", "SafeToRepeat"]]


def test_no_watermark_names_nothing() -> None:
    """An attempt names the head of its conversation; with the defect it names nothing."""
    head = Watermark((RemoteId("m1"),), complete=True)
    fake = cast("Any", SimpleNamespace(_heads=SimpleNamespace(watermark=lambda _conversation: head)))
    item = cast("Any", SimpleNamespace(conversation_remote_id=RemoteId("c1")))
    assert asyncio.run(Pump._watermark(fake, item)) == head
    with no_watermark.plant():
        assert asyncio.run(Pump._watermark(fake, item)) == Watermark((), complete=True)


def test_bound_ignored_offers_what_belongs_to_another(profile_dir: Path) -> None:
    """A message that a send has become is no candidate for the next one; with the defect it is."""
    store = Store.open(profile_dir)
    desk = Desk(store)
    item = desk.press("ok")
    store.advance(item.id, started(item)).result(WAIT_S)
    store.advance(item.id, machine.Stored(RemoteId("m900"))).result(WAIT_S)
    desk.apply(50, message(900, "ok", own=True))
    assert not store.candidates(desk.conversation, frozenset()).result(WAIT_S)
    with bound_ignored.plant():
        (found,) = store.candidates(desk.conversation, frozenset()).result(WAIT_S)
    assert found.remote_id == "m900"
    store.close()


def test_empty_is_absent_proves_with_nothing() -> None:
    """Where nothing is known to be stored an empty history proves nothing; with the defect it does."""
    goal = FreshHead(RemoteId("c1"), frozenset(), complete=True)
    (honest,) = history._nothing(goal, FACTS, bad=0)
    assert not honest.complete
    with empty_is_absent.plant():
        (wrong,) = history._nothing(goal, FACTS, bad=0)
    assert (wrong.complete, wrong.reaches_start, wrong.reaches_head) == (True, True, True)


def test_late_mark_does_not_wait_for_what_came_meanwhile() -> None:
    """Before the conversation is read on this connection no mark goes; with the defect it does."""
    limits = SimpleNamespace(read_marks_all=True)
    fake = cast("Any", SimpleNamespace(_adapter=SimpleNamespace(limits=limits), _heads=Heads()))
    item = cast("Any", SimpleNamespace(conversation_remote_id=RemoteId("c1"), target="5"))
    assert not Pump._may_mark(fake, item)
    with late_mark.plant():
        assert Pump._may_mark(fake, item)


def test_backup_resent_lets_an_old_queue_go(tmp_path: Path) -> None:
    """What an older copy of the database has queued asks first; with the defect it is ready to go."""
    states: list[dict[str, DeliveryState]] = []
    for plant in (contextlib.nullcontext(), backup_resent.plant()):
        folder = tmp_path / str(len(states))
        store = Store.open(folder)
        desk = Desk(store)
        item = desk.press("once")
        store.close()
        backup = (folder / FILE_NAME).read_bytes()
        store = Store.open(folder)
        store.advance(item.id, started(item)).result(WAIT_S)
        store.advance(item.id, machine.Stored(RemoteId("m900"))).result(WAIT_S)
        desk = Desk(store, first_sync=False)
        other = desk.press("twice")
        store.close()
        (folder / FILE_NAME).write_bytes(backup)
        with plant:
            store = Store.open(folder)
        found = {one.text: one.state for one in store.unsettled(desk.account.id).result(WAIT_S)}
        store.close()
        assert other.text == "twice"
        states.append(found)
    assert states[0] == {"twice": DeliveryState.PARKED}
    assert states[1] == {"once": DeliveryState.QUEUED}
