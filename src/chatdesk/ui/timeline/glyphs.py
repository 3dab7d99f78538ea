"""Letters that no font here has: Qt would look through every font for each of them, at every line breaking.

Two thousand of them take 10 ms, and a screen of them again at every new width. Drawn from the text's own font
alone they are the same boxes, in a fortieth of the time.
"""

from __future__ import annotations

import unicodedata

from PySide6.QtGui import QFont, QFontMetricsF, QTextCharFormat

MANY = 24
"""Fewer of them in a text are not worth it."""
_MOST_STRETCHES = 100
"""Each is a piece of its own to Qt."""
_MOST_KNOWN = 20_000
_SEEN = "LNSC"
"""First letters of the categories of what is drawn by itself."""
_UNSEEN = {"Cc", "Cf", "Cs"}


class Glyphs:
    """What can be drawn with a font and those that stand in for it; each letter is looked for once."""

    def __init__(self, font: QFont) -> None:
        self._metrics = QFontMetricsF(font)
        self._has: dict[str, bool] = {}
        self._alone = QTextCharFormat()
        self._alone.setFontStyleStrategy(QFont.StyleStrategy.NoFontMerging)

    def lacking(self, text: str) -> list[tuple[int, int, QTextCharFormat]]:
        """Formats (start, end, look; UTF-16 units) for the stretches of a text that no font has."""
        if len(text) < MANY or text.isascii():
            return []
        missing = {letter for letter in set(text) if not self._is_drawn(letter)}
        if not missing or sum(text.count(letter) for letter in missing) < MANY:
            return []
        found: list[tuple[int, int, QTextCharFormat]] = []
        start = at = 0
        inside = False
        for letter in text:
            if (letter in missing) is not inside and not (inside and _goes_along(letter)):
                if inside:
                    found.append((start, at, self._alone))
                inside, start = not inside, at
            at += 2 if letter > "\uffff" else 1
        if inside:
            found.append((start, at, self._alone))
        return found if len(found) <= _MOST_STRETCHES else []

    def _is_drawn(self, letter: str) -> bool:
        known = self._has.get(letter)
        if known is None:
            if len(self._has) >= _MOST_KNOWN:
                self._has.clear()
            known = self._has[letter] = self._look_for(letter)
        return known

    def _look_for(self, letter: str) -> bool:
        return letter.isascii() or _goes_along(letter) or self._metrics.inFontUcs4(ord(letter))


def _goes_along(letter: str) -> bool:
    """Whether a letter is drawn with its neighbours, or is nothing but room between them."""
    category = unicodedata.category(letter)
    return category[0] not in _SEEN or category in _UNSEEN
