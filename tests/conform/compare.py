"""A recorded value beside ours, key by key: facts must be equal, names consistent, times of one form."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from tests.conform.names import PLACEHOLDER, Names, Pair
from tests.conform.planting import ID, Path, Planter

_CUT = re.compile(r"^(.*?)\s*\[(?:\.\.\.|…) ?(\d+) characters in all\]$", re.DOTALL)
_OF_ONE = re.compile(r"^(.)\1*(?:\.\.\.|…) ?(\d+) characters$", re.DOTALL)
_TIMES = re.compile(r"^<(\d+) times (.)>$", re.DOTALL)
_REMOVED = re.compile(r"\[stack lines removed\]|<multi-line database dump cut>")
_PACKET = re.compile(r"^(\d+(?::\d+)?(?:/\w+,)?)([\[{].*)$", re.DOTALL)
_FORMS = (
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?[+-]\d\d:?\d\d"),
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"),
    re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"),
    re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"),
    re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d{4} \d\d:\d\d:\d\d GMT\+0000 \([A-Za-z ]+\)"),
)
_DATE = _FORMS[5]
"""Of an HTTP header, also inside a longer text."""
MS = range(1_200_000_000_000, 4_000_000_000_000)
SECONDS = range(1_200_000_000, 4_000_000_000)
SHOWN_CHARS = 90


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where ours is not as recorded."""

    path: Path
    text: str


def shown(value: Any) -> str:
    """A value in a sentence."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"


class Comparison:
    """One comparison; what it learns of names counts only once somebody says so (`keep`)."""

    def __init__(self, names: Names, planter: Planter) -> None:
        self._names = names
        self._planter = planter
        self.differences: list[Difference] = []
        self.pairs: list[Pair] = []
        self.placeholders: dict[str, str] = {}

    def keep(self) -> None:
        """Remember the names that were met."""
        self._names.learn(self.pairs)
        self._names.placeholders.update(self.placeholders)

    def of(self, theirs: Any, ours: Any, path: Path = ()) -> Comparison:
        """Compare, and return this."""
        if self._planter.is_free(path, theirs):
            self._types(theirs, ours, path)
        elif isinstance(theirs, dict) and isinstance(ours, dict):
            self._objects(theirs, ours, path)
        elif isinstance(theirs, list) and isinstance(ours, list):
            self._lists(theirs, ours, path)
        elif isinstance(theirs, str) and isinstance(ours, str):
            self._texts(theirs, ours, path)
        elif self._types(theirs, ours, path):
            self._numbers(theirs, ours, path)
        return self

    def _says(self, path: Path, text: str) -> None:
        self.differences.append(Difference(path, text))

    def _unequal(self, theirs: Any, ours: Any, path: Path) -> None:
        self._says(path, f"recorded {shown(theirs)}, ours {shown(ours)}")

    def _types(self, theirs: Any, ours: Any, path: Path) -> bool:
        if _type(theirs) == _type(ours):
            return True
        self._says(path, f"recorded {_type(theirs)} {shown(theirs)}, ours {_type(ours)} {shown(ours)}")
        return False

    def _objects(self, theirs: dict[str, Any], ours: dict[str, Any], path: Path) -> None:
        for key, value in theirs.items():
            if key in ours:
                self.of(value, ours[key], (*path, key))
            else:
                self._says((*path, key), f"missing, recorded {shown(value)}")
        for key in ours.keys() - theirs.keys():
            self._says((*path, key), f"surplus, ours {shown(ours[key])}")

    def _lists(self, theirs: list[Any], ours: list[Any], path: Path) -> None:
        marks = [at for at, one in enumerate(theirs) if isinstance(one, dict) and set(one) == {"omitted"}]
        wanted = len(theirs) - len(marks) + sum(int(theirs[at]["omitted"]) for at in marks)
        if len(ours) != wanted:
            self._says(path, f"recorded {wanted} entries, ours {len(ours)}")
        if not marks:
            theirs, ours = self._planter.ordered(path, theirs), self._planter.ordered(path, ours)
        at = 0
        for one in theirs:
            if isinstance(one, dict) and set(one) == {"omitted"}:
                at += int(one["omitted"])
            elif at < len(ours):
                self.of(one, ours[at], (*path, at))
                at += 1

    def _numbers(self, theirs: Any, ours: Any, path: Path) -> None:
        if isinstance(theirs, int) and not isinstance(theirs, bool) and self._planter.is_name(path, theirs):
            self._named(theirs, ours, path)
        elif theirs != ours and not (
            # A range looks for a number that is not whole by counting through itself.
            isinstance(theirs, int)
            and isinstance(ours, int)
            and any(theirs in one and ours in one for one in (MS, SECONDS))
        ):
            self._unequal(theirs, ours, path)

    def _named(self, theirs: str | int, ours: str | int, path: Path) -> None:
        pair = (self._planter.kind_of(path), theirs, ours)
        if _form(theirs) != _form(ours):
            self._says(path, f"recorded the id {theirs}, ours is of another form: {ours}")
        elif not self._names.agrees(pair, self.pairs):
            known = self._names.known(pair[0], theirs)
            self._says(path, f"recorded the id {theirs}{f' (ours: {known})' if known else ''}, here {ours}")
        else:
            self.pairs.append(pair)

    def _texts(self, theirs: str, ours: str, path: Path) -> None:
        if self._planter.is_name(path, theirs):
            self._named(theirs, ours, path)
            return
        if theirs == ours:
            return
        if self._is_cut(theirs, ours) or self._is_pattern(theirs, ours):
            return
        packets = [_packets(theirs), _packets(ours)]
        if packets[0] is not None and packets[1] is not None:
            self.of(packets[0], packets[1], path)
            return
        here = self._names.in_text(theirs, path)
        if _without_times(here) != _without_times(ours):
            self._unequal(theirs, ours, path)

    def _is_cut(self, theirs: str, ours: str) -> bool:
        """Whether a recorded text says how long it was, and ours is that."""
        if found := _CUT.match(theirs):
            return len(ours) == int(found[2]) and ours.startswith(found[1])
        if found := _OF_ONE.match(theirs):
            return ours == found[1] * int(found[2])
        if found := _TIMES.match(theirs):
            return ours == found[2] * int(found[1])
        return False

    def _is_pattern(self, theirs: str, ours: str) -> bool:
        """Whether ours is what is recorded with something in place of its marks; placeholders are learnt."""
        if not (PLACEHOLDER.search(theirs) or _REMOVED.search(theirs)):
            return False
        theirs, ours = _without_times(theirs), _without_times(ours)
        parts, marks, at = [], [], 0
        places = sorted(
            [*PLACEHOLDER.finditer(theirs), *_REMOVED.finditer(theirs), *_DATE.finditer(theirs)],
            key=lambda found: found.start(),
        )
        for found in places:
            before = theirs[at : found.start()]
            # With the lines that were cut their line break may have gone.
            parts.append(re.escape(before.rstrip() if _REMOVED.fullmatch(found[0]) else before))
            marks.append(found[0])
            if _DATE.fullmatch(found[0]):
                parts.append(f"({_DATE.pattern})")
            else:
                parts.append("(.*?)" if _REMOVED.fullmatch(found[0]) else r"([^\s\"<>]+?)")
            at = found.end()
        parts.append(re.escape(theirs[at:]))
        fits = re.fullmatch("".join(parts), ours, re.DOTALL)
        if fits is None:
            return False
        for mark, text in zip(marks, fits.groups(), strict=True):
            if _REMOVED.fullmatch(mark) or _DATE.fullmatch(mark):
                continue
            if "token" in mark and len(text) < 20:
                return False
            self.placeholders[mark] = text
        return True


def shape(value: Any) -> Any:
    """Keys and types of a value, without what stands there."""
    if isinstance(value, dict):
        return tuple(sorted((key, shape(one)) for key, one in value.items()))
    if isinstance(value, list):
        return ("list", *(shape(one) for one in value))
    return _type(value)


def _packets(text: str) -> list[Any] | None:
    """Engine.IO packets, or a JSON text, taken apart; None = neither."""
    found: list[Any] = []
    for part in text.split("\x1e"):
        packet = _PACKET.match(part)
        try:
            if packet:
                head = re.sub(r"^\d+:", "", packet[1])
                found.append([head, json.loads(packet[2])])
            elif part.startswith(("{", "[")):
                found.append(json.loads(part))
            else:
                return None
        except ValueError:
            return None
    return found


def _without_times(text: str) -> str:
    for at, form in enumerate(_FORMS):
        text = form.sub(f"[time of form {at}]", text)
    return text


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if value is None:
        return "null"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else "list" if isinstance(value, list) else "object"


def _form(value: str | int) -> str:
    if isinstance(value, int):
        return "number"
    if ID.fullmatch(value):
        return f"id of {len(value)}"
    return "digits" if value.isdecimal() else "text"
