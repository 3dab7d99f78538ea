"""Message texts like a desk's: many words in natural frequencies, ten scripts, emoji, a few giants.

Of every hundred messages about 5 are written from right to left, 11 in other scripts than Latin besides, 8
have an emoji, and 2 have about 2,000 characters. The words of each script come by Zipf's law.
"""

from __future__ import annotations

import random

SEED = 20261120
WORDS = 55_000
"""In Latin letters; nearly OTHER_WORDS in each of the other scripts."""
OTHER_WORDS = 4_000
_DRAWS = 2**20
"""Fineness of the drawing of words: the rarest come once in so many."""
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
_VOWELS = "aeiou"
_CONSONANTS = "bcdfghjklmnprstvwz"
_ENDS = ("", "", "n", "r", "s", "t", "l", "ng", "st", "ed", "er", "ing")
_SCRIPTS: dict[str, tuple[str, str, int]] = {
    # letters, what joins words, messages in a hundred
    "cyrillic": ("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэ", " ", 4),
    "arabic": ("اليمونرتبةعدسفهكقحجطشصخز", " ", 3),
    "hebrew": ("יוהלאתרבשמנחדקעפכגצסטז", " ", 2),
    "han": (
        "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后",
        "",
        2,
    ),
    "kana": ("のにはをたがでてとしれさあいるかもなスンルトリアラロイコレマックタサシカメテ", "", 1),
    "greek": ("αοιετσνηυρπκμλςωάίόήέύγδφθχβ", " ", 1),
    "devanagari": ("कतनरसमपयलहबवदजगचाीेोिु", " ", 1),
    "thai": ("กขคงจชดตถทนบปผพมยรลวสหอะาิีุู", "", 1),
    "hangul": ("이다는에의를한가고지사대도기로자은시일인전정해서", " ", 1),
}
_EMOJI = ("😀", "🚚", "📦", "👍", "👍🏽", "👩‍👩‍👧", "🎉", "❤️", "🔥", "✅", "🚧", "⏰")
_FACTOR, _STEP = 6_364_136_223_846_793_005, 1_442_695_040_888_963_407
_MASK = 2**64 - 1


def vocabulary() -> list[str]:
    """Latin words from the most frequent to the rarest: everyday ones, then names, numbers and others."""
    chance = random.Random(SEED)
    found = dict.fromkeys(_COMMON.split())
    while len(found) < WORDS:
        if chance.random() < 0.06:
            found[f"{chance.choice(('a', 'tx', 'po', 'mc'))}{chance.randrange(1_000, 99_999)}"] = None
            continue
        syllables = 1 + (chance.random() < 0.8) + (chance.random() < 0.4 * (len(found) > 2_000))
        stem = "".join(chance.choice(_CONSONANTS) + chance.choice(_VOWELS) for _ in range(syllables))
        found[stem + chance.choice(_ENDS)] = None
    return list(found)


def _other_words(letters: str, most: int) -> list[str]:
    chance = random.Random(letters)
    made = ("".join(chance.choices(letters, k=chance.randint(2, most))) for _ in range(OTHER_WORDS))
    return list(dict.fromkeys(made))


def _by_zipf(words: list[str]) -> list[str]:
    """The words as often as they come, so that any place in the list is as likely as another."""
    weights = [1 / (rank + 2.7) for rank in range(1, len(words) + 1)]
    each = _DRAWS / sum(weights)
    drawn: list[str] = []
    due = 0.0
    for word, weight in zip(words, weights, strict=True):
        due += weight * each
        drawn += [word] * (max(round(due), len(drawn) + 1) - len(drawn))
    return drawn


class Texts:
    """`texts[n]` is always the same text for the same n."""

    def __init__(self) -> None:
        self._latin = _by_zipf(vocabulary())
        self._others = [
            (_by_zipf(_other_words(letters, 2 if joint == "" else 7)), joint, share)
            for letters, joint, share in _SCRIPTS.values()
        ]

    def __getitem__(self, number: int) -> str:
        state = (number * 0x9E3779B97F4A7C15 + SEED) & _MASK

        def draw(below: int) -> int:
            nonlocal state
            state = (state * _FACTOR + _STEP) & _MASK
            return (state >> 24) % below

        draw(2)
        words, joint = self._script(draw(100))
        if draw(100) < 2:
            count = 2_000 // (2 if joint == "" else 6)
        else:
            # Most are short; few are much longer than the others.
            count = 1 + min(draw(6) + draw(6) + (draw(30) if draw(4) == 0 else 0), 40)
        size = len(words)
        said = []
        for _ in range(count):
            state = (state * _FACTOR + _STEP) & _MASK
            said.append(words[(state >> 24) % size])
        text = joint.join(said)
        if joint:
            text = text[0].upper() + text[1:] + ".....?!"[draw(7)]
        return f"{text} {_EMOJI[draw(len(_EMOJI))]}" if draw(100) < 8 else text

    def _script(self, place: int) -> tuple[list[str], str]:
        for words, joint, share in self._others:
            if place < share:
                return words, joint
            place -= share
        return self._latin, " "
