"""Fixtures of the tests of what is asked of servers: the language, and a seat over a real store."""

from tests.ui.shell.conftest import british, make_seat, seat

__all__ = ["british", "make_seat", "seat"]
