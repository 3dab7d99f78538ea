"""What is odd about the name of a host: letters that look like others, and scripts that never go together."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
)
"""Scripts that the names of one language mix (Unicode Technical Standard 39, highly restrictive)."""
_LIKE_LATIN = frozenset("асԁеһіјӏорգԛѕԝхуъьҽпгѵѡαικνορτυχցհոսօ")
"""Letters of other scripts that most fonts draw like Latin ones."""


@lru_cache(maxsize=512)
def is_odd_name(host: str) -> bool:
    """Whether a host's name, as it is written, may be taken for another one."""
    if host.isascii():
        return False
    labels = host.lower().rstrip(".").split(".")
    # Under a domain of its own script a name needs no letter that looks like a Latin one.
    return any(_is_odd(label, at_home=not labels[-1].isascii()) for label in labels)


def _is_odd(label: str, *, at_home: bool) -> bool:
    if label.isascii():
        return False
    letters = [each for each in unicodedata.normalize("NFKC", label) if each.isalpha()]
    scripts = {_script(each) for each in letters}
    if len(scripts) > 1 and not any(scripts <= some for some in _TOGETHER):
        return True
    return not at_home and bool(letters) and all(each in _LIKE_LATIN for each in letters)


def _script(letter: str) -> str:
    """The first word of its name, which for letters is their script."""
    return unicodedata.name(letter, "?").split(" ", 1)[0]
