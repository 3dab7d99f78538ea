"""The marketplace platform's client: the shared link as it is. Importing it loads the network stack."""

from __future__ import annotations

from chatdesk.domain.ports import Client, Limits
from chatdesk.platforms.link import Link


def make_client(server_url: str, limits: Limits) -> Client:
    """A client for one account. server_url: scheme, host and port. No Origin header is ever sent."""
    return Link(server_url, limits)
