"""Actions and look-ups of the person: done now or not at all, and their outcome told in one answer."""

from __future__ import annotations

import logging

from chatdesk.domain.actions import Action, Lookup, Result
from chatdesk.domain.errors import NotDone, NotKnown
from chatdesk.domain.events import Stale
from chatdesk.domain.goals import Act, Find, GoalKind
from chatdesk.domain.kinds import NoticeCode
from chatdesk.sync import runner as goals
from chatdesk.sync.backfill import Backfill
from chatdesk.sync.inbox import Inbox
from chatdesk.sync.parts import Line

log = logging.getLogger(__name__)

PATIENCE_MS = 10_000
"""How long the person waits for a turn (a lane, a join) before the answer is 'not now'."""


class Asking:
    """Carries out what must not wait in the outbox."""

    def __init__(self, runner: goals.Runner, inbox: Inbox, backfill: Backfill, line: Line) -> None:
        self._runner = runner
        self._inbox = inbox
        self._backfill = backfill
        self._line = line

    async def act(self, action: Action) -> Result:
        """Do it once. Raises NotDone, or NotKnown; what it may have changed is read again then."""
        ending = await self._reach(Act(action))
        match ending:
            case goals.Reached(result=result):
                # What the answer told is in the store before the person is taken there.
                await self._inbox.settled()
                return result or Result(conversation=action.conversation, order=action.order)
            case goals.Unclear():
                self._read_again(action)
                log.info("an action %s got no answer", action.kind.value)
                raise NotKnown(action.kind.value)
            case _:
                raise not_done(ending)

    async def find(self, lookup: Lookup) -> Result:
        """Look it up. Raises NotDone."""
        ending = await self._reach(Find(lookup))
        if isinstance(ending, goals.Reached):
            return ending.result or Result()
        raise not_done(ending)

    async def _reach(self, kind: GoalKind) -> goals.Ending:
        if not self._line.usable():
            raise NotDone(None, NoticeCode.OFFLINE.value)
        outcome = await self._runner.run(kind, patience_ms=PATIENCE_MS, stop=lambda: not self._line.usable())
        if isinstance(outcome.ending, goals.AskPerson):
            self._line.ask_person(outcome.ending)
        return outcome.ending

    def _read_again(self, action: Action) -> None:
        self._backfill.stale(Stale())
        if action.conversation is not None:
            self._backfill.stale(Stale(conversation=action.conversation))
        if action.order_number:
            self._backfill.stale(Stale(order_number=action.order_number))


def not_done(ending: goals.Ending) -> NotDone:
    """An ending that is none, as the error that the person is told."""
    match ending:
        case goals.Refused(reason=reason, detail=detail):
            return NotDone(reason, detail)
        case goals.NotNow(ms=ms, detail=detail):
            return NotDone(None, detail, ms / 1000 if ms else None)
        case goals.AskPerson(code=code, retry_after_ms=retry_after_ms):
            return NotDone(None, code.value, retry_after_ms and retry_after_ms / 1000)
        case _:
            return NotDone(None)
