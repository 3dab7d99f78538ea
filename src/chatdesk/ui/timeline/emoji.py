"""Whether a message is nothing but a few emoji: such a one is drawn larger."""

from __future__ import annotations

import re

MOST_LARGE = 3
"""More emoji than this are a text, and drawn like one."""
_MOST_CHARS = 64
"""The longest sequences that people send (a family, skin tones, a flag of a region) are of about ten."""

# Unicode's emoji-data: those that are pictures by themselves, and those that a selector makes one.
_PICTURE = (
    "[\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab"
    "\u26bd\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c"
    "\u274e\u2753-\u2755\u2757\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55\U0001f004\U0001f0cf\U0001f18e"
    "\U0001f191-\U0001f19a\U0001f201\U0001f21a\U0001f22f\U0001f232-\U0001f23a\U0001f250\U0001f251"
    "\U0001f300-\U0001f64f\U0001f680-\U0001f6ff\U0001f7e0-\U0001f7eb\U0001f90c-\U0001f9ff\U0001fa70-\U0001faff]"
)
_CHOSEN = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u2300-\u27bf\u2934\u2935\u2b05-\u2b55"
    "\u3030\u303d\u3297\u3299]\ufe0f"
)
_TONE = "[\U0001f3fb-\U0001f3ff]"
_ONE = f"(?:{_CHOSEN}{_TONE}?|{_PICTURE}(?:\ufe0f|{_TONE})?)"
_JOINED = f"{_ONE}(?:\u200d(?:{_ONE}|[\u2640\u2642\u2695\u2696\u2708\u2764]))*"
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}|\U0001f3f4[\U000e0030-\U000e007a]+\U000e007f"
_KEY = "[0-9#*]\ufe0f?\u20e3"
_FEW = re.compile(rf"\s*(?:(?:{_FLAG}|{_KEY}|{_JOINED})\s*){{1,{MOST_LARGE}}}")


def is_few_emoji(text: str) -> bool:
    """Whether a text is one to three emoji, with nothing but blanks between."""
    if text.isascii() or len(text) > _MOST_CHARS:
        return False
    return _FEW.fullmatch(text) is not None
