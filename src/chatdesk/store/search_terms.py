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
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from operator import add
from typing import Final

import msgspec

RULES: Final = 2
"""Raised with every change of what is written for a text: an index of other rules is made anew."""
VERSION: Final = f"{RULES} {unicodedata.unidata_version}"
"""What the terms of a text depend on besides the text."""
LONGEST: Final = 64
"""Characters of a word that are indexed; a longer one is found by these."""
LEAST_PREFIX: Final = 2
"""A single letter is looked for as a word of its own: as a beginning it would find nearly everything."""
SHORTEST_KEPT: Final = 4
"""Beginnings up to this length are kept ready in the index; longer ones are put together when asked for."""
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
_AS_IT_IS: Final = (
    "[\x00-\x7f\u3001\u3002\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff\uac00-\ud7a3"
    "\uff01\uff0c\uff1a\uff1f]*"
)
"""A text whose letters are what they are, but for capitals, and in which nothing is unseen."""
_DENSE_ONE: Final = f"[{_DENSE}]"
_RUNS: Final = f"[{_DENSE}]+|[^ {_DENSE}]+"
"""Runs and words."""
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
_PHRASE: Final = '(?:^|(?<=\\s))["“„«]([^"“”„«»]*)(["“”»]|$)'
"""What opens before a word; a mark behind a number means inches."""
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
    if category == "Cf" or char in _VOICING or _falls(char):
        return ""  # a voicing mark that is still alone has something unseen before it, or no kana
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
def _pattern(written: str) -> re.Pattern[str]:
    """Made when first needed: a class of so many characters takes milliseconds."""
    return re.compile(written)


@cache
def _is_dense(char: str) -> bool:
    return any(first <= ord(char) <= last for first, last in _DENSE_RANGES)


def _split(folded: str) -> list[str]:
    return folded.split() if folded.isascii() else _pattern(_RUNS).findall(folded)


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
    if not _pattern(_DENSE_ONE).search(folded):
        return _LONG.sub(lambda found: found[0][:LONGEST], folded) if _LONG.search(folded) else folded
    written: list[str] = []
    for run in _split(folded):
        written += _terms_of(run)
    return " ".join(written)


def _terms_of(run: str) -> list[str]:
    """The terms of one word or run."""
    if not _is_dense(run[0]):
        return [run[:LONGEST]]
    return [*map(add, run, run[1:]), run[-1]]


class Query(msgspec.Struct, frozen=True):
    """A query, understood. Nothing in it is an operator: any text is only words."""

    match: str
    """For FTS5's MATCH; '' where there is nothing to look for."""
    rough: str
    """As `match`, with beginnings that the index has ready: quicker, and finds more than is wanted."""
    words: tuple[str, ...]
    """The folded words and runs that a text must all have."""
    is_open: bool
    """The last of them may be the beginning of a word."""
    loose: tuple[str, ...] = ()
    """Those of the words that may stand anywhere."""
    phrases: tuple[tuple[str, ...], ...] = ()
    """Those that must stand side by side, in this order."""
    ends_in_phrase: bool = False
    """The last word is of the last phrase."""

    def where(self, text: str) -> Places | None:
        """Where the words stand in a text; None where it does not have them all, or where there are none."""
        if not self.words:
            return None
        if _pattern(_AS_IT_IS).fullmatch(text) and not self._may_be_in(text.lower()):
            return None  # nearly all texts are of other things
        shown = prepared(text)
        folded = shown.translate(_FOLDS)
        spans: list[tuple[int, int]] = []
        begun = self.is_open and not self.ends_in_phrase
        for at, word in enumerate(self.loose):
            found = _found(folded, word, is_open=begun and at == len(self.loose) - 1)
            if not found:
                return None
            spans += found
        begun = self.is_open and self.ends_in_phrase
        for at, phrase in enumerate(self.phrases):
            found = _together(folded, phrase, is_open=begun and at == len(self.phrases) - 1)
            if not found:
                return None
            spans += found
        spans = _apart(spans)
        return Places(shown, tuple(spans if shown.isascii() else _led_back(shown, spans)))

    def spans_in(self, text: str) -> tuple[tuple[int, int], ...]:
        """As `where`, in characters of the text as it stands; empty where it does not have all the words."""
        found = self.where(text)
        return () if found is None else _as_written(text, found)

    def _may_be_in(self, lower: str) -> bool:
        return all(word in lower for word in self.words)


class Places(msgspec.Struct, frozen=True):
    """A text as it is shown, and the stretches (begin, end) of it that were looked for, in characters."""

    shown: str
    spans: tuple[tuple[int, int], ...]


def query(text: str) -> Query:
    """Understand what a person typed, however long and whatever is in it.

    Words in quotation marks must stand side by side. The closing mark ends the last word, too.
    """
    text = text[: MOST_WORDS * LONGEST]
    runs = _split(fold(text))[:MOST_WORDS]
    if not runs:
        return Query("", "", (), False)
    phrases = [found for found in _pattern(_PHRASE).finditer(text) if len(_split(fold(found[1]))) > 1]
    together = tuple(tuple(_split(fold(found[1]))[:MOST_WORDS]) for found in phrases)
    apart = _split(fold(_pattern(_PHRASE).sub(_without_phrase, text)))[:MOST_WORDS] if phrases else runs
    ends_in_phrase = bool(phrases) and not _split(fold(text[phrases[-1].end() :]))
    loose = tuple(dict.fromkeys(apart)) if ends_in_phrase else (*dict.fromkeys(apart[:-1]), apart[-1])
    *before, last = runs
    words = (*dict.fromkeys(before), last)
    is_open = not (ends_in_phrase and phrases[-1][2]) and not _is_dense(last[0]) and len(last) >= LEAST_PREFIX
    asked = [term for word in words[:-1] for term in _asked(word, is_open=False)]
    asked += _asked(last, is_open=is_open)
    # The longest are the rarest.
    chosen = sorted(dict.fromkeys(asked), key=len, reverse=True)[:MOST_TERMS]
    rough = chosen
    if is_open and len(last) > SHORTEST_KEPT:
        (whole,), (short,) = _asked(last, is_open=True), _asked(last[:SHORTEST_KEPT], is_open=True)
        rough = [short if one == whole else one for one in chosen]
    return Query(" AND ".join(chosen), " AND ".join(rough), words, is_open, loose, together, ends_in_phrase)


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


def _without_phrase(found: re.Match[str]) -> str:
    return " " if len(_split(fold(found[1]))) > 1 else found[0]


def _together(folded: str, words: tuple[str, ...], *, is_open: bool) -> list[tuple[int, int]]:
    """Where words stand side by side in a folded text."""
    found: list[tuple[int, int]] = []
    at = folded.find(words[0])
    while at >= 0 and len(found) < MOST_PLACES:
        end = _end_of(folded, at, words, is_open=is_open)
        if end:
            found.append((at, end))
        at = folded.find(words[0], end or at + 1)
    return found


def _end_of(folded: str, at: int, words: tuple[str, ...], *, is_open: bool) -> int:
    """Where words that begin at a place, one after the other, end; 0: they do not stand there."""
    for number, word in enumerate(words):
        while number and folded.startswith(" ", at):
            at += 1
        end = at + len(word)
        is_begun = is_open and number == len(words) - 1
        whole = _is_dense(word[0]) or (_parts(folded, at - 1) and (is_begun or _parts(folded, end)))
        if not (whole and folded.startswith(word, at)):
            return 0
        at = end
    return at


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


def _led_back(shown: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches of the folded text as stretches of the text, where some characters became more or fewer."""
    others = [char for char in set(shown) if len(_FOLDS[ord(char)]) != 1]
    if not others:
        return spans
    # Where those stand, in the text and in the folded one; all between them is as far apart in both.
    places = sorted(at for char in others for at in _places_of(shown, char))
    folded: list[int] = []
    gained = 0
    for at in places:
        folded.append(at + gained)
        gained += len(_FOLDS[ord(shown[at])]) - 1

    def origin(at: int) -> int:
        which = bisect_right(folded, at) - 1
        if which < 0:
            return at
        past = at - folded[which] - len(_FOLDS[ord(shown[places[which]])])
        return places[which] + max(0, past + 1)

    back = []
    for begin, end in spans:
        last = origin(end - 1) + 1
        while last < len(shown) and not _FOLDS[ord(shown[last])]:
            last += 1  # a mark, a joiner: it belongs to what is before it
        back.append((origin(begin), last))
    return back


def _places_of(text: str, char: str) -> Iterator[int]:
    at = text.find(char)
    while at >= 0:
        yield at
        at = text.find(char, at + 1)


def _as_written(text: str, places: Places) -> tuple[tuple[int, int], ...]:
    """Places of the prepared text in the text itself, where a letter and its marks may be several characters.

    What begins with a letter is prepared by itself, whatever stands around it.
    """
    if places.shown == text:
        return places.spans
    is_wide = _HALF_VOICED.search(text) is not None
    begins: list[int] = []
    ends: list[int] = []
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and _joins_what_is_before(text[end]):
            end += 1
        piece = unicodedata.normalize("NFKC", text[at:end]) if is_wide else text[at:end]
        made = len(unicodedata.normalize("NFC", piece))
        begins += [at] * made
        ends += [end] * made
        at = end
    if len(begins) != len(places.shown):
        return ()  # better no mark than a wrong one
    return tuple((begins[begin], ends[end - 1]) for begin, end in places.spans)


def _joins_what_is_before(char: str) -> bool:
    """Marks, later letters of a Korean syllable, half-width voicing: what may become one with a letter."""
    return "\u1160" <= char <= "\u11ff" or char in "\uff9e\uff9f" or unicodedata.category(char)[0] == "M"
