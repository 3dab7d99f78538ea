"""The small style sheet over Fusion: rounded fields, buttons and menus, made from tokens only."""

from __future__ import annotations

from chatdesk.ui.tokens import Metrics, Tokens


def build_stylesheet(tokens: Tokens, metrics: Metrics) -> str:
    """The application's style sheet. Widgets choose a look by the dynamic property `look`.

    QPushButton look: `primary`, `danger`, `flat` (words in the accent colour), `link` and `quiet` (the same
    without space around, in the accent colour or muted), `chip`, none (outlined).
    QFrame look: `panel`, `rail`, `background`, `banner`, `alarm`, `note`, `card`; each sets fill (and edge).
    """
    t = {name: tokens.colour(name).name() for name in tokens.__struct_fields__}
    radius, small, tiny, medium = metrics.radius, metrics.small, metrics.tiny, metrics.medium
    line = max(1, round(metrics.scale))
    return f"""
QToolTip {{ color: {t["text"]}; background: {t["panel"]}; border: {line}px solid {t["control_line"]};
    padding: {tiny}px; }}
QLineEdit, QPlainTextEdit[look="field"], QComboBox, QDateTimeEdit {{
    color: {t["text"]}; background: {t["background"]};
    border: {line}px solid {t["control_line"]}; border-radius: {radius}px; padding: {tiny + 1}px {small}px;
    selection-background-color: {t["accent"]}; selection-color: {t["on_accent"]}; }}
QLineEdit:focus, QPlainTextEdit[look="field"]:focus, QComboBox:focus, QDateTimeEdit:focus {{
    border-color: {t["accent"]}; }}
QComboBox::drop-down, QDateTimeEdit::drop-down {{ border: none; width: {metrics.huge}px; }}
QLineEdit[invalid="true"] {{ border-color: {t["bad"]}; }}
QLineEdit:disabled {{ color: {t["control_line"]}; }}
QPushButton {{ color: {t["text"]}; background: {t["panel"]}; border: {line}px solid {t["control_line"]};
    border-radius: {radius}px; padding: {tiny + 1}px {medium}px; }}
QPushButton:hover {{ background: {t["hover"]}; }}
QPushButton:focus {{ border: {line * 2}px solid {t["accent"]};
    padding: {tiny + 1 - line}px {medium - line}px; }}
QPushButton:disabled {{ color: {t["control_line"]}; border-color: {t["line"]}; }}
QPushButton[look="primary"] {{ color: {t["on_accent"]}; background: {t["accent"]};
    border-color: {t["accent"]}; }}
QPushButton[look="primary"]:focus {{ border-color: {t["text"]}; }}
QPushButton[look="primary"]:disabled {{ color: {t["muted"]}; background: {t["line"]};
    border-color: {t["line"]}; }}
QPushButton[look="danger"] {{ color: {t["bad"]}; border-color: {t["bad"]}; }}
QPushButton[look="primary"], QPushButton[look="flat"] {{ font-weight: 600; }}
QPushButton[look="flat"] {{ color: {t["accent_text"]}; background: transparent;
    border: {line}px solid transparent; padding: {tiny}px {small}px; }}
QPushButton[look="flat"]:hover {{ background: {t["accent_soft"]}; }}
QPushButton[look="flat"]:focus {{ border: {line}px solid {t["accent"]}; }}
QPushButton[look="flat"]:disabled {{ color: {t["control_line"]}; }}
QPushButton[look="link"], QPushButton[look="quiet"] {{ color: {t["accent_text"]}; background: transparent;
    border: {line}px solid transparent; border-radius: {tiny}px; padding: 0; }}
QPushButton[look="quiet"] {{ color: {t["muted"]}; }}
QPushButton[look="link"]:hover, QPushButton[look="quiet"]:hover {{ background: {t["accent_soft"]}; }}
QPushButton[look="link"]:focus, QPushButton[look="quiet"]:focus {{ border-color: {t["accent"]}; }}
QPushButton[look="chip"] {{ color: {t["muted"]}; background: {t["bubble_in"]}; border: none;
    border-radius: {medium}px; padding: {tiny}px {medium}px; }}
QPushButton[look="chip"]:checked {{ color: {t["accent_text"]}; background: {t["accent_soft"]}; }}
QPushButton[look="chip"]:focus {{ border: {line * 2}px solid {t["accent"]};
    padding: {tiny - line * 2}px {medium - line * 2}px; }}
QToolButton {{ background: transparent; border: {line}px solid transparent; border-radius: {radius}px;
    padding: {tiny}px; color: {t["text"]}; }}
QToolButton:hover {{ background: {t["hover"]}; }}
QToolButton:checked {{ background: {t["accent_soft"]}; color: {t["accent_text"]}; }}
QToolButton:focus {{ border-color: {t["accent"]}; }}
QToolButton::menu-indicator {{ image: none; }}
QMenu {{ background: {t["panel"]}; color: {t["text"]}; border: {line}px solid {t["line"]};
    padding: {tiny}px; }}
QMenu::item {{ padding: {tiny + 1}px {metrics.huge}px {tiny + 1}px {metrics.px(28)}px;
    border-radius: {tiny + 1}px; }}
QMenu::item:selected {{ background: {t["accent_soft"]}; color: {t["accent_text"]}; }}
QMenu::item:disabled {{ color: {t["control_line"]}; }}
QMenu::separator {{ height: {line}px; background: {t["line"]}; margin: {tiny}px {small}px; }}
QMenuBar {{ background: {t["panel"]}; color: {t["text"]}; border-bottom: {line}px solid {t["line"]}; }}
QMenuBar::item {{ padding: {tiny}px {small}px; background: transparent; border-radius: {tiny}px; }}
QMenuBar::item:selected {{ background: {t["accent_soft"]}; color: {t["accent_text"]}; }}
QFrame[look="panel"] {{ background: {t["panel"]}; border: none; }}
QFrame[look="rail"] {{ background: {t["rail"]}; border: none; }}
QFrame[look="background"] {{ background: {t["background"]}; border: none; }}
QFrame[look="banner"] {{ background: {t["warn_soft"]}; border: none;
    border-bottom: {line}px solid {t["line"]}; }}
QFrame[look="alarm"] {{ background: {t["bad_soft"]}; border: none;
    border-bottom: {line}px solid {t["line"]}; }}
QFrame[look="note"] {{ background: {t["panel"]}; border: none;
    border-bottom: {line}px solid {t["line"]}; }}
QFrame[look="card"] {{ background: {t["panel"]}; border: {line}px solid {t["line"]};
    border-radius: {radius}px; }}
QProgressBar {{ background: {t["line"]}; border: none; border-radius: {max(1, tiny // 2)}px; }}
QProgressBar::chunk {{ background: {t["accent"]}; border-radius: {max(1, tiny // 2)}px; }}
QSplitter::handle {{ background: {t["line"]}; }}
QSplitter::handle:focus, QSplitter::handle:hover {{ background: {t["accent"]}; }}
QHeaderView::section {{ background: {t["panel"]}; color: {t["muted"]}; border: none;
    border-bottom: {line}px solid {t["line"]}; padding: {tiny + 1}px {small}px; }}
QTableView, QListView, QTreeView {{ background: {t["background"]}; border: none; outline: none;
    selection-background-color: {t["accent_soft"]}; selection-color: {t["text"]}; }}
QTableView[look="roomy"]::item {{ padding: 0 {small}px; }}
QFrame[look="panel"] QListView, QFrame[look="panel"] QTableView {{ background: {t["panel"]}; }}
QScrollBar:vertical {{ background: transparent; width: {medium}px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: {medium}px; margin: 0; }}
QScrollBar::handle {{ background: {t["control_line"]}; border-radius: {tiny - 1}px; margin: {tiny - 1}px; }}
QScrollBar::handle:vertical {{ min-height: {metrics.px(28)}px; }}
QScrollBar::handle:horizontal {{ min-width: {metrics.px(28)}px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
"""
