"""What every widget is handed: the services, what changes, and how things look here."""

from __future__ import annotations

import dataclasses

from PySide6.QtWidgets import QApplication

from chatdesk.services.desk import Desk
from chatdesk.ui.clock import Clock
from chatdesk.ui.feed import ChangeFeed
from chatdesk.ui.icons import Icons
from chatdesk.ui.preferences import THEME, ZOOM, Preferences
from chatdesk.ui.tasks import Troubles
from chatdesk.ui.theme import Theme


@dataclasses.dataclass(frozen=True, slots=True)
class UiContext:
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

    def close(self) -> None:
        """Stop listening to store and engines; the window is gone."""
        self.feed.close()


def make_context(app: QApplication, desk: Desk, theme: Theme | None = None) -> UiContext:
    """The context of a window over `desk`, as its person has set it. GUI thread only.

    theme: one that was needed before the database was open; it takes over what is remembered.
    """
    preferences = Preferences(desk.reader.setting, desk.store.put_setting)
    mode, zoom = preferences.get(THEME), preferences.get(ZOOM)
    if theme is None:
        theme = Theme(app, mode, zoom)
    else:
        theme.set_mode(mode)
        theme.set_zoom(zoom)
    return UiContext(
        desk=desk,
        feed=ChangeFeed(desk.store, desk.engines),
        theme=theme,
        icons=Icons(theme),
        clock=Clock(),
        preferences=preferences,
        troubles=Troubles(),
    )
