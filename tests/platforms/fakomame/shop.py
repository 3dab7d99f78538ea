"""One sender's desk at a Fakomame server."""

from __future__ import annotations

from pathlib import Path

from chatdesk.domain.facts import Secrets
from chatdesk.domain.kinds import Platform
from chatdesk.domain.ports import Client
from chatdesk.platforms.fakomame.adapter import FakomameAdapter
from tests.platforms.fakomame.paper import CHAT, ME, MY_MAIL
from tests.platforms.fakomame.server import FakoClient, FakoServer
from tests.platforms.shop import Desk
from tests.sync.virtual import VirtualClock


class Shop(Desk):
    """The usual conversation is CHAT."""

    platform = Platform.FAKOMAME
    adapter = FakomameAdapter
    login, user_id = MY_MAIL, ME
    role, name = "SENDER", "Sender Alpha"
    usual = CHAT

    def __init__(
        self,
        folder: Path,
        *,
        server: FakoServer | None = None,
        client: Client | None = None,
        url: str = "https://fakomame.example",
    ) -> None:
        self.server = server or FakoServer(VirtualClock())
        super().__init__(folder, url, self.server, client or FakoClient(self.server), virtual=server is None)
        self.server.add(CHAT, "hello", "are you there?")
        self.life_s = 604_800

    async def admitted(self) -> Secrets:
        return Secrets(self.server.token(self.life_s), self.server.token(type="refresh"))

    async def start_engine(self) -> None:
        if self.client.listener is None and self.virtual:
            self.client = FakoClient(self.server)
        await super().start_engine()
