"""What every part of a core is built with."""

from __future__ import annotations

from dataclasses import dataclass

from chatdesk.server.core.access import Access
from chatdesk.server.core.clock import Clock
from chatdesk.server.core.database import Database
from chatdesk.server.core.ids import Ids
from chatdesk.server.core.rules import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """One platform's share of a data folder, and its rules."""

    platform: str
    database: Database
    ids: Ids
    clock: Clock
    rules: Rules
    access: Access
