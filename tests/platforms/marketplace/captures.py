"""Recorded traffic of the marketplace platform, frame by frame."""

from __future__ import annotations

from tests.platforms.captures import LIBRARY, Frame, exchanges, loader, named, pushes, refusals, says_json

__all__ = ["LIBRARY", "NAMES", "Frame", "exchanges", "load", "pushes", "refusals", "says_json"]

NAMES = named("marketplace")
load = loader("marketplace")
