"""What a platform brings to the run: its capture's first state, and which values are names, not facts.

A planter reads one capture and puts people, orders, conversations and messages into an empty database, under
the ids of the capture, so that every recorded request and answer means the same here. It goes by the form of
frames (who signs in, which lists and histories were answered before anybody wrote), not by the names of
captures; what no frame of a capture shows (a password, that somebody is switched off) is its own small table.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from chatdesk.server.core.service import Core
from chatdesk.server.dialect import Choices
from tests.replay.recording import Recording

Frame = dict[str, Any]
Path = tuple[str | int, ...]
"""Where a value stands: keys and places in lists, from the arguments of an event or the body of an answer."""


class CannotPlant(Exception):
    """The state that this capture began with can't be made; the text says why, for the table."""


class Planter(ABC):
    """One platform's planter."""

    platform: str

    def choices(self, recording: Recording) -> Choices:
        """What the recorded server was started with, as far as it differs from the platform's own."""
        return Choices()

    @abstractmethod
    async def plant(self, core: Core, recording: Recording) -> Mapping[str, str]:
        """Make the first state; what stands for each placeholder of the capture (`<token-A>` -> a token).

        The core is open and empty, its server not yet serving; the core's clock stands at the wall time of
        the capture's first frame. Raises CannotPlant.
        """

    async def happens(self, core: Core, frame: Frame) -> bool:
        """Do what a remark says happened outside of the traffic; whether it was one of those."""
        return False

    @abstractmethod
    def is_name(self, path: Path, value: str | int) -> bool:
        """Whether this value is an id or the like: ours may be another one, but the same one every time."""

    def is_free(self, path: Path, value: Any) -> bool:
        """Whether this value is chance (a random file name): only its JSON type is compared."""
        return False
