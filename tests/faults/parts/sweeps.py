"""Cuts at every byte: of a send, of a sign-in, of a small upload, and at 200 points of a large one."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from chatdesk.server.registry import DIALECTS
from tests.faults.parts import Case, Part, Result
from tests.faults.sweeps import logins, sends, uploads

LIVE_ONLY = "marketplace", "as-is"
"""Its server keeps nothing, so nothing can be counted in its database."""
ABOUT = {
    "send": {"dispatcher": 1_900, "fakomame": 420, "steppergo": 860, "omw": 500, "marketplace": 1_900},
    "login": {"dispatcher": 1_550, "fakomame": 5_350, "steppergo": 1_570, "omw": 1_080, "marketplace": 1_280},
    "upload": {"dispatcher": 6_400, "omw": 4_950},
}
"""About so many points each; it only decides how many cases share them, all points are reached anyway."""
POINTS = 50
"""About so many points are tried in one world."""
HALVED = frozenset({"login", "upload"})
"""Here the two faces of a platform deal the bytes between them: one takes the even ones, one the odd ones."""
LARGE_POINTS = 200
LARGE_AT_ONCE = 10
DO: dict[str, Callable[[Case, Path], Result]] = {
    "send": sends.carry_out,
    "login": logins.carry_out,
    "upload": uploads.carry_out,
    "large": uploads.carry_out,
}


def all_cases(seed: int) -> list[Case]:
    """Every case of a seed, in an order of chance, so that the first ones are of all kinds."""
    found: list[Case] = []
    for what, sizes in ABOUT.items():
        for platform, points in sizes.items():
            faces = [one for one in DIALECTS[platform].variants if (platform, one.value) != LIVE_ONLY]
            for variant in faces:
                halved = what in HALVED and len(faces) > 1
                of = max(1, points // POINTS // (2 if halved else 1))
                place = {"what": what, "platform": platform, "variant": variant.value, "seed": seed, "of": of}
                if halved:
                    place["half"] = faces.index(variant)
                name = f"{what} {platform} {variant.value}"
                found += [{"key": f"{name} {share}/{of}", "share": share, **place} for share in range(of)]
    found += _large(seed)
    random.Random(seed).shuffle(found)
    return found


def _large(seed: int) -> Iterator[Case]:
    """Points of the large upload, in ten-thousandths of its length, dealt to the places in turn."""
    points = sorted(random.Random(f"large {seed}").sample(range(10_000), LARGE_POINTS))
    for number in range(LARGE_POINTS // LARGE_AT_ONCE):
        platform, variant = uploads.PLACES[number % len(uploads.PLACES)]
        yield {
            "key": f"large {platform} {variant.value} {number}",
            "what": "large",
            "platform": platform,
            "variant": variant.value,
            "seed": seed,
            "size": uploads.LARGE_BYTES,
            "points": points[number :: LARGE_POINTS // LARGE_AT_ONCE],
        }


class Sweeps:
    """The part; a case is a share of the bytes at one place."""

    name = "sweeps"
    wall_bound = False

    def cases(self, seed: int, amount: int) -> Iterator[Case]:
        """The first `amount` cases; there are no more than `all_cases` has."""
        yield from all_cases(seed)[:amount]

    def carry_out(self, case: Case, folder: Path) -> Result:
        """Try each point of the case; what is prepared for its place lies beside its folder."""
        return DO[case["what"]](case, folder)


PART: Part = Sweeps()
