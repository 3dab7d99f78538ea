"""What can be found in a text: folding, splitting into terms, and where a query's words stand. Pure.

A text and a query are folded alike, character by character, so that places in what is folded lead back:

- case: Unicode case folding. So ß finds ss, and both forms of a Greek sigma are one letter. The Turkish
  dotless i is taken for i, and the dotted one too: who has the one on the keyboard finds the other.
- marks: what stands above, below or on a letter (combining class over 0) falls, in every script: é finds e,
  Hebrew points and Arabic vowel signs do not matter, nor does a Thai tone. Letters that are a base with a
  stroke in it (ø, ł, đ) are the base; æ, œ and þ are two letters. Kana keep their voicing: が is not か.
- width and ligatures: compatibility forms are what they stand for (ﬁ, ①, full and half width).
- what cannot be seen (joiners, soft hyphens, marks of direction, variation selectors) falls away and parts
  nothing; all else that is no letter, digit or picture parts words.

Scripts without spaces (Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese) and pictures (emoji) form runs,
and a run is found by any two or more of its neighbouring characters: it is indexed as its pairs, and its last
character alone. All else forms words, found whole or, where the query ends with it, by its beginning.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

import msgspec

RULES: Final = 1
"""Raised with every change of what is written for a text: an index of other rules is made anew."""
VERSION: Final = f"{RULES} {unicodedata.unidata_version}"
"""What the terms of a text depend on besides the text."""
LONGEST: Final = 64
"""Characters of a word that are indexed; a longer one is found by these."""
LEAST_PREFIX: Final = 2
"""A single letter is looked for as a word of its own: as a beginning it would find nearly everything."""
MOST_TERMS: Final = 24
"""Terms of a query that the index is asked for; the text itself is held against all of its words."""
MOST_PLACES: Final = 100
"""Of one word in one text."""
MOST_WORDS: Final = 200
"""Words of a query that count."""

_DENSE: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2190-\u2bff\u3005-\u3007\u3040-\u318f\u31a0-\u31bf"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\ua9e0-\ua9ff\uaa60-\uaa7f\uac00-\ud7ff\uf900-\ufaff"
    "\U0001f000-\U0001faff\U00020000-\U0003ffff"
)
_DENSE_RANGES: Final = [(ord(_DENSE[at]), ord(_DENSE[at + 2])) for at in range(0, len(_DENSE), 3)]
_LONG_ASCII: Final = re.compile(f"[0-9A-Za-z]{{{LONGEST + 1}}}")
_LONG: Final = re.compile(f"[^ ]{{{LONGEST + 1}}}")
_HALF_VOICED: Final = re.compile("[\uff9e\uff9f]")
_VOICING: Final = "\u3099\u309a"
_STROKED: Final = {
    "\u0131": "i",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ħ": "h",
    "ŧ": "t",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "ð": "d",
}
_PICTURES: Final = range(0x2190, 0x2C00), range(0x1F000, 0x1FB00)
_ZERO_WIDTH_SPACE: Final = 0x200B
_ACCOUNT: Final = "§a"
_CONVERSATION: Final = "§c"
"""Begin the terms of a place: § is no letter, so no text brings it into the index."""


class _Folds(dict[int, str]):
    """What each character is folded to, found out when it is first met."""

    def __missing__(self, code: int) -> str:
        found = self[code] = _fold(code)
        return found


def _fold(code: int) -> str:
    char = chr(code)
    category = unicodedata.category(char)
    if code == _ZERO_WIDTH_SPACE:
        return " "
    if category == "Cf" or _falls(char):
        return ""
    if any(code in block for block in _PICTURES):
        return "" if category == "Sk" else char  # a tone of skin is no picture of its own
    whole = unicodedata.normalize("NFC", char)
    if _is_dense(whole[0]):
        apart = whole  # its parts are no letters that a person would type alone
    else:
        apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    folded = "".join(_STROKED.get(one, one) for one in apart if one in _VOICING or not _falls(one))
    folded = unicodedata.normalize("NFC", folded)
    return "".join(one if _counts(one) else " " for one in folded)


def _falls(char: str) -> bool:
    """A mark on a letter; a variation selector; what encloses."""
    if char in _VOICING:
        return False
    category = unicodedata.category(char)
    is_selector = "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
    return category == "Me" or is_selector or unicodedata.combining(char) > 0


def _counts(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM"


_FOLDS: Final = _Folds()


@cache
def _runs() -> re.Pattern[str]:
    """Runs and words. Made when first needed: a class of so many characters takes milliseconds."""
    return re.compile(f"[{_DENSE}]+|[^ {_DENSE}]+")


@cache
def _is_dense(char: str) -> bool:
    return any(first <= ord(char) <= last for first, last in _DENSE_RANGES)


def _split(folded: str) -> list[str]:
    return folded.split() if folded.isascii() else _runs().findall(folded)


def prepared(text: str) -> str:
    """The text in the form whose characters are folded one by one; it reads the same."""
    if text.isascii():
        return text
    if _HALF_VOICED.search(text):
        text = unicodedata.normalize("NFKC", text)
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """Words, runs and spaces, comparable; see the module."""
    return prepared(text).translate(_FOLDS)


def terms(text: str) -> str:
    """What is written to the index for a text: terms with spaces between.

    ASCII comes back as it is: the index's own tokenizer (`ascii`: letters and digits, lower case, and all
    that is not ASCII) makes the same terms of it, and that is most of what there is to write.
    """
    if text.isascii() and not _LONG_ASCII.search(text):
        return text
    folded = fold(text)
    if not any(map(_is_dense, set(folded))):
        return _LONG.sub(lambda found: found[0][:LONGEST], folded) if _LONG.search(folded) else folded
    return " ".join(term for run in _split(folded) for term in _terms_of(run))


def _terms_of(run: str) -> list[str]:
    """The terms of one word or run."""
    if not _is_dense(run[0]):
        return [run[:LONGEST]]
    return [*(run[at : at + 2] for at in range(len(run) - 1)), run[-1]]


class Query(msgspec.Struct, frozen=True):
    """A query, understood. Nothing in it is an operator: any text is only words."""

    match: str
    """For FTS5's MATCH; '' where there is nothing to look for."""
    words: tuple[str, ...]
    """The folded words and runs that a text must all have."""
    is_open: bool
    """The last of them may be the beginning of a word."""

    def where(self, text: str) -> Places | None:
        """Where the words stand in a text; None where it does not have them all, or where there are none."""
        if not self.words:
            return None
        if text.isascii() and not self._may_be_in(text.lower()):
            return None  # nearly all texts are of other things
        shown = prepared(text)
        folded = shown.translate(_FOLDS)
        spans: list[tuple[int, int]] = []
        for at, word in enumerate(self.words):
            found = _found(folded, word, is_open=self.is_open and at == len(self.words) - 1)
            if not found:
                return None
            spans += found
        spans = _apart(spans)
        return Places(shown, tuple(spans if _keeps_places(shown) else _led_back(shown, spans)))

    def _may_be_in(self, lower: str) -> bool:
        return all(word in lower for word in self.words)


class Places(msgspec.Struct, frozen=True):
    """A text as it is shown, and the stretches (begin, end) of it that were looked for, in characters."""

    shown: str
    spans: tuple[tuple[int, int], ...]


def query(text: str) -> Query:
    """Understand what a person typed, however long and whatever is in it."""
    runs = _split(fold(text[: MOST_WORDS * LONGEST]))[:MOST_WORDS]
    if not runs:
        return Query("", (), False)
    *before, last = runs
    words = (*dict.fromkeys(before), last)
    is_open = not _is_dense(last[0]) and len(last) >= LEAST_PREFIX
    asked = [term for word in words[:-1] for term in _asked(word, is_open=False)]
    asked += _asked(last, is_open=is_open)
    # The longest are the rarest.
    chosen = sorted(dict.fromkeys(asked), key=len, reverse=True)[:MOST_TERMS]
    return Query(" AND ".join(chosen), words, is_open)


def place_of(account: int, conversation: int) -> str:
    """Terms that say where a message belongs; no text has such ones."""
    return f" {_ACCOUNT}{account} {_CONVERSATION}{conversation}"


def narrowed(match: str, *, account: int | None, conversation: int | None) -> str:
    """A query's `match` with the place where to look: `place_of` says where a message is."""
    if conversation is not None:
        return f'{match} AND "{_CONVERSATION}{conversation}"'
    return match if account is None else f'{match} AND "{_ACCOUNT}{account}"'


def _asked(run: str, *, is_open: bool) -> list[str]:
    """Expressions for one word or run. No term holds a quotation mark: none is a letter."""
    if not _is_dense(run[0]):
        return [f'"{run[:LONGEST]}"' + ("*" if is_open else "")]
    if len(run) == 1:
        return [f'"{run}"*']  # it begins a pair, or stands last
    return [f'"{pair}"' for pair in _terms_of(run)[:-1]]


def _found(folded: str, word: str, *, is_open: bool) -> list[tuple[int, int]]:
    """Where a word or run stands in a folded text: a word between spaces, runs and the ends of the text."""
    is_run = _is_dense(word[0])
    found: list[tuple[int, int]] = []
    at = folded.find(word)
    while at >= 0 and len(found) < MOST_PLACES:
        end = at + len(word)
        if is_run or (_parts(folded, at - 1) and (is_open or _parts(folded, end))):
            found.append((at, end))
            at = folded.find(word, end)
        else:
            at = folded.find(word, at + 1)
    return found


def _parts(folded: str, at: int) -> bool:
    return not 0 <= at < len(folded) or folded[at] == " " or _is_dense(folded[at])


def _apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order, and none inside of another: what overlaps is one stretch."""
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if merged and begin < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((begin, end))
    return merged


def _keeps_places(shown: str) -> bool:
    """Whether each character is one when it is folded."""
    return shown.isascii() or all(len(_FOLDS[ord(char)]) == 1 for char in set(shown))


def _led_back(shown: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches of the folded text as stretches of the text, where some characters became more or fewer."""
    origin: list[int] = []
    after: list[int] = []
    for at, char in enumerate(shown):
        width = len(_FOLDS[ord(char)])
        if width == 0 and after:
            after[-1] = at + 1  # a mark, a joiner: it belongs to what is before it
        origin += [at] * width
        after += [at + 1] * width
    return [(origin[begin], after[end - 1]) for begin, end in spans]
