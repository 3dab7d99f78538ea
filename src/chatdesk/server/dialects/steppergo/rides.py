"""Trips under way: taken by a driver, brought from status to status, and everybody told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatdesk.server.core.access import Actor, Operation, actor_of
from chatdesk.server.core.clock import Clock
from chatdesk.server.core.database import WriteSession
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.notifications import Draft
from chatdesk.server.core.orders import Changed, Telling
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import Notification, Order, User
from chatdesk.server.dialects.steppergo.pushes import Pushes, status_record
from chatdesk.server.dialects.steppergo.streams import Streams
from chatdesk.server.dialects.steppergo.vocabulary import DRIVER, TRIP, driver_of
from chatdesk.server.web import BadRequest
from chatdesk.wire.steppergo import names, texts

NOTICE_STATUS = "TRIP_STATUS"
LINE_STATUS = "Trip status: {label}"
ERR_BUSY = "Driver is not available"
TRIP_URL = "/trips/{trip_id}"
"""Where a notification leads."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many changes of status a driver has tried in the running minute."""

    began_ms: int
    taken: int


class StatusLimit:
    """So many changes of status a minute per driver; the minute begins with the first one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tallies: dict[str, Tally] = {}

    def take(self, driver_id: str) -> tuple[bool, dict[str, str]]:
        """Count one; whether it may pass, and the headers that tell how many are left."""
        now_ms, window_ms = self._clock.now_ms(), names.RATE_WINDOW_S * 1_000
        most = names.STATUS_CHANGES_PER_MINUTE
        tally = self._tallies.get(driver_id)
        if tally is None or now_ms >= tally.began_ms + window_ms:
            self._tallies = {
                key: one for key, one in self._tallies.items() if now_ms < one.began_ms + window_ms
            }
            tally = Tally(now_ms, 0)
        passes = tally.taken < most
        tally = Tally(tally.began_ms, min(tally.taken + 1, most))
        self._tallies[driver_id] = tally
        reset_ms = tally.began_ms + window_ms
        headers = {
            "x-ratelimit-limit": str(most),
            "x-ratelimit-remaining": str(most - tally.taken),
            "x-ratelimit-reset": str(reset_ms),
        }
        if not passes:
            headers[names.HEADER_RETRY_AFTER] = str(-((now_ms - reset_ms) // 1_000))
        return passes, headers


class Rides:
    """What is promised: a change is stored, stands in the conversation, and is told to all concerned."""

    def __init__(self, core: Core, pushes: Pushes, streams: Streams) -> None:
        self.core = core
        self.pushes = pushes
        self.streams = streams
        self.limit = StatusLimit(core.clock)

    async def driven(self, driver: User, trip_id: str) -> Order:
        """The trip, if this driver is assigned to it; ORDER_NOT_FOUND, ORDER_DENIED."""
        trip = await self.core.orders.by_id(actor_of(driver), trip_id)
        if trip.kind != TRIP:
            raise Refused(Reason.ORDER_NOT_FOUND)
        if trip.assignee_id != driver.id:
            raise Refused(Reason.ORDER_DENIED)
        return trip

    async def change(self, driver: User, trip: Order, status: str, notes: str | None) -> Changed:
        """Bring a trip to a status. Raises Refused: STATUS_REFUSED with the status before in `detail`."""
        frees = status in names.STATUSES_OVER
        telling = self._telling(driver, status, notes, availability=frees)
        return await self.core.orders.set_status(actor_of(driver), trip.id, status, telling)

    async def accept(self, driver: User, trip_id: str) -> Order:
        """Take an open trip. Raises Refused: ORDER_NOT_FOUND, STATUS_REFUSED; BadRequest while busy."""
        after = names.STATUS_IN_PROGRESS
        telling = self._telling(driver, after, texts.NOTE_ACCEPTED, availability=False, takes=True)
        changed = await self.core.orders.take_over(actor_of(driver), trip_id, after, telling)
        return changed.order

    async def open_trip(self, actor: Actor, trip_id: str) -> Order:
        """A trip that could be taken, without taking it; raises like `accept`."""
        return await self.core.orders.by_id(actor, trip_id, Operation.TAKE_OVER)

    async def tell(
        self,
        trip: Order,
        before: str,
        after: str,
        driver: User,
        notes: str | None,
    ) -> None:
        """A change, to everybody who subscribed to the trip or looks at its stream."""
        record = status_record(trip, before, after, driver=driver.name, notes=notes, now=self.pushes.now())
        await self.pushes.status(record)
        self.streams.tell(trip.id, {"type": names.STREAM_STATUS, **record})

    def _telling(
        self, driver: User, after: str, notes: str | None, *, availability: bool, takes: bool = False
    ) -> Telling:
        label = names.STATUS_LABELS[after]

        def line(_trip: Order) -> str:
            text = LINE_STATUS.format(label=label)
            return f"{text}. {notes}" if notes else text

        def notify(trip: Order, recipients: Sequence[str]) -> list[Draft]:
            return [
                Draft(
                    recipient_id=one,
                    sender_id=driver.id,
                    kind=NOTICE_STATUS,
                    title=trip.title,
                    body=line(trip),
                    action_url=TRIP_URL.format(trip_id=trip.id),
                )
                for one in recipients
            ]

        async def also(session: WriteSession, _trip: Order) -> None:
            user = await session.get_one(User, driver.id)
            state = names.DRIVER_AVAILABLE if availability else names.DRIVER_BUSY
            record = driver_of(user) or {}
            if takes and record.get("availability") == names.DRIVER_BUSY:
                raise BadRequest(ERR_BUSY)
            user.profile = {**user.profile, DRIVER: {**record, "availability": state}}

        async def push(changed: Changed) -> None:
            await self.tell(changed.order, changed.before, after, driver, notes)
            for shown in changed.lines:
                await self.pushes.message(shown)
            await self.pushes.notices(names.EVENT_NOTICE_PASSENGER, changed.notifications)

        return Telling(line=line, notify=notify, push=push, also=also)


def notices_told(rows: Sequence[Notification]) -> dict[str, object]:
    """How many were told, as the answer of a change counts them."""
    return {"sent": len(rows), "success": True, "errors": []}
