"""The marketplace's first states: whoever is named, and talks, requests, products as first shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chatdesk.server.core.service import Core
from tests.conform.planting import Frame, Path, Planter
from tests.conform.seeding import (
    PASSWORD,
    Seeding,
    badly_signed,
    expired,
    good,
    of_nobody,
    rewritten,
    seeding,
)
from tests.replay.recording import Recording, walk

FILLED = "role-filled"
"""The recording of a server whose accounts say what they are in messages."""
HERE = "127.0.0.1"
"""Where the run's requests come from."""
NOBODY = "66b0000000000000000009ff"
"""An account that no capture has."""
WAITING = "66b0000000000000000009fe"
"""The id of the seller who waits for approval: no frame shows it."""
WAITING_EMAIL = "waiting@example.test"
FURTHER_MESSAGE = "The text of a message that nobody is shown"
PARTY_KEYS = (("sender_id", "sender_type"), ("recipient_id", "recipient_type"))
RAW_ROUTES = (("/api/sellers/", "seller"), ("/api/buyers/", "buyer"))
NOT_OF_THE_PROFILE = frozenset(
    {"_id", "id", "name", "email", "phone", "userType", "isActive", "createdAt", "updatedAt", "__v"}
)
NOT_OF_A_REQUEST = frozenset(
    {"_id", "title", "buyerId", "status", "createdAt", "updatedAt", "__v", "productId_", "id"}
)
_HEX = re.compile(r"[0-9a-f]{24}")
_ASKED = re.compile(r"/api/messages/([0-9a-f]{24})(?:/read)?")


@dataclass(slots=True)
class Someone:
    """What the capture shows of an account."""

    id: str
    email: str = ""
    name: str = ""
    role: str = "buyer"
    phone: str | None = None
    profile: dict[str, Any] = field(default_factory=dict)
    created: str | None = None


class People:
    """Everybody that a capture names, by id."""

    def __init__(self) -> None:
        self.by_id: dict[str, Someone] = {}

    def know(self, record: Mapping[str, Any], role: str = "") -> Someone | None:
        """Somebody as an answer shows them; None where it shows nobody."""
        user_id = record.get("_id") or record.get("id")
        if not isinstance(user_id, str) or not record.get("email"):
            return None
        one = self.by_id.setdefault(user_id, Someone(user_id))
        one.email, one.name = record["email"], record.get("name") or one.name
        one.role = role or one.role
        return one

    def know_all_of(self, record: Mapping[str, Any], role: str) -> None:
        """The same with whatever else stands in the record."""
        one = self.know(record, role)
        if one is not None:
            one.phone = record.get("phone", one.phone)
            one.created = record.get("createdAt", one.created)
            more = {key: value for key, value in record.items() if key not in NOT_OF_THE_PROFILE}
            # Of a sign-in before the capture, which a later one replaces.
            one.profile |= {key: value for key, value in more.items() if key != "lastLogin"}


class MarketplacePlanter(Planter):
    """See the module."""

    platform = "marketplace"

    async def plant(self, core: Core, recording: Recording) -> Mapping[str, str]:
        """Accounts first; then what was answered about talks, requests and products before it was changed."""
        people = everybody(recording)
        if not people.by_id:
            return {}
        filled = recording.variant == FILLED
        async with seeding(core) as seed:
            for one in people.by_id.values():
                profile = dict(one.profile)
                if filled and one.role in {"seller", "buyer"}:
                    profile["role"] = one.role.capitalize()
                await seed.user(
                    one.id,
                    email=one.email,
                    role=one.role,
                    name=one.name,
                    password=PASSWORD,
                    phone=one.phone,
                    profile=profile,
                    created=one.created,
                )
            await plant_talks(seed, people, recording)
            await plant_requests(seed, recording)
            await plant_products(seed, recording)
        lock(core, recording)
        return await tokens(core, people)

    def is_free(self, path: Path, value: Any) -> bool:
        """What a server tells of its process and its machine is theirs."""
        if path == ("body", "uptime") or path[:2] in {("body", "memory"), ("body", "system")}:
            return len(path) == 2 + (path[1] != "uptime")
        return super().is_free(path, value)


def answers(recording: Recording, method: str = "") -> Iterator[tuple[Frame, Any]]:
    """Every request that was answered with a JSON value, and that value."""
    for frame in recording.everything:
        if frame["channel"] == "http" and method in {"", frame["method"]}:
            body = frame.get("response_body")
            if isinstance(body, dict | list):
                yield frame, body


def everybody(recording: Recording) -> People:
    """The accounts that a capture shows: who signs in, stands in a record, or is named at its head."""
    people = People()
    for letter, about in (recording.raw.get("actors") or {}).items():
        role = "seller" if letter == "A" else "buyer"
        people.know({"_id": about.get("user_id"), "email": about.get("email")}, role)
    for frame, body in answers(recording):
        path = str(frame["path"])
        for record in walk(body):
            if isinstance(record, dict):
                learn(people, record)
        if isinstance(body, dict):
            for beginning, role in RAW_ROUTES:
                if path.startswith(beginning):
                    people.know_all_of(body.get("seller", body), role)
            profile = body.get("user")
            if isinstance(profile, dict):
                role = profile["role"]
                people.know_all_of({key: one for key, one in profile.items() if key != "role"}, role)
            if body.get("approvalStatus") not in (None, "approved"):
                email = (frame.get("request_body") or {}).get("email", WAITING_EMAIL)
                people.by_id[WAITING] = Someone(
                    WAITING, email, "Waiting", "seller", profile={"approvalStatus": body["approvalStatus"]}
                )
    return people


def learn(people: People, record: Mapping[str, Any]) -> None:
    """Whom one record names."""
    if isinstance(record.get("userType"), str):
        people.know_all_of(record, record["userType"])
    for party, kind in PARTY_KEYS:
        if isinstance(record.get(party), dict) and isinstance(record.get(kind), str):
            people.know(record[party], record[kind].lower())
    if isinstance(record.get("buyerId"), dict):
        people.know(record["buyerId"], "buyer")
    if isinstance(record.get("sellerId"), dict):
        seller = people.know(record["sellerId"], "seller")
        if seller is not None and "companyName" in record["sellerId"]:
            seller.profile.setdefault("companyName", record["sellerId"]["companyName"])


def party_id(party: Any) -> str:
    """Whose id a party of a message is, as an object or a plain id."""
    return str(party["_id"] if isinstance(party, dict) else party)


async def plant_talks(seed: Seeding, people: People, recording: Recording) -> None:
    """Messages that lists and histories show and that no send of the capture made."""
    made = {body["data"]["_id"] for frame, body in answers(recording, "POST") if frame["status"] == 201}
    found: dict[str, dict[str, Any]] = {}
    for frame, body in answers(recording, "GET"):
        if not frame["path"].startswith("/api/messages/") or frame["status"] != 200:
            continue
        for record in walk(body):
            if isinstance(record, dict) and "sender_type" in record and record["_id"] not in made:
                found.setdefault(record["_id"], record)
    chats: dict[tuple[str, ...], Any] = {}
    ordered = sorted(found.values(), key=lambda one: (one["createdAt"], one["_id"]))
    for record in ordered:
        sender, recipient = (party_id(record[key]) for key, _kind in PARTY_KEYS)
        pair = tuple(sorted({sender, recipient}))
        if pair not in chats:
            chats[pair] = await talk(seed, people, pair, record["createdAt"])
        await seed.message(
            record["_id"],
            chats[pair],
            sender_id=sender,
            text=record["message"],
            extras={"subject": record["subject"], "message_type": record["message_type"]},
            created=record["createdAt"],
            updated=record["updatedAt"],
        )
        if record["status"] == "read":
            await seed.receipt(
                record["_id"], recipient, delivered=record["updatedAt"], read=record["updatedAt"]
            )
    await plant_unseen(seed, people, recording, made)


async def talk(seed: Seeding, people: People, pair: tuple[str, ...], created: str | None) -> Any:
    """An empty talk of these two."""
    members = {one: people.by_id[one].role for one in pair}
    mark = seed.core.ids.new()
    return await seed.conversation(mark, key=":".join(pair), members=members, created=created)


async def plant_unseen(seed: Seeding, people: People, recording: Recording, made: set[str]) -> None:
    """A message of an as-is server that is asked for by its id and not found: it is there all the same."""
    if recording.variant == FILLED:
        return
    asked = {
        found[1]
        for frame in recording.everything
        if frame["channel"] == "http" and frame["method"] in {"GET", "PUT"}
        for found in [_ASKED.fullmatch(frame["path"])]
        if found
    } - made
    traders = sorted(one.id for one in people.by_id.values() if one.role in {"seller", "buyer"})
    if not asked or len(traders) < 2:
        return
    chat = await talk(seed, people, (traders[0], traders[1]), None)
    for message_id in sorted(asked):
        await seed.message(message_id, chat, sender_id=traders[1], text=FURTHER_MESSAGE)


async def plant_requests(seed: Seeding, recording: Recording) -> None:
    """Requests for quotation as they were first shown."""
    found: dict[str, dict[str, Any]] = {}
    for frame, body in answers(recording, "GET"):
        if frame["path"].startswith("/api/rfqs"):
            for record in walk(body):
                if isinstance(record, dict) and "distributionType" in record:
                    found.setdefault(record["_id"], record)
    for record in found.values():
        targets = record.get("targetSellerIds") or []
        await seed.order(
            record["_id"],
            kind="rfq",
            owner_id=party_id(record["buyerId"]),
            title=record["title"],
            status=record["status"],
            details={key: value for key, value in record.items() if key not in NOT_OF_A_REQUEST},
            parties=[("invited", one) for one in targets],
            created=record["createdAt"],
            updated=record["updatedAt"],
        )


async def plant_products(seed: Seeding, recording: Recording) -> None:
    """Products as they were first shown."""
    found: dict[str, dict[str, Any]] = {}
    for _frame, body in answers(recording, "GET"):
        for record in walk(body):
            if isinstance(record, dict) and "sku" in record:
                found.setdefault(record["_id"], record)
    for record in found.values():
        details = {
            key: record[key] for key in ("description", "price", "stock", "categories", "images", "sku")
        }
        await seed.order(
            record["_id"],
            kind="product",
            owner_id=party_id(record["sellerId"]),
            title=record["name"],
            status=record["status"],
            details=details,
            created=record["createdAt"],
            updated=record["updatedAt"],
        )


def lock(core: Core, recording: Recording) -> None:
    """What came before a login that is refused at the first attempt: too many failures, from here."""
    locked = [
        frame["request_body"]["email"]
        for frame, _body in answers(recording, "POST")
        if frame["path"].startswith("/api/auth/") and frame["status"] == 429
    ]
    for _ in range(core.rules.failed_logins_per_minute if locked else 0):
        core.accounts.blame(locked[0], HERE)


async def tokens(core: Core, people: People) -> dict[str, str]:
    """Tokens that the capture uses without a login that gives them."""
    someone = next(iter(people.by_id))
    found = {
        "<expired-token-A>": await expired(core, someone),
        "<wrong-signature-token>": await badly_signed(core, someone),
        "<token-unknown-account>": await of_nobody(core, someone, NOBODY),
        "<token-unknown-kind>": await rewritten(core, someone, {"userType": "robot"}),
    }
    if WAITING in people.by_id:
        found["<token-pending-seller>"] = await good(core, WAITING)
    return found


PLANTER = MarketplacePlanter()
