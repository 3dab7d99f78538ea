"""Connections that are cut at any byte of a send, a sign-in or an upload: part of what `make faults` does."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from chatdesk.domain.kinds import Platform
from chatdesk.platforms import registry
from chatdesk.server.dialect import Variant
from tests.faults import lab
from tests.faults.loop import LabLoop
from tests.faults.network import End, Trap
from tests.faults.parts import Case, Result, is_bad
from tests.faults.parts.schedules import places
from tests.faults.parts.sweeps import PART, all_cases
from tests.faults.sweeps import ground, logins, sends, uploads

WHOLE: ground.Place = ("dispatcher", Variant.PROMISED)
"""Where every byte of a request is tried; elsewhere a few, others at each place."""
ELSEWHERE = [place for place in places() if place != WHOLE]
FEW = 4
TODAY = 2026


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is prepared in one place is there for all tests."""
    return tmp_path_factory.mktemp("sweeps")


def _case(place: ground.Place, share: int = 0, of: int = 1) -> Case:
    platform, variant = place
    names = {"key": f"{platform} {variant} {share}/{of}", "platform": platform, "variant": variant.value}
    return {"seed": TODAY, "share": share, "of": of, **names}


def _is_clean(found: Result) -> None:
    assert not is_bad(found), found["words"]
    assert found["presses"]
    assert found["alive"] == found["accepted"] == found["presses"], found["words"]
    assert len(found["faults"]) == found["presses"], ("each cut has happened", found["words"])


def test_a_request_of_a_send_cut_at_every_byte_arrives_once(base: Path) -> None:
    """Not one byte of a request is a bad place for its connection to break."""
    made = ground.prepared(WHOLE, base)
    sizes = sends.measured(WHOLE, base / "whole")
    cuts = [ground.Cut(ground.UP, at) for at in range(sizes.up)]
    assert len(cuts) > 200
    for first in range(0, len(cuts), 250):
        some = cuts[first : first + 250]
        _is_clean(lab.run_lab(sends.sweep(_case(WHOLE), base / f"from {first}", made, some)))


@pytest.mark.parametrize("place", ELSEWHERE, ids=" ".join)
def test_a_send_cut_anywhere_arrives_once(base: Path, place: ground.Place) -> None:
    """Requests, answers, and requests that arrive after the cut; at other bytes for each place."""
    folder = base / f"send {' '.join(place)}"
    sizes = sends.measured(place, folder)
    every = len(list(sizes.points(ground.WAYS, TODAY))) // FEW
    number = ELSEWHERE.index(place)
    found = PART.carry_out({"what": "send", **_case(place, number * 7 % every, every)}, folder)
    _is_clean(found)


@pytest.mark.parametrize("place", places()[::3], ids=" ".join)
def test_a_sign_in_cut_anywhere_works_in_the_end(base: Path, place: ground.Place) -> None:
    """Nobody is asked anything wrong, no account is half made, no secret is written down."""
    folder = base / f"login {' '.join(place)}"
    sizes = logins.measured(place, folder)
    every = (sizes.up + sizes.down) // FEW
    _is_clean(PART.carry_out({"what": "login", **_case(place, every // 2, every)}, folder))


@pytest.mark.parametrize("place", uploads.PLACES, ids=" ".join)
def test_a_file_cut_anywhere_arrives_whole(base: Path, place: ground.Place) -> None:
    """Once, with the bytes that it had here; a small one at a few bytes, a large one in its middle."""
    case = _case(place)
    some = {"what": "upload", **case, "share": 11, "of": 1_000}
    _is_clean(PART.carry_out(some, base / f"small {' '.join(place)}"))
    large = {"what": "large", **case, "size": uploads.LARGE_BYTES, "points": [5_000]}
    _is_clean(PART.carry_out(large, base / f"large {' '.join(place)}"))


def test_a_sweep_sees_a_client_that_does_not_wait(base: Path) -> None:
    """Without the quiet time, a request that arrives after the cut is stored beside its repeat."""
    place = ("fakomame", Variant.AS_IS)
    limits = registry.plugin(Platform.FAKOMAME).adapter.limits
    quiet_ms = limits.quiet_ms
    msgspec.structs.force_setattr(limits, "quiet_ms", 0)
    try:
        cuts = [ground.Cut(ground.HELD, at, 3_000) for at in (0, 20)]
        found = lab.run_lab(sends.sweep(_case(place), base / "unquiet", ground.prepared(place, base), cuts))
    finally:
        msgspec.structs.force_setattr(limits, "quiet_ms", quiet_ms)
    assert found["duplicated"] == 2
    assert is_bad(found)


def test_cases_are_all_there_and_the_same_for_their_seed() -> None:
    """Every share of every place once, under a key of its own."""
    cases = all_cases(3)
    assert cases == list(PART.cases(3, 100_000))
    assert cases != all_cases(4)
    assert list(PART.cases(3, 5)) == cases[:5]
    assert len({case["key"] for case in cases}) == len(cases)
    for what in ("send", "login"):
        assert {(one["platform"], one["variant"]) for one in cases if one["what"] == what} == set(places())
    for case in cases:
        if case["what"] != "large":
            shares = {
                one["share"] for one in cases if one["key"].split("/")[0].rsplit(" ", 1)[0] == _name(case)
            }
            assert shares == set(range(case["of"]))
    large = [point for case in cases if case["what"] == "large" for point in case["points"]]
    assert len(set(large)) == 200


def test_the_shares_of_a_place_are_all_its_bytes() -> None:
    """Each byte once; where two faces deal them between each other, both together have each once."""
    sizes = ground.Sizes(701, 1_203)
    wanted = sorted(sizes.points(logins.WAYS, 0))
    for halves in ([None], [0, 1]):
        found: list[tuple[str, int]] = []
        for half in halves:
            for share in range(7):
                case = _case(WHOLE, share, 7) | ({} if half is None else {"half": half})
                found += [(cut.way, cut.at) for cut in ground.share(case, sizes, logins.WAYS)]
        assert sorted(found) == wanted


def _name(case: Case) -> str:
    return f"{case['what']} {case['platform']} {case['variant']}"


def test_a_trap_springs_at_its_byte_whichever_connection_carries_it() -> None:
    """Bytes are counted over all connections of a direction; what comes before the byte arrives."""

    async def story() -> tuple[list[bytes], Trap, Trap]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, LabLoop)
        got: list[bytes] = []

        class Server(asyncio.Protocol):
            def data_received(self, data: bytes) -> None:
                got.append(data)

        def cut(end: End, at: int) -> None:
            end.flow.reset_at = at

        address = ("127.0.0.1", 9)
        loop.network.listen(address, Server)
        trap, counts = Trap(up=True, at=7, spring=cut), Trap(up=True)
        loop.network.traps += [trap, counts]
        first, _ = await loop.create_connection(asyncio.Protocol, *address)
        second, _ = await loop.create_connection(asyncio.Protocol, *address)
        first.write(b"12345")
        second.write(b"67890")
        await asyncio.sleep(1)
        assert not first.is_closing()
        assert second.is_closing()
        return got, trap, counts

    got, trap, counts = lab.run_lab(story())
    assert got == [b"12345", b"67"]
    assert trap.sprung
    assert counts.passed == 10
