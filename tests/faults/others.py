"""Others in a schedule: customers, who come with clients of their own, write a line or stay and listen."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from chatdesk.server.demo.cast import PASSWORD
from chatdesk.server.demo.seats import SEATS
from chatdesk.server.demo.tongue import TROUBLE, Heard, Tongue, Turned
from chatdesk.server.demo.tongues.dispatcher import DispatcherTongue
from chatdesk.server.demo.tongues.fakomame import FakomameTongue
from chatdesk.server.demo.tongues.marketplace import MarketplaceTongue
from chatdesk.server.demo.tongues.omw import OmwTongue
from chatdesk.server.demo.tongues.steppergo import SteppergoTongue

_TONGUES: dict[str, Callable[[str, str, str, str], Tongue]] = {
    one.platform: one
    for one in (DispatcherTongue, FakomameTongue, MarketplaceTongue, OmwTongue, SteppergoTongue)
}
VISIT_S = 20


class Customer:
    """Somebody who talks with the desk: comes, writes one line, and goes; or stays and listens."""

    def __init__(self, platform: str, url: str, number: int) -> None:
        seat = SEATS[platform]
        login = seat.customers[number % len(seat.customers)]
        self.heard_texts: list[str] = []
        self._tongue = _TONGUES[platform](url, login, PASSWORD, seat.customer_role)
        self._known = False

    # -- the ear of the tongue

    def heard(self, message: Heard) -> None:
        """A message came, perhaps an own one."""
        self.heard_texts.append(message.text)

    def typing(self, talk: str, author: str) -> None:
        """Somebody types."""

    def read(self, talk: str, reader: str) -> None:
        """Somebody has read."""

    def status(self, talk: str, status: str) -> None:
        """An order goes on."""

    # -- what they do

    async def write(self, text: str) -> bool:
        """Say it in the first conversation with the desk; False: the server could not be reached."""
        try:
            async with asyncio.timeout(VISIT_S):
                await self._write(text)
        except (*TROUBLE, Turned):
            return False
        return True

    async def _write(self, text: str) -> None:
        if not self._known:
            await self._tongue.sign_in()
            self._known = True
        talks = await self._tongue.talks()
        async with self._tongue.listening(self, asyncio.Event()):
            await self._tongue.enter(talks)
            await self._tongue.history(talks[0])
            await self._tongue.say(talks[0].id, text)

    async def close(self) -> None:
        """Go for good."""
        with contextlib.suppress(*TROUBLE):
            await self._tongue.__aexit__(None, None, None)
