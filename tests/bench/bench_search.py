"""Bar 10: searching a million messages, from the key to the first twenty hits with their lines."""

from __future__ import annotations

import random
import re
import statistics
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from pathlib import Path

import msgspec

from chatdesk.domain.desk import Search
from chatdesk.domain.ids import ConversationId
from chatdesk.store import Store
from tests.bench import profile
from tests.bench.bars import Measured
from tests.bench.child import Child
from tests.bench.measure import MS, percentile, summary, timed_ms
from tests.bench.texts import Texts, vocabulary

QUERIES = 400
"""Of each kind; no two of a kind alike but by chance."""
CANCELS = 100
PATIENCE_S = 120.0
SEED = 12
_WORD = re.compile(r"[^\W_]+")
JUDGED = (
    "a word",
    "a beginning of 2 to 6 letters",
    "a word in the big conversation",
    "a word in a small one",
)
"""The kinds that the bar is about; the slowest of them counts."""


def run(rows: int) -> list[Measured]:
    """Measure over a profile of `rows` messages."""
    with profile.scratch(rows, "search") as copy:
        store = Store.open(copy)
        try:
            profile.wait_until_indexed(copy)
            _account, big, small = profile.ids(store)
            measured = _search(store, rows, big, small)
        finally:
            store.close()
        return [msgspec.structs.replace(measured, detail={**measured.detail, **_in_the_window(copy)})]


def _in_the_window(folder: Path) -> dict[str, object]:
    """From a key to the painted hits: the same in the real window, offscreen or on a display."""
    with Child("tests.bench.search_run", "--data", str(folder)) as child:
        found = child.answer(PATIENCE_S)
    return {
        "in the window": found["platform"],
        "first letter to painted": summary(found["first_letter"]),
        "every other key to painted": summary(found["key"]),
        "processor time of the window's thread": summary(found["cpu"]),
        "key to the hit painted in its conversation": summary(found["in_conversation"]),
    }


def _search(store: Store, rows: int, big: ConversationId, small: ConversationId) -> Measured:
    chance = random.Random(SEED)
    texts = Texts()
    every = vocabulary()

    def said() -> str:
        """A word of some message, so the more probable the more frequent; or any of the vocabulary."""
        if chance.random() < 0.5:
            return chance.choice(every)
        while True:
            words = [str(word) for word in _WORD.findall(texts[chance.randrange(rows)]) if len(word) > 1]
            if words:
                return chance.choice(words)[:20]

    def long() -> str:
        while len(word := said()) < 6:
            pass
        return word

    kinds: dict[str, Callable[[], Search]] = {
        "a word": lambda: Search(text=said() + " "),
        "a beginning of 2 to 6 letters": lambda: Search(text=long()[: chance.randint(2, 6)]),
        "a word in the big conversation": lambda: Search(text=said(), conversation=big),
        "a word in a small one": lambda: Search(text=said(), conversation=small),
        "a word and a beginning": lambda: Search(text=f"{said()} {long()[: chance.randint(2, 5)]}"),
        "two frequent words": lambda: Search(text=" ".join(chance.sample(every[:60], 2))),
        "two words side by side": lambda: Search(text=_pair(texts, chance, rows)),
        "in another script": lambda: Search(text=_other(texts, chance, rows)),
    }
    detail: dict[str, object] = {}
    found: dict[str, list[float]] = {}
    for kind, make in kinds.items():
        took, cpu, hits = [], [], []
        for number in range(QUERIES + 10):
            wanted = make()
            began, cpu_s = time.perf_counter(), time.process_time()
            hits.append(_ask(store, wanted))
            if number >= 10:  # the first have statements prepared
                took.append((time.perf_counter() - began) * MS)
                cpu.append((time.process_time() - cpu_s) * MS)
        found[kind] = took
        detail[kind] = {
            **summary(took),
            "hits_mean": round(statistics.mean(hits), 1),
            "processor time p99": round(percentile(cpu, 99), 3),
        }
    detail["the next key: cancelled until answered"] = summary(
        [_cancelled_ms(store, long()) for _ in range(CANCELS)]
    )
    return Measured(
        key="search", value=max(percentile(found[kind], 99) for kind in JUDGED), rows=rows, detail=detail
    )


def _ask(store: Store, wanted: Search) -> int:
    return len(store.search(wanted).result().hits)


def _cancelled_ms(store: Store, word: str) -> float:
    """Three keys at once, the first two of them overtaken; until the third has its hits."""

    def press() -> None:
        old = [store.search(Search(text=word[:length])) for length in (4, 5)]
        for future in old:
            future.cancel()
        _ask(store, Search(text=word))
        for future in old:
            try:
                future.result()
            except CancelledError:
                continue

    return timed_ms(press)


def _pair(texts: Texts, chance: random.Random, rows: int) -> str:
    while True:
        words = texts[chance.randrange(rows)].split()
        if len(words) > 2:
            return f'"{words[0]} {words[1]}"'


def _other(texts: Texts, chance: random.Random, rows: int) -> str:
    while True:
        text = texts[chance.randrange(rows)]
        if not text.isascii() and text[:1].isalpha() and not text[0].isascii():
            return text[:3]
