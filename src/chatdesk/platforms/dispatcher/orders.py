"""One order of the dispatcher platform in full: the lines of the order panel, people and files.

Source: wire specification, sections 4.4, 4.5, 7 and 8.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatdesk.domain.entities import OrderField, OrderFile, Participant
from chatdesk.domain.events import OrderSeen
from chatdesk.domain.facts import AccountFacts, Facts
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import OrderKind, Progress
from chatdesk.platforms import loose
from chatdesk.platforms.dispatcher import limits, translate
from chatdesk.platforms.dispatcher.state import own_of, with_listed
from chatdesk.platforms.memory import learnt, put, with_learnt, with_own

_VALUE_CHARS = 500
_MANY = 50
"""Stops and axles beyond so many are not shown."""
_MOST_FILES = 500
"""Files beyond so many are not shown; who adds one more must find it in the list, so there is room."""

_PLAIN = (
    ("contact", "contact"),
    ("commodity", "commodity"),
    ("load", "loadDims"),
    ("make_model", "makeModel"),
    ("serial", "serial"),
    ("loads", "singleMultiple"),
    ("legal_weight", "legalWeight"),
)
_NUMBERS = (
    ("mc_number", "mcNumber"),
    ("dot_number", "dotNumber"),
    ("ein_number", "einNumber"),
    ("ifta_number", "iftaNumber"),
    ("or_number", "orNumber"),
    ("kyu_number", "kyuNumber"),
    ("tx_number", "txNumber"),
    ("tn_number", "tnNumber"),
    ("la_number", "laNumber"),
    ("carrier_notes", "notes"),
)
_COMPANY = (
    ("company", "name"),
    ("company_dba", "dba"),
    ("company_phone", "phone"),
    ("company_fax", "fax"),
    ("company_email", "email"),
)

Fields = Mapping[str, Any]


def detail(record: object, account: AccountFacts) -> OrderSeen | None:
    """The answer of an order's own route; None without an id.

    Staff also get the carrier's company and registration numbers.
    """
    fields = loose.mapping(record)
    order_id = translate.remote_id(fields.get("id")) or translate.remote_id(fields.get("_id"))
    if order_id is None:
        return None
    seen = _order(
        order_id,
        fields,
        lines=tuple(_lines(fields)),
        participants=tuple(_participants(fields, account)),
    )
    # Staff know a carrier by the company; the lists name an e-mail only.
    company = loose.line(loose.mapping(fields.get("companyInfo")).get("name"), 120)
    return put(seen, customer=company) if company else seen


def raw(record: object) -> OrderSeen | None:
    """An order as stored, in pushes and answers: `_id`, references unresolved, status maybe absent.

    Truck, trailer and people are not in it, so what is known of them stays.
    """
    fields = loose.mapping(record)
    order_id = translate.remote_id(fields.get("_id")) or translate.remote_id(fields.get("id"))
    return None if order_id is None else _order(order_id, fields, lines=None, participants=None)


def _order(
    order_id: RemoteId,
    fields: Fields,
    *,
    lines: tuple[OrderField, ...] | None,
    participants: tuple[Participant, ...] | None,
) -> OrderSeen:
    status = loose.line(fields.get("status"), 60) or None
    return OrderSeen(
        remote_id=order_id,
        kind=OrderKind.ORDER,
        number=loose.line(fields.get("orderNumber"), 60) or None,
        title=translate.route(fields.get("originAddress"), fields.get("destinationAddress")),
        status=status,
        status_label=None if status is None else translate.status_label(status),
        progress=None if status is None else translate.PROGRESS.get(status, Progress.UNKNOWN),
        created_at_us=loose.moment_us(fields.get("createdAt")),
        updated_at_us=loose.moment_us(fields.get("updatedAt")),
        fields=lines,
        participants=participants,
        files=files(fields.get("files")) if isinstance(fields.get("files"), list) else None,
    )


def kept(seen: OrderSeen, facts: Facts) -> OrderSeen:
    """The order without files whose content is gone: the server may have taken the entry out of another."""
    gone = own_of(facts).gone_files
    if not gone or seen.files is None:
        return seen
    return put(seen, files=tuple(file for file in seen.files if file.remote_name not in gone))


def known(record: object, seen: OrderSeen, facts: Facts) -> Facts:
    """The facts with what a detail tells for later: number, vehicles, the carrier's company."""
    fields = loose.mapping(record)
    facts = with_listed(facts, [(seen.remote_id, seen.number or "", "")])
    vehicles = dict(own_of(facts).vehicles)
    for kind in ("truck", "trailer"):
        vehicle = loose.mapping(fields.get(kind))
        unit, vehicle_id = loose.line(vehicle.get("unitNumber"), 60), translate.remote_id(vehicle.get("id"))
        if unit and vehicle_id is not None and len(vehicles) < limits.VEHICLES:
            vehicles[kind, unit.casefold()] = vehicle_id
    if vehicles != own_of(facts).vehicles:
        facts = with_own(facts, vehicles=vehicles)
    company = loose.line(loose.mapping(fields.get("companyInfo")).get("name"), 120)
    owner = own_of(facts).listed.get(seen.remote_id, ("", ""))[1]
    if not company or not owner or learnt(facts, translate.company_key(owner)) == company:
        return facts
    key = translate.company_key(owner)
    if (
        key not in facts.learnt
        and sum(1 for key in facts.learnt if key.startswith(translate.COMPANY)) >= limits.COMPANIES
    ):
        return facts
    return with_learnt(facts, key, company)


# -- the lines of the panel --------------------------------------------------------------------------------


def _lines(fields: Fields) -> list[OrderField]:
    truck, trailer = loose.mapping(fields.get("truck")), loose.mapping(fields.get("trailer"))
    start = loose.line(fields.get("permitStartDate"), 40)
    found = [
        ("from", loose.line(fields.get("originAddress"), _VALUE_CHARS)),
        *(("stop", loose.line(stop, _VALUE_CHARS)) for stop in loose.listing(fields.get("stops"))[:_MANY]),
        ("to", loose.line(fields.get("destinationAddress"), _VALUE_CHARS)),
        ("start", start[:10] if loose.moment_us(start) is not None else start),
        *((key, loose.line(fields.get(name), _VALUE_CHARS)) for key, name in _PLAIN),
        ("size", _size(fields)),
        ("rear_overhang", _length(fields, "rearOverhang")),
        *(("axle", _axle(axle)) for axle in loose.listing(fields.get("axleConfigs"))[:_MANY]),
        ("truck", _vehicle(truck)),
        ("trailer", _vehicle(trailer)),
        *_staff_lines(fields),
    ]
    return [OrderField(key, value) for key, value in found if value]


def _staff_lines(fields: Fields) -> list[tuple[str, str]]:
    company = loose.mapping(fields.get("companyInfo"))
    carrier = loose.mapping(fields.get("carrierNumbers"))
    place = [loose.line(company.get(name), 120) for name in ("address", "city", "state", "zip")]
    return [
        *((key, loose.line(company.get(name), _VALUE_CHARS)) for key, name in _COMPANY),
        ("company_address", ", ".join(part for part in place if part)),
        *((key, loose.line(carrier.get(name), _VALUE_CHARS)) for key, name in _NUMBERS),
    ]


def _length(fields: Fields, name: str) -> str:
    """Feet and inches as 80'6"; empty where neither is known."""
    feet, inches = loose.number(fields.get(name + "Ft")), loose.number(fields.get(name + "In"))
    if feet is None and inches is None:
        return ""
    return f"{feet or 0}'{inches or 0}\""


def _size(fields: Fields) -> str:
    """Length × width × height."""
    sides = [_length(fields, name) for name in ("length", "width", "height")]
    return " × ".join(side for side in sides if side)


def _axle(record: object) -> str:
    axle = loose.mapping(record)
    parts = [loose.line(axle.get(name), 40) for name in ("tires", "tireWidth", "weight", "spacing")]
    return " · ".join(part for part in parts if part)


def _vehicle(record: Fields) -> str:
    """Unit, make and year, plate and state, identification number; a vehicle without a unit is none.

    After a takeover the server shows an empty truck and a trailer of 24 feet: those have no unit.
    """
    unit = loose.line(record.get("unitNumber"), 60)
    if not unit:
        return ""
    pairs = (("make", "year"), ("licencePlate", "state"), ("length", "type"), ("vin",))
    groups = (" ".join(loose.line(record.get(name), 60) for name in pair).strip() for pair in pairs)
    return " · ".join([unit, *(group for group in groups if group)])


# -- people and files --------------------------------------------------------------------------------------


def _participants(fields: Fields, account: AccountFacts) -> list[Participant]:
    people: list[Participant] = []
    owner = translate.remote_id(fields.get("userId"))
    if owner is not None:
        own = owner == account.user_id
        email = account.login if own else loose.line(loose.mapping(fields.get("companyInfo")).get("email"))
        people.append(Participant(remote_id=owner, name=email, role="customer"))
    moderator = loose.mapping(fields.get("moderator"))
    moderator_id = translate.remote_id(moderator.get("id"))
    if moderator_id is not None:
        name = loose.line(moderator.get("email"))
        people.append(Participant(remote_id=moderator_id, name=name, role="moderator"))
    return people


def files(value: object) -> tuple[OrderFile, ...]:
    """A list of files as details, raw records and the file route give it."""
    found = (_file(record) for record in loose.listing(value)[:_MOST_FILES])
    return tuple(file for file in found if file is not None)


def _file(record: object) -> OrderFile | None:
    fields = loose.mapping(record)
    stored = loose.text(fields.get("filename"), 1_000)
    if not stored:
        return None
    return OrderFile(
        remote_name=stored,
        name=file_name(loose.text(fields.get("originalname"), 1_000) or stored),
        content_type=loose.line(fields.get("contentType"), 100),
        size_bytes=loose.whole(fields.get("size")) or 0,
    )


def file_name(garbled: str) -> str:
    """A file's name for reading, never a path.

    The server reads the UTF-8 bytes of a name as Latin-1, and a double quote comes as %22.
    """
    try:
        name = garbled.encode("latin-1").decode("utf-8")
    except UnicodeError:
        name = garbled
    name = name.replace("%22", '"').replace("/", "_").replace("\\", "_")
    return loose.line(name, 200)
