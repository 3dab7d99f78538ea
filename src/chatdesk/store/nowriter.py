"""What stands where the writer stands while a folder is only looked at: it refuses, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from chatdesk.domain.changes import Commit
from chatdesk.domain.errors import DiskTrouble
from chatdesk.store.transaction import Tx

T = TypeVar("T")


class NoWriter:
    """Takes the writer's calls. Whatever is asked fails with a DiskTrouble like the one given."""

    def __init__(self, trouble: DiskTrouble) -> None:
        self._trouble = trouble

    def submit(self, work: Callable[[Tx], T], *, durable: bool, rows: int = 1) -> Future[T]:  # noqa: ARG002
        """Fails, nothing changed."""
        return self._refused()

    def submit_numbered(self, work: Callable[[Tx], None], *, rows: int) -> Future[int]:  # noqa: ARG002
        """Fails, nothing changed."""
        return self._refused()

    def subscribe(self, listener: Callable[[Commit], None]) -> Callable[[], None]:  # noqa: ARG002
        """There will be no commit to hear of."""
        return lambda: None

    def close(self) -> None:
        """There is nothing to end."""

    def _refused(self) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        # One of its own: who raises an error hangs a trace on it.
        future.set_exception(DiskTrouble(str(self._trouble), self._trouble.ill))
        return future
