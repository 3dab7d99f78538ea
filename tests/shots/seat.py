"""A window's collaborators over a real store in a folder, at a fixed moment, with nobody on the line."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from PySide6.QtWidgets import QApplication

from chatdesk.domain.entities import Account
from chatdesk.services.desk import Desk
from chatdesk.store import Store
from chatdesk.ui.accounts import AccountBook
from chatdesk.ui.clock import Clock
from chatdesk.ui.context import UiContext
from chatdesk.ui.feed import ChangeFeed
from chatdesk.ui.icons import Icons
from chatdesk.ui.outbox import OutboxModel
from chatdesk.ui.preferences import THEME, ZOOM, Preferences
from chatdesk.ui.tasks import Troubles
from chatdesk.ui.theme import Theme
from tests.shots import scene
from tests.shots.entries import ENTRIES
from tests.shots.quiet import QuietEngines

NOON_US = round(dt.datetime(2026, 11, 20, 10, 42).astimezone().timestamp()) * 1_000_000
"""The moment at which every scene plays: a Friday morning, 10:42 where the picture is taken."""


class StillClock(Clock):
    """A clock that shows the moment of the scene until it is moved."""

    def __init__(self, now_us: int) -> None:
        super().__init__()
        self.at_us = now_us

    def now_us(self) -> int:
        return self.at_us


class Seat:
    """Everything that a widget needs; `filled` puts the scene into the store first."""

    def __init__(self, app: QApplication, folder: Path, *, filled: bool = True) -> None:
        self.clock = StillClock(NOON_US)
        self.store = Store.open(folder, now_us=self.clock.now_us)
        self.scene = scene.fill(self.store, NOON_US) if filled else None
        self.engines = QuietEngines()
        self.reader = self.store.reader()
        self.desk = Desk(self.store, self.engines, self.reader)
        self.preferences = Preferences(self.desk.setting, self.store.put_setting)
        self.theme = Theme(app, self.preferences.get(THEME), self.preferences.get(ZOOM))
        self.context = UiContext(
            desk=self.desk,
            feed=ChangeFeed(self.store, self.engines),
            theme=self.theme,
            icons=Icons(self.theme),
            clock=self.clock,
            preferences=self.preferences,
            troubles=Troubles(),
            platforms=ENTRIES,
        )

    @property
    def day(self) -> scene.Scene:
        """The scene of a filled seat."""
        assert self.scene is not None
        return self.scene

    @property
    def account(self) -> Account:
        """The account of a filled seat."""
        return self.day.account

    def book(self) -> AccountBook:
        book = AccountBook(self.context)
        book.start()
        return book

    def outbox(self) -> OutboxModel:
        model = OutboxModel(self.context)
        model.start()
        return model

    def close(self) -> None:
        # As the program does: nobody looks any more when the store is closed.
        for widget in QApplication.topLevelWidgets():
            widget.hide()
        self.context.feed.close()
        self.reader.close()
        self.store.close()
