"""One worker's desk at an OMW server."""

from __future__ import annotations

from pathlib import Path

from chatdesk.domain.facts import Secrets
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Platform
from chatdesk.domain.ports import Client
from chatdesk.platforms.omw.adapter import OmwAdapter
from tests.platforms.omw.paper import ME, MY_MAIL, jwt
from tests.platforms.omw.server import OmwClient, OmwServer
from tests.platforms.shop import Desk
from tests.sync.virtual import VirtualClock


class Shop(Desk):
    """The usual conversation is session 41."""

    platform = Platform.OMW
    adapter = OmwAdapter
    login, user_id = MY_MAIL, RemoteId(ME)
    role, name = "worker", "Worker One"
    usual = "41"

    def __init__(
        self,
        folder: Path,
        *,
        server: OmwServer | None = None,
        client: Client | None = None,
        url: str = "https://omw.example",
    ) -> None:
        self.server = server or OmwServer(VirtualClock())
        super().__init__(folder, url, self.server, client or OmwClient(self.server), virtual=server is None)
        self.server.add(41, "hello", "are you there?")

    async def admitted(self) -> Secrets:
        now_s = self.clock.now_us() // 1_000_000
        token = jwt({"id": 202, "role": "worker", "iat": now_s, "exp": now_s + 18_000})
        self.server.tokens.add(token)
        return Secrets(token, "")
