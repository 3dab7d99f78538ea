"""Bars 10 to 12: page reads, durable enqueue and ingest with search index, over a million messages."""

from __future__ import annotations

import random
import time
from concurrent.futures import wait
from pathlib import Path
from typing import Any

from chatdesk.domain.ids import AccountId, ConversationId, MessageId, RemoteId
from chatdesk.domain.kinds import Source
from chatdesk.store import Store
from chatdesk.store.connection import FILE_NAME
from chatdesk.store.reader import Reader
from tests.bench import profile
from tests.bench.bars import Measured
from tests.bench.measure import (
    MS,
    RawDisk,
    forget_cached,
    median,
    percentile,
    read_from_disk_bytes,
    summary,
    timed_ms,
)
from tests.bench.texts import Texts

PAGE = 50
WARM_PAGES = 3_000
COLD_PAGES = 200
PRESSES = 600
INGEST_RUNS = 5
INGEST_ROWS = 20_000
INGEST_BATCH = 500
SPREAD = 50
"""Conversations of the second way of ingesting: what a catch-up after a night looks like."""
SEED = 10


def run(rows: int) -> list[Measured]:
    """Measure over a profile of `rows` messages."""
    folder, _took = profile.prepare(rows)
    found = _pages(folder, rows)
    with profile.scratch(rows, "store") as copy:
        store = Store.open(copy)
        try:
            account, big, _small = profile.ids(store)
            found.append(_enqueue(store, copy, big, rows))
            found.append(_ingest(store, account, rows))
        finally:
            store.close()
    return found


def _pages(folder: Path, rows: int) -> list[Measured]:
    path = folder / FILE_NAME
    chance = random.Random(SEED)
    store_id = ConversationId(1)
    reader = Reader(path)
    try:
        _page_ms(reader, store_id, rows // 2, PAGE)  # opens and prepares
        warm = {
            size: [_page_ms(reader, store_id, chance.randrange(rows), size) for _ in range(WARM_PAGES)]
            for size in (PAGE, 64)
        }
    finally:
        reader.close()
    cold, fetched = [], []
    for _ in range(COLD_PAGES):
        one = Reader(path)
        try:
            one.accounts()  # a running program has the schema and has prepared its statements
            forget_cached(path)
            before = read_from_disk_bytes()
            cold.append(_page_ms(one, store_id, chance.randrange(rows), PAGE))
            fetched.append((read_from_disk_bytes() - before) / 1024)
        finally:
            one.close()
    is_cold = min(fetched) > 0
    return [
        Measured(
            key="page-warm",
            value=percentile(warm[PAGE], 99),
            rows=rows,
            detail={"50 messages": summary(warm[PAGE]), "64 messages": summary(warm[64])},
        ),
        Measured(
            key="page-cold",
            value=percentile(cold, 99),
            reason="" if is_cold else "the system would not drop the file from memory",
            rows=rows,
            detail={**summary(cold), "fetched_kib_p50": round(median(fetched), 1)},
        ),
    ]


def _page_ms(reader: Reader, conversation: ConversationId, number: int, size: int) -> float:
    place = profile.cursor(number), MessageId(0)
    return timed_ms(lambda: reader.older_page(conversation, place, size))


def _enqueue(store: Store, folder: Path, conversation: ConversationId, rows: int) -> Measured:
    """Press Send, wait until it is on disk; between two presses a raw write to the same disk."""
    texts = Texts()
    reader = store.reader()
    version = reader.draft(conversation).version
    reader.close()
    disk = RawDisk(folder)
    presses, raw = [], []
    try:
        for number in range(PRESSES):
            began = time.perf_counter()
            store.press_send(conversation, version + number, texts[number]).result()
            presses.append((time.perf_counter() - began) * MS)
            raw.append(disk())
    finally:
        disk.close()
    return Measured(
        key="enqueue",
        value=percentile(presses, 99),
        reference=percentile(raw, 99),
        rows=rows,
        detail={"press": summary(presses), "fdatasync of 4 KiB": summary(raw)},
    )


def _ingest(store: Store, account: AccountId, rows: int) -> Measured:
    """Rows of stored history a second, from the first batch handed over until all of it is in the index."""
    texts = Texts()
    feeder = profile.Feeder(store, account, epoch=2)
    next_number = rows
    one: list[tuple[float, float]] = []
    spread: list[tuple[float, float]] = []
    for run_number in range(INGEST_RUNS):
        one.append(_ingest_once(store, account, feeder, texts, [profile.BIG] * SPREAD, next_number))
        rooms = [RemoteId(f"room{n}") for n in range(SPREAD)]
        # Rooms are short: their numbers go on where they end, in each run behind the last one's.
        first = profile.OTHER_ROWS + run_number * INGEST_ROWS
        spread.append(_ingest_once(store, account, feeder, texts, rooms, first))
        next_number += INGEST_ROWS
    dropped = dict(store.dropped_counts(account).result())
    detail: dict[str, Any] = {
        "into one conversation, indexed rows/s": [round(rate) for rate, _committed in one],
        f"into {SPREAD} conversations, indexed rows/s": [round(rate) for rate, _committed in spread],
        "into one conversation, committed rows/s": [round(rate) for _indexed, rate in one],
        f"into {SPREAD} conversations, committed rows/s": [round(rate) for _indexed, rate in spread],
        "rows of a run": INGEST_ROWS,
        "rows of a batch": INGEST_BATCH,
    }
    reason = f"events were dropped: {dropped}" if dropped else ""
    # The slower of the two ways counts.
    slower = min(median([rate for rate, _committed in runs]) for runs in (one, spread))
    return Measured(key="ingest", value=slower, reason=reason, rows=rows, detail=detail)


def _ingest_once(
    store: Store,
    account: AccountId,
    feeder: profile.Feeder,
    texts: Texts,
    rooms: list[RemoteId],
    first: int,
) -> tuple[float, float]:
    """Rows a second until all can be found by the index, and until all were committed."""
    events = [
        profile.message(rooms[n % len(rooms)], first + n, texts[first + n], Source.STORED)
        for n in range(INGEST_ROWS)
    ]
    batches = [
        feeder.stamped(list(events[at : at + INGEST_BATCH])) for at in range(0, len(events), INGEST_BATCH)
    ]
    began = time.perf_counter()
    done = [store.apply(account, batch) for batch in batches]
    wait(done)
    committed_s = time.perf_counter() - began
    profile.wait_until_indexed(store.folder)
    indexed_s = time.perf_counter() - began
    for future in done:
        future.result()
    return INGEST_ROWS / indexed_s, INGEST_ROWS / committed_s
