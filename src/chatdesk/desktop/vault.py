"""Tokens in the system's keyring, asked on a thread of its own; without a keyring in memory until we quit.

A keyring can wait for a locked wallet for ever, or be missing. So nobody waits longer than a limit, and the
thread never holds up the end of the program.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

import msgspec

from chatdesk.domain.facts import Secrets

T = TypeVar("T")
log = logging.getLogger(__name__)

SERVICE = "chatdesk"
LIMIT_S = 2.0
_CLOSE_S = 0.2


class KeyringVault:
    """A Vault (domain.ports) over the keyring. Methods may be awaited on any loop.

    Requests that were given up stay in the queue and are done, in order, once the keyring answers again: a
    wallet that is unlocked late still gets the newest token, never an older one.
    """

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        """limit_s: how long a call may wait for the keyring."""
        self._limit_s = limit_s
        self._kept: dict[str, Secrets | None] = {}
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._busy_since: float | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    async def load(self, key: str) -> Secrets | None:
        """The secrets under a key; None where there are none, or no keyring answered in time."""
        if key in self._kept:
            return self._kept[key]
        try:
            text = await self._ask(lambda: _read(key))
        except NoKeyring:
            return None
        if text is None:
            return None
        try:
            secrets = msgspec.json.decode(text, type=Secrets)
        except msgspec.MsgspecError:
            log.warning("the keyring's entry is not one of ours")
            return None
        # Somebody may have saved newer ones while the keyring was asked.
        return self._kept.setdefault(key, secrets)

    async def save(self, key: str, secrets: Secrets) -> bool:
        """Keep them, at least until we quit. False: no keyring answered in time."""
        self._kept[key] = secrets
        text = msgspec.json.encode(secrets).decode()
        try:
            await self._ask(lambda: _write(key, text))
        except NoKeyring:
            return False
        return True

    async def delete(self, key: str) -> None:
        """Forget them."""
        self._kept[key] = None
        try:
            await self._ask(lambda: _erase(key))
        except NoKeyring:
            log.info("no keyring to delete from")

    async def read_text(self, name: str) -> str | None:
        """An entry that is no account's; None where there is none. Raises NoKeyring where none answers."""
        return await self._ask(lambda: _read(name))

    async def write_text(self, name: str, text: str) -> None:
        """Keep an entry that is no account's. Raises NoKeyring where none answers in time."""
        await self._ask(lambda: _write(name, text))

    def write_soon(self, name: str, text: str) -> None:
        """The same without waiting, on any thread; where no keyring answers it is not kept."""
        self._jobs.put(lambda: _settle(Future(), lambda: _write(name, text)))
        self._start()

    def close(self) -> None:
        """Let the thread end; waits a moment for what is under way, never for a wallet that hangs."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._jobs.put(None)
            thread.join(_CLOSE_S)

    async def _ask(self, work: Callable[[], T]) -> T:
        """The result of `work` on the keyring's thread. Raises NoKeyring for every kind of failure."""
        busy_since = self._busy_since
        stuck = busy_since is not None and time.monotonic() - busy_since > self._limit_s
        future: Future[T] = Future()
        self._jobs.put(lambda: _settle(future, work))
        self._start()
        if stuck:
            raise NoKeyring("busy")
        try:
            async with asyncio.timeout(self._limit_s):
                return await asyncio.shield(asyncio.wrap_future(future))
        except TimeoutError as slow:
            log.warning("the keyring did not answer within %.1f s", self._limit_s)
            raise NoKeyring("slow") from slow

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                # A daemon: the end of the program never waits for a prompt that nobody answers.
                self._thread = threading.Thread(target=self._work, name="chatdesk-keyring", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._busy_since = time.monotonic()
            job()
            self._busy_since = None


class NoKeyring(Exception):
    """No keyring, or none that answers: what it holds can't be had now."""


def _settle(future: Future[T], work: Callable[[], T]) -> None:
    # Backends raise whatever they like (D-Bus, ctypes, Win32); for us it all means: no keyring.
    try:
        result = work()
    except Exception as trouble:  # noqa: BLE001
        log.info("no keyring: %s", type(trouble).__name__)
        future.set_exception(NoKeyring(type(trouble).__name__))
    else:
        future.set_result(result)


def _read(key: str) -> str | None:
    import keyring

    return keyring.get_password(SERVICE, key)


def _write(key: str, text: str) -> None:
    import keyring

    keyring.set_password(SERVICE, key, text)
    if keyring.get_password(SERVICE, key) != text:
        raise NoKeyring("a keyring that keeps nothing")


def _erase(key: str) -> None:
    import keyring
    import keyring.errors

    try:
        keyring.delete_password(SERVICE, key)
    except keyring.errors.PasswordDeleteError:
        log.debug("nothing to delete")
