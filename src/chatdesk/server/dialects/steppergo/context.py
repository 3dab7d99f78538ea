"""What every route of StepperGO works with: the core, the pushes, the streams, and who is asking."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chatdesk.server import web
from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import Order, User
from chatdesk.server.dialects.steppergo.answers import Envelope
from chatdesk.server.dialects.steppergo.bookings import Bookings
from chatdesk.server.dialects.steppergo.pushes import Pushes
from chatdesk.server.dialects.steppergo.rides import Rides
from chatdesk.server.dialects.steppergo.streams import Streams
from chatdesk.server.dialects.steppergo.talk import Talk
from chatdesk.server.dialects.steppergo.vocabulary import SEAT_ON, Refusal, driver_of
from chatdesk.wire.steppergo import names

Endpoint = Callable[["Context", Request], Awaitable[Response]]

GUEST = Actor("", "", "", names.PLATFORM)
"""Who asks without signing in: sees trips, and nothing else."""


async def _nothing_to_cut(_user_id: str, _token: str) -> None:
    """Connections outlive their session."""


@dataclass(slots=True)
class Context:
    """The parts, and what most routes do with them."""

    core: Core
    pushes: Pushes
    streams: Streams
    talk: Talk
    rides: Rides
    bookings_of: Bookings
    envelopes: type[Envelope] = Envelope
    announced: Mapping[str, Any] = field(default_factory=dict)
    """What our own server says of itself at the sign-in."""
    signed_out: Callable[[str, str], Awaitable[None]] = _nothing_to_cut
    """Told whose session has been ended, and which."""

    def route(
        self,
        path: str,
        method: str,
        endpoint: Endpoint,
        failed: str,
        *,
        wrapped: bool = False,
        guarded: bool = False,
        dump: str = "",
        words: Mapping[Reason, Refusal] | None = None,
    ) -> Route:
        """A route whose every outcome is an answer in the platform's envelope (see `answers.Envelope`)."""
        envelope = self.envelopes(failed, wrapped=wrapped, guarded=guarded, dump=dump, words=words)
        return web.route(path, method, partial(endpoint, self), envelope)

    async def actor(self, request: Request, *cookies: str) -> Actor:
        """Who is asking, by bearer token or one of these cookies. Raises Refused."""
        return await self.core.accounts.holder(token_of(request, *(cookies or (names.COOKIE_CHAT,))))

    async def driver(self, request: Request) -> User:
        """The driver who is asking; raises Refused, ROLE for everybody else."""
        actor = await self.actor(request, names.COOKIE_DRIVER, names.COOKIE_ACCESS)
        user = await self.user(actor.id)
        if user.role != names.ROLE_DRIVER or driver_of(user) is None:
            raise Refused(Reason.ROLE, detail=names.ROLE_DRIVER)
        return user

    async def booker(self, request: Request) -> Actor:
        """Who is asking about bookings and uploads. Raises Refused."""
        return await self.actor(request, names.COOKIE_ACCESS)

    async def user(self, user_id: str) -> User:
        """An account; USER_NOT_FOUND when there is none."""
        found = (await self.core.accounts.by_ids({user_id})).get(user_id)
        if found is None:
            raise Refused(Reason.USER_NOT_FOUND)
        return found

    async def bookings(self, trip_ids: list[str]) -> dict[str, list[Order]]:
        """The bookings of these trips, in any status, oldest first."""
        return await self.core.orders.linked(trip_ids, SEAT_ON, back=True)

    async def driver_id(self, trip: Order) -> str | None:
        """The driver record's id of a trip, which is not the id of the driver's account."""
        if trip.assignee_id is None:
            return None
        return str((driver_of(await self.user(trip.assignee_id)) or {}).get("id", "")) or None


def token_of(request: Request, *cookies: str) -> str:
    """The token of a request; raises Refused: NO_TOKEN."""
    header = request.headers.get("authorization", "")
    token = web.bearer(header) if header.startswith(names.AUTH_SCHEME) else None
    for name in cookies:
        token = token or request.cookies.get(name)
    if not token:
        raise Refused(Reason.NO_TOKEN)
    return token
