"""Who may do what at each platform, as tables: operation and place -> the people who may; nobody else may.

One module per platform, named like it, with a `TABLE`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from chatdesk.server.core.access import Actor, Operation, actor_of
from chatdesk.server.core.accounts import Person
from chatdesk.server.core.service import Core

Where = Mapping[str, str]
"""The keyword arguments of `Access.verdict` that name the resource."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Everybody by name, and the resources by name."""

    people: dict[str, Actor]
    places: dict[str, Where]


@dataclass(frozen=True, slots=True)
class Table:
    """One platform's permissions; every operation of the core has at least one row."""

    build: Callable[[Core], Awaitable[Setting]]
    rows: dict[tuple[Operation, str], set[str]]


async def add_people(core: Core, roles: Mapping[str, str]) -> dict[str, Actor]:
    """Accounts by name with these roles."""
    people = {}
    async with core.database.writing() as session:
        for name, role in roles.items():
            email = f"{name}@example.test"
            user = core.accounts.add(
                session, email=email, password_hash="", role=role, person=Person(name=name)
            )
            await session.flush()
            people[name] = actor_of(user)
    return people


NOBODY: set[str] = set()
