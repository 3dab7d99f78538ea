"""The platforms that this program speaks, each plugged in without loading the network stack."""

from __future__ import annotations

from chatdesk.domain.kinds import Platform
from chatdesk.domain.ports import Client, Limits, PlatformPlugin
from chatdesk.platforms.dispatcher.adapter import DispatcherAdapter
from chatdesk.wire.dispatcher import names as dispatcher_names


def _dispatcher_client(server_url: str, limits: Limits) -> Client:
    from chatdesk.platforms.dispatcher.client import make_client

    return make_client(server_url, limits)


PLUGINS: tuple[PlatformPlugin, ...] = (
    PlatformPlugin(
        platform=Platform.DISPATCHER,
        title="Dispatcher",
        default_port=dispatcher_names.DEFAULT_PORT,
        adapter=DispatcherAdapter(),
        make_client=_dispatcher_client,
    ),
)


def plugin(platform: Platform) -> PlatformPlugin | None:
    """The plugin of a platform; None where this program does not speak it."""
    return next((found for found in PLUGINS if found.platform is platform), None)
