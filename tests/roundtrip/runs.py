"""How a variant's part of the table is played: one stage for all its platforms, and one per accident."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from chatdesk.server.dialect import Variant
from tests.roundtrip.scenarios import accidents, door
from tests.roundtrip.stage import Stage
from tests.roundtrip.table import Scenario, absences, scenarios

TOKEN_S = 5
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
    """Parameters `platform`, `played`: scenarios of one subject, told apart by the report of what failed.

    A test of its own for each would cost more than most of them do.
    """
    found: dict[tuple[str, str], list[Scenario]] = {}
    for platform, scenario in scenarios(variant):
        found.setdefault((platform, scenario.__module__.rpartition(".")[2]), []).append(scenario)
    cases = [(platform, played) for (platform, _subject), played in found.items()]
    return pytest.mark.parametrize(("platform", "played"), cases, ids=["-".join(one) for one in found])


def absent(variant: Variant) -> pytest.MarkDecorator:
    """Parameters `platform`, `features`."""
    found: dict[str, list[str]] = {}
    for platform, feature in absences(variant):
        found.setdefault(platform, []).append(feature)
    return pytest.mark.parametrize(("platform", "features"), list(found.items()), ids=list(found))


async def play(stage: Stage, platform: str, played: Sequence[Scenario]) -> None:
    """Every scenario at one platform; those that fail, by name."""
    place = await stage.place(platform)
    failed: list[Exception] = []
    for scenario in played:
        try:
            await scenario(place)
        except Exception as exc:  # noqa: BLE001 - all of them are raised together at the end
            exc.add_note(f"in {scenario.__name__} at {platform}, {stage.variant}")
            failed.append(exc)
    if failed:
        raise ExceptionGroup(f"{len(failed)} of {len(played)} scenarios failed", failed)


async def show_absence(stage: Stage, platform: str, features: list[str]) -> None:
    """Not there, not offered, and explained."""
    place = await stage.place(platform)
    for feature in features:
        await door.is_absent(place, feature)


async def tokens(folder: Path, variant: Variant) -> None:
    """Tokens end in the middle."""
    with stage_of(folder, variant, access_ttl_s=TOKEN_S) as stage:
        await accidents.tokens_end_in_the_middle(stage, TOKEN_S)
