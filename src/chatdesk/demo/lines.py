"""What the desk writes in the journey, platform by platform; every text has a reference that comes back."""

from __future__ import annotations

import msgspec

from chatdesk.domain.kinds import Platform


class Lines(msgspec.Struct, frozen=True):
    """Texts for one platform, each written once."""

    online: tuple[str, ...]
    offline: tuple[str, ...]
    """Written while the servers are away."""
    draft: str = ""
    """Begun, and left standing."""

    def written(self) -> list[tuple[str, str, bool]]:
        """Each text with its reference: (text, reference, whether it is written offline)."""
        texts = [(text, False) for text in self.online] + [(text, True) for text in self.offline]
        return [(text, text.rpartition("ref. ")[2].rstrip("."), offline) for text, offline in texts]


LINES = {
    Platform.DISPATCHER: Lines(
        online=(
            "Good morning! The route survey is back: no low bridges on the way, ref. PD-1.",
            "I have asked the state about the escort, they answer before noon, ref. PD-2.",
        ),
        offline=(
            "Written without a connection: the permit is filed, ref. PD-3.",
            "Also offline: please keep the papers in the cab, ref. PD-4.",
        ),
        draft="I am just checking the axle weights",
    ),
    Platform.FAKOMAME: Lines(
        online=(
            "Thank you for taking it along! It weighs less than we thought, ref. FK-1.",
            "The receipt for customs is inside, in the lid, ref. FK-2.",
        ),
        offline=(
            "Written on the train: I can hand it over a little earlier, ref. FK-3.",
            "Please send me a word when it is on board, ref. FK-4.",
        ),
    ),
    Platform.STEPPERGO: Lines(
        online=(
            "Good morning, we leave on time. Please be there ten minutes before, ref. SG-1.",
            "How many bags do you bring? ref. SG-2",
        ),
        offline=(
            "No signal in the valley: there is some snow on the pass, ref. SG-3.",
            "We make one short stop on the way, ref. SG-4.",
        ),
    ),
    Platform.OMW: Lines(
        online=(
            "Hello, I am on my way and will be with you in twenty minutes, ref. HW-1.",
            "Could you take a photo of the place for me? ref. HW-2",
        ),
        offline=(
            "In the cellar without a connection: the spare part fits, ref. HW-3.",
            "I will leave the old part on the table, ref. HW-4.",
        ),
    ),
    Platform.MARKETPLACE: Lines(
        online=(
            "The price holds until the end of the month, delivery included, ref. IW-1.",
            "We have all of it in stock, shall I put it aside? ref. IW-2",
        ),
        offline=(
            "From the warehouse, offline: two pallets are packed, ref. IW-3.",
            "The truck comes on Thursday, ref. IW-4.",
        ),
    ),
}
