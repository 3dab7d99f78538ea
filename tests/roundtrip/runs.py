"""How a variant's part of the table is played: one stage for all its platforms, and one per accident."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chatdesk.server.dialect import Variant
from tests.roundtrip.scenarios import accidents, door
from tests.roundtrip.stage import Stage
from tests.roundtrip.table import Scenario, absences, scenarios

TOKEN_S = 3
"""How long a sign-in lasts where tokens end in the middle."""


@contextmanager
def stage_of(folder: Path, variant: Variant, access_ttl_s: int = 0) -> Iterator[Stage]:
    """A server process and two chatdesks, closed at the end; see Stage."""
    stage = Stage(folder, variant, access_ttl_s=access_ttl_s)
    try:
        yield stage
    finally:
        stage.close()


def played(variant: Variant) -> pytest.MarkDecorator:
    """Parameters `platform`, `scenario`."""
    found = scenarios(variant)
    ids = [f"{platform}-{scenario.__name__}" for platform, scenario in found]
    return pytest.mark.parametrize(("platform", "scenario"), found, ids=ids)


def absent(variant: Variant) -> pytest.MarkDecorator:
    """Parameters `platform`, `features`."""
    found: dict[str, list[str]] = {}
    for platform, feature in absences(variant):
        found.setdefault(platform, []).append(feature)
    return pytest.mark.parametrize(("platform", "features"), list(found.items()), ids=list(found))


async def play(stage: Stage, platform: str, scenario: Scenario) -> None:
    """One scenario at one platform."""
    await scenario(await stage.place(platform))


async def show_absence(stage: Stage, platform: str, features: list[str]) -> None:
    """Not there, not offered, and explained."""
    place = await stage.place(platform)
    for feature in features:
        await door.is_absent(place, feature)


async def away(folder: Path, variant: Variant) -> None:
    """Servers go away and come back."""
    with stage_of(folder, variant) as stage:
        await accidents.servers_go_away_and_come_back(stage)


async def tokens(folder: Path, variant: Variant) -> None:
    """Tokens end in the middle."""
    with stage_of(folder, variant, access_ttl_s=TOKEN_S) as stage:
        await accidents.tokens_end_in_the_middle(stage, TOKEN_S)
