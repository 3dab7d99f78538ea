"""Files on their way: what a message carries is brought first, and what is added to an order is looked up.

Bytes that a server only keeps are brought again without a look after any trouble; whoever reads them is told
by the message, which goes by the rules of every send. A file of an order is seen by others as soon as it is
there: its attempt is written down before, and an unknown outcome is settled by the order's list of files.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from chatdesk.domain import outbox
from chatdesk.domain.actions import Action, ActionKind, Attachment
from chatdesk.domain.changes import UploadMoved
from chatdesk.domain.entities import OrderFile, Outgoing
from chatdesk.domain.errors import FileRefused
from chatdesk.domain.events import Event, OrderSeen
from chatdesk.domain.goals import Act
from chatdesk.domain.ids import OutgoingId, RemoteId
from chatdesk.domain.kinds import DeliveryState, OutgoingKind, ParkReason
from chatdesk.sync import runner as goals
from chatdesk.sync.parts import Line, Parts

MOST_AT_ONCE = 2
"""Of one account: files take long, and texts must not wait for them."""
TOLD_STEPS = 100
"""How far a file has come is told at most so often."""
_UNDER_WAY = frozenset({DeliveryState.IN_FLIGHT, DeliveryState.UNCERTAIN})


class Uploads:
    """The files of one account that are under way. `announce` hears how far each has come."""

    def __init__(self, parts: Parts, runner: goals.Runner, line: Line) -> None:
        self._store = parts.store
        self._runner = runner
        self._line = line
        self._announce = parts.around.announce
        self._moving: dict[OutgoingId, _Moving] = {}

    @property
    def count(self) -> int:
        """How many are under way."""
        return len(self._moving)

    def may_begin(self, item: Outgoing, items: Iterable[Outgoing]) -> bool:
        """Whether this file may go now; `items`: all that is unsettled."""
        if len(self._moving) >= MOST_AT_ONCE:
            return False
        if item.kind is not OutgoingKind.UPLOAD:
            return True
        return not same_order(item, items) and item.order_remote_id not in {
            one.order for one in self._moving.values()
        }

    def begin(self, item: Outgoing, task: asyncio.Task[object]) -> None:
        """A task carries this item out from now on."""
        order = item.order_remote_id if item.kind is OutgoingKind.UPLOAD else None
        self._moving[item.id] = _Moving(item.extras.attachments[0].size_bytes or 0, order, task)

    def end(self, outgoing: OutgoingId) -> None:
        """It does so no more, whatever came of it."""
        if self._moving.pop(outgoing, None) is not None:
            self._announce(UploadMoved(outgoing, -1, 0))

    def stop_others(self, items: Iterable[Outgoing]) -> None:
        """Break off the files of messages that nobody waits for any more: their person has let them go."""
        gone = self._moving.keys() - {item.id for item in items}
        for outgoing in gone:
            self._moving[outgoing].task.cancel()

    def moved(self, action: Action, sent_bytes: int) -> None:
        """So much of an action's file has left."""
        for outgoing, one in self._moving.items():
            if one.action is action and one.counts(sent_bytes):
                self._announce(UploadMoved(outgoing, min(sent_bytes, one.size_bytes), one.size_bytes))

    # -- for a message

    async def for_message(self, item: Outgoing) -> Attachment | goals.Ending:
        """Bring the file of a message to the server: its address there, or why not."""
        action = await self._action(item, ActionKind.UPLOAD)
        if not isinstance(action, Action):
            return action
        outcome = await self._runner.run(Act(action), stop=lambda: not self._line.usable())
        match outcome.ending:
            case goals.Reached(result=result) if result is not None and result.attachment is not None:
                return result.attachment
            case goals.Reached():
                return goals.Refused(ParkReason.STUCK)
            case ending:
                return ending

    # -- for an order

    async def for_order(self, item: Outgoing) -> Act | goals.Ending:
        """The goal that adds a file to its order; an ending where the copy is lost."""
        action = await self._action(item, ActionKind.ADD_FILE)
        return Act(action) if isinstance(action, Action) else action

    async def listed(self, item: Outgoing) -> tuple[OrderFile, ...] | goals.Ending:
        """The files of an item's order, as the server lists them now."""
        action = Action(
            kind=ActionKind.LIST_FILES, order=item.order_remote_id, order_number=item.order_number
        )
        outcome = await self._runner.run(Act(action), stop=lambda: not self._line.usable())
        if isinstance(outcome.ending, goals.Reached):
            return files_of(outcome.events, item.order_remote_id)
        return outcome.ending

    async def _action(self, item: Outgoing, kind: ActionKind) -> Action | goals.Ending:
        file = item.extras.attachments[0]
        try:
            path = await asyncio.wrap_future(self._store.staged_file(item.staged))
        except FileRefused:
            return goals.Refused(ParkReason.NOT_FOUND, outbox.COPY_LOST)
        action = Action(
            kind=kind,
            conversation=item.conversation_remote_id or None,
            order=item.order_remote_id,
            order_number=item.order_number,
            path=str(path),
            file_name=file.name,
            content_type=file.content_type,
            size_bytes=file.size_bytes,
        )
        if item.id in self._moving:
            self._moving[item.id].action = action
        return action


class _Moving:
    """One file under way."""

    def __init__(self, size_bytes: int, order: RemoteId | None, task: asyncio.Task[object]) -> None:
        self.size_bytes = size_bytes
        self.order = order
        self.task = task
        self.action: Action | None = None
        self._told = -1

    def counts(self, sent_bytes: int) -> bool:
        """Whether this is further than what was told."""
        step = sent_bytes * TOLD_STEPS // max(1, self.size_bytes)
        if step == self._told:
            return False
        self._told = step
        return True


def files_of(events: Iterable[Event], order: RemoteId | None) -> tuple[OrderFile, ...]:
    """The files that a reading of an order named last."""
    named = [one.files for one in events if isinstance(one, OrderSeen) and one.remote_id == order]
    return tuple(next((files for files in reversed(named) if files is not None), ()))


def arrived_as(item: Outgoing, files: Iterable[OrderFile], before: AbstractSet[RemoteId]) -> RemoteId | None:
    """Which file of an order an item has become: one of its name and size that was not there before.

    before: the names under which files lay there when it was tried. One item of an order is on its way at a
    time, so what is new there and looks the same is this one.
    """
    file = item.extras.attachments[0]
    for one in files:
        same = one.size_bytes == file.size_bytes and _plain(one.name) == _plain(file.name)
        if same and RemoteId(one.remote_name) not in before:
            return RemoteId(one.remote_name)
    return None


def _plain(name: str) -> str:
    """A name without the marks that forms write in two ways."""
    return name.replace("%22", '"')


def same_order(item: Outgoing, items: Iterable[Outgoing]) -> bool:
    """Whether another file of the same order is on its way, or nobody knows what became of it."""
    return any(
        one.kind is OutgoingKind.UPLOAD
        and one.order_remote_id == item.order_remote_id
        and one.id != item.id
        and one.state in _UNDER_WAY
        for one in items
    )


def brings(item: Outgoing) -> bool:
    """Whether carrying an item out begins with a file."""
    is_for_order = item.kind is OutgoingKind.UPLOAD and bool(item.staged and item.extras.attachments)
    return is_for_order or outbox.wants_upload(item)
