"""The small widgets of the order panel: a step with its mark, a key and its value, a dot for who is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec
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
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from chatdesk.ui.i18n import full_time, list_time, tr
from chatdesk.ui.orders.steps import Step, StepState
from chatdesk.ui.plain import PlainLabel, set_tip
from chatdesk.ui.theme import TextRole, Theme

W = TypeVar("W", bound=QWidget)


class ValueLabel(PlainLabel):
    """A value that can be selected by mouse and keyboard, and copied whole from its menu.

    close: as wide as its text where there is room, so that something can stand right behind it.
    """

    def __init__(
        self,
        theme: Theme,
        text: str,
        *,
        role: TextRole = TextRole.BODY,
        colour: str = "text",
        close: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        self._look = theme
        self._close = close
        super().__init__(theme, text, role=role, colour=colour, wrap=True, selectable=True, parent=parent)
        across = QSizePolicy.Policy.Maximum if close else QSizePolicy.Policy.Ignored
        policy = QSizePolicy(across, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # Qt's choice for selectable labels leaves out Tab

    def sizeHint(self) -> QSize:
        if not self._close:
            return super().sizeHint()
        # A label that wraps asks for less than its text in one line.
        around = 2 * (self.margin() + self.frameWidth()) + 1
        width = self.fontMetrics().horizontalAdvance(self.text()) + around
        return QSize(width, self.heightForWidth(width))

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

    def set_state(self, state: StepState) -> None:
        """Show another state."""
        self._state = state
        self.update()

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
        role, colour = _step_look(step)
        self._shown: tuple[Step, str] | None = None
        self._mark = StepMark(theme, step.state, self)
        self._label = ValueLabel(theme, "", role=role, colour=colour, parent=self)
        self._time = PlainLabel(theme, role=TextRole.SECONDARY, colour=colour, parent=self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, theme.metrics.px(3), 0, theme.metrics.px(3))
        row.setSpacing(theme.metrics.small)
        row.addWidget(self._mark)
        row.addWidget(self._label, 1)
        row.addWidget(self._time)
        self.show_step(step, now_us)

    def show_step(self, step: Step, now_us: int) -> None:
        """Show another step in the same place; what is the same already is left as it is."""
        wanted = step, list_time(step.at_us, now_us)
        before, self._shown = self._shown, wanted
        if before == wanted:
            return
        if before is not None and before[0].state is not step.state:
            role, colour = _step_look(step)
            self._mark.set_state(step.state)
            self._label.set_role(role)
            self._label.set_colour(colour)
            self._time.set_colour(colour)
        self._label.setText(step.label)
        self._label.setAccessibleName(_spoken(step))
        self._time.setText(wanted[1])
        set_tip(self._time, full_time(step.at_us) if step.at_us > 0 else "")


def _step_look(step: Step) -> tuple[TextRole, str]:
    return (TextRole.STRONG, "text") if step.state is StepState.NOW else (TextRole.BODY, "muted")


class StepList(QWidget):
    """The steps of an order from top to bottom; the lines of another order's steps are used again."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._lines: list[StepLine] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def show_steps(self, steps: Sequence[Step], now_us: int) -> None:
        """Show these steps."""
        _drop(self._lines, len(steps))
        for line, step in zip(self._lines, steps, strict=False):
            line.show_step(step, now_us)
        for step in steps[len(self._lines) :]:
            line = StepLine(self._theme, step, now_us, self)
            self._column.addWidget(line)
            self._lines.append(line)

    def restyle(self) -> None:
        """Sizes are set when a line is made: the next ones are made anew."""
        _drop(self._lines, 0)


def _drop(widgets: list[W], kept: int) -> None:
    """Take widgets away but for the first ones."""
    for widget in widgets[kept:]:
        widget.hide()
        widget.deleteLater()
    del widgets[kept:]


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


class KeyValue(msgspec.Struct, frozen=True):
    """One line: what it is called, what it is; online: a dot after the value."""

    key: str
    value: str
    online: bool = False


class KeyValues(QWidget):
    """Lines of key and value in two columns; a value may have a dot for being online."""

    KEY_PX = 86

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._pairs: list[tuple[PlainLabel, ValueLabel]] = []
        self._online: list[bool] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnMinimumWidth(0, theme.metrics.px(self.KEY_PX))
        self._grid.setColumnStretch(1, 1)
        self._grid.setHorizontalSpacing(theme.metrics.small)
        self._grid.setVerticalSpacing(theme.metrics.px(4))

    def can_show(self, lines: Sequence[KeyValue]) -> bool:
        """Whether the lines that are there can take these: as many, with dots where those have theirs."""
        return [line.online for line in lines] == self._online

    def show_lines(self, lines: Sequence[KeyValue]) -> None:
        """Show other keys and values in the lines that are there."""
        for (title, label), line in zip(self._pairs, lines, strict=True):
            title.setText(line.key)
            self._say(label, line)

    def add(self, line: KeyValue) -> ValueLabel:
        """Add a line at the end."""
        at = len(self._pairs)
        key, online = line.key, line.online
        title = PlainLabel(self._theme, key, colour="muted", wrap=True, parent=self)
        title.setFixedWidth(self._theme.metrics.px(self.KEY_PX))
        label = ValueLabel(self._theme, "", close=online, parent=self)
        self._say(label, line)
        top = Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(title, at, 0, top)
        if online:
            row = QHBoxLayout()
            row.setSpacing(self._theme.metrics.px(6))
            row.addWidget(label)
            row.addWidget(PresenceDot(self._theme, self))
            row.addStretch(1)
            self._grid.addLayout(row, at, 1)
        else:
            self._grid.addWidget(label, at, 1)
        self._pairs.append((title, label))
        self._online.append(online)
        return label

    @staticmethod
    def _say(label: ValueLabel, line: KeyValue) -> None:
        label.setText(line.value)
        there = tr(", online") if line.online else ""
        label.setAccessibleName(tr("{key}: {value}", key=line.key, value=line.value) + there)
