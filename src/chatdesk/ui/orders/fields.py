"""What the stable English keys of orders and roles are called in the window."""

from __future__ import annotations

from collections.abc import Callable

from chatdesk.domain.text import one_line
from chatdesk.ui.i18n import tr

KEY_CHARS = 40


def field_title(key: str) -> str:
    """A field of an order in words; a key that has none yet is shown as it is, without underscores."""
    known = _FIELDS.get(key)
    return known() if known is not None else _plain(key)


def value_words(key: str, value: str) -> str:
    """The value of a field as a person reads it: a platform's own keys lose their capitals and underscores.

    Only in fields that hold such keys (pay_after_service, SHARED); what a person typed stays as it is.
    """
    if key not in _KEYED:
        return value
    return ", ".join(_key_words(part) for part in value.split(", "))


def _key_words(part: str) -> str:
    is_key = part.isascii() and part.replace("_", "").isalnum() and ("_" in part or part.isupper())
    return _plain(part.casefold()) if is_key else part


def knows_field(key: str) -> bool:
    """Whether a field has words of its own; for the test over all adapters."""
    return key in _FIELDS


def knows_role(role: str) -> bool:
    """Whether a role has words of its own; for the test over all adapters."""
    return role.strip().casefold().replace(" ", "_") in _ROLES


def role_title(role: str) -> str:
    """What somebody is on an order or at a platform, in words; the platforms write it in several ways."""
    known = _ROLES.get(role.strip().casefold().replace(" ", "_"))
    return known() if known is not None else _plain(role)


def _plain(key: str) -> str:
    words = one_line(key.replace("_", " "), KEY_CHARS)
    return words[:1].upper() + words[1:]


_KEYED = frozenset(
    {
        "category",
        "distribution",
        "package_types",
        "payment_method",
        "payment_status",
        "priority",
        "transport",
        "trip_type",
    }
)
"""Fields whose values are a platform's keys."""
_FIELDS: dict[str, Callable[[], str]] = {
    "from": lambda: tr("From"),
    "to": lambda: tr("To"),
    "stop": lambda: tr("Stop"),
    "start": lambda: tr("Start"),
    "contact": lambda: tr("Contact"),
    "commodity": lambda: tr("Commodity"),
    "load": lambda: tr("Load"),
    "make_model": lambda: tr("Make and model"),
    "serial": lambda: tr("Serial"),
    "loads": lambda: tr("Loads"),
    "legal_weight": lambda: tr("Legal weight"),
    "size": lambda: tr("Size"),
    "rear_overhang": lambda: tr("Rear overhang"),
    "axle": lambda: tr("Axle"),
    "truck": lambda: tr("Truck"),
    "trailer": lambda: tr("Trailer"),
    "company": lambda: tr("Company"),
    "company_dba": lambda: tr("Trades as"),
    "company_address": lambda: tr("Address"),
    "company_phone": lambda: tr("Phone"),
    "company_fax": lambda: tr("Fax"),
    "company_email": lambda: tr("E-mail"),
    "mc_number": lambda: tr("MC number"),
    "dot_number": lambda: tr("DOT number"),
    "ein_number": lambda: tr("EIN"),
    "ifta_number": lambda: tr("IFTA number"),
    "or_number": lambda: tr("Oregon number"),
    "kyu_number": lambda: tr("Kentucky number"),
    "tx_number": lambda: tr("Texas number"),
    "tn_number": lambda: tr("Tennessee number"),
    "la_number": lambda: tr("Louisiana number"),
    "carrier_notes": lambda: tr("Notes"),
    # packages and trips of Fakomame
    "arrival": lambda: tr("Arrival"),
    "category": lambda: tr("Category"),
    "delivery_date": lambda: tr("Delivery on"),
    "departure": lambda: tr("Departure"),
    "description": lambda: tr("Description"),
    "final_price": lambda: tr("Agreed price"),
    "flexible": lambda: tr("Flexible dates"),
    "fragile": lambda: tr("Fragile"),
    "instructions": lambda: tr("Instructions"),
    "max_size": lambda: tr("Largest size"),
    "max_weight": lambda: tr("Most weight"),
    "maximum_price": lambda: tr("Highest price"),
    "minimum_price": lambda: tr("Lowest price"),
    "package": lambda: tr("Package"),
    "package_types": lambda: tr("Takes along"),
    "pickup_date": lambda: tr("Pick-up on"),
    "price": lambda: tr("Price"),
    "price_per_kg": lambda: tr("Price per kg"),
    "priority": lambda: tr("Priority"),
    "restrictions": lambda: tr("Does not take"),
    "signature": lambda: tr("Signature needed"),
    "space": lambda: tr("Space left"),
    "tracking": lambda: tr("Tracking"),
    "transport": lambda: tr("Travels by"),
    "trip": lambda: tr("Trip"),
    "value": lambda: tr("Value"),
    "weight": lambda: tr("Weight"),
    # trips of StepperGO
    "earnings": lambda: tr("Earnings"),
    "organizer": lambda: tr("Organizer"),
    "platform_fee": lambda: tr("Platform fee"),
    "price_per_person": lambda: tr("Price per person"),
    "return": lambda: tr("Return"),
    "seats": lambda: tr("Seats"),
    "seats_booked": lambda: tr("Seats booked"),
    "seats_free": lambda: tr("Seats free"),
    "timezone": lambda: tr("Time zone"),
    "trip_type": lambda: tr("Kind of trip"),
    # bookings of OMW
    "address": lambda: tr("Address"),
    "drop": lambda: tr("Drop-off"),
    "estimated_cost": lambda: tr("Estimated cost"),
    "notes": lambda: tr("Notes"),
    "payment_method": lambda: tr("Paid by"),
    "payment_status": lambda: tr("Payment"),
    "pickup": lambda: tr("Pick-up"),
    "scheduled": lambda: tr("Scheduled"),
    "service": lambda: tr("Service"),
    "total": lambda: tr("Total"),
    # requests for quotation of the marketplace
    "attachments": lambda: tr("Attachments"),
    "budget_max": lambda: tr("Budget to"),
    "budget_min": lambda: tr("Budget from"),
    "deadline": lambda: tr("Deadline"),
    "delivery": lambda: tr("Delivery to"),
    "distribution": lambda: tr("Sent to"),
    "quantity": lambda: tr("Quantity"),
    "quote": lambda: tr("Quote"),
}
_ROLES: dict[str, Callable[[], str]] = {
    "customer": lambda: tr("Customer"),
    "moderator": lambda: tr("Moderator"),
    "admin": lambda: tr("Administrator"),
    "carrier": lambda: tr("Carrier"),
    "driver": lambda: tr("Driver"),
    "passenger": lambda: tr("Passenger"),
    "sender": lambda: tr("Sender"),
    "traveller": lambda: tr("Traveller"),
    "worker": lambda: tr("Worker"),
    "client": lambda: tr("Client"),
    "buyer": lambda: tr("Buyer"),
    "seller": lambda: tr("Seller"),
    "user": lambda: tr("Customer"),
    "organizer": lambda: tr("Organizer"),
    "traveler": lambda: tr("Traveller"),
    "receiver": lambda: tr("Receiver"),
    "courier": lambda: tr("Courier"),
    "employee": lambda: tr("Employee"),
    "activity_owner": lambda: tr("Activity owner"),
    "super_admin": lambda: tr("Head administrator"),
    "provider": lambda: tr("Worker"),
}
