"""What the OMW platform calls things: roles, tokens, limits, refusals, and who may do what."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from chatdesk.server.core.access import Actor, Operation, Place, Policy
from chatdesk.server.core.accounts import TokenPlan
from chatdesk.server.core.clock import Clock
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.ids import Ids, NumberIds
from chatdesk.server.core.rules import Rules
from chatdesk.server.core.service import Words
from chatdesk.server.core.tables import Conversation, Lifecycle, Member, Order, OrderLink, User
from chatdesk.wire.omw import names, texts

BOOKING = "booking"
REQUEST = "request"
"""A booking that was offered to a worker: an order of the worker's, with a link to the booking."""
OFFERS = "offers"
"""The kind of that link."""

PROFILE_ID = "providerId"
"""In the profile of a worker: the number of the provider's profile, which is not the account's."""

FIRST_ID = 101
TOKEN_TTL_S = 5 * 3_600
MESSAGES_PER_MINUTE = 60
EVENTS_PER_MINUTE = 600
UNLIMITED = 1_000_000_000
FAILED_LOGINS = 10
TYPING_TIMEOUT_S = 5.0
FILE_LIMIT_BYTES = 10 * 1_024 * 1_024
OTP_LIFE_S = 15 * 60
OTP_PAUSE_S = 10 * 60
LOGIN_OTP_LIFE_S = 5 * 60
LOGIN_OTP_PAUSE_S = 60

AUDIO_TYPES = {**names.UPLOAD_TYPES_AUDIO, "aac": "audio/aac", "amr": "audio/amr"}
FILE_TYPES: Mapping[str, frozenset[str]] = {
    **{suffix: frozenset({kind}) for suffix, kind in {**names.UPLOAD_TYPES, **AUDIO_TYPES}.items()},
    "doc": frozenset({"application/msword", names.UPLOAD_TYPES["doc"]}),
    "txt": frozenset({"text/plain", names.UPLOAD_TYPES["txt"]}),
    "m4a": frozenset({"audio/mp4", "audio/x-m4a", "audio/aac"}),
    "ogg": frozenset({"audio/ogg", "application/ogg"}),
    "wav": frozenset({"audio/wav", "audio/x-wav", "audio/wave"}),
    "webm": frozenset({"audio/webm", "video/webm"}),
}
"""Images, PDFs, documents and voice messages: what names may end in, and what each may say that it is."""

WORKER_STATUSES = ("accepted", "started", "arrived", "in_progress", "completed", "cancelled")
"""What a worker may set, in the order in which a refusal names them."""
UNDER_WAY = ("accepted", "started", "en_route", "arrived", "in_progress")
FINISHED = frozenset({names.STATUS_COMPLETED, names.STATUS_CANCELLED})
PAYMENT_REQUIRED = "payment_required"

# Sentences of ours, where the recordings have none.
ERR_RATE = "Too many messages. Please slow down."
ERR_EVENTS = "Too many events. Please slow down."
ERR_CONNECTIONS = "Too many connections of this account."
ERR_LOGINS = "Too many failed sign-ins. Please try again later."
ERR_TOO_LONG = "Message content is too long"
ERR_NOT_TEXT = "Message content is invalid"
ERR_ROLE = "Access denied for this role"
ERR_NO_WORKER = "No worker is assigned to this booking yet"
ERR_FINISHED = "This booking is already {status}"
ERR_CLIENT_ID = "This client id was used for another chat session"
ERR_FILE = "File not found"
ERR_FILE_SIZE = "File too large: at most 10 MB"
ERR_UNAVAILABLE = "Server error"


@dataclass(frozen=True, slots=True)
class Refusal:
    """HTTP status and sentence for a refusal of the core."""

    status: int
    text: str


REFUSALS: Mapping[Reason, Refusal] = {
    Reason.NO_TOKEN: Refusal(401, texts.ERR_NO_TOKEN),
    Reason.BAD_TOKEN: Refusal(403, texts.ERR_TOKEN),
    Reason.UNKNOWN_HOLDER: Refusal(403, texts.ERR_TOKEN),
    Reason.ROLE: Refusal(403, ERR_ROLE),
    Reason.NO_ACCOUNT: Refusal(401, texts.ERR_LOGIN_NO_ACCOUNT),
    Reason.UNCONFIRMED: Refusal(403, texts.ERR_LOGIN_UNVERIFIED),
    Reason.INACTIVE: Refusal(401, texts.ERR_LOGIN_NO_ACCOUNT),
    Reason.WRONG_PASSWORD: Refusal(401, texts.ERR_LOGIN_PASSWORD),
    Reason.TOO_MANY_LOGINS: Refusal(429, ERR_LOGINS),
    Reason.REFRESH_INVALID: Refusal(403, texts.ERR_TOKEN),
    Reason.REFRESH_EXPIRED: Refusal(403, texts.ERR_TOKEN),
    Reason.NOTHING_TO_REVOKE: Refusal(403, texts.ERR_TOKEN),
    Reason.USER_NOT_FOUND: Refusal(404, texts.CONNECT_NO_USER),
    Reason.ORDER_NOT_FOUND: Refusal(404, texts.ERR_NO_BOOKING),
    Reason.ORDER_DENIED: Refusal(403, texts.ERR_NOT_ASSIGNED),
    Reason.STATUS_REFUSED: Refusal(400, texts.ERR_BOOKING_STATE),
    Reason.CONVERSATION_NOT_FOUND: Refusal(403, texts.ERR_ACCESS),
    Reason.CONVERSATION_DENIED: Refusal(403, texts.ERR_ACCESS),
    Reason.CONVERSATION_CLOSED: Refusal(403, texts.ERR_ACCESS),
    Reason.ASSET_NOT_FOUND: Refusal(404, texts.ERR_NO_BOOKING),
    Reason.MESSAGE_NOT_FOUND: Refusal(403, texts.ERR_ACCESS),
    Reason.NOT_THE_AUTHOR: Refusal(403, texts.ERR_ACCESS),
    Reason.TEXT_TOO_LONG: Refusal(400, ERR_TOO_LONG),
    Reason.TEXT_NOT_STORABLE: Refusal(400, ERR_NOT_TEXT),
    Reason.RATE: Refusal(429, ERR_RATE),
    Reason.EVENT_RATE: Refusal(429, ERR_EVENTS),
    Reason.TOO_MANY_CONNECTIONS: Refusal(429, ERR_CONNECTIONS),
    Reason.CLIENT_ID_REUSED: Refusal(409, ERR_CLIENT_ID),
    Reason.FILE_NOT_FOUND: Refusal(404, ERR_FILE),
    Reason.FILE_CONTENT_GONE: Refusal(404, ERR_FILE),
    Reason.FILE_TOO_LARGE: Refusal(413, ERR_FILE_SIZE),
    Reason.FILE_TYPE: Refusal(400, texts.PAGE_FILE_TYPE),
    Reason.NOTIFICATION_NOT_FOUND: Refusal(404, texts.ERR_NO_BOOKING),
}
ABOUT_TOKENS = frozenset({Reason.NO_TOKEN, Reason.BAD_TOKEN, Reason.UNKNOWN_HOLDER})
"""Refusals that mean: sign in again."""

CONNECT_REFUSALS: Mapping[Reason, str] = {
    Reason.NO_TOKEN: texts.CONNECT_NO_TOKEN,
    Reason.BAD_TOKEN: texts.CONNECT_INVALID_TOKEN,
    Reason.UNKNOWN_HOLDER: texts.CONNECT_NO_USER,
    Reason.INACTIVE: texts.CONNECT_NO_USER,
}
"""The texts of `connect_error`, where they are not those of the routes."""


NOBODY = "nobody"
"""Detail of a refusal: a good token that names no account."""


def role_of(value: str) -> str:
    """A role in the platform's own word: case does not matter, and workers have several names."""
    role = value.strip().lower()
    return names.ROLE_ALIASES.get(role, role)


class OmwPolicy(Policy):
    """A chat is for the two of its booking, while it is active; bookings are their customer's and worker's.

    A worker also reaches bookings that were offered to them, to take them over and for nothing else.
    """

    only = {  # noqa: RUF012 -- a table, read only
        Operation.CREATE_ORDER: (names.ROLE_CUSTOMER,),
        Operation.TAKE_OVER: (names.ROLE_WORKER,),
        # What the platform has no way to ask for.
        Operation.DELETE_ORDER: (),
        Operation.ADD_ORDER_FILE: (),
        Operation.REMOVE_FILE: (),
        Operation.DELETE_MESSAGE: (),
        Operation.REPORT: (),
        Operation.HIDE_MESSAGE: (),
        Operation.ARCHIVE: (),
    }
    reveals = True

    def orders(self, actor: Actor) -> ColumnElement[bool]:
        """Own bookings and requests, and those that were given to the actor to carry out."""
        return or_(Order.owner_id == actor.id, Order.assignee_id == actor.id)

    def reach(self, actor: Actor, operation: Operation) -> ColumnElement[bool]:
        """What was offered can be taken over."""
        if operation is not Operation.TAKE_OVER:
            return self.orders(actor)
        own = select(Order.id).where(Order.kind == REQUEST, Order.owner_id == actor.id)
        offered = select(OrderLink.to_id).where(OrderLink.kind == OFFERS, OrderLink.from_id.in_(own))
        return or_(self.orders(actor), Order.id.in_(offered))

    def conversations(self, actor: Actor) -> ColumnElement[bool]:
        """Active sessions of the actor's: whatever has ended is closed to both."""
        return and_(Conversation.lifecycle == Lifecycle.ACTIVE, self._member(actor))

    def reach_conversation(self, actor: Actor, operation: Operation) -> ColumnElement[bool]:
        """What has ended can still be ended, which changes nothing, and deleted."""
        if operation in {Operation.END, Operation.DELETE_CONVERSATION}:
            return and_(Conversation.lifecycle != Lifecycle.DELETED, self._member(actor))
        return self.conversations(actor)

    def _member(self, actor: Actor) -> ColumnElement[bool]:
        return Conversation.id.in_(select(Member.conversation_id).where(Member.user_id == actor.id))

    def check(self, actor: Actor, operation: Operation, place: Place) -> None:
        """Besides the table: a session is begun while its booking is active, statuses follow the role."""
        super().check(actor, operation, place)
        order = place.order
        if order is None:
            if operation is Operation.OPEN:
                raise Refused(Reason.ORDER_NOT_FOUND)
            return
        if operation is Operation.OPEN and order.status not in names.STATUSES_OF_CHATS:
            raise Refused(Reason.STATUS_REFUSED, detail=order.status)
        if operation is Operation.TAKE_OVER:
            self.check_take_over(actor, order)
        if operation is Operation.CHANGE_STATUS:
            self.check_status(actor, order, place.wanted)

    def check_take_over(self, actor: Actor, order: Order) -> None:
        """A booking is taken over once, by a worker, while it is open."""
        if order.status in FINISHED or order.assignee_id not in {None, actor.id}:
            raise Refused(Reason.STATUS_REFUSED, detail=order.status)

    def check_status(self, actor: Actor, order: Order, wanted: str) -> None:
        """Workers move the bookings that are theirs, customers cancel or pay; what is over stays over."""
        carries_out = actor.id == order.assignee_id and actor.role == names.ROLE_WORKER
        owns = actor.id == order.owner_id and actor.role == names.ROLE_CUSTOMER
        if not carries_out and not owns:
            raise Refused(Reason.ORDER_DENIED)
        if order.status in FINISHED and wanted != order.status:
            raise Refused(Reason.STATUS_REFUSED, detail=order.status)
        if carries_out and wanted in {"", names.STATUS_PENDING, *WORKER_STATUSES}:
            return
        if owns and wanted in {"", names.STATUS_CANCELLED}:
            return
        if owns and wanted == names.STATUS_COMPLETED and order.status == PAYMENT_REQUIRED:
            return
        raise Refused(Reason.STATUS_REFUSED, detail=order.status)

    def check_before_password(self, user: User, role: str) -> None:
        """Somebody switched off is told so at once; customers must have verified their address."""
        if not user.active:
            raise Refused(Reason.NO_ACCOUNT)
        if role == names.ROLE_CUSTOMER and not user.confirmed:
            raise Refused(Reason.UNCONFIRMED)

    def check_after_password(self, user: User, role: str) -> None:
        """The account must have the role; the refusal lists those that it has."""
        if role not in {user.role, *user.more_roles}:
            raise Refused(Reason.ROLE, detail=", ".join((user.role, *user.more_roles)))


class RecordedPolicy(OmwPolicy):
    """The same as the recorded servers have it: no order of statuses is enforced."""

    def check_take_over(self, actor: Actor, order: Order) -> None:
        """Whoever has the request may accept it."""

    def check_status(self, actor: Actor, order: Order, wanted: str) -> None:
        """Being a party is all that is asked."""
        if wanted and actor.id not in {order.owner_id, order.assignee_id}:
            raise Refused(Reason.ORDER_DENIED)


def _claims(actor: Actor) -> dict[str, Any]:
    return {
        "id": int(actor.id),
        "email": actor.email,
        names.ROLE_CLAIM: actor.role,
        "role_id": names.ROLE_IDS.get(actor.role, 0),
    }


def _ids(_clock: Clock) -> Ids:
    return NumberIds(names.PLATFORM, first=FIRST_ID)


def order_number() -> str:
    """Bookings are known by their ids; the core wants a number that is free."""
    return f"B-{secrets.token_hex(6)}"


def words(policy: Policy) -> Words:
    """What the core has to know, with the rules of access of one variant."""
    return Words(
        platform=names.PLATFORM,
        tokens=TokenPlan(claims=_claims, subject=names.USER_ID_CLAIMS, role_claim=names.ROLE_CLAIM),
        policy=policy,
        order_number=order_number,
        ids=_ids,
    )


_RULES = Rules(
    message_limit_chars=names.CONTENT_LIMIT_BYTES,
    messages_per_minute=MESSAGES_PER_MINUTE,
    events_per_minute=EVENTS_PER_MINUTE,
    access_ttl_s=TOKEN_TTL_S,
    file_limit_bytes=FILE_LIMIT_BYTES,
    file_suffixes=frozenset(FILE_TYPES),
    media_types=frozenset().union(*FILE_TYPES.values()),
    archive_after_days=0,
    failed_logins_per_minute=FAILED_LOGINS,
    typing_timeout_s=TYPING_TIMEOUT_S,
    writing_reads=False,
)
_RECORDED_RULES = replace(
    _RULES,
    messages_per_minute=UNLIMITED,
    events_per_minute=UNLIMITED,
    failed_logins_per_minute=UNLIMITED,
    connections_per_user=UNLIMITED,
    file_limit_bytes=names.UPLOAD_LIMIT_BYTES,
    # What passes there is decided by the letters of name and type.
    file_suffixes=frozenset(),
    media_types=frozenset(),
    typing_timeout_s=0,
)


def default_rules(**chosen: Any) -> Rules:
    """The promised limits, with what the person who starts the server has chosen, by field of Rules."""
    return replace(_RULES, **chosen)


def recorded_rules(**chosen: Any) -> Rules:
    """The same for the recorded servers, which limit next to nothing."""
    return replace(_RECORDED_RULES, **chosen)
