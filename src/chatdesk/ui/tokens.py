"""The named colours and sizes that every widget is drawn with, read from resources/themes."""

from __future__ import annotations

from functools import lru_cache

import msgspec
from PySide6.QtGui import QColor

from chatdesk.desktop import resources

AVATARS = 8
"""How many avatar colours a theme has."""


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """One theme's colours. `accent` is for fills and outlines, `accent_text` for words in that colour."""

    background: QColor
    panel: QColor
    rail: QColor
    line: QColor
    control_line: QColor
    """Outline of what can be typed into or pressed; 3:1 against what lies around it."""
    text: QColor
    muted: QColor
    accent: QColor
    on_accent: QColor
    accent_text: QColor
    accent_soft: QColor
    hover: QColor
    bubble_in: QColor
    bubble_out: QColor
    bubble_out_text: QColor
    bubble_out_muted: QColor
    bubble_out_read: QColor
    """The two ticks of a message that was read."""
    ok: QColor
    warn: QColor
    warn_soft: QColor
    bad: QColor
    bad_soft: QColor
    on_bad: QColor
    mark: QColor
    """Ground of words that were searched for."""
    mark_text: QColor
    avatar_text: QColor
    avatar_1: QColor
    avatar_2: QColor
    avatar_3: QColor
    avatar_4: QColor
    avatar_5: QColor
    avatar_6: QColor
    avatar_7: QColor
    avatar_8: QColor

    def colour(self, name: str) -> QColor:
        """The colour called `name`. Raises KeyError for a name that the table does not have."""
        if name not in TOKEN_NAMES:
            raise KeyError(name)
        found: QColor = getattr(self, name)
        return found


TOKEN_NAMES = frozenset(Tokens.__struct_fields__)


@lru_cache(maxsize=2)
def load_tokens(theme: str) -> Tokens:
    """The tokens of `light` or `dark`.

    Raises FileNotFoundError when the installation lacks its resources and ValueError when the file is not
    exactly the table of Tokens: a theme with a hole would show as a black widget somewhere.
    """
    table = msgspec.json.decode(resources.path("themes", f"{theme}.json").read_bytes(), type=dict[str, str])
    if set(table) != TOKEN_NAMES:
        raise ValueError(f"theme {theme}: not as expected: {sorted(set(table) ^ TOKEN_NAMES)}")
    colours = {name: QColor(value) for name, value in table.items()}
    wrong = [name for name, colour in colours.items() if not colour.isValid()]
    if wrong:
        raise ValueError(f"theme {theme}: not a colour: {wrong}")
    return Tokens(**colours)


BODY_PX = 13.0
SECONDARY_PX = 11.5
SMALL_PX = 10.5
TITLE_PX = 14.0
HEADING_PX = 17.0


class Metrics(msgspec.Struct, frozen=True):
    """Sizes in device-independent pixels, grown with text size; `scale` 1.0 is 13 px body text."""

    scale: float

    def px(self, size_px: float) -> int:
        """A size of the drawing at this scale."""
        return max(1, round(size_px * self.scale))

    @property
    def tiny(self) -> int:
        """Space between glyph and word (4)."""
        return self.px(4)

    @property
    def small(self) -> int:
        """Space inside a group (8)."""
        return self.px(8)

    @property
    def medium(self) -> int:
        """Space around a group (12)."""
        return self.px(12)

    @property
    def large(self) -> int:
        """Space around a pane's content (16)."""
        return self.px(16)

    @property
    def huge(self) -> int:
        """Space around what stands alone (24)."""
        return self.px(24)

    @property
    def radius(self) -> int:
        """Corner of a control (8)."""
        return self.px(8)

    @property
    def bubble_radius(self) -> int:
        """Corner of a bubble (13)."""
        return self.px(13)

    @property
    def icon(self) -> int:
        """Side of an icon (18)."""
        return self.px(18)
