"""What the marketplace platform tells the window before anything of it is loaded."""

from __future__ import annotations

from chatdesk.domain.kinds import Platform
from chatdesk.domain.ports import Adapter, Client, Limits, PlatformPlugin
from chatdesk.wire.marketplace import names


def _adapter() -> Adapter:
    from chatdesk.platforms.marketplace.adapter import MarketplaceAdapter

    return MarketplaceAdapter()


def _client(server_url: str, limits: Limits) -> Client:
    from chatdesk.platforms.marketplace.client import make_client

    return make_client(server_url, limits)


PLUGIN = PlatformPlugin(
    platform=Platform.MARKETPLACE,
    title="Marketplace",
    default_port=names.DEFAULT_PORT,
    load=_adapter,
    make_client=_client,
)
"""What the registry takes up."""
