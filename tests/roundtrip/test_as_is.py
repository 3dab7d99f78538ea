"""Every feature of the table against the servers that do as the recorded ones did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatdesk.server.dialect import Variant
from tests.conftest import Aio
from tests.roundtrip import runs
from tests.roundtrip.scenarios import accidents
from tests.roundtrip.stage import Stage
from tests.roundtrip.table import Scenario

VARIANT = Variant.AS_IS


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One process with all platforms, the desk's accounts and their customers', for this module."""
    with runs.stage_of(tmp_path_factory.mktemp("as_is"), VARIANT) as opened:
        yield opened


@runs.played(VARIANT)
def test_round_trips(stage: Stage, aio: Aio, platform: str, played: list[Scenario]) -> None:
    """The sentence of each scenario says what is shown."""
    aio(runs.play(stage, platform, played), timeout_s=240)


@runs.absent(VARIANT)
def test_what_is_not_there_is_not_offered(stage: Stage, aio: Aio, platform: str, features: list[str]) -> None:
    """And where the window has a word for it, it says why."""
    aio(runs.show_absence(stage, platform, features))


def test_without_a_socket(stage: Stage, aio: Aio) -> None:
    """Behind an address without sockets everything is polled and sent by request, where that is stored."""
    aio(accidents.without_a_socket(stage), timeout_s=150)


def test_servers_go_away_and_come_back(stage: Stage, aio: Aio) -> None:
    """Written meanwhile, on both sides, and over a restart of the program: arrived once, in order."""
    aio(accidents.servers_go_away_and_come_back(stage), timeout_s=150)


def test_tokens_end_in_the_middle(tmp_path: Path, aio: Aio) -> None:
    """Renewed without the person where that is possible; else the person is asked, and nothing is lost."""
    aio(runs.tokens(tmp_path, VARIANT), timeout_s=150)
