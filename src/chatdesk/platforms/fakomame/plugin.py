"""What the Fakomame platform tells the window before anything of it is loaded."""

from __future__ import annotations

from chatdesk.domain.kinds import Platform
from chatdesk.domain.ports import Adapter, Client, Limits, PlatformPlugin
from chatdesk.wire.fakomame import names


def _adapter() -> Adapter:
    from chatdesk.platforms.fakomame.adapter import FakomameAdapter

    return FakomameAdapter()


def _client(server_url: str, limits: Limits) -> Client:
    from chatdesk.platforms.fakomame.client import make_client

    return make_client(server_url, limits)


PLUGIN = PlatformPlugin(
    platform=Platform.FAKOMAME,
    title="Fakomame",
    default_port=names.DEFAULT_PORT,
    load=_adapter,
    make_client=_client,
)
"""What the registry takes up."""
