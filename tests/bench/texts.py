"""Message texts like a desk's: natural words in natural frequencies, a few languages, a few giants."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

SEED = 20261120
SENTENCES = 4_096
_COMMON = (
    "the to and is a for on in we you it at of be will that this can with from our your have not are if "
    "was by but they please thanks ok hello yes no now when where who how again soon here there today "
    "tomorrow morning noon evening monday tuesday wednesday thursday friday driver truck trailer load "
    "pickup delivery dock gate yard warehouse address customer office phone number paper permit route "
    "bridge road traffic delay late early time hour minutes miles weight length width height oversize "
    "escort axle tire fuel stop border customs invoice price rate paid payment order status update photo "
    "document signed stamp seal damaged missing found waiting arrived left loaded empty ready moved "
    "changed cancelled confirmed approved rejected asked called sent received read checked open closed "
    "north south east west exit highway county state city street building floor entrance back front side "
    "left right up down first second third last next same other more less enough heavy light long short "
    "wide narrow cold warm wet dry dark bright broken fixed clean dirty strap chain tarp forklift crane "
    "container pallet box crate pipe beam steel machine tractor excavator generator turbine tank silo "
    "boiler engine pump valve "
)
_FOREIGN = (
    "Водитель будет на месте через сорок минут, ворота номер три.",
    "Груз принят, документы подписаны, фотографии отправлю вечером.",
    "Der Fahrer steht seit einer Stunde am Tor und wartet auf die Freigabe.",
    "Können Sie die Rechnung bitte noch einmal an das Büro schicken?",
    "El camión salió esta mañana y llega mañana antes del mediodía.",
    "Le chauffeur attend devant l’entrée nord, personne ne répond.",
    "司机已经到达仓库，请安排卸货。",
    "السائق في الطريق وسيصل بعد ساعة تقريبا",
    "運転手は午後三時に到着する予定です。",
    "👍 ok, see you there 🚚",
)
_STEMS = (
    "trans",
    "north",
    "river",
    "delta",
    "metro",
    "union",
    "prime",
    "atlas",
    "orbit",
    "cargo",
    "haul",
    "port",
)
_ENDS = (
    "line",
    "way",
    "field",
    "ton",
    "ford",
    "gate",
    "hill",
    "dale",
    "mark",
    "wood",
    "stone",
    "land",
    "ex",
    "co",
)


def vocabulary() -> list[str]:
    """Words from the most frequent to the rarest: everyday ones, then names and numbers."""
    names = [(stem + end).capitalize() for stem, end in itertools.product(_STEMS, _ENDS)]
    numbers = [f"{prefix}-{number}" for prefix in ("A", "TX", "PO") for number in range(1_000, 4_000, 3)]
    return [*dict.fromkeys(_COMMON.split()), *names, *numbers]


class Texts:
    """`texts[n]` is always the same text for the same n; made from a pool, so it costs little."""

    def __init__(self) -> None:
        chance = random.Random(SEED)
        words = vocabulary()
        # Zipf: the word of rank r comes about 1/r as often as the first.
        weights = list(itertools.accumulate(rank**-1.15 for rank in range(1, len(words) + 1)))
        self._pool = [self._sentence(chance, words, weights) for _ in range(SENTENCES)]
        self._lengths = chance.choices((1, 2, 3, 6, 15, 150), (500, 220, 130, 120, 28, 2), k=SENTENCES)

    @staticmethod
    def _sentence(chance: random.Random, words: Sequence[str], weights: Sequence[float]) -> str:
        if chance.random() < 0.04:
            return chance.choice(_FOREIGN)
        chosen = chance.choices(words, cum_weights=weights, k=chance.randint(2, 13))
        text = " ".join(chosen)
        return text[0].upper() + text[1:] + chance.choice(".....?!")

    def __getitem__(self, number: int) -> str:
        # Two co-prime steps through the pool, so that neighbours differ and repeats are far apart.
        first = number * 2_654_435_761 % SENTENCES
        count = self._lengths[number * 40_503 % SENTENCES]
        return " ".join(
            self._pool[(first + k * 1_021 + number // SENTENCES) % SENTENCES] for k in range(count)
        )
