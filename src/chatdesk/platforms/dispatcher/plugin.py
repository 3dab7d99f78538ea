"""What the dispatcher platform tells the window before anything of it is loaded."""

from __future__ import annotations

from chatdesk.domain.kinds import Platform
from chatdesk.domain.ports import Adapter, Client, Limits, PlatformPlugin
from chatdesk.wire.dispatcher import names


def _adapter() -> Adapter:
    from chatdesk.platforms.dispatcher.adapter import DispatcherAdapter

    return DispatcherAdapter()


def _client(server_url: str, limits: Limits) -> Client:
    from chatdesk.platforms.dispatcher.client import make_client

    return make_client(server_url, limits)


PLUGIN = PlatformPlugin(
    platform=Platform.DISPATCHER,
    title="Dispatcher",
    default_port=names.DEFAULT_PORT,
    load=_adapter,
    make_client=_client,
)
"""What the registry takes up."""
