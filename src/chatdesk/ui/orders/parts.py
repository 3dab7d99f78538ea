"""The small widgets of the order panel: a step with its mark, a key and its value, a dot for who is there."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QMenu, QSizePolicy, QWidget

from chatdesk.ui.i18n import full_time, list_time, tr
from chatdesk.ui.orders.steps import Step, StepState
from chatdesk.ui.plain import PlainLabel, set_tip
from chatdesk.ui.theme import TextRole, Theme


class ValueLabel(PlainLabel):
    """A value that can be selected by mouse and keyboard, and copied whole from its menu."""

    def __init__(
        self,
        theme: Theme,
        text: str,
        *,
        role: TextRole = TextRole.BODY,
        colour: str = "text",
        parent: QWidget | None = None,
    ) -> None:
        self._look = theme
        super().__init__(theme, text, role=role, colour=colour, wrap=True, selectable=True, parent=parent)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # Qt's choice for selectable labels leaves out Tab

    def minimumSizeHint(self) -> QSize:
        # A long word without a break must not widen the panel: it is cut, and the tooltip has all of it.
        return QSize(0, super().minimumSizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy) and not self.hasSelectedText():
            QGuiApplication.clipboard().setText(self.text())
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus() and not self.hasSelectedText():
            painter = QPainter(self)
            painter.setPen(QPen(self._look.current.accent, 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
            painter.end()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAccessibleName(tr("Copy"))
        menu.aboutToHide.connect(menu.deleteLater)
        chosen = self.selectedText()
        if chosen:
            menu.addAction(tr("Copy selection")).triggered.connect(
                lambda: QGuiApplication.clipboard().setText(chosen)
            )
        menu.addAction(tr("Copy")).triggered.connect(lambda: QGuiApplication.clipboard().setText(self.text()))
        menu.popup(event.globalPos())


class StepMark(QWidget):
    """Done: a filled disc with a tick. Now: a ring with a dot. Next: an empty ring."""

    SIDE_PX = 14

    def __init__(self, theme: Theme, state: StepState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._state = state
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        side = self._theme.metrics.px(self.SIDE_PX)
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens, side = self._theme.current, float(self._theme.metrics.px(self.SIDE_PX))
        line = side / 7
        disc = QRectF(0, 0, side, side).adjusted(line / 2, line / 2, -line / 2, -line / 2)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        match self._state:
            case StepState.DONE:
                painter.setPen(QPen(tokens.ok, line))
                painter.setBrush(tokens.ok)
                painter.drawEllipse(disc)
                tick = QPen(tokens.panel, line * 0.8)
                tick.setCapStyle(Qt.PenCapStyle.RoundCap)
                tick.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
                painter.setPen(tick)
                points = [QPointF(side * x, side * y) for x, y in ((0.28, 0.52), (0.44, 0.68), (0.72, 0.36))]
                painter.drawPolyline(points)
            case StepState.NOW:
                painter.setPen(QPen(tokens.accent, line))
                painter.setBrush(tokens.accent_soft)
                painter.drawEllipse(disc)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(tokens.accent)
                painter.drawEllipse(disc.center(), side * 0.16, side * 0.16)
            case StepState.NEXT:
                painter.setPen(QPen(tokens.control_line, line * 0.8))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(disc)
        painter.end()


class StepLine(QWidget):
    """One step of the timeline: mark, status, and when the order came there."""

    def __init__(self, theme: Theme, step: Step, now_us: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        now = step.state is StepState.NOW
        role, colour = (TextRole.STRONG, "text") if now else (TextRole.BODY, "muted")
        label = ValueLabel(theme, step.label, role=role, colour=colour, parent=self)
        time = PlainLabel(
            theme, list_time(step.at_us, now_us), role=TextRole.SECONDARY, colour=colour, parent=self
        )
        if step.at_us > 0:
            set_tip(time, full_time(step.at_us))
        label.setAccessibleName(_spoken(step))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, theme.metrics.px(3), 0, theme.metrics.px(3))
        row.setSpacing(theme.metrics.small)
        row.addWidget(StepMark(theme, step.state, self))
        row.addWidget(label, 1)
        row.addWidget(time)


def _spoken(step: Step) -> str:
    when = full_time(step.at_us) if step.at_us > 0 else ""
    match step.state:
        case StepState.DONE if when:
            return tr("{status}, done, since {time}", status=step.label, time=when)
        case StepState.DONE:
            return tr("{status}, done", status=step.label)
        case StepState.NOW if when:
            return tr("{status}, now, since {time}", status=step.label, time=when)
        case StepState.NOW:
            return tr("{status}, now", status=step.label)
        case StepState.NEXT:
            return tr("{status}, still to come", status=step.label)


class PresenceDot(QWidget):
    """A dot for who is there now; takes no room while it is not shown."""

    SIDE_PX = 8

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAccessibleName(tr("online"))
        self.setToolTip(tr("online"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        side = self._theme.metrics.px(self.SIDE_PX)
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.current.ok)
        painter.drawEllipse(QRectF(self.rect()))
        painter.end()


class KeyValues(QWidget):
    """Lines of key and value in two columns."""

    KEY_PX = 86

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnMinimumWidth(0, theme.metrics.px(self.KEY_PX))
        self._grid.setColumnStretch(1, 1)
        self._grid.setHorizontalSpacing(theme.metrics.small)
        self._grid.setVerticalSpacing(theme.metrics.px(4))
        self._lines = 0

    def add(self, key: str, value: str, *, online: bool = False) -> ValueLabel:
        """Add a line at the end; online: a dot after the value."""
        title = PlainLabel(self._theme, key, colour="muted", wrap=True, parent=self)
        title.setFixedWidth(self._theme.metrics.px(self.KEY_PX))
        label = ValueLabel(self._theme, value, parent=self)
        there = tr(", online") if online else ""
        label.setAccessibleName(tr("{key}: {value}", key=key, value=value) + there)
        top = Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(title, self._lines, 0, top)
        if online:
            label.setWordWrap(False)
            label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Minimum)
            line = QHBoxLayout()
            line.setSpacing(self._theme.metrics.px(6))
            line.addWidget(label)
            line.addWidget(PresenceDot(self._theme, self))
            line.addStretch(1)
            self._grid.addLayout(line, self._lines, 1)
        else:
            self._grid.addWidget(label, self._lines, 1)
        self._lines += 1
        return label
