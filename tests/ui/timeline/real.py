"""The real store under the real services, with engines that only write down what they are asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication

from chatdesk.domain.changes import Commit, News
from chatdesk.services.desk import Desk
from chatdesk.store import Store
from chatdesk.ui.clock import Clock
from chatdesk.ui.context import UiContext
from chatdesk.ui.feed import ChangeFeed
from chatdesk.ui.icons import Icons
from chatdesk.ui.preferences import Preference, Preferences, T
from chatdesk.ui.tasks import Troubles
from chatdesk.ui.theme import Theme, ThemeMode
from tests.store.making import Desk as Filled


class QuietEngines:
    """Engines without a network: calls are kept in `asked`; `tell` hands news to who listens."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self._listeners: list[Callable[[News], None]] = []

    def subscribe_news(self, listener: Callable[[News], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def tell(self, news: News) -> None:
        for listener in self._listeners:
            listener(news)

    def of(self, name: str) -> list[tuple[Any, ...]]:
        """What was asked by this name."""
        return [one[1:] for one in self.asked if one[0] == name]

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *values: self.asked.append((name, *values))


class Stage:
    """A store with an account and two conversations, and the context of widgets over it."""

    def __init__(self, folder: Path, app: QApplication, *, dark: bool = False) -> None:
        self.store = Store.open(folder)
        self.filled = Filled(self.store)
        self.room, self.other = self.filled.conversation, self.filled.other
        self.engines = QuietEngines()
        self.commits: list[Commit] = []
        self.store.subscribe(self.commits.append)
        self._kept: dict[str, str] = {}
        self.desk = Desk(self.store, self.engines, self.store.reader())  # type: ignore[arg-type]
        theme = Theme(app, ThemeMode.DARK if dark else ThemeMode.LIGHT)
        self.context = UiContext(
            desk=self.desk,
            feed=ChangeFeed(self.store, self.engines),
            theme=theme,
            icons=Icons(theme),
            clock=Clock(),
            preferences=Preferences(self._kept.get, self._kept.__setitem__),
            troubles=Troubles(),
        )

    def prefer(self, preference: Preference[T], value: T) -> None:
        self.context.preferences.put(preference, value)

    def close(self) -> None:
        self.context.feed.close()
        self.desk.reader.close()
        self.store.close()
