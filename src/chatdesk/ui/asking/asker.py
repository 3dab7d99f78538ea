"""Carries out actions for the window: one at a time per thing and kind, with its progress and its outcome.

Nothing is queued: the answer, or that there is none, is told where the action was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from itertools import count

from PySide6.QtCore import QObject, Signal

from chatdesk.domain.actions import Action, ActionKind, Offer, Result
from chatdesk.domain.changes import AccountStatus
from chatdesk.domain.errors import NotKnown
from chatdesk.domain.ids import AccountId, ConversationId
from chatdesk.domain.text import one_line
from chatdesk.ui.asking.offers import About, action_for, blocked_sentence
from chatdesk.ui.asking.wording import (
    SAID_CHARS,
    busy_sentence,
    done_sentence,
    failed_sentence,
    given_up_sentence,
)
from chatdesk.ui.context import UiContext
from chatdesk.ui.i18n import tr
from chatdesk.ui.tasks import Tasks

KEPT_OUTCOMES = 100


class Stage(Enum):
    """How far an action has come."""

    BUSY = "busy"
    GIVEN_UP = "given_up"
    """The person waits no more; the action itself goes on."""
    DONE = "done"
    NOT_DONE = "not_done"
    NOT_KNOWN = "not_known"


class Work(QObject):
    """One action: under way, or how it ended. `changed` when either is another now."""

    changed = Signal()

    def __init__(self, about: About, offer: Offer) -> None:
        super().__init__()
        self.about = about
        self.offer = offer
        self.stage = Stage.BUSY
        self.sentence = busy_sentence(offer.action)
        self.result: Result | None = None
        self.until_us: int | None = None
        self.quiet = False
        """Nobody needs to be told that it went well."""
        self.place: object = None
        """Where the person was when it began."""

    @property
    def under_way(self) -> bool:
        """Whether its answer is still to come."""
        return self.stage in {Stage.BUSY, Stage.GIVEN_UP}

    @property
    def worth_showing(self) -> bool:
        """Whether its end says more than that it went well."""
        if self.stage is not Stage.DONE:
            return True
        return self.result is not None and bool(self.result.text or self.until_us)


class Asker(QObject):
    """All actions of one window.

    changed(about's key): something about it has begun or ended. ended(Work): its answer is there.
    chat_started(conversation id): it was asked for and waited for. told(sentence): worth a line in the
    status bar. standing_changed(account id): what can be asked of a server may be another now.
    """

    changed = Signal(str)
    chat_started = Signal(int)
    told = Signal(str)
    ended = Signal(object)
    standing_changed = Signal(int)

    def __init__(
        self,
        context: UiContext,
        parent: QObject | None = None,
        *,
        where: Callable[[], object] = lambda: None,
    ) -> None:
        """where: what the person looks at now; who has gone elsewhere meanwhile is not taken away."""
        super().__init__(parent)
        self._context = context
        self._where = where
        self._tasks = Tasks(self, context.troubles)
        self._running: dict[tuple[str, ActionKind], Work] = {}
        self._latest: dict[tuple[str, ActionKind], Work] = {}
        self._numbers = count(1)
        context.feed.status.connect(self._on_status)

    def blocked(self, account: AccountId) -> str:
        """Why nothing can be asked of an account's server now; empty where it can."""
        return blocked_sentence(self._context.feed.status_of(account))

    def under_way(self, about: About, kind: ActionKind) -> bool:
        """Whether this very action waits for its answer."""
        return (about.key, kind) in self._running

    def latest(self, key: str, shows: Callable[[ActionKind], bool]) -> Work | None:
        """What was last asked about something, of the kinds that `shows` names, until it is dismissed."""
        found = [work for (thing, kind), work in self._latest.items() if thing == key and shows(kind)]
        return found[-1] if found else None

    def dismiss(self, work: Work) -> None:
        """The person has read how it ended."""
        key = (work.about.key, work.offer.action)
        if self._latest.get(key) is work and not work.under_way:
            del self._latest[key]
            self.changed.emit(work.about.key)

    def start(
        self,
        about: About,
        offer: Offer,
        values: Mapping[str, str] | None = None,
        path: str = "",
        content_type: str = "",
        *,
        quiet: bool = False,
    ) -> Work | None:
        """Do it now. None: it can't be asked for now, or the same is under way already."""
        key = (about.key, offer.action)
        if key in self._running or self.blocked(about.account.id):
            return None
        work = Work(about, offer)
        work.quiet, work.place = quiet, self._where()
        self._running[key] = work
        self._keep(key, work)
        action = action_for(offer, about, values, path, content_type)
        # The task alone holds what was typed, and only until the answer.
        self._tasks.start(
            f"action {next(self._numbers)}",
            self._do(about.account.id, action),
            on_done=lambda done: self._on_done(work, *done),
            on_error=lambda error: self._on_error(work, error),
        )
        self.changed.emit(about.key)
        return work

    def give_up(self, work: Work) -> None:
        """Wait no more. What was asked for may be done all the same; it is told when it is known."""
        if work.stage is Stage.BUSY:
            work.stage = Stage.GIVEN_UP
            work.sentence = given_up_sentence(work.offer.action)
            self._context.desk.refresh(work.about.account.id)
            self._announce(work)

    # -- the answer ------------------------------------------------------------------------------------

    async def _do(self, account: AccountId, action: Action) -> tuple[Result, ConversationId | None]:
        desk = self._context.desk
        result = await desk.act(account, action)
        if action.kind is not ActionKind.START_CHAT or result.conversation is None:
            return result, None
        return result, await desk.conversation_of(account, result.conversation)

    def _on_done(self, work: Work, result: Result, conversation: ConversationId | None) -> None:
        waited = work.stage is Stage.BUSY and work.place == self._where()
        work.stage, work.result, work.until_us = Stage.DONE, result, result.until_us
        said = one_line(result.text, SAID_CHARS)
        work.sentence = said or done_sentence(work.offer)
        starts = work.offer.action is ActionKind.START_CHAT
        self._end(work)
        if conversation is not None and waited:
            self.chat_started.emit(int(conversation))
        elif conversation is not None:
            self.told.emit(tr("The conversation is started. You find it in the list."))
        else:
            if starts:
                self._context.desk.refresh(work.about.account.id)
            if not work.quiet:
                self.told.emit(work.sentence)

    def _on_error(self, work: Work, error: Exception) -> None:
        work.stage = Stage.NOT_KNOWN if isinstance(error, NotKnown) else Stage.NOT_DONE
        work.sentence = failed_sentence(error, work.offer.action, work.offer.fields)
        self._end(work)
        self.told.emit(work.sentence)

    def _end(self, work: Work) -> None:
        key = (work.about.key, work.offer.action)
        self._running.pop(key, None)
        if self._latest.get(key) is work and not work.worth_showing:
            del self._latest[key]
        self._announce(work)
        self.ended.emit(work)

    def _announce(self, work: Work) -> None:
        work.changed.emit()
        self.changed.emit(work.about.key)

    def _keep(self, key: tuple[str, ActionKind], work: Work) -> None:
        self._latest.pop(key, None)
        self._latest[key] = work
        ended = [one for one, kept in self._latest.items() if not kept.under_way]
        for old in ended[: max(0, len(ended) - KEPT_OUTCOMES)]:
            del self._latest[old]

    def _on_status(self, status: AccountStatus) -> None:
        self.standing_changed.emit(int(status.account_id))
