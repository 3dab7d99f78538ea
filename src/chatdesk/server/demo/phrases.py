"""What the live customers say: lines and answers made from the facts of an order, no text twice."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence

from chatdesk.wire.dispatcher import names, shapes

# Each topic: words in what the desk wrote, and how a customer answers it.
TOPICS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        r"\b(axle|axles|weight|weights|gross|lb)\b",
        (
            "Scale ticket for {number} says {weight:,} lb on the drive group, slip {slip}.",
            "Weighed again: {weight:,} lb gross with fuel, slip {slip} for {number}.",
        ),
    ),
    (
        r"\b(permit|permits|approved|filed|application)\b",
        (
            "Thanks, I will print permit sheet {slip} for the {commodity} driver.",
            "Good to hear about {number}. Does sheet {slip} cover {destination} too?",
            "Got it. The {commodity} leaves {origin} as soon as sheet {slip} is in the cab.",
        ),
    ),
    (
        r"\b(when|time|today|tomorrow|eta|start|pickup|pick)\b",
        (
            "Driver can be at {origin} by {clock}, gate pass {slip}.",
            "We planned {clock} for {number}, pass {slip} is with the guard.",
        ),
    ),
    (
        r"\b(escort|escorts|pilot|police)\b",
        (
            "Escort for {number} is booked from {clock}, car {slip}.",
            "Our pilot car {slip} meets the {commodity} at {clock}.",
        ),
    ),
    (
        r"\b(route|detour|bridge|road|highway|work zone|closed)\b",
        (
            "Copy, the driver of {number} takes the detour near mile {mile}, note {slip}.",
            "Understood. With {height} ft height we stay off the bridge at mile {mile}, note {slip}.",
        ),
    ),
    (
        r"\b(invoice|charge|charged|payment|pay|price|cost)\b",
        (
            "Please put our PO {slip} on the invoice for {number}.",
            "Accounting pays {number} on Friday, reference {slip}.",
        ),
    ),
    (
        r"\?",
        (
            "Let me check with the driver of {number}, back to you by {clock} (note {slip}).",
            "Yes for {number}, the {commodity} is exactly as on the form, checked at {clock}, note {slip}.",
        ),
    ),
)
ANYTHING = (
    "Thanks for the quick answer on {number}, noted as {slip}.",
    "OK, passed on to the driver of the {commodity} at {clock}, note {slip}.",
    "Perfect, that helps with {number}. I keep it as note {slip}.",
)
LINES = (
    "Any news on {number}? The {commodity} is loaded since {clock}, ticket {slip}.",
    "Quick one on {number}: may we travel after {clock} near mile {mile}? Ticket {slip}.",
    "The crew at {destination} asks for an arrival time of {number}, ticket {slip}.",
    "Our trailer for {number} passed inspection at {clock}, report {slip}.",
    "Weather looks bad around mile {mile}, can {number} wait until {clock}? Ticket {slip}.",
    "Pickup at {origin} is confirmed for {clock}, ticket {slip}.",
    "New load chart for the {commodity} of {number} is ready, document {slip}.",
)
ON_STATUS = {
    names.STATUS_PROCESSING: "Saw that {number} is being processed now, thank you! Noted as {slip}.",
    names.STATUS_REQUIRES_INVOICE: "Status of {number} changed, so I expect the invoice, PO {slip}.",
    names.STATUS_REQUIRES_CHARGE: "Card for {number} is the one ending as usual, authorisation {slip}.",
    names.STATUS_PENDING: "Is something missing for {number}, since it is pending again? Ticket {slip}.",
}


class Phrases:
    """Makes texts that were never said before, here or in what it is told to remember."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._said: set[str] = set()

    def remember(self, texts: Iterable[str]) -> None:
        """These have been said."""
        self._said.update(texts)

    def line(self, order: shapes.OrderDetail) -> str:
        """Something a customer says unasked about an order."""
        return self._fresh(LINES, order)

    def answer(self, order: shapes.OrderDetail, to: str) -> str:
        """An answer to what the desk wrote."""
        for pattern, templates in TOPICS:
            if re.search(pattern, to, re.IGNORECASE):
                return self._fresh(templates, order)
        return self._fresh(ANYTHING, order)

    def on_status(self, order: shapes.OrderDetail, status: str) -> str | None:
        """What a customer says about a new status; None where there is nothing to say."""
        template = ON_STATUS.get(status)
        return None if template is None else self._fresh((template,), order)

    def _fresh(self, templates: Sequence[str], order: shapes.OrderDetail) -> str:
        while True:
            text = self._chance.choice(templates).format(
                number=order.order_number,
                commodity=_said_in_passing(order.commodity),
                origin=order.origin_address,
                destination=order.destination_address,
                height=order.height_ft,
                weight=self._chance.randrange(20_000, 90_000, 10),
                mile=self._chance.randrange(3, 480),
                clock=f"{self._chance.randrange(5, 20):02d}:{self._chance.randrange(60):02d}",
                slip=f"{self._chance.choice('ABCDEFGHKLMNPRSTVW')}{self._chance.randrange(10_000, 99_999)}",
            )
            if text not in self._said:
                self._said.add(text)
                return text


def _said_in_passing(commodity: object) -> str:
    return commodity.partition(",")[0].lower() if isinstance(commodity, str) else "load"
