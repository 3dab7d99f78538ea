"""What every widget is handed: the services, what changes, and how things look here."""

from __future__ import annotations

import msgspec

from chatdesk.services.desk import Desk
from chatdesk.ui.clock import Clock
from chatdesk.ui.entries import PlatformEntry
from chatdesk.ui.feed import ChangeFeed
from chatdesk.ui.icons import Icons
from chatdesk.ui.preferences import Preferences
from chatdesk.ui.tasks import Troubles
from chatdesk.ui.theme import Theme


class UiContext(msgspec.Struct, frozen=True):
    """The collaborators of every widget: each takes `(context, parent=None)` and nothing global.

    Widgets that show one conversation have `open_conversation(ConversationId | None)`.
    """

    desk: Desk
    feed: ChangeFeed
    theme: Theme
    icons: Icons
    clock: Clock
    preferences: Preferences
    troubles: Troubles
    platforms: tuple[PlatformEntry, ...] = ()
    """The platforms that an account can be added for, in the order in which they are offered."""
