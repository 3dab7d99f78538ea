"""Conversations, trips and tokens as recorded: REST is silent, changes are not stored."""

from __future__ import annotations

from starlette.requests import Request

from chatdesk.server.core.access import Actor, Operation, actor_of
from chatdesk.server.core.messages import Body, Shown
from chatdesk.server.core.orders import Changed
from chatdesk.server.core.tables import MessageKind, Order, User
from chatdesk.server.dialects.steppergo import records
from chatdesk.server.dialects.steppergo.context import Context, token_of
from chatdesk.server.dialects.steppergo.requests import Letter, Tripped
from chatdesk.server.dialects.steppergo.rides import Rides
from chatdesk.server.dialects.steppergo.talk import Talk
from chatdesk.wire.steppergo import names, texts


class RecordedTalk(Talk):
    """What is sent or read over REST is told to nobody; a report goes to nobody; there is no DELIVERED."""

    def tells_rest(self) -> bool:
        """It does not."""
        return False

    def keeps_blank(self) -> bool:
        """It does."""
        return True

    def screen(self, letter: Letter) -> None:
        """Anything may go beside a text."""

    def client_id(self, letter: Letter) -> str | None:  # noqa: ARG002 -- whatever it says
        """Every send is another message."""
        return None

    def body(self, letter: Letter) -> Body:
        """Clients may speak as the platform; the message stays theirs."""
        extras = {records.METADATA: letter.metadata}
        if letter.kind is MessageKind.SYSTEM:
            return Body(extras={**extras, records.TYPE: names.TYPE_SYSTEM})
        return Body(kind=letter.kind, extras=extras)

    async def staff(self) -> list[User]:
        """No address of an administrator is set up."""
        return []

    async def reached(self, shown: Shown) -> None:
        """Nobody keeps count."""

    async def handed_over(self, actor: Actor, shown: tuple[Shown, ...]) -> bool:  # noqa: ARG002 -- nobody counts
        """Nobody keeps count."""
        return False


class RecordedRides(Rides):
    """Both changes write to a table that the database lacks: one fails, the other is undone in silence."""

    async def change(self, driver: User, trip: Order, status: str, notes: str | None) -> Changed:  # noqa: ARG002
        """Raises Refused like the other, and Tripped for every change that would be right."""
        async with self.core.database.reading() as session:
            await self.core.access.order(session, actor_of(driver), trip.id, Operation.CHANGE_STATUS, status)
        raise Tripped(texts.ERR_STATUS)

    async def accept(self, driver: User, trip_id: str) -> Order:
        """Say that the trip is taken, tell everybody, and store nothing."""
        trip = await self.open_trip(actor_of(driver), trip_id)
        await self.tell(trip, trip.status, names.STATUS_IN_PROGRESS, driver, texts.NOTE_ACCEPTED)
        return trip


class RecordedContext(Context):
    """Bookings and uploads want a token that no sign-in gives."""

    __slots__ = ()

    async def booker(self, request: Request) -> Actor:
        """Who is behind a signed token. Raises Refused."""
        return await self.core.accounts.signed_holder(token_of(request, names.COOKIE_ACCESS))
