"""StepperGO's first states: drivers and passengers, trips with their seats, and what was said before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import update

from chatdesk.server.core.access import actor_of
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import Message
from tests.conform.planters.steppergo_frames import DAY_MS, PEOPLE, Chat, State, Trip, history_of
from tests.conform.planting import Frame, Path, Planter
from tests.conform.seeding import PASSWORD, Seeding, expired, good, ms, seeding
from tests.replay.recording import DEFAULT_WALL_US, Recording, walk

MINUTE_MS = 60_000
JWT_TTL_S = 900
ENDS = (("Almaty", "Station square 1", 43.24, 76.89), ("Taldykorgan", "Bus terminal", 45.01, 78.37))


class StepperGoPlanter(Planter):
    """See the module."""

    platform = "steppergo"

    def __init__(self) -> None:
        self._shown: dict[str, set[str]] = {}
        """By trip, the messages of the history that was answered last."""
        self._at_once = False

    async def plant(self, core: Core, recording: Recording) -> Mapping[str, str]:
        """People first, then trips with their seats, then conversations."""
        self._shown.clear()
        self._at_once = _sends_at_once(recording)
        state = State(recording, self.starts_us(recording))
        async with seeding(core) as seed:
            for letter, (name, email, role) in PEOPLE.items():
                await seed.user(
                    state.ids[letter],
                    email=email,
                    name=name,
                    role=role,
                    profile=state.profile(letter, core.clock.now_ms()),
                )
            for at, trip in enumerate(sorted(state.trips.values(), key=lambda one: one.id)):
                await plant_trip(seed, state, trip, at)
            for chat in state.chats.values():
                await plant_chat(seed, state, chat)
        return await tokens(core, state)

    def starts_us(self, recording: Recording) -> int:
        """Where no event is told with its time, the trips of a capture were made just before it."""
        if recording.wall_us != DEFAULT_WALL_US:
            return recording.wall_us
        made = [
            ms(record["createdAt"])
            for record in walk(recording.everything)
            if isinstance(record, dict) and "createdAt" in record and "status" in record
        ]
        sent = [
            ms(frame["response_body"]["data"]["sentAt"]) - frame["t_ms"]
            for frame in recording.everything
            if frame["channel"] == "http" and frame["path"] == "/api/messages/send" and frame["status"] == 200
        ]
        return max([*made, *sent], default=recording.wall_us // 1_000) * 1_000

    async def before(self, core: Core, recording: Recording, frame: Frame) -> None:
        """A message that an administrator has hidden is missing in the next history."""
        history = history_of(frame)
        if history is None:
            return
        trip, ids = frame["path"].rpartition("/")[2], {one["id"] for one in history["messages"]}
        gone = self._shown.get(trip, set()) - ids
        self._shown[trip] = ids
        if gone:
            async with core.database.writing() as session:
                hidden = update(Message).where(Message.id.in_(gone)).values(hidden_ms=core.clock.now_ms())
                await session.execute(hidden)

    def in_any_order(self, recording: Recording, event: str) -> bool:
        """Sends from one connection are handled side by side, and come back as they are done."""
        return event in {"message:new", "message:sent"} and self._at_once

    def ordered(self, path: Path, value: list[Any]) -> list[Any]:
        """Nor is a history of such sends in the order of sending."""
        if not self._at_once or path[-1:] != ("messages",):
            return value
        return sorted(value, key=lambda one: str(one.get("content")))


def _sends_at_once(recording: Recording) -> bool:
    """Whether somebody sent without waiting for the answer of the last send."""
    waiting = 0
    for frame in recording.everything:
        if frame["channel"] == "socket" and frame["dir"] == "out" and frame["event"] == "message:send":
            waiting += 1
            if waiting > 2:
                return True
        elif frame["dir"] == "in":
            waiting = 0
    return False


async def plant_trip(seed: Seeding, state: State, trip: Trip, at: int) -> None:
    """A trip with the seats that are taken on it."""
    owner = trip.owner or ("B" if "A" in trip.refused else "A")
    shown = trip.shown
    schedule = shown.get("schedule") or {}
    departure = shown.get("departureTime") or schedule.get("departureDate")
    back = shown.get("returnTime") or schedule.get("returnDate")
    created_ms = state.start_ms - DAY_MS + at
    departure_ms = ms(departure) if departure else state.start_ms + 2 * DAY_MS
    status = str(shown.get("status") or ("PUBLISHED" if trip.driverless else "IN_PROGRESS")).upper()
    driven = not trip.driverless and status != "PUBLISHED"
    (origin, *from_), (destination, *to) = ENDS
    await seed.order(
        trip.id,
        owner_id=state.ids[owner],
        kind="trip",
        status=status,
        title=str(shown.get("title") or "Almaty to Taldykorgan"),
        assignee_id=state.ids["A"] if driven else None,
        origin=origin,
        destination=destination,
        details={
            "description": shown.get("description", ""),
            "departure_ms": departure_ms,
            "return_ms": ms(back) if back else departure_ms + 5 * 60 * MINUTE_MS,
            "published_ms": created_ms,
            "tripType": shown.get("tripType", "SHARED"),
            "origin": dict(zip(("address", "lat", "lng"), from_, strict=True)),
            "destination": dict(zip(("address", "lat", "lng"), to, strict=True)),
            "totalSeats": 4,
            "basePrice": 5000,
            "platformFee": 500,
            "minimumPrice": 4000,
        },
        created=created_ms,
    )
    seats = [*trip.seats]
    known = {letter for _id, letter in seats} | {owner}
    seats += [(f"{trip.id}-{letter}", letter) for letter in sorted(trip.let_in - known - {""})]
    capacity = shown.get("capacity") or {}
    taken = capacity.get("booked", capacity.get("bookedSeats", len(seats)))
    # Somebody has the seats that nobody was seen to have.
    seats += [(f"{trip.id}-further-{number}", "D") for number in range(taken - len(seats))]
    for booking_id, letter in seats:
        await seed.order(
            booking_id,
            owner_id=state.ids[letter],
            kind="booking",
            status="CONFIRMED",
            details={"seats": 1, "passengers": [{"name": "Passenger"}]},
            links=(("seat_on", trip.id),),
            created=created_ms + MINUTE_MS,
        )


async def plant_chat(seed: Seeding, state: State, chat: Chat) -> None:
    """A conversation with what was said before; its counters begin where each person's say."""
    begun_ms = min([state.start_ms, *(ms(one["sentAt"]) for one in chat.messages.values())]) - MINUTE_MS
    row = await seed.conversation(
        chat.id, key=chat.trip or chat.id, order_id=chat.trip or None, created=begun_ms
    )
    messages = sorted(chat.messages.values(), key=lambda one: (ms(one["sentAt"]), one["id"]))
    for one in messages:
        await seed.message(
            one["id"],
            row,
            sender_id=one["senderId"],
            text=one["content"],
            extras={"metadata": one.get("metadata")},
            created=one["sentAt"],
        )
    joined_ms = max([begun_ms, *(ms(one["sentAt"]) for one in messages)]) + len(chat.people)
    # Backwards: they are shown in the order of joining, and whoever counts from earlier joined earlier.
    for letter in reversed(chat.people):
        others = [ms(one["sentAt"]) for one in messages if one["senderId"] != state.ids[letter]]
        unread = chat.unread.get(letter, 0)
        joined_ms = min(joined_ms, others[-unread] if unread else joined_ms) - 1
        await seed.member(chat.id, state.ids[letter], joined=joined_ms)


async def tokens(core: Core, state: State) -> dict[str, str]:
    """What stands for the tokens that a capture brings along."""
    found = {"<password>": PASSWORD}
    for letter in PEOPLE:
        user_id = state.ids[letter]
        found[f"<token-{letter}>"] = await good(core, user_id)
        found[f"<expired-token-{letter}>"] = await expired(core, user_id)
        user = (await core.accounts.by_ids({user_id}))[user_id]
        found[f"<jwt-{letter}>"] = core.accounts.signed_token(actor_of(user), ttl_s=JWT_TTL_S)
    return found


PLANTER = StepperGoPlanter()
