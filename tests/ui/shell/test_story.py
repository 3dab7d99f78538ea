"""Message info tells what happened to an own message, second by second, for every state."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from chatdesk.domain import outbox as machine
from chatdesk.domain.entities import Attempt, Message, Outgoing
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Assurance, DeliveryState, ParkReason
from chatdesk.store import outbox as outbox_store
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.timeline.info import MessageInfo
from chatdesk.ui.timeline.wording import info_word
from tests.conftest import Ui
from tests.shots import scene
from tests.shots.seat import Seat

ROOM = "10482"
SECOND_US = 1_000_000


class Life:
    """One message of one conversation; every step comes a second after the one before, from 10:42:00 on."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self.item = scene.press(seat.store, seat.day, ROOM, "where does it stop?")
        self.attempts = 0

    def step(self, event: machine.Event, *, after_s: int = 1) -> Life:
        self.seat.clock.at_us += after_s * SECOND_US
        self.item = self.seat.store.advance(self.item.id, event).result(10)
        return self

    def tried(self, *, after_s: int = 1) -> Life:
        self.attempts += 1
        attempt = Attempt(
            outgoing_id=self.item.id,
            number=self.attempts,
            client_id=self.item.id,
            epoch=1,
            step="send",
            watermark=(),
            watermark_complete=True,
            started_at_us=self.seat.clock.at_us,
        )
        return self.step(machine.Started(attempt), after_s=after_s)

    def message(self) -> Message:
        reader = self.seat.store.reader()
        try:
            rows = reader.newest_page(self.seat.day.talk(ROOM)).messages
            return next(one for one in rows if one.outgoing_id == self.item.id)
        finally:
            reader.close()


@pytest.fixture
def life(seat: Seat) -> Life:
    return Life(seat)


FOUND = machine.Found(RemoteId("x-found"))
LIVES: dict[str, tuple[Callable[[Life], object], list[str]]] = {
    "waits": (lambda _life: None, ["10:42:00 Queued on this computer"]),
    "arrives": (
        lambda life: life.tried(after_s=3).step(machine.Stored(RemoteId("x-1"))),
        [
            "10:42:00 Queued on this computer",
            "10:42:03 Sent to the server, try 1",
            "10:42:04 The server has it",
        ],
    ),
    "is found in the history": (
        lambda life: life.tried(after_s=2).step(machine.Unknown(), after_s=15).step(FOUND, after_s=23),
        [
            "10:42:00 Queued on this computer",
            "10:42:02 Sent to the server, try 1",
            "10:42:17 No answer: it may have arrived",
            "10:42:40 Found in the server's history",
        ],
    ),
    "was absent and is repeated": (
        lambda life: (
            life.tried()
            .step(machine.Unknown())
            .step(machine.Absent(may_repeat=True))
            .tried()
            .step(machine.Stored(RemoteId("x-2")))
        ),
        [
            "10:42:00 Queued on this computer",
            "10:42:01 Sent to the server, try 1",
            "10:42:02 No answer: it may have arrived",
            "10:42:03 Not in the server's history",
            "10:42:04 Sent to the server, try 2",
            "10:42:05 The server has it",
        ],
    ),
    "has to wait": (
        lambda life: life.tried().step(machine.Later(0, "rate")),
        [
            "10:42:00 Queued on this computer",
            "10:42:01 Sent to the server, try 1",
            "10:42:02 Not now: it waits and is tried again",
        ],
    ),
    "is refused, changed and sent": (
        lambda life: (
            life.tried()
            .step(machine.Refused(ParkReason.TOO_LONG))
            .step(machine.PersonEdits("shorter"))
            .tried()
            .step(machine.Stored(RemoteId("x-3")))
        ),
        [
            "10:42:00 Queued on this computer",
            "10:42:01 Sent to the server, try 1",
            "10:42:02 Not sent: too long",
            "10:42:03 You changed it",
            "10:42:04 Sent to the server, try 2",
            "10:42:05 The server has it",
        ],
    ),
    "asked first": (
        lambda life: life.step(machine.Aged(), after_s=14).step(machine.PersonRetries()),
        [
            "10:42:00 Queued on this computer",
            "10:42:14 It asks before it goes: too old, or back with restored data",
            "10:42:15 You had it sent again",
        ],
    ),
    "goes later and first": (
        lambda life: (
            life.step(machine.PersonSchedules(life.seat.clock.at_us + 9 * SECOND_US))
            .step(machine.Due(), after_s=8)
            .step(machine.PersonUrges(urgent=True))
        ),
        [
            "10:42:00 Queued on this computer",
            "10:42:01 You chose another time for it",
            "10:42:09 Its time came",
            "10:42:10 You changed whether it is urgent",
        ],
    ),
    "is sent again by its person": (
        lambda life: life.tried().step(machine.Unknown()).step(machine.PersonSendsAgain()),
        [
            "10:42:00 Queued on this computer",
            "10:42:01 Sent to the server, try 1",
            "10:42:02 No answer: it may have arrived",
            "10:42:03 You had it sent once more",
        ],
    ),
    "was cut off by the end of the program": (
        lambda life: life.tried().step(machine.Restarted()),
        [
            "10:42:00 Queued on this computer",
            "10:42:01 Sent to the server, try 1",
            "10:42:02 chatdesk was started again before an answer came",
        ],
    ),
    "is handed over": (
        lambda life: life.tried().step(machine.Stored(None, Assurance.RELAYED)),
        [
            "10:42:00 Queued on this computer",
            "10:42:01 Sent to the server, try 1",
            "10:42:02 Handed over by the server, which keeps no copy",
        ],
    ),
}


@pytest.mark.parametrize("name", LIVES)
def test_the_story_of_a_message(ui: Ui, qtbot: QtBot, life: Life, name: str) -> None:
    """Every step of every life has its second and its words; the whole can be copied."""
    steps, told = LIVES[name]
    steps(life)

    async def story() -> None:
        dialog = MessageInfo(life.seat.context, life.message())
        qtbot.addWidget(dialog)
        dialog.open()
        await ui.until(lambda: dialog.story() != "", what="the story")
        assert dialog.story().splitlines() == told
        shown = [label.text() for label in dialog.findChildren(PlainLabel) if label.isVisible()]
        for line in told:
            time, _, words = line.partition(" ")
            assert time in shown
            assert words in shown
        (copy,) = [one for one in dialog.findChildren(QPushButton) if one.text() == "Copy"]
        assert copy.isVisible()
        dialog.close()

    ui.run(story())


def test_a_story_of_several_days_names_them(ui: Ui, qtbot: QtBot, life: Life) -> None:
    """What happened on another day says so."""
    life.tried(after_s=24 * 3600 + 5)

    async def story() -> None:
        dialog = MessageInfo(life.seat.context, life.message())
        qtbot.addWidget(dialog)
        dialog.open()
        await ui.until(lambda: dialog.story() != "", what="the story")
        assert dialog.story().splitlines() == [
            "20 Nov, 10:42:00 Queued on this computer",
            "10:42:05 Sent to the server, try 1",
        ]
        dialog.close()

    ui.run(story())


def test_every_step_of_the_outbox_has_words() -> None:
    """Whatever the store writes into the ledger about a message is told in a sentence, not as a code."""
    codes = {
        *outbox_store._CODES.values(),
        *(assurance.value for assurance in Assurance),
        *(f"refused: {reason.value}" for reason in ParkReason),
        *("pressed", "echo", "read", "deleted", "conversation closed", "rebuilt", "attempt 2"),
    }
    without = {machine.Started, machine.Stored, machine.Refused}
    assert set(get_args(machine.Event)) == {*outbox_store._CODES, *without}
    for code in codes:
        words = info_word(code)
        assert words != code
        assert words[0].isupper() or words.startswith("chatdesk"), code


def test_letting_go_ends_the_story_and_the_message(seat: Seat, life: Life) -> None:
    """A discarded message leaves the conversation; the ledger keeps that its person let it go."""
    life.tried().step(machine.Unknown()).step(machine.PersonDiscards())
    assert life.item.state is DeliveryState.CANCELLED
    reader = seat.store.reader()
    rows = reader.newest_page(seat.day.talk(ROOM)).messages
    reader.close()
    assert not [one for one in rows if one.outgoing_id == life.item.id]
    assert _of_outgoing(seat, life.item)[-1] == "discarded"


def _of_outgoing(seat: Seat, item: Outgoing) -> list[str]:
    import apsw

    from chatdesk.store import ledger
    from chatdesk.store.connection import FILE_NAME

    con = apsw.Connection(str(seat.store.folder / FILE_NAME), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return [code for _, code in ledger.story(con, item.id)]
    finally:
        con.close()
