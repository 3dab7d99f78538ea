"""What the stable English keys of forms, settings and choices are called in the window, and mean."""

from __future__ import annotations

from collections.abc import Callable

from chatdesk.domain.text import one_line
from chatdesk.ui.i18n import tr

KEY_CHARS = 40


def plain_key(key: str) -> str:
    """A key that has no words yet, as it is but without underscores."""
    words = one_line(key.replace("_", " "), KEY_CHARS)
    return words[:1].upper() + words[1:]


def asked_title(key: str) -> str:
    """A field of a form in words."""
    known = _ASKED.get(key)
    return known() if known is not None else plain_key(key)


def asked_hint(key: str) -> str:
    """What a field is for, where its name alone does not say it; empty for the others."""
    known = _HINTS.get(key)
    return known() if known is not None else ""


def choice_title(choice: str) -> str:
    """One choice of a field in words."""
    known = _CHOICES.get(choice)
    return known() if known is not None else plain_key(choice)


def knows_asked(key: str) -> bool:
    """Whether a field has words of its own; for the test over all adapters."""
    return key in _ASKED


def knows_choice(choice: str) -> bool:
    """Whether a choice has words of its own; for the test over all adapters."""
    return choice in _CHOICES


_ASKED: dict[str, Callable[[], str]] = {
    "subject": lambda: tr("Subject"),
    "topic": lambda: tr("Kind"),
    "reason": lambda: tr("Reason"),
    "details": lambda: tr("Details"),
    "code": lambda: tr("Code"),
    "otp": lambda: tr("Code"),
    "text": lambda: tr("Message"),
    "message": lambda: tr("Message"),
    "note": lambda: tr("Note"),
    # an order of the dispatcher
    "commodity": lambda: tr("Commodity"),
    "contact": lambda: tr("Contact"),
    "from": lambda: tr("From"),
    "to": lambda: tr("To"),
    "start": lambda: tr("Start"),
    "stops": lambda: tr("Stops, one per line"),
    "truck": lambda: tr("Truck"),
    "trailer": lambda: tr("Trailer"),
    "load": lambda: tr("Load"),
    "legal_weight": lambda: tr("Legal weight"),
    "length_ft": lambda: tr("Length, feet"),
    "length_in": lambda: tr("Length, inches"),
    "width_ft": lambda: tr("Width, feet"),
    "width_in": lambda: tr("Width, inches"),
    "height_ft": lambda: tr("Height, feet"),
    "height_in": lambda: tr("Height, inches"),
    "rear_overhang_ft": lambda: tr("Rear overhang, feet"),
    "rear_overhang_in": lambda: tr("Rear overhang, inches"),
    # a request for quotation of the marketplace
    "title": lambda: tr("Title"),
    "description": lambda: tr("Description"),
    "quantity": lambda: tr("Quantity"),
    "delivery": lambda: tr("Delivery to"),
    "deadline": lambda: tr("Deadline"),
    # settings of an account
    "api_prefix": lambda: tr("Path of the interface"),
    "time_offset": lambda: tr("Time of the server"),
    "keep_completed": lambda: tr("Keep chats that the platform deletes"),
}

_HINTS: dict[str, Callable[[], str]] = {
    "api_prefix": lambda: tr("Only where the operator has moved it; usually /api."),
    "time_offset": lambda: tr(
        "Hours that the server's clock is ahead of UTC, such as 2 or +05:30. Empty where times are right."
    ),
    "keep_completed": lambda: tr(
        "It deletes them after completion. Otherwise the copies here go too: after a notice, and only when "
        "nothing of them is queued."
    ),
}

_CHOICES: dict[str, Callable[[], str]] = {
    "yes": lambda: tr("Yes"),
    "no": lambda: tr("No"),
    "spam": lambda: tr("Spam"),
    "fraud": lambda: tr("Fraud"),
    "abuse": lambda: tr("Abuse"),
    "other": lambda: tr("Something else"),
    "general": lambda: tr("General"),
    "inquiry": lambda: tr("Inquiry"),
    "order": lambda: tr("Order"),
    "product": lambda: tr("Product"),
    "rfq": lambda: tr("RFQ"),
    "quotation": lambda: tr("Quotation"),
    "complaint": lambda: tr("Complaint"),
    "support": lambda: tr("Support"),
}
