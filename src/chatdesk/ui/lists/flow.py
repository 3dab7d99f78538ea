"""A layout that sets widgets side by side and begins a new line where there is no room."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QStyle, QWidget


class FlowLayout(QLayout):
    """Items in their order, each as wide as its hint (or the whole line, where that is less)."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._arranged(QRect(0, 0, width, 0))[1]

    def sizeHint(self) -> QSize:
        shown = self._shown()
        widths = [item.sizeHint().width() for item in shown]
        width = sum(widths) + self.spacing() * max(0, len(widths) - 1)
        return QSize(width, max((item.sizeHint().height() for item in shown), default=0))

    def minimumSize(self) -> QSize:
        return QSize(
            max((item.minimumSize().width() for item in self._shown()), default=0), self.sizeHint().height()
        )

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        owner = self.parentWidget()
        direction = owner.layoutDirection() if owner is not None else Qt.LayoutDirection.LeftToRight
        for item, box in zip(self._shown(), self._arranged(rect)[0], strict=True):
            item.setGeometry(QStyle.visualRect(direction, rect, box))

    def _shown(self) -> list[QLayoutItem]:
        """The items whose widgets are not hidden."""
        return [item for item in self._items if not item.isEmpty()]

    def _arranged(self, rect: QRect) -> tuple[list[QRect], int]:
        """Where each item goes, as if read left to right, and the height of all lines."""
        boxes: list[QRect] = []
        x = y = line = 0
        for item in self._shown():
            hint = item.sizeHint()
            width = min(hint.width(), rect.width())
            if x and x + width > rect.width():
                x, y, line = 0, y + line + self.spacing(), 0
            boxes.append(QRect(rect.x() + x, rect.y() + y, width, hint.height()))
            x += width + self.spacing()
            line = max(line, hint.height())
        return boxes, y + line
