"""Watches what leaves for the server, what it stores and what comes back, and loses one or the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chatdesk.domain.arrivals import Answer, Arrived, Packet
from chatdesk.domain.steps import Step
from chatdesk.platforms.link import Link
from chatdesk.server.core import database as server_database
from chatdesk.server.core.messages import Messages
from chatdesk.sync.exchange import Exchange
from tests.faults.kills.hooks import Killer, around
from tests.faults.network import End


class Loss:
    """What is to be lost of the next send: its request or its answer."""

    def __init__(self) -> None:
        self.next = ""
        self.cut: Callable[[], None] = lambda: None

    def happens(self, what: str) -> None:
        """The moment has come, if it is waited for; connections break."""
        if self.next == what:
            self.next = ""
            self.cut()


def plant_bytes(killer: Killer, loss: Loss) -> None:
    """Watch what leaves for the server, what it stores, and what comes back."""
    leaving = False

    def performs(real: Any) -> Any:
        async def perform(self: Any, step_id: int, step: Step) -> None:
            nonlocal leaving
            if step.commits:
                killer.at("attempt/leaving")
                leaving = True
            await real(self, step_id, step)

        return perform

    def arrives(real: Any) -> Any:
        def arrive(self: Any, arrived: Arrived) -> None:
            is_open = any(one.open_step.step.commits for one in self._open.values())
            if is_open and isinstance(arrived, Answer | Packet):
                killer.at("answer/arrived")
            real(self, arrived)

        return arrive

    def writes(real: Any) -> Any:
        def write(self: Any, data: Any) -> None:
            nonlocal leaving
            real(self, data)
            if leaving and self.name[1] >= 40_000:  # a client's end
                leaving = False
                killer.at("attempt/left")
                loss.happens("request")

        return write

    around(Link, "perform", performs)
    around(Exchange, "arrive", arrives)
    around(End, "write", writes)
    _plant_server(killer, loss)


def _plant_server(killer: Killer, loss: Loss) -> None:
    def sends(real: Any) -> Any:
        async def send(self: Any, session: Any, *args: Any) -> Any:
            found = await real(self, session, *args)
            session.writes_a_message = True
            killer.at("server/writing")
            return found

        return send

    def follows(real: Any) -> Any:
        async def follow_up(self: Any) -> None:
            is_message = getattr(self, "writes_a_message", False)
            if is_message:
                killer.at("server/stored")
                loss.happens("answer")
            await real(self)
            if is_message:
                killer.at("server/pushed")

        return follow_up

    around(Messages, "_send", sends)
    around(server_database.WriteSession, "follow_up", follows)
