"""The files of an order: listed with their sizes, added, saved and removed where the account may."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from chatdesk.domain.actions import ActionKind
from chatdesk.domain.entities import Account, Order, OrderFile
from chatdesk.domain.errors import WorldError
from chatdesk.domain.ids import OrderId, OutgoingId
from chatdesk.domain.kinds import Feature
from chatdesk.domain.text import one_line
from chatdesk.ui.asking.asker import Asker
from chatdesk.ui.asking.buttons import Press
from chatdesk.ui.asking.names import safe_name
from chatdesk.ui.asking.offers import About, about_file, about_order, offer_of
from chatdesk.ui.asking.strip import Strip
from chatdesk.ui.asking.waiting_files import WaitingFileRow, WaitingFiles
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import IconButton, Panel, WordButton
from chatdesk.ui.file_words import not_taken
from chatdesk.ui.i18n import size_text, tr, trn
from chatdesk.ui.orders.parts import ValueLabel
from chatdesk.ui.plain import PlainLabel, set_tip
from chatdesk.ui.tasks import Tasks
from chatdesk.ui.theme import TextRole

_HERE = frozenset({ActionKind.LIST_FILES})
MOST_SHOWN = 60
MOST_DROPPED = 20
NAME_CHARS = 200


class FileRow(QWidget):
    """One file: its name and size, and what can be done with it. `save_asked`, `remove_asked`."""

    save_asked = Signal()
    remove_asked = Signal()

    def __init__(
        self, context: UiContext, asker: Asker, about: About, file: OrderFile, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._asker = asker
        self.about = about
        theme = context.theme
        self.name = file_name(file)
        text = tr("{name} · {size}", name=self.name, size=size_text(max(0, file.size_bytes)))
        label = ValueLabel(theme, text, role=TextRole.SECONDARY, colour="muted", parent=self)
        self.save = IconButton(context, "arrow-down", tr("Save {name} as…", name=self.name), parent=self)
        self.save.clicked.connect(self.save_asked)
        self.remove = IconButton(context, "trash", tr("Remove {name}…", name=self.name), parent=self)
        self.remove.clicked.connect(self.remove_asked)
        self.save.setVisible(offer_of(about, ActionKind.SAVE_FILE) is not None)
        self.remove.setVisible(offer_of(about, ActionKind.REMOVE_FILE) is not None)
        self.strip = Strip(context, asker, self)
        row = QHBoxLayout()
        row.setSpacing(theme.metrics.tiny)
        row.addWidget(label, 1)
        row.addWidget(self.save)
        row.addWidget(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.strip)
        self.refresh()

    def refresh(self) -> None:
        """Show how things stand now."""
        blocked = self._asker.blocked(self.about.account.id)
        for button, kind in ((self.save, ActionKind.SAVE_FILE), (self.remove, ActionKind.REMOVE_FILE)):
            button.setEnabled(not blocked and not self._asker.under_way(self.about, kind))
            button.setAccessibleDescription(blocked)
        self.strip.follow(self._asker.latest(self.about.key, _any))


class OrderFiles(Panel):
    """The files of the order that is shown; files can be dropped on it.

    `filled_changed` when there is something to show, or no longer.
    """

    def __init__(
        self,
        context: UiContext,
        asker: Asker,
        press: Press,
        *,
        said_above: Callable[[], bool] = lambda: False,
        parent: QWidget | None = None,
    ) -> None:
        """said_above: whether the person reads elsewhere already why nothing can be done."""
        super().__init__("panel", parent)
        self._said_above = said_above
        self._context = context
        self._asker = asker
        self._press = press
        self._about: About | None = None
        self._order: Order | None = None
        self._drawn: object = None
        self._rows: list[FileRow] = []
        self._tasks = Tasks(self, context.troubles)
        self._waiting: deque[tuple[OrderId, Path]] = deque()
        """Files that are not copied yet."""
        self._refused = ""
        self._pending = WaitingFiles(context, self)
        self._pending.changed.connect(self._show_pending)
        self._pending_rows: dict[OutgoingId, WaitingFileRow] = {}
        theme = context.theme
        self.setAccessibleName(tr("Files of the order"))
        self._heading = PlainLabel(theme, tr("Files"), role=TextRole.STRONG, parent=self)
        self.again = IconButton(context, "refresh", tr("Read the files again"), parent=self)
        self.again.clicked.connect(lambda: self._press_kind(ActionKind.LIST_FILES))
        head = QHBoxLayout()
        head.setSpacing(theme.metrics.tiny)
        head.addWidget(self._heading, 1)
        head.addWidget(self.again)
        self._waits = QVBoxLayout()
        self._waits.setSpacing(theme.metrics.px(2))
        self._list = QVBoxLayout()
        self._list.setSpacing(theme.metrics.px(2))
        self._none = PlainLabel(theme, role=TextRole.SECONDARY, colour="muted", wrap=True, parent=self)
        self.add = WordButton(tr("Add a file…"), parent=self)
        self.add.clicked.connect(self.choose)
        self._why = PlainLabel(theme, role=TextRole.SECONDARY, colour="warn", wrap=True, parent=self)
        self._left = PlainLabel(theme, role=TextRole.SECONDARY, colour="muted", wrap=True, parent=self)
        self.strip = Strip(context, asker, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.metrics.px(4))
        column.addLayout(head)
        column.addLayout(self._waits)
        column.addLayout(self._list)
        for widget in (self._none, self.add, self._why, self._left, self.strip):
            column.addWidget(widget)
        asker.changed.connect(self._on_changed)
        asker.standing_changed.connect(self._on_standing)
        self.hide()

    # -- which order -----------------------------------------------------------------------------------

    def show_order(self, account: Account | None, order: Order | None) -> None:
        """Show the files of an order; None: nothing."""
        shown = account is not None and order is not None and takes_files(account, order)
        if not shown or account is None or order is None:
            self._about = self._order = None
            self.hide()
            return
        about = about_order(account, order, None)
        if self._about is None or self._about.key != about.key:
            self._refused = ""
        self._about, self._order = about, order
        self._pending.read()
        drawn = (about.key, order.files, account.capabilities.offers)
        if drawn != self._drawn:
            self._drawn = drawn
            self._rebuild(account, order)
        self.setAcceptDrops(offer_of(about, ActionKind.ADD_FILE) is not None)
        self._show_pending()
        self._refresh()
        self.show()

    def pending(self) -> tuple[WaitingFileRow, ...]:
        """The files that wait to be added, in the order of pressing."""
        return tuple(self._pending_rows.values())

    def rows(self) -> tuple[FileRow, ...]:
        """The files that are listed, from top to bottom."""
        return tuple(self._rows)

    def sentence(self) -> str:
        """Why nothing can be done; empty where it can."""
        return self._why.text()

    # -- adding ----------------------------------------------------------------------------------------

    def choose(self) -> QFileDialog | None:
        """Let the person choose files to add; None where none can be added now."""
        if not self.add.isEnabled() or self.add.isHidden():
            return None
        dialog = QFileDialog(
            self, tr("Add a file"), _folder(QStandardPaths.StandardLocation.DocumentsLocation)
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        order = self._order.id if self._order is not None else None
        # What was chosen for one order never goes to another that is shown by now.
        dialog.filesSelected.connect(lambda paths: self._add([Path(path) for path in paths], order))
        dialog.open()
        return dialog

    def add_files(self, paths: list[Path]) -> None:
        """Copy files and queue them for the order that is shown, one after the other."""
        self._add(paths, self._order.id if self._order is not None else None)

    def _add(self, paths: list[Path], order: OrderId | None) -> None:
        if order is None:
            return
        is_idle = not self._waiting
        self._refused = ""
        self._waiting.extend((order, path) for path in paths[:MOST_DROPPED])
        if is_idle and self._waiting:
            self._tasks.start("add files", self._work_off(), exclusive=False)
        self._refresh()

    async def _work_off(self) -> None:
        """One after the other; a refusal of one is told, and the next one goes."""
        try:
            while self._waiting:
                order, path = self._waiting[0]
                try:
                    await self._context.desk.add_file(order, path)
                except WorldError as error:
                    rule = self._about.account.capabilities.order_files if self._about is not None else None
                    if self._order is not None and self._order.id == order:
                        self._refused = not_taken(path.name, error, rule)
                self._waiting.popleft()
                self._refresh()
        finally:
            self._waiting.clear()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.add.isEnabled() and any(url.isLocalFile() for url in event.mimeData().urls()):
            self.set_look("banner")
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.set_look("panel")
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self.set_look("panel")
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.add_files(paths)

    # -- saving and removing ---------------------------------------------------------------------------

    def save(self, row: FileRow) -> QFileDialog | None:
        """Ask where a file is to be put, then fetch it. The dialog asks before it replaces anything."""
        file = row.about.file
        if file is None or not row.save.isEnabled():
            return None
        folder = _folder(QStandardPaths.StandardLocation.DownloadLocation)
        suggested = str(Path(folder) / safe_name(file.name, tr("file")))
        dialog = QFileDialog(self, tr("Save as"), suggested)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.selectFile(suggested)
        dialog.fileSelected.connect(lambda path, about=row.about: self.save_to(about, path))
        dialog.open()
        return dialog

    def save_to(self, about: About, path: str) -> None:
        """Fetch a file to a path that the person has chosen."""
        offer = offer_of(about, ActionKind.SAVE_FILE)
        if offer is not None and path:
            self._asker.start(about, offer, path=path)

    def _remove(self, about: About) -> None:
        offer = offer_of(about, ActionKind.REMOVE_FILE)
        if offer is not None:
            self._press(about, offer)

    def _press_kind(self, kind: ActionKind) -> None:
        offer = offer_of(self._about, kind) if self._about is not None else None
        if offer is not None and self._about is not None:
            self._press(self._about, offer)

    # -- drawing ---------------------------------------------------------------------------------------

    def _show_pending(self) -> None:
        """A row for each file that waits for this order; rows that stay keep their place and focus."""
        items = {item.id: item for item in self._pending.of(self._order.id)} if self._order else {}
        for gone in [one for one in self._pending_rows if one not in items]:
            row = self._pending_rows.pop(gone)
            self._waits.removeWidget(row)
            row.hide()
            row.deleteLater()
        for outgoing, item in items.items():
            known = self._pending_rows.get(outgoing)
            if known is None:
                made = WaitingFileRow(self._context, self._tasks, item, self)
                self._pending_rows[outgoing] = made
                self._waits.addWidget(made)
                made.show()
            else:
                known.show_item(item)

    def _rebuild(self, account: Account, order: Order) -> None:
        for row in self._rows:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = []
        for file in order.files[:MOST_SHOWN]:
            row = FileRow(self._context, self._asker, about_file(account, order, file), file, self)
            row.save_asked.connect(_bound(self.save, row))
            row.remove_asked.connect(_bound(self._remove, row.about))
            self._list.addWidget(row)
            self._rows.append(row)
            row.show()
        hidden = len(order.files) - len(self._rows)
        if hidden > 0:
            self._none.setText(trn("and {n} more file", "and {n} more files", hidden))
        else:
            self._none.setText(tr("No files yet."))
        self._none.setVisible(hidden > 0 or not self._rows)

    def _on_changed(self, key: str) -> None:
        if self._about is None:
            return
        if key == self._about.key or any(row.about.key == key for row in self._rows):
            self._refresh()

    def _on_standing(self, account_id: int) -> None:
        if self._about is not None and account_id == self._about.account.id:
            self._refresh()

    def _refresh(self) -> None:
        about = self._about
        if about is None:
            return
        blocked = self._asker.blocked(about.account.id)
        can_add = offer_of(about, ActionKind.ADD_FILE) is not None
        can_list = offer_of(about, ActionKind.LIST_FILES) is not None
        self.add.setVisible(can_add)
        set_tip(self.add, tr("Or drop files here. Without the server they wait, and go by themselves."))
        self.again.setVisible(can_list)
        self.again.setEnabled(not blocked and not self._asker.under_way(about, ActionKind.LIST_FILES))
        acts = can_list or any(not row.save.isHidden() or not row.remove.isHidden() for row in self._rows)
        self._why.setText(blocked if acts else "")
        self._why.setVisible(bool(blocked) and acts and not self._said_above())
        for row in self._rows:
            row.refresh()
        left = len(self._waiting)
        self._left.setText(
            self._refused or (trn("Copying {n} file…", "Copying {n} files…", left) if left else "")
        )
        self._left.set_colour("bad" if self._refused else "muted")
        self._left.setVisible(bool(left or self._refused))
        self.strip.follow(self._asker.latest(about.key, _HERE.__contains__))


def takes_files(account: Account, order: Order) -> bool:
    """Whether an order has a place for files, or has some."""
    about = about_order(account, order, None)
    adds = offer_of(about, ActionKind.ADD_FILE) is not None
    return adds or account.capabilities.has(Feature.ORDER_FILES) or bool(order.files)


def file_name(file: OrderFile) -> str:
    """A file's name for reading."""
    return one_line(file.name, NAME_CHARS) or tr("File without a name")


def _any(_kind: ActionKind) -> bool:
    return True


def _folder(place: QStandardPaths.StandardLocation) -> str:
    return QStandardPaths.writableLocation(place) or str(Path.home())


def _bound(do: Callable[..., object], value: object) -> Callable[[], object]:
    return lambda: do(value)
