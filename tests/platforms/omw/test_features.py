"""Each feature of docs/platforms.md on OMW: that it works, how far, or that it is absent and says why."""

from __future__ import annotations

from typing import Any

import pytest

from chatdesk.domain.actions import Action, ActionKind, FindKind, Lookup, Offer
from chatdesk.domain.arrivals import (
    Answer,
    Packet,
    VerdictLater,
    VerdictRefused,
    VerdictStored,
)
from chatdesk.domain.events import (
    ConversationGone,
    ConversationSeen,
    Dropped,
    ListsRead,
    MessageSeen,
    OrderSeen,
    PositionSeen,
    PresenceSeen,
    ReadSeen,
    TypingSeen,
    WindowRead,
)
from chatdesk.domain.goals import (
    Act,
    ChangeStatus,
    Connected,
    DeleteMessage,
    Find,
    FreshHead,
    FreshLists,
    FreshNotifications,
    FreshOrder,
    GoalKind,
    MarkRead,
    OlderPage,
    Report,
    SendText,
    Typing,
    Unwatched,
    Watched,
)
from chatdesk.domain.ids import OutgoingId, RemoteId
from chatdesk.domain.kinds import (
    ClosedWhy,
    Feature,
    KeyGrade,
    Lifecycle,
    MessageKind,
    ParkReason,
    PresenceState,
    Support,
    Why,
)
from chatdesk.domain.steps import Call, Done, Emit, Next, Parked
from chatdesk.platforms.memory import DAY_US
from tests.platforms.omw import captures
from tests.platforms.omw.paper import (
    BOOKING,
    OTHER,
    SESSION,
    Paper,
    call_of,
    cursor,
    emit_of,
    history,
    pushed,
    put,
    record,
    requests,
    session,
    sessions,
)

SEND = SendText(SESSION, OutgoingId("a" * 32), "a" * 32, "on my way")


def offline() -> Paper:
    paper = Paper()
    paper.facts = put(paper.facts, online=False)
    return paper


def listed(**changes: Any) -> Paper:
    """A worker whose list has a session of booking 109."""
    paper = Paper()
    paper.want(FreshLists())
    paper.answer(200, sessions(session(**changes)))
    return paper


def why(paper: Paper, feature: Feature) -> Why | None:
    """Why a feature is absent; None: it is there."""
    found = paper.adapter.capabilities(paper.facts)
    assert (found.features[feature] is Support.YES) == (feature not in found.why)
    return found.why.get(feature)


def offers_of(paper: Paper) -> dict[ActionKind, Offer]:
    return {offer.action: offer for offer in paper.adapter.capabilities(paper.facts).offers}


def reaches(end: Next, goal: GoalKind) -> None:
    """The goal ends at once: nothing is sent for it."""
    assert Paper().want(goal) == end


# -- connection and lists ----------------------------------------------------------------------------------


@pytest.mark.shows("omw", "polling", "yes")
@pytest.mark.shows("omw", "send_rest", "partial")
def test_without_a_socket_everything_goes_by_requests() -> None:
    """Lists, histories, sends and read marks; but the other side hears of a send only by reading."""
    steps: dict[str, GoalKind] = {
        "sessions": FreshLists(),
        "messages": FreshHead(SESSION),
        "send-rest": SEND,
    }
    for note, goal in steps.items():
        step = call_of(offline().want(goal))
        assert note in {step.note, step.path.rsplit("/", 1)[-1]}
    paper = offline()
    paper.want(MarkRead(SESSION, cursor(1_001)))
    paper.answer(200, history(record(1_001)))
    step = call_of(paper.again())
    assert (step.method, step.body) == ("PUT", {"messageIds": [1001]})
    assert paper.want(Typing(SESSION, True)) == Done()  # what can't be told now is not told later


@pytest.mark.shows("omw", "conversation_list", "yes")
@pytest.mark.shows("omw", "order_list", "yes")
def test_sessions_and_bookings_make_the_lists() -> None:
    """Conversations from sessions; bookings from them, from requests, or from a customer's history."""
    paper = listed()
    conversations = [event for event in paper.events if isinstance(event, ConversationSeen)]
    assert [(one.remote_id, one.order_remote_id) for one in conversations] == [(SESSION, BOOKING)]
    paper.again()
    entry = {"request_id": 7, "booking_id": 110, "status": "pending", "service_status": "pending"}
    events = paper.answer(200, requests(entry)).events
    assert [event.remote_id for event in events if isinstance(event, OrderSeen)] == ["110"]
    assert events[-1] == ListsRead()
    customer = Paper("customer")
    customer.want(FreshLists())
    customer.answer(200, sessions())
    assert call_of(customer.again()).path == "/api/customer/bookings/history"
    assert why(paper, Feature.ORDER_LIST) is None
    assert why(Paper("admin"), Feature.ORDER_LIST) is Why.NOT_FOR_ROLE
    assert why(Paper("admin"), Feature.CHANGE_STATUS) is Why.NOT_FOR_ROLE


@pytest.mark.shows("omw", "lifecycle", "yes")
def test_a_chat_that_is_over_says_why() -> None:
    """No event tells it: a refusal and then the session's own 404, and what was pressed is parked."""
    paper = listed()
    paper.joined()
    paper.want(SEND)
    paper.fails("Access denied to this chat session")
    paper.want(SEND)
    (gone,) = paper.answer(404, {"error": "Chat session not found"}).events
    ended = ConversationGone(remote_id=SESSION, lifecycle=Lifecycle.ENDED, why=ClosedWhy.SESSION_ENDED)
    assert gone == ended
    assert paper.again() == Parked(ParkReason.CLOSED, "Chat session not found")


# -- messages ----------------------------------------------------------------------------------------------


@pytest.mark.shows("omw", "history", "yes")
@pytest.mark.shows("omw", "history_paging", "yes")
def test_history_is_read_in_pages_from_the_newest() -> None:
    """Offsets from the newest, each page with the oldest first, put together by id."""
    paper = Paper()
    paper.want(FreshHead(SESSION))
    page = history(*(record(number) for number in range(51, 101)), more=True)
    events = paper.answer(200, page).events
    assert sum(isinstance(event, MessageSeen) for event in events) == 50
    assert isinstance(events[-1], WindowRead)
    step = call_of(paper.want(OlderPage(SESSION, cursor(51), 50)))
    assert int(dict(step.query)["offset"]) > 0
    all_of_it = dict(call_of(Paper().want(OlderPage(SESSION, cursor(51), 50, many=True))).query)
    assert (all_of_it["offset"], all_of_it["limit"]) == ("30", "200")


@pytest.mark.shows("omw", "send", "yes")
def test_a_send_is_known_by_its_echo_alone() -> None:
    """`message_sent` names it; the recorded server stores no id of ours, so none is sent."""
    paper = Paper()
    paper.joined()
    step = emit_of(paper.want(SEND))
    assert step.args == ({"sessionId": 41, "content": "on my way", "messageType": "text"},)
    assert paper.adapter.key_grade(paper.facts) is KeyGrade.NONE
    (seen, *_) = paper.packet("new_message", pushed(1001, "on my way", own=True)).events
    assert isinstance(seen, MessageSeen)
    assert seen.client_id is None
    (verdict,) = paper.packet("message_sent", {"messageId": 1001, "sessionId": 41}).verdicts
    assert verdict == VerdictStored(1, RemoteId("1001"))


@pytest.mark.shows("omw", "live_only", "no")
@pytest.mark.shows("omw", "subject", "no")
def test_messages_are_always_stored_and_have_no_subject() -> None:
    """The composer asks for nothing beside the text."""
    paper = listed()
    assert why(paper, Feature.STORED_MESSAGES) is None
    assert paper.adapter.capabilities(paper.facts).message_fields == ()
    assert all(event.live_only is None for event in paper.events if isinstance(event, ConversationSeen))


@pytest.mark.shows("omw", "edit", "no")
@pytest.mark.shows("omw", "delete", "no")
@pytest.mark.shows("omw", "report", "no")
@pytest.mark.shows("omw", "reply", "no")
@pytest.mark.shows("omw", "reactions", "no")
@pytest.mark.shows("omw", "message_search", "no")
@pytest.mark.shows("omw", "order_search", "no")
@pytest.mark.shows("omw", "notifications", "no")
@pytest.mark.shows("omw", "order_files", "no")
def test_what_the_platform_has_no_route_for_is_never_asked() -> None:
    """The capability says no and why; the goal ends without a step."""
    reaches(Parked(ParkReason.REFUSED), DeleteMessage(SESSION, RemoteId("1001")))
    reaches(Parked(ParkReason.REFUSED), Report(SESSION, RemoteId("1001"), "spam"))
    reaches(Parked(ParkReason.REFUSED), Find(Lookup(kind=FindKind.BOOKING, words="sink")))
    reaches(Done(), FreshNotifications())
    reaches(Parked(ParkReason.REFUSED, "list_files"), Act(Action(kind=ActionKind.LIST_FILES, order=BOOKING)))
    absent = (
        Feature.DELETE_OWN,
        Feature.EDIT_OWN,
        Feature.REPORT,
        Feature.MESSAGE_SEARCH,
        Feature.FIND,
        Feature.NOTIFICATIONS,
        Feature.ORDER_FILES,
        Feature.DELIVERED,
        Feature.TAKE_OVER,
    )
    assert {why(Paper(), feature) for feature in absent} == {Why.NOT_ON_PLATFORM}
    assert Paper().adapter.capabilities(Paper().facts).finds == ()


@pytest.mark.shows("omw", "create_order", "no")
@pytest.mark.shows("omw", "archive", "no")
def test_actions_of_other_platforms_are_not_offered() -> None:
    """And refused, should one come all the same; an end closes for both, so it asks first."""
    offers = offers_of(Paper())
    for kind in (ActionKind.CREATE_ORDER, ActionKind.TAKE_OVER, ActionKind.NOTICES_READ):
        assert kind not in offers
        reaches(Parked(ParkReason.REFUSED, kind.value), Act(Action(kind=kind)))
    assert offers[ActionKind.END_CHAT].confirm
    assert offers[ActionKind.DELETE_CHAT].confirm


@pytest.mark.shows("omw", "location", "no")
def test_places_are_no_messages_here() -> None:
    """None is sent; a type that nobody knows is shown as text."""
    place = SendText(SESSION, OutgoingId("1"), "1", "here", MessageKind.LOCATION)
    reaches(Parked(ParkReason.REFUSED, "location"), place)
    (seen, *_) = Paper().push("new_message", pushed(1001, "here", message_type="location"))
    assert isinstance(seen, MessageSeen)
    assert (seen.kind, seen.text) == (MessageKind.UNKNOWN, "here")


@pytest.mark.shows("omw", "voice", "no")
def test_voice_is_offered_only_where_one_was_met() -> None:
    """The servers recorded refuse it; who has received one may send one, for a day."""
    voice = SendText(SESSION, OutgoingId("1"), "1", "note.ogg", MessageKind.AUDIO)
    upload = Act(Action(kind=ActionKind.UPLOAD, path="/staged/note.ogg"))
    for arrives in ("pushed", "stored"):
        paper = Paper()
        paper.joined()
        assert paper.want(voice) == Parked(ParkReason.REFUSED, "audio")
        assert isinstance(paper.want(upload), Parked)
        if arrives == "pushed":
            paper.push("new_message", pushed(1001, message_type="audio"))
        else:
            paper.want(FreshHead(SESSION))
            paper.answer(200, history(record(1001, message_type="audio")))
        assert emit_of(paper.want(voice)).args[0]["messageType"] == "audio"
        file = call_of(paper.want(upload)).file
        assert file is not None
        assert file.content_type == "audio/ogg"
        kept = paper.facts.learnt["audio"]
        paper.facts = put(paper.facts, learnt={"audio": put(kept, expires_at_us=paper.facts.now_us)})
        assert isinstance(paper.want(upload), Parked)


# -- who is there, and who has read ------------------------------------------------------------------------


@pytest.mark.shows("omw", "typing", "yes")
def test_typing_goes_both_ways() -> None:
    """Told once, in its turn; shown until the stop."""
    paper = Paper()
    paper.joined()
    step = emit_of(paper.want(Typing(SESSION, True)))
    assert (step.event, step.timeout_ms) == ("typing_start", 500)
    assert paper.nothing() == VerdictStored(1)
    assert emit_of(paper.want(Typing(SESSION, False))).event == "typing_stop"
    payload = {"sessionId": 41, "userId": 201, "userName": "Customer One"}
    told = [*paper.push("user_typing", {**payload, "isTyping": True})]
    told += paper.push("user_typing", {**payload, "isTyping": False})
    assert [event.on for event in told if isinstance(event, TypingSeen)] == [True, False]


@pytest.mark.shows("omw", "presence", "partial")
@pytest.mark.shows("omw", "last_seen", "partial")
def test_presence_is_polled_and_only_online_means_something() -> None:
    """By the detail of the session looked at: 1 is online, 0 is unknown, with the time last seen."""
    for online, state in ((1, PresenceState.ONLINE), (0, PresenceState.UNKNOWN)):
        paper = listed()
        paper.want(FreshOrder(BOOKING, BOOKING))
        paper.answer(200, {"success": True, "booking": {"id": 109}})
        paper.again()
        rows = [{"user_id": 201, "is_online": online, "last_seen_at": "2026-11-20 13:11:21"}]
        detail = session(customer_id=201, provider_id=202, participants=rows)
        events = paper.answer(200, {"success": True, "session": detail}).events
        (seen,) = [event for event in events if isinstance(event, PresenceSeen)]
        assert (seen.person_id, seen.state) == (OTHER, state)
        assert seen.at_us


@pytest.mark.shows("omw", "delivered", "no")
def test_there_is_no_delivered_state() -> None:
    """Stored, then read: nothing between."""
    assert why(Paper(), Feature.DELIVERED) is Why.NOT_ON_PLATFORM


@pytest.mark.shows("omw", "read_per_message", "yes")
@pytest.mark.shows("omw", "read_per_conversation", "no")
def test_read_marks_name_messages() -> None:
    """Exactly those are marked and read; a list without ids would mark all, and is never sent."""
    paper = Paper()
    paper.joined()
    paper.push("new_message", pushed(1001))
    paper.push("new_message", pushed(1002))
    paper.want(MarkRead(SESSION, cursor(1001)))
    paper.answer(200, history(record(1001), record(1002)))
    step = emit_of(paper.again())
    assert (step.event, step.args) == ("mark_read", ({"sessionId": 41, "messageIds": [1001]},))
    (seen,) = paper.push("messages_read", {"sessionId": 41, "readerId": 201, "messageIds": [1003]})
    assert isinstance(seen, ReadSeen)
    assert seen.ids == ("1003",)
    paper.want(MarkRead(SESSION, cursor(5)))
    assert paper.again() == Done()


@pytest.mark.shows("omw", "unread", "partial")
def test_unread_numbers_are_those_of_the_list() -> None:
    """Per session they are right; the number of the whole account is not, and is never asked for."""
    paper = listed(unread_count=3)
    (seen,) = [event for event in paper.events if isinstance(event, ConversationSeen)]
    assert seen.unread == 3
    asked = {step.path for step in (paper.again(), paper.want(FreshLists())) if isinstance(step, Call)}
    assert asked
    assert not [path for path in asked if "unread-count" in path]


# -- bookings ----------------------------------------------------------------------------------------------


@pytest.mark.shows("omw", "status_change", "yes")
def test_a_status_is_changed_after_a_look() -> None:
    """Equal: done; as expected: set; else: changed meanwhile. Completing may need a photograph: in words."""
    goal = ChangeStatus(BOOKING, BOOKING, "in_progress", "completed")
    detail: dict[str, Any] = {"id": 109, "service_status": "completed"}
    paper = Paper()
    paper.want(goal)
    paper.answer(200, {"success": True, "booking": detail})
    assert paper.again() == Done()
    paper.want(goal)
    paper.answer(200, {"success": True, "booking": {**detail, "service_status": "cancelled"}})
    assert paper.again() == Parked(ParkReason.CHANGED_MEANWHILE, "Cancelled")
    paper.want(goal)
    paper.answer(200, {"success": True, "booking": {**detail, "service_status": "in_progress"}})
    step = call_of(paper.again())
    assert (step.method, step.body, step.commits) == ("PUT", {"status": "completed"}, True)
    words = "Selfie verification required before job completion"
    refusal = {"success": False, "message": words, "requires_selfie": True, "selfie_status": "pending"}
    assert paper.verdict(400, refusal) == VerdictRefused(1, ParkReason.REFUSED, words)
    choices = {one.value: one.selectable for one in paper.adapter.capabilities(paper.facts).statuses}
    assert choices["arrived"]
    assert not choices["en_route"]


@pytest.mark.shows("omw", "status_push", "no")
@pytest.mark.shows("omw", "live_position", "no")
def test_events_of_bookings_reach_nobody_but_are_taken_where_they_do() -> None:
    """The servers recorded emit them to empty rooms; one that does reach us is believed for a day."""
    paper = listed()
    assert why(paper, Feature.STATUS_PUSH) is Why.OUT_OF_REACH
    assert why(paper, Feature.LIVE_POSITION) is Why.OUT_OF_REACH
    assert paper.want(Watched(BOOKING, SESSION)) == Done()
    assert paper.want(Unwatched(BOOKING)) == Done()
    (order, _) = paper.push("status_update", {"booking_id": "109", "status": "arrived"})
    assert isinstance(order, OrderSeen)
    assert order.status == "arrived"
    moved = {
        "booking_id": 109,
        "location": {"lat": 51.5, "lng": -0.12},
        "speed_kmh": 36,
        "bearing": -90,
        "timestamp": "2026-11-20T08:00:00.000Z",
    }
    (seen,) = paper.push("trip:location_update", moved)
    assert seen == PositionSeen(
        order=BOOKING,
        latitude=51.5,
        longitude=-0.12,
        at_us=1_795_161_600_000_000,
        speed_m_s=10.0,
        heading_deg=270.0,
    )
    assert why(paper, Feature.STATUS_PUSH) is None
    assert why(paper, Feature.LIVE_POSITION) is None
    tomorrow = put(paper.facts, now_us=paper.facts.now_us + DAY_US + 1)
    assert paper.adapter.capabilities(tomorrow).why[Feature.STATUS_PUSH] is Why.OUT_OF_REACH
    bad: Any
    for bad in ({"lat": 91, "lng": 0}, {"lat": "51", "lng": 0}, [], None):
        assert paper.push("trip:location_update", {**moved, "location": bad}) == [Dropped(reason="malformed")]
    assert paper.push("trip_progress", {"booking_id": 109, "progress": 40, "eta": 12}) == []


@pytest.mark.shows("omw", "foreign_dropped", "partial")
def test_what_is_nobody_s_business_here_is_counted() -> None:
    """Rides of other bookings are dropped; typing ended by a stranger means nothing."""
    paper = listed()
    other = {"booking_id": 999, "location": {"lat": 1, "lng": 2}}
    assert paper.push("trip:location_update", other) == [Dropped(reason="foreign")]
    assert paper.push("user_typing", {"sessionId": 41, "userId": 999, "isTyping": False}) == []


# -- probing -----------------------------------------------------------------------------------------------

STATUS_UPDATES = [
    ({"userId": 201, "isOnline": True}, PresenceState.ONLINE),
    ({"userId": "201", "status": "Offline", "lastSeen": "2026-11-20T07:00:00Z"}, PresenceState.OFFLINE),
]


@pytest.mark.shows("omw", "probing", "yes")
@pytest.mark.parametrize(("payload", "state"), STATUS_UPDATES)
def test_a_promised_event_is_taken_when_it_comes(payload: dict[str, Any], state: PresenceState) -> None:
    """`user_status_update` was never seen: any likely shape will do, and the server is remembered."""
    paper = Paper()
    (seen,) = paper.push("user_status_update", payload)
    assert isinstance(seen, PresenceSeen)
    assert (seen.person_id, seen.state) == (OTHER, state)
    assert paper.facts.learnt["user_status"].expires_at_us == paper.facts.now_us + DAY_US


@pytest.mark.parametrize("words", ["Too many messages", "Rate limit exceeded", "Please slow down"])
def test_a_promised_limit_rests_the_sends(words: str) -> None:
    """By event or by 429, definitely not stored: tried again later."""
    paper = Paper()
    paper.joined()
    paper.want(SEND)
    assert paper.fails(words) == VerdictLater(1, 10_000, words)
    paper = offline()
    paper.want(SEND)
    verdict = paper.verdict(429, {"error": words}, headers={"retry-after": "7"})
    assert verdict == VerdictLater(1, 7_000, words)


# -- offers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["worker", "customer", "admin"])
def test_offers_are_of_the_role_and_the_status(role: str) -> None:
    """No dead button: what is offered is what the server takes from this role in this status."""
    offers = offers_of(Paper(role))
    of_workers = {
        ActionKind.ACCEPT: {"pending", "pending_worker_assignment"},
        ActionKind.REJECT: {"assigned", "accepted"},
        ActionKind.REQUEST_CODE: {"arrived"},
        ActionKind.CONFIRM_CODE: {"arrived"},
    }
    for kind, statuses in of_workers.items():
        assert (kind in offers) == (role == "worker")
        if role == "worker":
            assert set(offers[kind].statuses) == statuses
    known = {one.value for one in Paper(role).adapter.capabilities(Paper(role).facts).statuses}
    for offer in offers.values():
        assert set(offer.statuses) <= known
    assert (ActionKind.START_CHAT in offers) == (role != "admin")
    if role == "worker":
        (field,) = offers[ActionKind.CONFIRM_CODE].fields
        assert (field.key, field.limit_chars) == ("code", 6)


def test_every_absent_feature_says_why() -> None:
    """For each role, and for none that is there."""
    for role in ("worker", "customer", "admin", ""):
        found = Paper(role).adapter.capabilities(Paper(role).facts)
        assert set(found.why) == {
            one for one, support in found.features.items() if support is not Support.YES
        }
        assert set(found.features) == set(Feature)


def test_every_recorded_frame_means_something() -> None:
    """No event of a recording is unknown, no body is a hole: counted frame by frame."""
    counted = 0
    for name in captures.NAMES:
        for frame in captures.load(name)["frames"]:
            counted += 1
            if (
                frame["channel"] == "socket"
                and frame["dir"] == "in"
                and frame["event"] not in captures.LIBRARY
            ):
                reading = Paper().read(Packet(frame["event"], tuple(frame["args"])))
                assert Dropped(reason="unknown_event") not in reading.events
            elif frame["channel"] == "http" and frame.get("status") is not None:
                is_json = captures.says_json(frame)
                answer = Answer(1, frame["status"], is_json, frame["response_body"], {})
                assert is_json or isinstance(answer.body, str)
            else:
                assert frame["channel"] in {"note", "socket", "http"}, frame["channel"]
    assert counted > 500


def test_a_step_is_a_call_or_an_emit_or_the_end() -> None:
    """For each action that is offered there is one."""
    for kind in offers_of(Paper()):
        paper = Paper()
        paper.joined()
        fields = {"code": "123456"}
        action = Action(kind=kind, conversation=SESSION, order=BOOKING, fields=fields, path="/staged/a.png")
        assert isinstance(paper.want(Act(action)), Call | Emit)
    assert isinstance(Paper().want(Connected()), Done)
