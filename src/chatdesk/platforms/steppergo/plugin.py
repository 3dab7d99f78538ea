"""What the StepperGO platform tells the window before anything of it is loaded."""

from __future__ import annotations

from chatdesk.domain.kinds import Platform
from chatdesk.domain.ports import Adapter, Client, Limits, PlatformPlugin, SignInForm
from chatdesk.wire.steppergo import names


def _adapter() -> Adapter:
    from chatdesk.platforms.steppergo.adapter import StepperGoAdapter

    return StepperGoAdapter()


def _client(server_url: str, limits: Limits) -> Client:
    from chatdesk.platforms.steppergo.client import make_client

    return make_client(server_url, limits)


PLUGIN = PlatformPlugin(
    platform=Platform.STEPPERGO,
    title="StepperGO",
    default_port=names.DEFAULT_PORT,
    load=_adapter,
    make_client=_client,
    sign_in=SignInForm(roles=((names.SEAT_DRIVER, "driver"), (names.SEAT_OTHER, "traveller"))),
)
"""What the registry takes up."""
