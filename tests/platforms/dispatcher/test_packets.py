"""Socket events: what each of them means, and what it does not."""

from __future__ import annotations

from typing import Any

import pytest

from chatdesk.domain.events import (
    Dropped,
    Event,
    MessageSeen,
    Noticed,
    NotificationSeen,
    OrderSeen,
    PresenceSeen,
    ReadSeen,
    Stale,
    TypingSeen,
)
from chatdesk.domain.goals import Joined
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import MessageKind, NoticeCode, PresenceState, Progress, Source
from chatdesk.platforms.dispatcher import translate
from tests.platforms.dispatcher.paper import (
    ME,
    MY_MAIL,
    NOW_US,
    NUMBER,
    ORDER,
    OTHER,
    OTHER_MAIL,
    Paper,
    iso,
    record,
)

MALFORMED = Dropped(reason="malformed")
STAMP = iso(NOW_US)


def message(**changes: Any) -> dict[str, Any]:
    return {"orderId": ORDER, "message": record(1, **changes), "timestamp": STAMP}


def seen_in(events: list[Event]) -> MessageSeen:
    (found,) = [event for event in events if isinstance(event, MessageSeen)]
    return found


def test_a_message_of_somebody_else() -> None:
    """With author, order and place in the conversation; its author types no longer."""
    events = Paper().push("new-message", message(text="hi"))
    seen = seen_in(events)
    assert (seen.conversation, seen.sender_id, seen.sender_name) == (ORDER, OTHER, OTHER_MAIL)
    assert (seen.own, seen.kind, seen.text, seen.source) == (False, MessageKind.TEXT, "hi", Source.PUSH)
    assert seen.sent_at_us == NOW_US + 1_000_000
    assert seen.cursor == translate.cursor(seen.sent_at_us, seen.remote_id)
    typing = [event for event in events if isinstance(event, TypingSeen)]
    assert {event.person_id for event in typing} == {OTHER, OTHER_MAIL}
    assert not any(event.on for event in typing)


def test_an_own_message_is_own_by_id_alone() -> None:
    """Whatever else the payload claims: identity comes from the account."""
    assert seen_in(Paper().push("new-message", message(own=True))).own
    forged = message(user={"id": OTHER, "email": MY_MAIL}, senderType="admin")
    assert not seen_in(Paper().push("new-message", forged)).own
    nobody = message(user={"id": None, "email": None})
    paper = Paper()
    account = paper.facts.account
    assert not seen_in(paper.push("new-message", nobody)).own
    assert account.user_id


def test_a_system_line() -> None:
    """Written by nobody."""
    system = message(messageType="system", senderType="system", user={"id": None, "email": None})
    seen = seen_in(Paper().push("new-message", system))
    assert (seen.kind, seen.sender_id, seen.sender_name, seen.own) == (MessageKind.SYSTEM, "", "", False)


BAD_FIELDS: list[tuple[dict[str, Any], str, object]] = [
    ({"message": None}, "text", ""),
    ({"message": 123}, "text", "123"),
    ({"message": ["x"]}, "text", ""),
    ({"message": "a\ud800b"}, "text", "a\ufffdb"),
    ({"messageType": 7}, "kind", MessageKind.UNKNOWN),
    ({"messageType": ["text"]}, "kind", MessageKind.UNKNOWN),
    ({"messageType": "voice"}, "kind", MessageKind.UNKNOWN),
    ({"messageType": None}, "kind", MessageKind.TEXT),
    ({"createdAt": "yesterday"}, "sent_at_us", 0x6B000000 * 1_000_000),
    ({"createdAt": None}, "sent_at_us", 0x6B000000 * 1_000_000),
    ({"createdAt": "9999-12-31T00:00:00Z"}, "sent_at_us", 0x6B000000 * 1_000_000),
    ({"updatedAt": 5}, "updated_at_us", None),
    ({"user": None}, "sender_id", ""),
    ({"user": {"id": 7, "email": "x@example.test"}}, "sender_name", "x@example.test"),
    ({"user": {"id": OTHER, "email": "a\r\nb\u202e"}}, "sender_name", "a b"),
    ({"orderId": None}, "conversation", ORDER),
    ({"orderId": {"$ne": None}}, "conversation", ORDER),
]


@pytest.mark.parametrize(("changes", "field", "value"), BAD_FIELDS)
def test_one_bad_field_never_loses_a_message(changes: dict[str, Any], field: str, value: object) -> None:
    """Each field is judged for itself."""
    assert getattr(seen_in(Paper().push("new-message", message(**changes))), field) == value


@pytest.mark.parametrize("bad_id", [None, "", 5, "a/b", "x" * 65, ["6b"]])
def test_a_message_without_an_id_is_counted_as_dropped(bad_id: object) -> None:
    """It could be neither bound nor found again."""
    assert Paper().push("new-message", message(id=bad_id)) == [MALFORMED]


def test_numbered_messages_show_what_is_missing() -> None:
    """chatdesk's own server counts per conversation: a jump means that something was not pushed."""
    paper = Paper()
    assert Stale(conversation=ORDER) not in paper.push("new-message", message(seq=7))
    assert Stale(conversation=ORDER) not in paper.push("new-message", message(seq=8))
    assert Stale(conversation=ORDER) not in paper.push("new-message", message(seq=8))
    assert Stale(conversation=ORDER) in paper.push("new-message", message(seq=10))
    assert Stale(conversation=ORDER) not in paper.push("new-message", message(seq=11))
    assert Stale(conversation=ORDER) not in paper.push("new-message", message(seq="12"))


def test_an_own_client_id_comes_back() -> None:
    """Where the server gives it back, it binds the message to its row."""
    assert seen_in(Paper().push("new-message", message(own=True, clientId="0f" * 16))).client_id == "0f" * 16


def test_a_read_flag_on_an_own_message_is_honoured() -> None:
    """The recorded servers never set it."""
    events = Paper().push("new-message", message(own=True, isRead=True))
    (read,) = [event for event in events if isinstance(event, ReadSeen)]
    assert (read.by_self, read.cursor) == (False, seen_in(events).cursor)


# -- orders ------------------------------------------------------------------------------------------------


def update(kind: str = "order_status_updated", **changes: Any) -> dict[str, Any]:
    order = {
        "_id": ORDER,
        "userId": ME,
        "orderNumber": NUMBER,
        "truckId": "65a000000000000000000301",
        "moderatorId": OTHER,
        "originAddress": "Austin, TX",
        "destinationAddress": "Dallas, TX",
        "status": "requires_invoice",
        "updatedAt": STAMP,
        **changes,
    }
    return {"orderId": ORDER, "update": {"type": kind, "order": order}, "timestamp": STAMP}


@pytest.mark.shows("dispatcher", "status_push", "partial")
def test_a_status_push_is_the_raw_record() -> None:
    """`_id` instead of `id`; unresolved references leave what is known of people and trucks alone.

    The history has a new system line that nobody pushes, so its head is read.
    """
    events = Paper().push("order-updated", update())
    order, stale = events
    assert isinstance(order, OrderSeen)
    assert (order.remote_id, order.number, order.status) == (ORDER, NUMBER, "requires_invoice")
    assert (order.progress, order.updated_at_us) == (Progress.WAITING, NOW_US)
    assert (order.fields, order.participants) == (None, None)
    assert stale == Stale(conversation=ORDER)


@pytest.mark.parametrize("status", [None, "all", "shipped", 5])
def test_a_push_without_a_real_status_asks_for_the_order(status: object) -> None:
    """A request without a value removes the status; the detail then shows another."""
    payload = update()
    payload["update"]["order"]["status"] = status
    if status is None:
        del payload["update"]["order"]["status"]
    events = Paper().push("order-updated", payload)
    assert events[1:] == [Stale(conversation=ORDER), Stale(order_number=NUMBER)]


def test_a_created_order_is_news_for_the_lists() -> None:
    """Nobody can be in its room yet, but a deployment may send it all the same."""
    events = Paper().push("order-updated", update("order_created"))
    assert isinstance(events[0], OrderSeen)
    assert events[1:] == [Stale()]


def test_an_update_without_an_order_still_names_its_room() -> None:
    """Something changed there."""
    payload = {"orderId": ORDER, "update": {"type": "order_status_updated"}}
    assert Paper().push("order-updated", payload) == [Stale(conversation=ORDER), MALFORMED]
    assert Paper().push("order-updated", {}) == [MALFORMED]


# -- typing, reading, presence -----------------------------------------------------------------------------


@pytest.mark.shows("dispatcher", "typing", "yes")
@pytest.mark.parametrize("on", [True, False])
def test_typing_comes_by_e_mail_or_by_id(on: bool) -> None:
    """Seen with `email`, documented with `userId`; a known id is shown by its e-mail."""
    paper = Paper()
    (by_mail,) = paper.push("user-typing", {"orderId": ORDER, "email": OTHER_MAIL, "isTyping": on})
    assert by_mail == TypingSeen(conversation=ORDER, person_id=RemoteId(OTHER_MAIL), name=OTHER_MAIL, on=on)
    by_id = {"orderId": ORDER, "userId": OTHER, "isTyping": on}
    assert paper.push("user-typing", by_id) == [
        TypingSeen(conversation=ORDER, person_id=OTHER, name=OTHER, on=on)
    ]
    paper.push("new-message", message())
    assert paper.push("user-typing", by_id) == [
        TypingSeen(conversation=ORDER, person_id=OTHER, name=OTHER_MAIL, on=on)
    ]


@pytest.mark.parametrize(
    "who", [{"email": MY_MAIL.upper()}, {"userId": ME}, {"userId": ME, "email": OTHER_MAIL}]
)
def test_our_other_devices_do_not_type_at_us(who: dict[str, str]) -> None:
    """A room also carries the signals of this account's other connections."""
    assert Paper().push("user-typing", {"orderId": ORDER, "isTyping": True, **who}) == []


@pytest.mark.shows("dispatcher", "read_per_conversation", "partial")
def test_a_read_signal_goes_up_to_its_time() -> None:
    """The whole conversation up to the timestamp; from another device of ours it is our own reading."""
    paper = Paper()
    read = {"userId": OTHER, "orderId": ORDER, "timestamp": STAMP}
    assert paper.push("message-read", read) == [
        ReadSeen(conversation=ORDER, person_id=OTHER, by_self=False, up_to_us=NOW_US)
    ]
    (own,) = paper.push("message-read", {**read, "userId": ME})
    assert isinstance(own, ReadSeen)
    assert own.by_self
    (timeless,) = paper.push("message-read", {**read, "timestamp": ""})
    assert timeless == ReadSeen(conversation=ORDER, person_id=OTHER, by_self=False)


@pytest.mark.shows("dispatcher", "presence", "partial")
def test_who_joins_is_there_and_who_leaves_is_not() -> None:
    """And whoever leaves types no longer."""
    paper = Paper()
    signal = {"userId": OTHER, "orderId": ORDER, "timestamp": STAMP}
    assert paper.push("user-joined-order", signal) == [
        PresenceSeen(person_id=OTHER, state=PresenceState.ONLINE, conversation=ORDER, at_us=NOW_US)
    ]
    left, *typing = paper.push("user-left-order", signal)
    assert left == PresenceSeen(
        person_id=OTHER, state=PresenceState.OFFLINE, conversation=ORDER, at_us=NOW_US
    )
    assert typing == [TypingSeen(conversation=ORDER, person_id=OTHER, name="", on=False)]
    assert paper.push("user-joined-order", {**signal, "userId": ME}) == []


def test_presence_of_chatdesks_own_server_is_everywhere() -> None:
    """Somebody connected, or is gone since."""
    there = {"userId": OTHER, "email": OTHER_MAIL, "role": "moderator", "online": True, "lastSeen": ""}
    assert Paper().push("user-presence", there) == [PresenceSeen(person_id=OTHER, state=PresenceState.ONLINE)]
    gone = {**there, "online": False, "lastSeen": STAMP}
    assert Paper().push("user-presence", gone) == [
        PresenceSeen(person_id=OTHER, state=PresenceState.OFFLINE, at_us=NOW_US)
    ]


# -- notifications and errors ------------------------------------------------------------------------------


def note(**changes: Any) -> dict[str, Any]:
    return {
        "id": "6afffad76b94d13b6ec3399d",
        "type": "order_updated",
        "title": "New message from moderator@example.test",
        "message": "one",
        "metadata": {"orderId": ORDER},
        "actionUrl": f"/dashboard/orders/{NUMBER}",
        "actionText": "View Message",
        "createdAt": STAMP,
        **changes,
    }


@pytest.mark.shows("dispatcher", "notifications", "yes")
@pytest.mark.parametrize(
    ("changes", "stale"),
    [
        ({}, Stale(conversation=ORDER)),
        ({"actionText": None}, Stale(conversation=ORDER)),
        ({"type": "new_message", "title": "", "actionText": ""}, Stale(conversation=ORDER)),
        (
            {"title": "New file uploaded to order #ORD-100001", "actionText": "View File"},
            Stale(order_number=NUMBER),
        ),
        ({"title": "New file uploaded to order #ORD-100001", "actionText": ""}, Stale(order_number=NUMBER)),
        ({"type": "file_uploaded", "title": "", "actionText": ""}, Stale(order_number=NUMBER)),
        ({"title": "Order is now moderated", "actionText": "View Order"}, Stale(order_number=NUMBER)),
        ({"title": "x", "actionText": "View Order", "actionUrl": "https://elsewhere.example/"}, Stale()),
        (
            {
                "title": "x",
                "actionText": "View Order",
                "metadata": {"orderId": ORDER, "orderNumber": "ORD-9"},
            },
            Stale(order_number="ORD-9"),
        ),
        ({"type": "order_created", "title": "New Order Created", "actionText": "View Order"}, Stale()),
        ({"type": "order_deleted", "title": "gone", "actionText": ""}, Stale()),
    ],
)
def test_a_notification_says_what_to_read_again(changes: dict[str, Any], stale: Stale) -> None:
    """Messages, files and takeovers share one type: action text or title tell them apart."""
    events = Paper().push("notification", note(**changes))
    assert isinstance(events[0], NotificationSeen)
    assert events[0].unread
    assert events[1:] == [stale]


def test_an_announcement_says_nothing_about_orders() -> None:
    """Metadata is empty."""
    events = Paper().push(
        "notification",
        {
            "id": "6afffad76b94d13b6ec339d4",
            "type": "system_announcement",
            "title": "Maintenance",
            "metadata": {},
        },
    )
    assert len(events) == 1
    assert isinstance(events[0], NotificationSeen)
    assert events[0].conversation is None


def test_in_a_joined_room_the_message_itself_has_come() -> None:
    """The push precedes its notification: no history is read for each message."""
    paper = Paper()
    paper.want(Joined(ORDER))
    paper.handed_over()
    events = paper.push("notification", note())
    assert [type(event) for event in events] == [NotificationSeen]


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"message": "Too many messages: try again in 5 s", "retryAfter": 5}, NoticeCode.RATE_LIMITED),
        ({"message": "Too many events: try again in 5 s"}, NoticeCode.RATE_LIMITED),
        ({"message": "Order not found"}, NoticeCode.NOT_FOUND),
        ({"message": "Order not found or access denied"}, NoticeCode.FORBIDDEN),
        ({"message": "Internal server error"}, NoticeCode.SERVER_ERROR),
    ],
)
def test_an_error_event_is_told_in_the_servers_words(payload: dict[str, Any], code: NoticeCode) -> None:
    """Of chatdesk's own server; the recorded ones answer nothing."""
    assert Paper().push("error", payload) == [Noticed(code=code, detail=payload["message"])]


@pytest.mark.parametrize(
    "event",
    [
        "new-message",
        "order-updated",
        "user-typing",
        "message-read",
        "error",
        "user-joined-order",
        "user-left-order",
        "notification",
        "user-presence",
    ],
)
@pytest.mark.parametrize("args", [(), (None,), ("text",), (5,), ([],), ({},), ([{}],), (True, {})])
def test_a_payload_of_another_shape_is_counted(event: str, args: tuple[Any, ...]) -> None:
    """Dropped by reason, never an error."""
    assert Paper().push(event, *args) == [MALFORMED]


def test_events_that_nobody_knows_are_counted() -> None:
    """A newer server may send more."""
    assert Paper().push("order-exploded", {"orderId": ORDER}) == [Dropped(reason="unknown_event")]
    assert Paper().push("", "what was no event at all") == [MALFORMED]
