"""Which of our names stands for which recorded one: ids, placeholders, made up file names."""

from __future__ import annotations

import re
from typing import Any

from tests.conform.planting import Path, Planter

PLACEHOLDER = re.compile(
    r"<(?:[A-Za-z-]*(?:sid|token|refresh|jwt|password)[A-Za-z0-9-]*|Bearer \+ token-[A-Z])>"
)
"""Marks of what was taken out of a capture; whatever else stands in angle brackets is HTML."""
LONG = 12
"""Names of this length are looked for inside of texts too."""

Pair = tuple[str, str | int, str | int]
"""Kind, recorded name, our name."""


class Names:
    """A mapping that is one to one, per kind of names; placeholders have a kind of their own."""

    def __init__(self, planter: Planter) -> None:
        self._planter = planter
        self._ours: dict[tuple[str, str | int], str | int] = {}
        self._theirs: dict[tuple[str, str | int], str | int] = {}
        self.placeholders: dict[str, str] = {}

    def agrees(self, pair: Pair, beside: list[Pair]) -> bool:
        """Whether this pair contradicts neither what is known nor these others."""
        kind, theirs, ours = pair
        if self._ours.get((kind, theirs), ours) != ours or self._theirs.get((kind, ours), theirs) != theirs:
            return False
        return not any(one[0] == kind and ((one[1] == theirs) != (one[2] == ours)) for one in beside)

    def learn(self, pairs: list[Pair]) -> None:
        """Remember these."""
        for kind, theirs, ours in pairs:
            self._ours[kind, theirs] = ours
            self._theirs[kind, ours] = theirs

    def known(self, kind: str, theirs: str | int) -> str | int | None:
        """Our name for a recorded one."""
        return self._ours.get((kind, theirs))

    def translated(self, value: Any, path: Path = ()) -> Any:
        """What a client sends, with our names in place of the recorded ones."""
        if isinstance(value, dict):
            return {key: self.translated(one, (*path, key)) for key, one in value.items()}
        if isinstance(value, list):
            return [self.translated(one, (*path, at)) for at, one in enumerate(value)]
        if isinstance(value, str):
            return self.in_text(value, path)
        if isinstance(value, int) and not isinstance(value, bool) and self._planter.is_name(path, value):
            return self._ours.get((self._planter.kind_of(path), value), value)
        return value

    def in_text(self, text: str, path: Path = ()) -> str:
        """A text with our names in place of the recorded ones, wherever they stand in it."""
        kind = self._planter.kind_of(path)
        if (kind, text) in self._ours:
            return str(self._ours[kind, text])
        if text.isdecimal() and (kind, int(text)) in self._ours and self._planter.is_name(path, int(text)):
            return str(self._ours[kind, int(text)])
        text = PLACEHOLDER.sub(lambda found: self.placeholders.get(found[0], found[0]), text)
        for (_kind, theirs), ours in self._ours.items():
            if isinstance(theirs, str) and len(theirs) >= LONG and theirs != ours and theirs in text:
                text = text.replace(theirs, str(ours))
        return text
