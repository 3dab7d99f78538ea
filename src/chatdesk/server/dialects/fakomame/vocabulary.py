"""What Fakomame calls things: tokens, limits, and a status and a sentence for every refusal."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Any

from chatdesk.server.core.access import Actor, Policy
from chatdesk.server.core.accounts import TokenPlan
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.ids import CuidIds
from chatdesk.server.core.rules import Rules
from chatdesk.server.core.service import Words
from chatdesk.wire.fakomame import names, texts

PACKAGE = names.ITEM_PACKAGE
TRIP = names.ITEM_TRIP
CARRIED_BY = "carried_by"
"""The link of a package to the trip that it goes with."""
RECEIVER = "receiver"
SENDER = "sender"
"""Of a package that goes with this trip."""

ID_CLAIM = "userId"

MESSAGES_PER_MINUTE = 600
EVENTS_PER_MINUTE = 3_000
FILE_LIMIT_BYTES = 10_000_000
TYPING_TIMEOUT_S = 5.0

# Sentences of ours, where the recordings have none.
ERR_RATE = "Too many messages. Please slow down."
ERR_EVENTS = "Too many events. Please slow down."
ERR_CONNECTIONS = "Too many connections of this account."
ERR_TOO_LONG = "Message content is too long"
ERR_NOT_TEXT = "Message content is not valid text"
ERR_ROLE = "Your role does not allow this"
ERR_CLOSED = "This chat is closed"
ERR_CLIENT_ID = "This client id was used for another chat"
ERR_PACKAGE_STATUS = "This package cannot be changed to that status now"
ERR_TRIP_STATUS = "This trip cannot be changed any more"
ERR_ITEM = "Package or trip not found"
ERR_MESSAGE = "Message not found"
ERR_FILE = "File not accepted"


@dataclass(frozen=True, slots=True)
class Refusal:
    """HTTP status and sentence for a refusal of the core."""

    status: int
    text: str


REFUSALS = {
    Reason.NO_TOKEN: Refusal(401, texts.ERR_TOKEN),
    Reason.BAD_TOKEN: Refusal(401, texts.ERR_TOKEN),
    Reason.UNKNOWN_HOLDER: Refusal(401, texts.ERR_TOKEN),
    Reason.ROLE: Refusal(403, ERR_ROLE),
    Reason.NO_ACCOUNT: Refusal(401, texts.ERR_CREDENTIALS),
    Reason.UNCONFIRMED: Refusal(401, texts.ERR_CREDENTIALS),
    Reason.INACTIVE: Refusal(403, texts.ERR_DEACTIVATED),
    Reason.WRONG_PASSWORD: Refusal(401, texts.ERR_CREDENTIALS),
    Reason.TOO_MANY_LOGINS: Refusal(429, texts.ERR_LOCKED),
    Reason.REFRESH_INVALID: Refusal(401, texts.ERR_REFRESH),
    Reason.REFRESH_EXPIRED: Refusal(401, texts.ERR_REFRESH),
    Reason.NOTHING_TO_REVOKE: Refusal(401, texts.ERR_TOKEN),
    Reason.USER_NOT_FOUND: Refusal(404, texts.ERR_NO_USER),
    Reason.ORDER_NOT_FOUND: Refusal(404, ERR_ITEM),
    Reason.ORDER_DENIED: Refusal(403, ERR_ROLE),
    Reason.STATUS_REFUSED: Refusal(400, ERR_PACKAGE_STATUS),
    Reason.CONVERSATION_NOT_FOUND: Refusal(404, texts.ERR_SEND_ACCESS),
    Reason.CONVERSATION_DENIED: Refusal(404, texts.ERR_SEND_ACCESS),
    Reason.CONVERSATION_CLOSED: Refusal(403, ERR_CLOSED),
    Reason.ASSET_NOT_FOUND: Refusal(404, ERR_ITEM),
    Reason.MESSAGE_NOT_FOUND: Refusal(404, ERR_MESSAGE),
    Reason.NOT_THE_AUTHOR: Refusal(403, ERR_ROLE),
    Reason.TEXT_TOO_LONG: Refusal(400, ERR_TOO_LONG),
    Reason.TEXT_NOT_STORABLE: Refusal(400, ERR_NOT_TEXT),
    Reason.RATE: Refusal(429, ERR_RATE),
    Reason.EVENT_RATE: Refusal(429, ERR_EVENTS),
    Reason.TOO_MANY_CONNECTIONS: Refusal(429, ERR_CONNECTIONS),
    Reason.CLIENT_ID_REUSED: Refusal(409, ERR_CLIENT_ID),
    Reason.FILE_NOT_FOUND: Refusal(404, ERR_FILE),
    Reason.FILE_CONTENT_GONE: Refusal(404, ERR_FILE),
    Reason.FILE_TOO_LARGE: Refusal(413, ERR_FILE),
    Reason.FILE_TYPE: Refusal(400, ERR_FILE),
    Reason.NOTIFICATION_NOT_FOUND: Refusal(404, texts.ERR_NO_NOTICE),
}

_OF_ITEMS = {
    (Reason.ORDER_NOT_FOUND, PACKAGE): Refusal(404, texts.ERR_NO_PACKAGE),
    (Reason.ORDER_NOT_FOUND, TRIP): Refusal(404, texts.ERR_NO_TRIP),
    (Reason.ORDER_DENIED, PACKAGE): Refusal(403, texts.ERR_PACKAGE_OWNER),
    (Reason.ORDER_DENIED, TRIP): Refusal(403, texts.ERR_TRIP_OWNER),
    (Reason.STATUS_REFUSED, names.PACKAGE_IN_TRANSIT): Refusal(400, texts.ERR_PACKAGE_LOCKED),
    (Reason.STATUS_REFUSED, TRIP): Refusal(400, ERR_TRIP_STATUS),
}
"""By reason and what the policy says of it."""

_CONNECT = {
    Reason.NO_TOKEN: texts.CONNECT_NO_TOKEN,
    Reason.BAD_TOKEN: texts.CONNECT_INVALID_TOKEN,
    Reason.UNKNOWN_HOLDER: texts.CONNECT_NO_USER,
    Reason.TOO_MANY_CONNECTIONS: ERR_CONNECTIONS,
}


def refusal(problem: Refused) -> Refusal:
    """The platform's status and sentence."""
    return _OF_ITEMS.get((problem.reason, problem.detail), REFUSALS[problem.reason])


def connect_refusal(problem: Refused) -> str:
    """The sentence of a handshake that is refused."""
    return _CONNECT.get(problem.reason, texts.CONNECT_INVALID_TOKEN)


def item_number() -> str:
    """The platform has no numbers; the core wants one that is free. No search looks at it."""
    return f"F-{secrets.token_hex(6)}"


def words(policy: Policy, *, refresh_opens: bool = False) -> Words:
    """What the core has to know of the platform."""
    return Words(
        platform=names.PLATFORM,
        tokens=TokenPlan(
            claims=_claims,
            refresh_claims=lambda actor: {ID_CLAIM: actor.id, "type": "refresh"},
            subject=(ID_CLAIM,),
            issuer=names.ISSUER,
            audience=names.AUDIENCE,
            refresh_opens=refresh_opens,
        ),
        policy=policy,
        order_number=item_number,
        ids=CuidIds,
    )


def _claims(actor: Actor) -> dict[str, Any]:
    return {ID_CLAIM: actor.id, "email": actor.email, "role": actor.role}


_RULES = Rules(
    message_limit_chars=names.CONTENT_LIMIT_CHARS,
    messages_per_minute=MESSAGES_PER_MINUTE,
    events_per_minute=EVENTS_PER_MINUTE,
    access_ttl_s=names.TOKEN_TTL_S,
    refresh_ttl_s=names.TOKEN_TTL_S,
    file_limit_bytes=FILE_LIMIT_BYTES,
    failed_logins_per_minute=names.LOGIN_ATTEMPTS,
    failed_logins_window_s=names.LOGIN_LOCK_MS // 1_000,
    typing_timeout_s=TYPING_TIMEOUT_S,
    writing_reads=False,
)


def default_rules(**chosen: Any) -> Rules:
    """The platform's limits, with what the person who starts the server has chosen, by field of Rules."""
    return replace(_RULES, **chosen)
