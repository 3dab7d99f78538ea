"""What the marketplace calls things: kinds of people, tokens, limits, refusals, and who may do what."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, false, or_, select, true

from chatdesk.server.core.access import Actor, Operation, Place, Policy
from chatdesk.server.core.accounts import TokenPlan
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.rules import Rules
from chatdesk.server.core.service import Words
from chatdesk.server.core.tables import Order, Party, User
from chatdesk.server.core.tokens import EXPIRED, SIGNATURE
from chatdesk.wire.marketplace import names, texts

ID_CLAIM = "id"
KIND_CLAIM = "userType"

RFQ = "rfq"
PRODUCT = "product"
INVITED = "invited"
"""A seller whom a request for quotation is addressed to."""
TO_ALL = "all"
TO_SOME = "specific"

APPROVAL = "approvalStatus"
APPROVED = "approved"
STATUS = "status"
ACTIVE = "active"

APPROVAL_TEXTS = {
    "pending": texts.ERR_PENDING,
    "rejected": texts.ERR_REJECTED,
    "suspended": texts.ERR_SUSPENDED,
}
TOKEN_ERRORS = {EXPIRED: "jwt expired", SIGNATURE: "invalid signature"}

TEXT_LIMIT_CHARS = names.TEXT_LIMIT_CHARS
MESSAGES_PER_MINUTE = 60
EVENTS_PER_MINUTE = 600
TOKEN_TTL_S = 7 * 24 * 3_600
IMAGE_TYPES = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
"""By the end of a file's name."""
LOCK_S = 3_600
FAILED_LOGINS = 12
TYPING_TIMEOUT_S = 5.0

ERR_RATE = "Too many messages. Please slow down."
ERR_EVENTS = "Too many events. Please slow down."
ERR_CONNECTIONS = "Too many connections of this account."
ERR_TOO_LONG = "Message content is too long"
ERR_NOT_TEXT = "Message content is invalid"
ERR_NOT_ALLOWED = "Access denied. Insufficient permissions."
# Sentences of ours, where the recordings have none.
ERR_RFQ_NOT_FOUND = "RFQ not found"
ERR_RFQ_DENIED = "You are not authorized to change this RFQ"
ERR_RFQ_STATUS = "Invalid RFQ status"
ERR_PRODUCT_NOT_FOUND = "Product not found"
ERR_CLIENT_ID = "This client id was used for another conversation"


@dataclass(frozen=True, slots=True)
class Refusal:
    """HTTP status, sentence and further fields for a refusal of the core."""

    status: int
    text: str
    more: dict[str, Any] = field(default_factory=dict)


_REFUSALS = {
    Reason.NO_TOKEN: Refusal(401, texts.ERR_NO_TOKEN),
    Reason.BAD_TOKEN: Refusal(401, texts.ERR_TOKEN),
    Reason.UNKNOWN_HOLDER: Refusal(401, texts.ERR_NO_USER),
    Reason.ROLE: Refusal(403, texts.ERR_ROLE),
    Reason.NO_ACCOUNT: Refusal(401, texts.ERR_CREDENTIALS),
    Reason.UNCONFIRMED: Refusal(401, texts.ERR_CREDENTIALS),
    Reason.INACTIVE: Refusal(403, texts.ERR_NOT_ACTIVE),
    Reason.WRONG_PASSWORD: Refusal(401, texts.ERR_CREDENTIALS),
    Reason.TOO_MANY_LOGINS: Refusal(429, texts.ERR_LOCKED),
    Reason.REFRESH_INVALID: Refusal(401, texts.ERR_TOKEN),
    Reason.REFRESH_EXPIRED: Refusal(401, texts.ERR_TOKEN),
    Reason.NOTHING_TO_REVOKE: Refusal(401, texts.ERR_TOKEN),
    Reason.USER_NOT_FOUND: Refusal(404, texts.ERR_RECIPIENT),
    Reason.ORDER_NOT_FOUND: Refusal(404, ERR_RFQ_NOT_FOUND),
    Reason.ORDER_DENIED: Refusal(403, ERR_RFQ_DENIED),
    Reason.STATUS_REFUSED: Refusal(400, ERR_RFQ_STATUS),
    Reason.CONVERSATION_NOT_FOUND: Refusal(404, texts.ERR_NO_MESSAGE),
    Reason.CONVERSATION_DENIED: Refusal(404, texts.ERR_NO_MESSAGE),
    Reason.CONVERSATION_CLOSED: Refusal(403, ERR_NOT_ALLOWED),
    Reason.ASSET_NOT_FOUND: Refusal(404, ERR_PRODUCT_NOT_FOUND),
    Reason.MESSAGE_NOT_FOUND: Refusal(404, texts.ERR_NO_MESSAGE),
    Reason.NOT_THE_AUTHOR: Refusal(403, ERR_NOT_ALLOWED),
    Reason.TEXT_TOO_LONG: Refusal(400, ERR_TOO_LONG),
    Reason.TEXT_NOT_STORABLE: Refusal(400, ERR_NOT_TEXT),
    Reason.RATE: Refusal(429, ERR_RATE),
    Reason.EVENT_RATE: Refusal(429, ERR_EVENTS),
    Reason.TOO_MANY_CONNECTIONS: Refusal(429, ERR_CONNECTIONS),
    Reason.CLIENT_ID_REUSED: Refusal(409, ERR_CLIENT_ID),
    Reason.FILE_NOT_FOUND: Refusal(404, texts.ERR_NO_MESSAGE),
    Reason.FILE_CONTENT_GONE: Refusal(404, texts.ERR_NO_MESSAGE),
    Reason.FILE_TOO_LARGE: Refusal(413, texts.ERR_IMAGE_TOO_LARGE),
    Reason.FILE_TYPE: Refusal(400, texts.ERR_IMAGE_TYPE),
    Reason.NOTIFICATION_NOT_FOUND: Refusal(404, texts.ERR_NO_MESSAGE),
}


UNKNOWN_KIND = "unknown kind"


def check_claims(claims: Mapping[str, Any]) -> None:
    """Raise Refused for a token of a kind of account that the platform does not have."""
    if claims.get(KIND_CLAIM) not in names.ROLES:
        raise Refused(Reason.INACTIVE, detail=UNKNOWN_KIND)


def refusal(problem: Refused) -> Refusal:
    """The platform's status, sentence and further fields."""
    words = _REFUSALS[problem.reason]
    if problem.reason is Reason.BAD_TOKEN:
        return replace(words, more={"error": TOKEN_ERRORS.get(problem.detail, "jwt malformed")})
    what, _, state = problem.detail.partition(" ")
    if problem.reason is Reason.INACTIVE and what == APPROVAL:
        return Refusal(403, texts.ERR_NOT_APPROVED, {APPROVAL: state})
    if problem.reason is Reason.INACTIVE and problem.detail == UNKNOWN_KIND:
        return Refusal(403, texts.ERR_USER_TYPE)
    return words


def login_refusal(problem: Refused) -> Refusal:
    """The same at the login, where an account that waits is told what for."""
    what, _, state = problem.detail.partition(" ")
    if problem.reason is Reason.INACTIVE and what == APPROVAL:
        return Refusal(403, APPROVAL_TEXTS.get(state, texts.ERR_PENDING), {APPROVAL: state})
    if problem.reason is Reason.INACTIVE:
        suspended = state == "suspended"
        text = texts.ERR_EMPLOYEE_SUSPENDED if suspended else texts.ERR_EMPLOYEE_INACTIVE
        return Refusal(403, text, {STATUS: state or "inactive"})
    return refusal(problem)


def pair_key(one: str, other: str) -> str:
    """What there is one conversation of: two people, in no order."""
    return ":".join(sorted((one, other)))


def order_number() -> str:
    """The platform has no numbers; the core wants one that is free."""
    return f"M-{secrets.token_hex(6)}"


class MarketPolicy(Policy):
    """Sellers and buyers write each other; a request is its buyer's, and shown to whom it is addressed.

    Administrators see every request and may write to everybody; employees of a seller may not write at all.
    """

    only = {  # noqa: RUF012 -- a table, read only
        Operation.OPEN: (names.ROLE_SELLER, names.ROLE_BUYER, names.ROLE_ADMIN),
        Operation.SEND: (names.ROLE_SELLER, names.ROLE_BUYER, names.ROLE_ADMIN),
        Operation.CHANGE_STATUS: (names.ROLE_BUYER, names.ROLE_ADMIN),
        Operation.DELETE_ORDER: (names.ROLE_BUYER, names.ROLE_ADMIN),
        Operation.ADD_ORDER_FILE: (names.ROLE_SELLER,),
        # What the platform has no way to ask for.
        Operation.REMOVE_FILE: (),
        Operation.REPORT: (),
        Operation.HIDE_MESSAGE: (),
        Operation.DELETE_MESSAGE: (),
        Operation.END: (),
        Operation.DELETE_CONVERSATION: (),
        Operation.ARCHIVE: (),
    }
    reveals = True

    def orders(self, actor: Actor) -> ColumnElement[bool]:
        """Products are everybody's; requests the buyer's own, or those that reach this seller."""
        is_product = Order.kind == PRODUCT
        if actor.role == names.ROLE_ADMIN:
            return true()
        if actor.role == names.ROLE_BUYER:
            return is_product | (Order.owner_id == actor.id)
        if actor.role == names.ROLE_SELLER:
            addressed = select(Party.order_id).where(Party.user_id == actor.id, Party.role == INVITED)
            reaches = or_(Order.details["distributionType"].as_string() == TO_ALL, Order.id.in_(addressed))
            return is_product | (Order.status.in_((names.RFQ_OPEN, names.RFQ_CLOSED)) & reaches)
        return is_product | false()

    def check(self, actor: Actor, operation: Operation, place: Place) -> None:
        """Besides the table: buyers and administrators ask, sellers quote and offer, owners change."""
        if operation is not Operation.DELETE_ORDER or actor.role != names.ROLE_ADMIN:
            super().check(actor, operation, place)
        if operation is Operation.CREATE_ORDER:
            may = (names.ROLE_SELLER,) if place.wanted == PRODUCT else (names.ROLE_BUYER, names.ROLE_ADMIN)
            if actor.role not in may:
                raise Refused(Reason.ROLE, detail=",".join(may))
        if operation is Operation.ADD_ORDER_FILE and (
            place.order is None or place.order.kind != PRODUCT or place.order.owner_id != actor.id
        ):
            raise Refused(Reason.ORDER_DENIED)
        if operation is Operation.TAKE_OVER:
            # A quote: an open request, and a seller whom it reaches.
            if actor.role != names.ROLE_SELLER:
                raise Refused(Reason.ROLE, detail=names.ROLE_SELLER)
            if place.order is None or place.order.status != names.RFQ_OPEN:
                raise Refused(Reason.STATUS_REFUSED)
        if operation in {Operation.CHANGE_STATUS, Operation.DELETE_ORDER} and place.order is not None:
            if actor.role != names.ROLE_ADMIN and place.order.owner_id != actor.id:
                raise Refused(Reason.ORDER_DENIED)
            if place.wanted and place.wanted not in names.RFQ_LABELS:
                raise Refused(Reason.STATUS_REFUSED)

    def check_after_password(self, user: User, role: str) -> None:
        """Sellers must be approved, employees active."""
        super().check_after_password(user, role)
        self._check_standing(user)

    def check_holder(self, user: User) -> None:
        """The same as long as the token is good."""
        super().check_holder(user)
        self._check_standing(user)

    def _check_standing(self, user: User) -> None:
        if user.role == names.ROLE_SELLER and user.profile.get(APPROVAL, APPROVED) != APPROVED:
            raise Refused(Reason.INACTIVE, detail=f"{APPROVAL} {user.profile[APPROVAL]}")
        if user.role == names.ROLE_EMPLOYEE and user.profile.get(STATUS, ACTIVE) != ACTIVE:
            raise Refused(Reason.INACTIVE, detail=f"{STATUS} {user.profile[STATUS]}")


def may_write(actor: Actor, other: User) -> bool:
    """Whether these two may talk: buyers and sellers with each other, administrators with everybody."""
    if actor.id == other.id or other.role not in names.KIND_OF_ROLE:
        return False
    return names.ROLE_ADMIN in {actor.role, other.role} or actor.role != other.role


WORDS = Words(
    platform=names.PLATFORM,
    tokens=TokenPlan(
        claims=lambda actor: {ID_CLAIM: actor.id, KIND_CLAIM: actor.role},
        subject=(ID_CLAIM,),
        role_claim=KIND_CLAIM,
    ),
    policy=MarketPolicy(),
    order_number=order_number,
)

_RULES = Rules(
    message_limit_chars=TEXT_LIMIT_CHARS,
    messages_per_minute=MESSAGES_PER_MINUTE,
    events_per_minute=EVENTS_PER_MINUTE,
    access_ttl_s=TOKEN_TTL_S,
    file_limit_bytes=names.IMAGE_LIMIT_BYTES,
    file_suffixes=frozenset(IMAGE_TYPES),
    failed_logins_per_minute=FAILED_LOGINS,
    failed_logins_window_s=LOCK_S,
    typing_timeout_s=TYPING_TIMEOUT_S,
    writing_reads=False,
)


def default_rules(**chosen: Any) -> Rules:
    """The platform's limits, with what the person who starts the server has chosen, by field of Rules."""
    return replace(_RULES, **chosen)
