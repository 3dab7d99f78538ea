"""Fixtures of the tests of lists and orders: the language, and a seat over a real store."""

from tests.ui.shell.conftest import british, make_seat, seat

__all__ = ["british", "make_seat", "seat"]
