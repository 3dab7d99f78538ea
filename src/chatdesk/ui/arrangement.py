"""Which regions a window of some width shows: a pure rule."""

from __future__ import annotations

from enum import Enum

import msgspec

WIDE_PX = 900
"""Below it the order panel goes."""
MIDDLE_PX = 740
"""Below it the list shows avatars only."""
NARROW_PX = 560
"""Below it one pane at a time."""

LIST_LEAST_PX, LIST_MOST_PX = 240, 420
PANEL_LEAST_PX, PANEL_MOST_PX = 220, 400
LIST_TIGHT_PX = 264
"""Narrower than this the list does not get to make room for the chat."""
CHAT_LEAST_PX, CHAT_WISH_PX = 260, 420


class ListShape(Enum):
    """How the list pane is shown."""

    FULL = "full"
    AVATARS = "avatars"
    HIDDEN = "hidden"


class Pane(Enum):
    """What the person looks at, where there is room for one pane only."""

    LIST = "list"
    CHAT = "chat"
    ORDER = "order"


class Arrangement(msgspec.Struct, frozen=True):
    """What is shown. `one_pane`: the chat header offers Back."""

    list: ListShape
    chat: bool
    panel: bool
    one_pane: bool


def is_wide(width_px: float) -> bool:
    """Whether a window of this width (at 100 % text size) has room for the order panel beside all else."""
    return width_px >= WIDE_PX


def arrange(
    width_px: float, *, pane: Pane, panel_wanted: bool, panel_asked: bool, list_asked: bool = False
) -> Arrangement:
    """The regions for a window.

    width_px: at 100 % text size (real width divided by the scale). pane: what a one-pane window shows.
    panel_wanted: the person keeps the order panel open where there is room.
    panel_asked, list_asked: the person has asked for it in this window although there is little room.
    """
    if width_px < NARROW_PX:
        return Arrangement(
            list=ListShape.FULL if pane is Pane.LIST else ListShape.HIDDEN,
            chat=pane is Pane.CHAT,
            panel=pane is Pane.ORDER,
            one_pane=True,
        )
    if width_px < MIDDLE_PX and list_asked:
        return Arrangement(list=ListShape.FULL, chat=True, panel=False, one_pane=False)
    if width_px < MIDDLE_PX:
        shape = ListShape.HIDDEN if panel_asked else ListShape.AVATARS
        return Arrangement(list=shape, chat=True, panel=panel_asked, one_pane=False)
    if not is_wide(width_px):
        shape = ListShape.AVATARS if panel_asked and not list_asked else ListShape.FULL
        return Arrangement(list=shape, chat=True, panel=panel_asked, one_pane=False)
    return Arrangement(list=ListShape.FULL, chat=True, panel=panel_wanted, one_pane=False)


def share_width(width_px: int, list_px: int, panel_px: int, scale: float) -> list[int]:
    """Widths of list, chat and panel that add up to `width_px`.

    list_px, panel_px: as the person has made them; 0: not shown. Where the chat would get too little, the
    panel gives way first, then the list, each down to what it needs.
    """
    wish, left, right = round(CHAT_WISH_PX * scale), list_px, panel_px
    if width_px - left - right < wish:
        right = max(min(right, width_px - left - wish), min(right, round(PANEL_LEAST_PX * scale)))
    if width_px - left - right < wish:
        left = max(min(left, width_px - right - wish), min(left, round(LIST_TIGHT_PX * scale)))
    return [left, max(width_px - left - right, 1), right]
