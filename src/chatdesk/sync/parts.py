"""What the parts of an engine share: its surroundings, its own things, and the way to the server."""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec

from chatdesk.domain.changes import News
from chatdesk.domain.desk import EngineStore
from chatdesk.domain.facts import Secrets
from chatdesk.domain.ids import AccountId
from chatdesk.domain.ports import Adapter, Client, Vault
from chatdesk.sync.clock import Clock
from chatdesk.sync.ground import Way, unknown_way
from chatdesk.sync.runner import AskPerson
from chatdesk.sync.tasks import Tasks


class Surroundings(msgspec.Struct, frozen=True):
    """What all engines of a program share.

    announce: hears news; must not wait. jitter: numbers of [0, 1) for back-off. way: asked every second.
    """

    store: EngineStore
    vault: Vault
    clock: Clock
    announce: Callable[[News], None]
    jitter: Callable[[], float] = random.random
    way: Way = unknown_way


class Keys(msgspec.Struct, frozen=True):
    """Tokens of an account and where they may be kept.

    keep: whether the vault may have them. kept: whether it has.
    """

    secrets: Secrets
    keep: bool = True
    kept: bool = True


class Parts(msgspec.Struct, frozen=True):
    """What every part of one account's engine needs."""

    account: AccountId
    adapter: Adapter
    client: Client
    around: Surroundings
    tasks: Tasks

    @property
    def store(self) -> EngineStore:
        """The store."""
        return self.around.store

    @property
    def clock(self) -> Clock:
        """The clock."""
        return self.around.clock


class Line(msgspec.Struct, frozen=True):
    """The way to the server, as those see it who only want to use it.

    usable: requests reach it, and nobody has to type a password first.
    ask_person: to be told of a goal that ended for want of a password.
    """

    usable: Callable[[], bool]
    ask_person: Callable[[AskPerson], None]
