"""What the OMW platform tells the window before anything of it is loaded."""

from __future__ import annotations

from chatdesk.domain.actions import FieldAsked
from chatdesk.domain.kinds import Platform
from chatdesk.domain.ports import Adapter, Client, Limits, PlatformPlugin, SignInForm
from chatdesk.wire.omw import names

API_PREFIX = "api_prefix"
"""Key of a setting: where the operator has put the interface."""
TIME_OFFSET = "time_offset"
"""Key of a setting: empty or `automatic` is learnt; else hours (5.5), minutes (330) or both (+05:30)."""


def _adapter() -> Adapter:
    from chatdesk.platforms.omw.adapter import OmwAdapter

    return OmwAdapter()


def _client(server_url: str, limits: Limits) -> Client:
    from chatdesk.platforms.omw.client import make_client

    return make_client(server_url, limits)


PLUGIN = PlatformPlugin(
    platform=Platform.OMW,
    title="OMW",
    default_port=names.DEFAULT_PORT,
    load=_adapter,
    make_client=_client,
    sign_in=SignInForm(
        roles=((names.ROLE_WORKER, names.ROLE_WORKER), (names.ROLE_CUSTOMER, names.ROLE_CUSTOMER)), otp=True
    ),
    settings=(
        FieldAsked(key=API_PREFIX, required=False, default=names.API_PREFIX, limit_chars=120),
        FieldAsked(key=TIME_OFFSET, required=False, limit_chars=10),
    ),
    forgets_completed=True,
)
"""What the registry takes up."""
