"""What the program holds, counted from inside: tasks of both loops, threads, connections, Qt objects."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import re
import sys
import threading
from collections import Counter
from typing import Any

import apsw
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from chatdesk.platforms.link import Link
from chatdesk.program import Program

DIGITS = re.compile(r"[0-9a-f]{8,}|\d+")


async def count(program: Program) -> dict[str, Any]:
    """What is cheap to count. Called on the window's loop; tasks by name, without their numbers."""
    thread = program.engines._thread
    return {
        "tasks_window": _tasks(),
        **await asyncio.wrap_future(thread.ask(lambda: _network(program), "count")),
        "threads": sorted(DIGITS.sub("#", one.name) for one in threading.enumerate()),
        "connections": len(apsw.connections()),
        "sqlite_bytes": apsw.memory_used(),
        "widgets": len(QApplication.allWidgets()),
        "blocks": sys.getallocatedblocks(),
        **_malloc(),
    }


async def census(program: Program) -> dict[str, dict[str, int]]:
    """What takes a moment to count: every Qt object under a window, and every Python object, by class."""
    gc.collect()
    # A window that was closed may still wait to be deleted.
    for _ in range(3):
        await asyncio.sleep(0.05)
    qt: Counter[str] = Counter()
    for root in (program._keeper, program.feed, *QApplication.topLevelWidgets()):
        for one in (root, *root.findChildren(QObject)):
            qt[one.metaObject().className()] += 1
    gc.collect()
    python = Counter(_name(type(one)) for one in gc.get_objects())
    return {"qt": dict(qt), "python": dict(python)}


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


async def _network(program: Program) -> dict[str, Any]:
    """Tasks, and connections that are kept for the next request: a pool closes them late, and has a limit."""
    links = [engine._client for engine in program.engines._engines.values()]
    clients = [
        client
        for link in links
        if isinstance(link, Link)
        for client in (link._reads, link._commits)
        if client is not None
    ]
    pools: list[Any] = [client._transport for client in clients]
    pooled = sum(len(transport._pool.connections) for transport in pools)
    return {"tasks_network": _tasks(), "pooled": pooled, "pools": len(clients)}


def _tasks() -> dict[str, int]:
    """Tasks of this loop but the one that counts."""
    me = asyncio.current_task()
    return dict(
        Counter(
            DIGITS.sub("#", f"{task.get_name()} {getattr(task.get_coro(), '__qualname__', '')}")
            for task in asyncio.all_tasks()
            if task is not me
        )
    )


class _Mallinfo(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            [
                "arena",
                "ordblks",
                "smblks",
                "hblks",
                "hblkhd",
                "usmblks",
                "fsmblks",
                "uordblks",
                "fordblks",
                "keepcost",
            ]
        )
    ]


def _malloc() -> dict[str, int]:
    """What malloc has handed out and what it keeps; nothing where it can't tell."""
    try:
        ask = ctypes.CDLL(None).mallinfo2
    except (OSError, AttributeError):
        return {}
    ask.restype = _Mallinfo
    told = ask()
    return {"malloc_used": told.uordblks + told.hblkhd, "malloc_free": told.fordblks}
