"""The rail at the left edge: All, the accounts, add, menu, theme and settings."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QMenu, QScrollArea, QToolButton, QVBoxLayout, QWidget

from chatdesk.domain.entities import Account
from chatdesk.domain.ids import AccountId
from chatdesk.domain.kinds import SignInState
from chatdesk.ui.account_words import account_label, account_letters, account_name, standing
from chatdesk.ui.accounts import AccountBook
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import IconButton, Panel
from chatdesk.ui.i18n import tr, trn
from chatdesk.ui.rail.tile import AccountTile, TileFace, dot_colour
from chatdesk.ui.theme import ThemeMode
from chatdesk.ui.viewports import make_viewport
from chatdesk.ui.words import platform_name

RAIL_PX = 56


class Rail(Panel):
    """Chooses the account whose conversations are listed; `account_chosen(AccountId | None)`, None is All.

    `menu_asked(account id, place)`: what can be done with an account, at a place of the screen.
    """

    account_chosen = Signal(object)
    menu_asked = Signal(int, QPoint)
    add_asked = Signal()
    settings_asked = Signal()

    def __init__(
        self, context: UiContext, book: AccountBook, menu: QMenu, parent: QWidget | None = None
    ) -> None:
        super().__init__("rail", parent)
        self._context = context
        self._book = book
        self.setAccessibleName(tr("Accounts"))
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._tiles: list[AccountTile] = []
        self._tile_box = QWidget(self)
        self._tile_column = QVBoxLayout(self._tile_box)
        self._tile_column.setContentsMargins(0, 0, 0, 0)
        self._tile_column.setSpacing(0)
        self._add = IconButton(context, "plus", tr("Add an account"), parent=self)
        self._add.clicked.connect(self.add_asked)
        self._menu = IconButton(context, "menu", tr("Menu"), parent=self)
        self._menu.setMenu(menu)
        self._menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._theme = IconButton(context, "moon", "", parent=self)
        self._theme.clicked.connect(self.toggle_theme)
        self._settings = IconButton(context, "settings", tr("Settings"), parent=self)
        self._settings.clicked.connect(self.settings_asked)
        self._scroll = QScrollArea(self)
        viewport = make_viewport(self._scroll)
        self._scroll.setWidget(self._tile_box)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setAccessibleName(tr("Accounts"))
        for inner in (viewport, self._tile_box):
            inner.setAutoFillBackground(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, context.theme.metrics.small, 0, context.theme.metrics.small)
        column.setSpacing(context.theme.metrics.tiny)
        column.addWidget(self._scroll, 1)
        for button in (self._menu, self._theme, self._settings):
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        self._rebuild()
        book.accounts_changed.connect(self._rebuild)
        book.status_changed.connect(self._relabel)
        book.unread_changed.connect(self._relabel)
        context.clock.beat.connect(self._relabel)
        context.theme.changed.connect(self._restyle)
        self._restyle()

    def choose(self, account: AccountId | None) -> None:
        """Check the tile of an account (None: All) and say so."""
        for tile in self._tiles:
            if tile.account == account:
                tile.setChecked(True)
                self.account_chosen.emit(account)
                return

    def chosen(self) -> AccountId | None:
        """The account whose tile is checked; None for All."""
        checked = self._group.checkedButton()
        return checked.account if isinstance(checked, AccountTile) else None

    def choose_at(self, index: int) -> None:
        """Choose the account at a place from the top, 0 being the first below All."""
        accounts = self._book.accounts()
        if 0 <= index < len(accounts):
            self.choose(accounts[index].id)

    def tiles(self) -> tuple[AccountTile, ...]:
        """The tiles from top to bottom."""
        return tuple(self._tiles)

    def toggle_theme(self) -> None:
        """From light to dark and back."""
        self._context.theme.set_mode(ThemeMode.LIGHT if self._context.theme.is_dark else ThemeMode.DARK)

    def add_tool(self, button: QToolButton) -> None:
        """Put one more button above the menu's."""
        column = self.layout()
        if isinstance(column, QVBoxLayout):
            column.insertWidget(column.indexOf(self._menu), button, 0, Qt.AlignmentFlag.AlignHCenter)

    def focus_region(self) -> None:
        """Take the keyboard."""
        checked = self._group.checkedButton()
        (checked if checked is not None else self._add).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def sizeHint(self) -> QSize:
        return QSize(self._context.theme.metrics.px(RAIL_PX), super().sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down go from tile to tile."""
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
        focused = [index for index, tile in enumerate(self._tiles) if tile.hasFocus()]
        if not step or not focused:
            super().keyPressEvent(event)
            return
        target = self._tiles[(focused[0] + step) % len(self._tiles)]
        target.setFocus(Qt.FocusReason.TabFocusReason)
        self._scroll.ensureWidgetVisible(target)

    def _rebuild(self) -> None:
        chosen = self.chosen()
        for tile in self._tiles:
            self._group.removeButton(tile)
            self._tile_column.removeWidget(tile)
            tile.deleteLater()
        self._tile_column.removeWidget(self._add)
        while self._tile_column.takeAt(0) is not None:
            pass  # what is left are stretches
        wanted: list[AccountId | None] = [None, *(account.id for account in self._book.accounts())]
        self._tiles = [AccountTile(self._context, account, self._tile_box) for account in wanted]
        for tile in self._tiles:
            self._group.addButton(tile)
            self._tile_column.addWidget(tile, 0, Qt.AlignmentFlag.AlignHCenter)
            tile.clicked.connect(self._on_clicked)
            tile.menu_asked.connect(self.menu_asked)
        self._tile_column.addWidget(self._add, 0, Qt.AlignmentFlag.AlignHCenter)
        self._tile_column.addStretch(1)
        gone = chosen is not None and self._book.account(chosen) is None
        next(t for t in self._tiles if t.account == (None if gone else chosen)).setChecked(True)
        if gone:
            self.account_chosen.emit(None)
        self._relabel()

    def _on_clicked(self) -> None:
        tile = self.sender()
        if isinstance(tile, AccountTile):
            self.account_chosen.emit(tile.account)

    def _relabel(self, _account: object = None) -> None:
        for tile in self._tiles:
            account = self._book.account(tile.account)
            tile.show_face(self._face(account))

    def _face(self, account: Account | None) -> TileFace:
        unread = self._book.unread(account.id if account else None)
        count = trn("1 unread", "{n} unread", unread) if unread else ""
        if account is None:
            words = " · ".join(part for part in (tr("All accounts"), count) if part)
            return TileFace(tr("All"), words, unread)
        status = self._book.status(account.id)
        accounts = self._book.accounts()
        name, label = account_name(account), account_label(account, accounts)
        stand = standing(status, self._context.clock.now_us())
        if status.sign_in is not SignInState.OK:
            stand = tr("needs you: {state}", state=stand)
        platform = platform_name(account.platform)
        who = (name, platform) if label in {platform, name} else (label, platform)
        words = " · ".join(part for part in (*who, stand, count) if part)
        return TileFace(account_letters(account, accounts), words, unread, dot_colour(status))

    def _restyle(self) -> None:
        self.setFixedWidth(self._context.theme.metrics.px(RAIL_PX))
        dark = self._context.theme.is_dark
        self._theme.set_icon("sun" if dark else "moon")
        self._theme.set_name(tr("Use the light theme") if dark else tr("Use the dark theme"))
