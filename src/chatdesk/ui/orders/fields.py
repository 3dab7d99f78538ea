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


def role_title(role: str) -> str:
    """What somebody is on an order, in words."""
    known = _ROLES.get(role)
    return known() if known is not None else _plain(role)


def _plain(key: str) -> str:
    words = one_line(key.replace("_", " "), KEY_CHARS)
    return words[:1].upper() + words[1:]


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
}
