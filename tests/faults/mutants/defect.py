"""What a planted defect is: how the program is changed while it is planted, and how the lab must find it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from tests.faults.mutants.hunts import Hunt

Plant = Callable[[], AbstractContextManager[None]]
"""While the context lasts, the program of this process has the defect."""


@dataclass(frozen=True, slots=True)
class Defect:
    """One defect. `plant` changes the code that runs, at run time; nothing in src/ knows of it."""

    name: str
    """Short and unique: what `--only` takes."""
    does: str
    """In one sentence, what the program does while it is planted."""
    rule: str
    """The section of the sync rules that it breaks."""
    plant: Plant
    hunt: Hunt
    """The drawn cases that must find it: those that the lab has anyway."""
    most: int = 300
    """It must be found in so many cases."""


@contextmanager
def replaced(*changes: tuple[Any, str, Any]) -> Iterator[None]:
    """While it lasts, attributes have other values: (owner, name, value). Owners are modules or classes."""
    before = [(owner, name, vars(owner)[name]) for owner, name, _value in changes]
    for owner, name, value in changes:
        setattr(owner, name, value)
    try:
        yield
    finally:
        for owner, name, value in reversed(before):
            setattr(owner, name, value)
