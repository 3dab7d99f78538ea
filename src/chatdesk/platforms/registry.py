"""The platforms that this program speaks, each plugged in without its adapter or the network."""

from __future__ import annotations

from chatdesk.domain.kinds import Platform
from chatdesk.domain.ports import PlatformPlugin
from chatdesk.platforms.dispatcher.plugin import PLUGIN as DISPATCHER
from chatdesk.platforms.fakomame.plugin import PLUGIN as FAKOMAME
from chatdesk.platforms.marketplace.plugin import PLUGIN as MARKETPLACE
from chatdesk.platforms.omw.plugin import PLUGIN as OMW
from chatdesk.platforms.steppergo.plugin import PLUGIN as STEPPERGO

PLUGINS: tuple[PlatformPlugin, ...] = (DISPATCHER, FAKOMAME, STEPPERGO, OMW, MARKETPLACE)
"""In the order in which the sign-in dialog offers them."""


def plugin(platform: Platform) -> PlatformPlugin:
    """The plugin of a platform."""
    return next(found for found in PLUGINS if found.platform is platform)
