"""The one table of dialects that the reference server speaks."""

from __future__ import annotations

from chatdesk.server.dialect import Dialect
from chatdesk.server.dialects.dispatcher.app import DIALECT as DISPATCHER
from chatdesk.server.dialects.fakomame.app import DIALECT as FAKOMAME
from chatdesk.server.dialects.marketplace.app import DIALECT as MARKETPLACE
from chatdesk.server.dialects.omw.app import DIALECT as OMW
from chatdesk.server.dialects.steppergo.app import DIALECT as STEPPERGO

DIALECTS: dict[str, Dialect] = {
    one.platform: one for one in (DISPATCHER, FAKOMAME, STEPPERGO, OMW, MARKETPLACE)
}
"""By name of the platform; `chatdesk serve --platform` takes these."""
