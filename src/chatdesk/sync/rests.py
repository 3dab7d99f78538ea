"""Which items of the outbox wait for a time: back-off, wishes of the server, and the person's Retry."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet

import msgspec

from chatdesk.domain.entities import Outgoing
from chatdesk.domain.ids import OutgoingId
from chatdesk.domain.kinds import DeliveryState
from chatdesk.domain.outbox import MOST_HELD_US, is_held, is_scheduled
from chatdesk.sync.backoff import delay_ms
from chatdesk.sync.clock import Clock

MOST_INHERITED_MS = 600_000
"""A wait that an earlier process has written is taken over up to this; wall clocks may have moved."""


class _Rest(msgspec.Struct, frozen=True):
    """Until a moment of engine time. row_us: when its row was changed last, as far as the rest knows.

    by_server: the server has named the time; a new link does not shorten it.
    """

    until_ms: int
    row_us: int
    by_server: bool


class Rests:
    """The waits of one account's items, on monotonic time."""

    def __init__(self, clock: Clock, jitter: Callable[[], float]) -> None:
        self._clock = clock
        self._jitter = jitter
        self._rests: dict[OutgoingId, _Rest] = {}
        self._setbacks: dict[OutgoingId, int] = {}
        self._written_us: dict[OutgoingId, int] = {}

    def of_rows(self, items: Iterable[Outgoing], running: AbstractSet[OutgoingId]) -> None:
        """Take in the rows: forget who has left, take over waits, notice what the person has changed."""
        now_ms = self._clock.now_ms()
        left = set(running)
        for item in items:
            left.add(item.id)
            if item.state is DeliveryState.QUEUED and not is_scheduled(item):
                self._of_row(item, now_ms)
        for of_items in (self._rests, self._setbacks, self._written_us):
            for outgoing in of_items.keys() - left:
                del of_items[outgoing]

    def _of_row(self, item: Outgoing, now_ms: int) -> None:
        rest = self._rests.get(item.id)
        if rest is None and item.not_before_us:
            left_ms = (item.not_before_us - self._clock.now_us()) // 1000
            most_ms = MOST_HELD_US // 1000 if is_held(item) else MOST_INHERITED_MS
            until_ms = now_ms + min(max(0, left_ms), most_ms)
            self._rests[item.id] = _Rest(until_ms, item.changed_at_us, by_server=True)
        elif rest is not None and item.changed_at_us > max(rest.row_us, self._written_us.get(item.id, 0)):
            # A change that is not ours is the person's, who wants it to go; what may still be taken back is
            # held for the rest of its time, whatever else of it was changed.
            del self._rests[item.id]
            self._setbacks.pop(item.id, None)
            if is_held(item):
                self._of_row(item, now_ms)

    def written(self, row: Outgoing) -> None:
        """A change of this row was our own."""
        self._written_us[row.id] = row.changed_at_us

    def after_setback(self, item: Outgoing, ms: int, *, by_server: bool = False) -> int:
        """Let the item wait: at least `ms`, and longer with each setback in a row. Returns how long."""
        setbacks = self._setbacks[item.id] = self._setbacks.get(item.id, 0) + 1
        wait_ms = ms
        if setbacks > 1 or ms > 0:
            wait_ms = max(ms, delay_ms(setbacks, self._jitter()))
        self.put(item, wait_ms, by_server=by_server)
        return wait_ms

    def put(self, item: Outgoing, wait_ms: int, *, by_server: bool) -> None:
        """Let the item wait so long."""
        self._rests[item.id] = _Rest(self._clock.now_ms() + wait_ms, item.changed_at_us, by_server)

    def end(self, outgoing: OutgoingId) -> None:
        """Let an item wait no longer, unless the server has named the time."""
        rest = self._rests.get(outgoing)
        if rest is not None and not rest.by_server:
            self._rests[outgoing] = msgspec.structs.replace(rest, until_ms=0)

    def link_up(self) -> None:
        """Requests reach the server again: what waited for that waits no longer."""
        for outgoing, rest in self._rests.items():
            if not rest.by_server:
                # Kept, though over: else the wait that its row tells would be taken over.
                self._rests[outgoing] = msgspec.structs.replace(rest, until_ms=0)
        self._setbacks.clear()

    def resting(self) -> dict[OutgoingId, int]:
        """Who waits now, and for how many milliseconds still."""
        now_ms = self._clock.now_ms()
        return {one: rest.until_ms - now_ms for one, rest in self._rests.items() if rest.until_ms > now_ms}
