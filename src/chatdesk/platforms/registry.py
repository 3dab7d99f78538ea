"""The platforms that this program speaks, each plugged in without loading the network stack."""

from __future__ import annotations

from chatdesk.domain.kinds import Platform
from chatdesk.domain.ports import PlatformPlugin
from chatdesk.platforms.dispatcher.adapter import PLUGIN as DISPATCHER
from chatdesk.platforms.fakomame.adapter import PLUGIN as FAKOMAME
from chatdesk.platforms.marketplace.adapter import PLUGIN as MARKETPLACE
from chatdesk.platforms.omw.adapter import PLUGIN as OMW
from chatdesk.platforms.steppergo.adapter import PLUGIN as STEPPERGO

PLUGINS: tuple[PlatformPlugin, ...] = (DISPATCHER, FAKOMAME, STEPPERGO, OMW, MARKETPLACE)
"""In the order in which the sign-in dialog offers them."""


def plugin(platform: Platform) -> PlatformPlugin:
    """The plugin of a platform."""
    return next(found for found in PLUGINS if found.platform is platform)
