"""Turn-taking where errors name nothing: one open step per lane, in turn over conversations."""

from __future__ import annotations

import asyncio
from collections import deque

from chatdesk.domain.ids import RemoteId


class _Lane:
    def __init__(self) -> None:
        self.busy = False
        self.waiting: dict[RemoteId, deque[asyncio.Future[None]]] = {}
        """By conversation, in the order of turns; a dict keeps that order."""


class Lanes:
    """All lanes of one connection's life. A step holds its lane from before it leaves until its verdict."""

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane] = {}

    async def take(self, name: str, conversation: RemoteId) -> None:
        """Wait for the turn; the lane is then held until `give`."""
        lane = self._lanes.setdefault(name, _Lane())
        if not lane.busy:
            lane.busy = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        lane.waiting.setdefault(conversation, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give(name)  # the turn came in the same moment
            else:
                self._forget(lane, conversation, turn)
            raise

    def give(self, name: str) -> None:
        """End the turn; the conversation that waits longest without one is next."""
        lane = self._lanes[name]
        while lane.waiting:
            conversation, turns = next(iter(lane.waiting.items()))
            turn = turns.popleft()
            del lane.waiting[conversation]
            if turns:
                lane.waiting[conversation] = turns  # to the end: others come first
            if not turn.done():
                turn.set_result(None)
                return
        lane.busy = False

    @staticmethod
    def _forget(lane: _Lane, conversation: RemoteId, turn: asyncio.Future[None]) -> None:
        turns = lane.waiting.get(conversation)
        if turns is not None and turn in turns:
            turns.remove(turn)
            if not turns:
                del lane.waiting[conversation]
