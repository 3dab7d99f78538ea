"""Fakomame's first states: the people, packages, trips, chats and messages that answers and events show.

Most captures show a chat by its id alone: it is then between A and B, as every capture says at its head. What
was written before a capture is older than its first moment; what was written in it is not planted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import update

from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import NotificationStatus, User
from tests.conform.planting import Frame, Path, Planter
from tests.conform.seeding import PASSWORD, Seeding, badly_signed, expired, ms, pair, seeding
from tests.replay.recording import Recording, made_up, walk

PACKAGE = "package"
TRIP = "trip"
NO_USER = "User not found or inactive"
LOCKED = "Cannot update package that is in transit or delivered"
SOME_TIME_MS = 3_600_000
"""Before a capture, when what has no time of its own was made."""
BURST = 20
BURST_GAP_MS = 1_000
"""So many messages, so close to one another on average, were sent without waiting."""
MAIN = ("A", "B")
"""Between whom a chat is of which no answer shows the people."""
_EVENT = re.compile(r"42[0-9]*(\[.*)", re.DOTALL)
_TOKEN = re.compile(r"<token-([A-Z])>")
_ROW = frozenset({"id", "role", "status", "title", "createdAt", "updatedAt", "_count"})
_NOT_OF_THE_PROFILE = _ROW | {
    *("email", "phone", "password", "isActive", "lastLoginAt"),
    *("sentPackages", "trips", "receivedPackages", "stats"),
}
_NOT_OF_AN_ITEM = _ROW | {
    *("senderId", "travelerId", "receiverId", "tripId"),
    *("sender", "receiver", "trip", "traveler", "chats", "packages"),
}


@dataclass(slots=True)
class Story:
    """What a capture shows, by id."""

    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    packages: dict[str, dict[str, Any]] = field(default_factory=dict)
    trips: dict[str, dict[str, Any]] = field(default_factory=dict)
    chats: dict[str, dict[str, Any]] = field(default_factory=dict)
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    notices: dict[str, dict[str, Any]] = field(default_factory=dict)
    letters: dict[str, str] = field(default_factory=dict)
    """Whose id an actor or a token's letter stands for."""


class FakomamePlanter(Planter):
    """See the module."""

    platform = "fakomame"

    async def plant(self, core: Core, recording: Recording) -> Mapping[str, str]:
        """Everybody, then everything, in the order in which it refers to one another."""
        story = read(recording)
        before_ms = core.clock.now_ms() - SOME_TIME_MS
        async with seeding(core) as seed:
            for user_id, record in story.people.items():
                await _person(seed, user_id, record, before_ms)
            for item_id, record in story.trips.items():
                await _item(
                    seed, TRIP, item_id, record, record.get("travelerId") or story.letters["B"], before_ms
                )
            for item_id, record in story.packages.items():
                owner = record.get("senderId") or story.letters["A"]
                await _item(seed, PACKAGE, item_id, record, owner, before_ms)
            for chat_id, record in story.chats.items():
                await _chat(seed, story, chat_id, record, before_ms)
            for notice_id, record in story.notices.items():
                await _notice(seed, notice_id, record)
        return await _placeholders(core, recording, story)

    async def before(self, core: Core, recording: Recording, frame: Frame) -> None:
        """Whoever is refused as inactive after having been let in was switched off between the two."""
        token = _handshake_token(frame)
        if token is None or not _is_refused_later(recording, frame, token):
            return
        letter = _TOKEN.fullmatch(token)
        if letter is not None:
            user_id = read(recording).letters[letter[1]]
            async with core.database.writing() as session:
                await session.execute(update(User).where(User.id == user_id).values(active=False))

    def is_free(self, path: Path, value: Any) -> bool:
        """The hash of a password."""
        return path[-1:] == ("password",)

    def in_any_order(self, recording: Recording, event: str) -> bool:
        """Events are handled side by side: a burst of sends, and the ends of connections that end at once."""
        if event == "user:offline":
            return True
        run = longest = 0
        for frame in recording.everything:
            run = run + 1 if frame["dir"] == "out" and frame.get("event") == "message:send" else 0
            longest = max(longest, run)
        return event == "message:received" and longest >= BURST

    def ordered(self, path: Path, value: list[Any]) -> list[Any]:
        """Messages of one burst are stored in an order of chance: they compare by what they say."""
        if path[-1:] not in {("data",), ("messages",)} or len(value) < BURST:
            return value
        if not all(isinstance(one, dict) and "content" in one and "createdAt" in one for one in value):
            return value
        times = [ms(one["createdAt"]) for one in value]
        hurried = max(times) - min(times) <= BURST_GAP_MS * len(value)
        return sorted(value, key=lambda one: str(one["content"])) if hurried else value


# -- what a capture shows


def read(recording: Recording) -> Story:
    """Everything in it that was there before it."""
    story = Story()
    _name_actors(recording, story)
    echoed = _sent_here(recording)
    start_ms = _start_ms(recording)
    for frame, value in _shown(recording):
        for record in walk(value):
            if isinstance(record, dict):
                _learn(story, record)
                new = record.get("id") in echoed or ms(record.get("createdAt") or 0) >= start_ms
                if "messageType" in record and "senderId" in record and not new:
                    story.messages.setdefault(record["id"], record)
        _learn_counts(story, frame, value)
    _learn_requests(recording, story)
    _learn_chats_by_id(recording, story)
    _fill_counts(story)
    return story


def _name_actors(recording: Recording, story: Story) -> None:
    """Ids of the actors: as told at the head, or of whoever bears the name, or made up."""
    actors: dict[str, Any] = recording.raw.get("actors") or {}
    by_name: dict[str, str] = {}
    for _frame, value in _shown(recording):
        for record in walk(value):
            if isinstance(record, dict) and "firstName" in record and "id" in record:
                by_name.setdefault(f"{record['firstName']} {record['lastName']}", record["id"])
    letters = {*MAIN, *actors, *(found[1] for found in _TOKEN.finditer(str(recording.raw["frames"])))}
    for letter in sorted(letters):
        about = actors.get(letter) or {}
        name = about.get("name") or f"Actor {letter}"
        user_id = about.get("user_id") or by_name.get(name) or made_up("cuid", recording.name, letter)
        story.letters[letter] = user_id
        first, _space, last = name.partition(" ")
        person = story.people.setdefault(user_id, {})
        person |= {"firstName": first, "lastName": last}
        person.setdefault("role", "TRAVELER" if letter == "B" else "SENDER")
        if about.get("email"):
            person["email"] = about["email"]


def _shown(recording: Recording) -> Iterator[tuple[Frame, Any]]:
    """Bodies of answers and arguments of events."""
    for frame in recording.everything:
        if frame["channel"] == "http":
            yield frame, frame.get("response_body")
        elif frame["channel"] == "raw":
            yield frame, _packet(frame)
        elif frame["dir"] == "in":
            yield frame, frame.get("args")


def _packet(frame: Frame) -> Any:
    """What a raw packet of the server says."""
    found = _EVENT.match(str((frame.get("args") or [""])[0]))
    return json.loads(found[1]) if found and frame["dir"] == "in" else None


def _sent_here(recording: Recording) -> set[str]:
    """Ids of messages that came to be in the capture."""
    found: set[str] = set()
    for frame in recording.everything:
        if frame["channel"] == "socket" and frame["dir"] == "in" and frame["event"] == "message:received":
            found.add(str(frame["args"][0]["id"]))
        elif frame["channel"] == "http" and frame["method"] == "POST" and frame["status"] == 200:
            data = (frame.get("response_body") or {}).get("data")
            if isinstance(data, dict) and "messageType" in data:
                found.add(data["id"])
    return found


def _start_ms(recording: Recording) -> int:
    return recording.wall_us // 1_000


def _learn(story: Story, record: dict[str, Any]) -> None:
    """What one record is, and what it says."""
    if "firstName" in record and isinstance(record.get("id"), str):
        known = story.people.setdefault(record["id"], {})
        for key, value in record.items():
            # The first time that something is shown, it is as it was before.
            if key not in known or key in {"email", "role"} or (key == "profile" and len(value or {}) > 5):
                known[key] = value
    if "participants" in record:
        story.chats.setdefault(record["id"], record)
        for key, kind in (("package", story.packages), ("trip", story.trips)):
            if isinstance(record.get(key), dict):
                _know(kind, record[key])
    if "offeredPrice" in record:
        _know(story.packages, record)
    if "availableSpace" in record:
        _know(story.trips, record)
    if "isRead" in record and "userId" in record:
        story.notices.setdefault(record["id"], record)


def _know(kind: dict[str, dict[str, Any]], record: dict[str, Any]) -> None:
    known = kind.setdefault(record["id"], {})
    for key, value in record.items():
        known.setdefault(key, value)


def _learn_counts(story: Story, frame: Frame, value: Any) -> None:
    """Who counts packages of theirs that no answer shows."""
    data = value.get("data") if isinstance(value, dict) else None
    counts = data.get("_count") if isinstance(data, dict) else None
    if data is None or not isinstance(counts, dict) or "sentPackages" not in counts:
        return
    own = [one for one in story.packages.values() if one.get("senderId") == data["id"]]
    for number in range(len(own), counts["sentPackages"]):
        item_id = made_up("cuid", frame["path"], number)
        story.packages[item_id] = {
            "id": item_id,
            "title": "Parcel",
            "status": "POSTED",
            "senderId": data["id"],
        }


def _learn_requests(recording: Recording, story: Story) -> None:
    """What requests name, and refusals tell."""
    for frame in recording.everything:
        if frame["channel"] != "http":
            continue
        body, answer = frame.get("request_body"), frame.get("response_body")
        said = answer.get("error") if isinstance(answer, dict) else None
        if frame["path"] == "/api/auth/login" and frame["status"] == 403 and isinstance(body, dict):
            user_id = made_up("cuid", recording.name, "inactive")
            story.people[user_id] = {"email": body["email"], "isActive": False}
        if said == LOCKED:
            item_id = frame["path"].rsplit("/", 1)[1]
            story.packages.setdefault(item_id, {"id": item_id, "title": "Parcel", "status": "DELIVERED"})


def _learn_chats_by_id(recording: Recording, story: Story) -> None:
    """Chats that are only named: between A and B, about the first trip and a package that goes with it."""
    named: list[str] = []
    for frame in recording.everything:
        chat_id: Any = None
        if frame["channel"] == "socket" and frame["dir"] == "out" and frame.get("args"):
            payload = frame["args"][0]
            chat_id = payload.get("chatId") if isinstance(payload, dict) else None
        elif frame["channel"] == "raw":
            found = re.search(r'"chatId":"(c[0-9a-z]{24})"', str(frame.get("args")))
            chat_id = found[1] if found else None
        elif frame["channel"] == "http":
            chat_id = frame["query"].get("chatId") or _chat_in_path(frame["path"])
            body = frame.get("request_body")
            chat_id = body.get("chatId") if isinstance(body, dict) and "chatId" in body else chat_id
        if isinstance(chat_id, str) and re.fullmatch(r"c[0-9a-z]{24}", chat_id):
            named.append(chat_id)
    named += [one["chatId"] for one in story.messages.values()]
    trip_id = next(iter(story.trips), None)
    package_id = next(
        (key for key, one in story.packages.items() if trip_id and one.get("tripId") == trip_id), None
    )
    for chat_id in named:
        if chat_id not in story.chats:
            story.chats[chat_id] = {"id": chat_id, "packageId": package_id, "tripId": trip_id}
            # Only one of them is.
            package_id = trip_id = None


def _chat_in_path(path: str) -> str | None:
    found = re.match(r"/api/chats/(c[0-9a-z]{24})(?:/|$)", path)
    return found[1] if found else None


def _fill_counts(story: Story) -> None:
    """Chats about a package that a list counts and nothing shows."""
    for item_id, record in story.packages.items():
        counted = (record.get("_count") or {}).get("chats", 0)
        known = sum(one.get("packageId") == item_id for one in story.chats.values())
        for number in range(known, counted):
            chat_id = made_up("cuid", item_id, "chat", number)
            story.chats[chat_id] = {"id": chat_id, "packageId": item_id}


# -- into the database


async def _person(seed: Seeding, user_id: str, record: dict[str, Any], before_ms: int) -> None:
    profile = {key: value for key, value in record.items() if key not in _NOT_OF_THE_PROFILE}
    await seed.user(
        user_id,
        email=record.get("email") or f"{user_id}@example.test",
        role=record.get("role") or "SENDER",
        name=f"{record.get('firstName', '')} {record.get('lastName', '')}".strip(),
        phone=record.get("phone"),
        active=record.get("isActive", True),
        profile=profile,
        created=record.get("createdAt") or before_ms,
        last_seen=record.get("lastLoginAt"),
    )


async def _item(
    seed: Seeding, kind: str, item_id: str, record: dict[str, Any], owner_id: str, before_ms: int
) -> None:
    trip_id = record.get("tripId")
    await seed.order(
        item_id,
        owner_id=owner_id,
        kind=kind,
        title=record.get("title", ""),
        status=record.get("status") or "POSTED",
        details={key: value for key, value in record.items() if key not in _NOT_OF_AN_ITEM},
        links=[("carried_by", trip_id)] if trip_id else [],
        created=record.get("createdAt") or before_ms,
        updated=record.get("updatedAt"),
    )


async def _chat(seed: Seeding, story: Story, chat_id: str, record: dict[str, Any], before_ms: int) -> None:
    last = record.get("lastMessageAt")
    chat = await seed.conversation(
        chat_id,
        kind=record.get("type") or "CHAT",
        order_id=record.get("packageId"),
        other_order_id=record.get("tripId"),
        details={"lastMessageAt": last} if last else {},
        created=record.get("createdAt") or before_ms,
        updated=record.get("updatedAt"),
    )
    people = record.get("participants") or [{"userId": story.letters[letter]} for letter in MAIN]
    for one in people:
        await seed.member(chat_id, one["userId"], joined=one.get("joinedAt") or chat.created_ms)
    here = [one for one in story.messages.values() if one["chatId"] == chat_id]
    for one in sorted(here, key=lambda one: (one["createdAt"], one["id"])):
        await seed.message(
            one["id"],
            chat,
            sender_id=one["senderId"],
            text=one["content"],
            extras={"type": one["messageType"], "attachments": one["attachments"]},
            created=one["createdAt"],
            updated=one["updatedAt"],
        )


async def _notice(seed: Seeding, notice_id: str, record: dict[str, Any]) -> None:
    facts = {key: record.get(key) for key in ("packageId", "tripId", "chatId", "sentAt", "metadata")}
    await seed.notification(
        notice_id,
        recipient_id=record["userId"],
        kind=record["type"],
        title=record["title"],
        body=record["message"],
        status=NotificationStatus.READ if record["isRead"] else NotificationStatus.UNREAD,
        facts=facts,
        created=record["createdAt"],
        updated=record["updatedAt"],
    )


# -- tokens


async def _placeholders(core: Core, recording: Recording, story: Story) -> dict[str, str]:
    """A token and its refresh token for everybody, and the bad ones."""
    found: dict[str, str] = {"<password>": PASSWORD}
    for letter, user_id in story.letters.items():
        access, refresh = await pair(core, user_id)
        found |= {f"<token-{letter}>": access, f"<refresh-{letter}>": refresh}
    first = story.letters["A"]
    found["<expired-token-A>"] = await expired(core, first)
    found["<token-signed-with-other-key>"] = await badly_signed(core, first)
    if "<token-of-inactive-account>" in str(recording.raw["frames"]):
        inactive = made_up("cuid", recording.name, "switched off")
        async with seeding(core) as seed:
            await _person(seed, inactive, {"isActive": False}, core.clock.now_ms() - SOME_TIME_MS)
        found["<token-of-inactive-account>"] = (await pair(core, inactive))[0]
    return found


def _handshake_token(frame: Frame) -> str | None:
    if frame["channel"] != "socket" or frame["dir"] != "out" or frame["event"] != "connect":
        return None
    token = ((frame["args"] or [{}])[0].get("auth") or {}).get("token")
    return token if isinstance(token, str) else None


def _is_refused_later(recording: Recording, frame: Frame, token: str) -> bool:
    """Whether this connection is refused as inactive though its token was taken before."""
    before = [one for one in recording.everything if one["at"] < frame["at"]]
    taken = any(_handshake_token(one) == token for one in before)
    mine = (frame["actor"], frame.get("conn"))
    answer = next(
        (
            one
            for one in recording.everything
            if one["at"] > frame["at"] and one["dir"] == "in" and (one["actor"], one.get("conn")) == mine
        ),
        None,
    )
    return taken and answer is not None and NO_USER in str(answer.get("args"))


PLANTER = FakomamePlanter()
