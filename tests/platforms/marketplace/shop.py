"""One seller's desk at a marketplace."""

from __future__ import annotations

from pathlib import Path

from chatdesk.domain.facts import Secrets
from chatdesk.domain.kinds import Platform
from chatdesk.domain.ports import Client
from chatdesk.platforms.marketplace.adapter import MarketplaceAdapter
from tests.platforms.marketplace.paper import ME, MY_MAIL, OTHER
from tests.platforms.marketplace.server import MarketClient, MarketServer
from tests.platforms.paper import jwt
from tests.platforms.shop import Desk
from tests.sync.virtual import VirtualClock


class Shop(Desk):
    """The usual conversation is with OTHER."""

    platform = Platform.MARKETPLACE
    adapter = MarketplaceAdapter
    login, user_id = MY_MAIL, ME
    role, name = "seller", "Seller One"
    usual = OTHER

    def __init__(
        self,
        folder: Path,
        *,
        server: MarketServer | None = None,
        client: Client | None = None,
        url: str = "https://market.example",
    ) -> None:
        self.server = server or MarketServer(VirtualClock())
        client = client or MarketClient(self.server)
        super().__init__(folder, url, self.server, client, virtual=server is None)

    async def admitted(self) -> Secrets:
        now_s = self.clock.now_us() // 1_000_000
        token = jwt({"id": ME, "userType": "seller", "iat": now_s, "exp": now_s + 604_800})
        self.server.tokens.add(token)
        return Secrets(token, "")

    async def restart(self) -> None:
        """The program ends and starts again, with the same database and the same token."""
        await self.engine.stop()
        self.news.clear()
        await self.start_engine()
        await self.synced()
