"""Fixtures of the tests of searching: a window over a real store with some hundreds of messages."""

from __future__ import annotations

from tests.ui.shell.conftest import british, make_seat, seat

__all__ = ["british", "make_seat", "seat"]
