"""What a look-up has found: a list that grows by pages, and how one row of it is painted and spoken."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from chatdesk.domain.actions import Hit
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.text import one_line
from chatdesk.ui.context import UiContext
from chatdesk.ui.i18n import list_time, tr
from chatdesk.ui.lists.drawing import RowDrawing, RowLook

HIT_ROLE = Qt.ItemDataRole.UserRole + 1
TEXT_CHARS = 160
MOST_HITS = 2_000
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


class HitModel(QAbstractListModel):
    """Hits in the order of the server; one that comes again on a later page stays where it is."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._hits: list[Hit] = []
        self._at: dict[tuple[str, RemoteId], int] = {}

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._hits)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or not 0 <= index.row() < len(self._hits):
            return None
        hit = self._hits[index.row()]
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return hit_sentence(hit)
        return hit if role == HIT_ROLE else None

    def hit(self, row: int) -> Hit | None:
        """The hit of a row."""
        return self._hits[row] if 0 <= row < len(self._hits) else None

    def show(self, hits: Sequence[Hit]) -> None:
        """Show these instead of what was shown."""
        self.clear()
        self.add(hits)

    def clear(self) -> None:
        """Show nothing."""
        if self._hits:
            self.beginRemoveRows(ROOT, 0, len(self._hits) - 1)
            self._hits.clear()
            self._at.clear()
            self.endRemoveRows()

    def add(self, hits: Sequence[Hit]) -> int:
        """Add a page; how many of it are new."""
        new: dict[tuple[str, RemoteId], Hit] = {}
        for hit in hits:
            key = (hit.kind.value, hit.remote_id)
            if key in self._at:
                row = self._at[key]
                if self._hits[row] != hit:
                    self._hits[row] = hit
                    self.dataChanged.emit(self.index(row), self.index(row))
            elif len(self._hits) + len(new) < MOST_HITS:
                new.setdefault(key, hit)
        if new:
            first = len(self._hits)
            self.beginInsertRows(ROOT, first, first + len(new) - 1)
            for key, hit in new.items():
                self._at[key] = len(self._hits)
                self._hits.append(hit)
            self.endInsertRows()
        return len(new)


def hit_title(hit: Hit) -> str:
    """What a hit is called."""
    return one_line(hit.title, TEXT_CHARS) or tr("Without a name")


def hit_sentence(hit: Hit) -> str:
    """A hit as a screen reader speaks it."""
    parts = (
        hit_title(hit),
        one_line(hit.status_label, TEXT_CHARS),
        one_line(hit.detail, TEXT_CHARS),
        one_line(hit.person_name, TEXT_CHARS) if hit.person_name != hit.title else "",
    )
    return ", ".join(part for part in parts if part)


class HitDelegate(QStyledItemDelegate):
    """Rows of one height: title and day, status, person, details."""

    def __init__(self, context: UiContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.look = RowLook(context.theme)
        context.theme.changed.connect(self._restyle)

    def _restyle(self) -> None:
        self.look = RowLook(self._context.theme)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(2 * self.look.sizes.collapsed_width, self.look.sizes.height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        hit = index.data(HIT_ROLE)
        if not isinstance(hit, Hit):
            return
        context, look = self._context, self.look
        painter.save()
        painter.setClipRect(option.rect)
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)  # each text reads its own way
        drawing = RowDrawing(painter, option, context.theme, context.icons, look)
        ground = drawing.ground()
        person = one_line(hit.person_name, TEXT_CHARS)
        name = person or hit_title(hit)
        avatar = drawing.avatar(name, str(hit.person or hit.remote_id), online=False, ground=ground)
        top, middle, bottom = drawing.lanes(avatar.right() + 1 + look.sizes.gap)
        when = list_time(hit.at_us, context.clock.now_us())
        drawing.text_at_end(top, when, look.secondary, "muted")
        drawing.text(top, hit_title(hit), look.name, "text")
        status = one_line(hit.status_label, TEXT_CHARS)
        if status:
            drawing.tag(middle, status)
        if person and person != hit_title(hit):
            drawing.text(middle, person, look.secondary, "muted")
        drawing.text(bottom, one_line(hit.detail, TEXT_CHARS), look.body, "muted")
        painter.restore()
