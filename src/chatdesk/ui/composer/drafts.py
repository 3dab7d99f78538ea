"""The draft of one conversation: saved soon after each key, sent once, never lost, whatever is open."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

from chatdesk.domain.actions import NO_EXTRAS, Extras
from chatdesk.domain.entities import Draft
from chatdesk.domain.errors import StaleDraft, StoreProblem
from chatdesk.domain.ids import ConversationId
from chatdesk.domain.text import is_blank, well_formed
from chatdesk.services.desk import Desk
from chatdesk.services.unsaved import Unsaved
from chatdesk.ui.composer.rest import typed_since
from chatdesk.ui.tasks import Tasks

SAVE_AFTER_MS = 250
"""Pause after the last key before a draft is saved; with the write itself it stays under half a second."""
SAVE_AT_LEAST_MS = 1_500
"""Somebody who types without a pause is saved this often."""
TRY_AGAIN_MS = 5_000
"""Pause after a save that failed."""


class Saved(Enum):
    """How the draft stands on disk."""

    EMPTY = "empty"
    SAVED = "saved"
    SAVING = "saving"
    FAILED = "failed"


Carrier = Callable[[int, str], Awaitable[bool]]
"""Sends a draft (version, text) with what it is to stand beside; False: it was told why that did not go."""


class Press(NamedTuple):
    """One press of Send: the text, what goes beside it, and when it goes (as `Desk.send` has it).

    carrier: sends it in a message of another kind, beside a file.
    """

    text: str
    extras: Extras
    hold_us: int = 0
    due_us: int = 0
    carrier: Carrier | None = None


class DraftKeeper(QObject):
    """One conversation's draft. The composer tells it every edit; it owns all saving and sending.

    `text` is what the composer shows. Saves and sends of one conversation happen one after the other.
    """

    text_replaced = Signal(str)
    """The text is another one, not by typing: show it."""
    changed = Signal()
    """How it stands, a trouble or a conflict has changed."""
    sent = Signal()
    """A message is on disk and queued."""

    def __init__(
        self,
        desk: Desk,
        tasks: Tasks,
        draft: Draft,
        parent: QObject | None = None,
        *,
        goes_first: Callable[[ConversationId], Awaitable[None]] | None = None,
    ) -> None:
        """goes_first: waited for before a send: what was given before it and is not queued yet."""
        super().__init__(parent)
        self._goes_first = goes_first
        self._desk = desk
        self._tasks = tasks
        self._name = f"draft {draft.conversation_id}"
        self.conversation_id: ConversationId = draft.conversation_id
        self.text = draft.text
        self.send_trouble: Exception | None = None
        """Why the last press of Send came to nothing; the text is still here."""
        self.save_trouble: Exception | None = None
        """Why the text is not on disk; it is tried again by itself."""
        self.conflict: str | None = draft.other or None
        """The other text, while the person has to choose; '' where the draft was emptied elsewhere.

        Both texts are on disk until then.
        """
        self._version = draft.version
        self._on_disk = draft.text
        self._other_on_disk = draft.other
        self._presses: list[Press] = []
        """What was frozen at Send, oldest first; the first one is being sent."""
        self._busy = False
        self._idle = asyncio.Event()
        self._pause = self._timer(SAVE_AFTER_MS)
        self._ceiling = self._timer(SAVE_AT_LEAST_MS)
        self._again = self._timer(TRY_AGAIN_MS)

    def _timer(self, interval_ms: int) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(self.flush)
        return timer

    # --------------------------------------------------------------------------------------------- asking

    @property
    def is_sending(self) -> bool:
        """Whether a press of Send is not on disk yet."""
        return bool(self._presses)

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do for this draft."""
        return not self._presses and self._is_on_disk and self.conflict is None and not self._busy

    @property
    def saved(self) -> Saved:
        """How it stands on disk."""
        if self.save_trouble is not None:
            return Saved.FAILED
        if not self._is_on_disk:
            return Saved.SAVING
        return Saved.SAVED if self.text else Saved.EMPTY

    # --------------------------------------------------------------------------------------------- doing

    def edit(self, text: str) -> None:
        """The person has changed the text."""
        text = well_formed(text)
        if text == self.text:
            return
        self.text = text
        self._pause.start()
        if not self._ceiling.isActive():
            self._ceiling.start()
        self.changed.emit()

    def put(self, text: str) -> None:
        """Put another text in, not by typing."""
        self._show(well_formed(text))
        self.flush()
        self.changed.emit()

    def flush(self) -> None:
        """Save now what is not saved."""
        self._stop_timers()
        if self._presses or not self._is_on_disk:
            self._work()

    def press_send(
        self,
        extras: Extras = NO_EXTRAS,
        *,
        hold_us: int = 0,
        due_us: int = 0,
        carrier: Carrier | None = None,
    ) -> bool:
        """Send the text as it is now. False when this very text is being sent, or a choice is open."""
        if self.conflict is not None or (self._presses and self._presses[-1].text == self.text):
            return False
        self._presses.append(Press(self.text, extras, hold_us, due_us, carrier))
        self.send_trouble = None
        self._stop_timers()
        self._work()
        self.changed.emit()
        return True

    def keep_mine(self) -> None:
        """Of two texts, keep the one in the composer."""
        self._resolve(self.text)

    def take_other(self) -> None:
        """Of two texts, take the one in the database."""
        if self.conflict is not None:
            self._resolve(self.conflict)

    def keep_both(self) -> None:
        """Of two texts, keep both, one below the other."""
        if self.conflict is not None:
            self._resolve("\n".join(text for text in (self.conflict, self.text) if text))

    def notice(self, draft: Draft) -> None:
        """The database has told of a draft of this conversation."""
        untouched = self._is_on_disk and not self._presses and self.conflict is None
        if draft.version > self._version and untouched and not self._busy:
            self._take(draft)
            self.conflict = draft.other or None
            self._show(draft.text)
            self.changed.emit()

    def unsaved(self, below: str = "") -> Unsaved | None:
        """What is not on disk; None where all of it is. below: a text that is to stand under it."""
        if self._is_on_disk and not below:
            return None
        return Unsaved(
            conversation_id=self.conversation_id,
            version=self._version,
            text="\n".join(text for text in (self.text, well_formed(below)) if text),
            other=self._other,
        )

    async def settle(self) -> None:
        """Return once what is typed now is on disk, or could not be put there."""
        self.flush()
        if self._busy:
            await self._idle.wait()

    # ------------------------------------------------------------------------------------------ plumbing

    @property
    def _other(self) -> str:
        """What shall stand against the text on disk; equal texts stand against nothing."""
        return "" if self.conflict is None or self.conflict == self.text else self.conflict

    @property
    def _is_on_disk(self) -> bool:
        return (self.text, self._other) == (self._on_disk, self._other_on_disk)

    def _take(self, held: Draft) -> None:
        self._version, self._on_disk, self._other_on_disk = held.version, held.text, held.other

    def _work(self) -> None:
        if not self._busy:
            self._busy = True
            self._idle.clear()
            self._tasks.start(self._name, self._catch_up(), exclusive=False)
            # Without a loop (the program is going down) nothing was started.
            self._busy = self._tasks.is_running(self._name)

    async def _catch_up(self) -> None:
        """Send and save until the disk has what the person sees."""
        try:
            while await self._one_step():
                self.changed.emit()
        finally:
            self._busy = False
            self._idle.set()
        self.changed.emit()

    async def _one_step(self) -> bool:
        """One send or one save; False when there is nothing to do, or it failed."""
        try:
            if self._presses:
                await self._send(self._presses[0])
            elif not self._is_on_disk:
                await self._save(self.text, self._other)
            else:
                return False
        except StaleDraft as stale:
            self._on_stale(stale.draft)
        except Exception as error:  # noqa: BLE001 - whatever a service raises is told, and the text stays
            self._on_trouble(error)
            return False
        return True

    async def _send(self, press: Press) -> None:
        text = press.text
        if self._goes_first is not None:
            await self._goes_first(self.conversation_id)
        if press.carrier is None:
            await self._desk.send(
                self.conversation_id,
                self._version,
                text,
                extras=press.extras,
                hold_us=press.hold_us,
                due_us=press.due_us,
            )
        elif not await press.carrier(self._version, text):
            self._presses.clear()
            return
        try:
            held = self._desk.reader.draft(self.conversation_id)
        except StoreProblem:
            # It is queued all the same. Should the draft be another one by now, the next save finds that.
            held = Draft(
                conversation_id=self.conversation_id, version=self._version + 1, text="", saved_at_us=0
            )
        self._take(held)
        later = [one._replace(text=typed_since(text, one.text)) for one in self._presses[1:]]
        self._presses = [one for one in later if not is_blank(one.text)]
        self.send_trouble = self.save_trouble = None
        self._show(typed_since(text, self.text))
        self.sent.emit()

    async def _save(self, text: str, other: str) -> None:
        self._take(await self._desk.save_draft(self.conversation_id, self._version, text, other))
        self.save_trouble = None

    def _on_stale(self, held: Draft) -> None:
        """Go on from what the database holds; what is not mine of it stands against mine from now on."""
        was_sending = bool(self._presses)
        self._presses.clear()
        self._take(held)
        others = dict.fromkeys(
            one for one in (self._other, held.text, held.other) if one not in {"", self.text}
        )
        if others or was_sending:
            self.conflict = "\n".join(others)

    def _on_trouble(self, error: Exception) -> None:
        if self._presses:
            self._presses.clear()
            self.send_trouble = error
        if not self._is_on_disk:
            self.save_trouble = error
            self._again.start()

    def _resolve(self, text: str) -> None:
        if self.conflict is None:
            return
        self.conflict = None
        self._show(text)
        self.flush()
        self.changed.emit()

    def _show(self, text: str) -> None:
        if text != self.text:
            self.text = text
            self.text_replaced.emit(text)

    def _stop_timers(self) -> None:
        for timer in (self._pause, self._ceiling, self._again):
            timer.stop()
