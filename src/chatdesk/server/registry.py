"""The one table of dialects that the reference server speaks."""

from __future__ import annotations

from chatdesk.server.dialect import Dialect
from chatdesk.server.dialects.dispatcher.app import DIALECT as DISPATCHER

DIALECTS: dict[str, Dialect] = {one.platform: one for one in (DISPATCHER,)}
"""By name of the platform; `chatdesk serve --platform` takes these."""
