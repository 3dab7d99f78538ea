"""Lists, packages and trips, look-ups, changes of a status, and what a person does at once."""

from __future__ import annotations

from typing import Any

import pytest

from chatdesk.domain.actions import Action, ActionKind, FindKind, FindScope, Hit, Lookup, Result, Subject
from chatdesk.domain.arrivals import (
    Verdict,
    VerdictLater,
    VerdictRefused,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import (
    ConversationGone,
    ConversationSeen,
    Dropped,
    Event,
    ListsRead,
    MessageSeen,
    NotificationSeen,
    OrderSeen,
    PresenceSeen,
    Stale,
)
from chatdesk.domain.goals import (
    Act,
    ChangeStatus,
    Find,
    FreshLists,
    FreshNotifications,
    FreshOrder,
    Joined,
    Unwatched,
    Watched,
)
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ClosedWhy, Lifecycle, OrderKind, ParkReason, PresenceState, Progress
from chatdesk.domain.steps import Call, Done, Parked
from chatdesk.platforms.fakomame import limits
from tests.platforms.fakomame.paper import (
    CHAT,
    CHAT_2,
    ME,
    NOTICE,
    OTHER,
    PACKAGE,
    SEND,
    STRANGER,
    TRIP,
    US,
    Paper,
    at,
    call_of,
    chat,
    emit_of,
    no,
    notice,
    ok,
    package,
    participant,
    record,
    rows,
    trip,
)

MINE = RemoteId("cmwoomypackage00000000001")
THEIRS = RemoteId("cmwootheirpackage00000001")


def of(kind: type[Event], events: Any) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


# -- chats -------------------------------------------------------------------------------------------------


def test_a_chat_on_a_package_and_a_trip_has_the_package_as_its_order() -> None:
    """The trip becomes a line of the package's panel, also where the package itself names none."""
    paper = Paper()
    paper.lists(chat(), packages=[package(status="MATCHED")])
    (seen,) = of(ConversationSeen, paper.events)
    assert seen.order_remote_id == PACKAGE
    stub, full = of(OrderSeen, paper.events)
    assert (stub.kind, stub.status_label, stub.progress) == (OrderKind.PACKAGE, "Matched", Progress.ACTIVE)
    assert ("trip", "Nairobi to Kampala · Posted") in [(line.key, line.value) for line in full.fields]
    alone = Paper()
    alone.lists(chat(packageId=None, package=None))
    (order,) = of(OrderSeen, alone.events)
    assert (order.kind, order.remote_id, order.progress) == (OrderKind.TRIP, TRIP, Progress.OPEN)


@pytest.mark.shows("fakomame", "lifecycle", "partial")
@pytest.mark.parametrize(
    ("changes", "lifecycle", "why"),
    [
        ({}, Lifecycle.OPEN, None),
        ({"type": "SUPPORT"}, Lifecycle.OPEN, None),
        ({"isActive": False}, Lifecycle.READ_ONLY, ClosedWhy.SESSION_ENDED),
        ({"type": "NOTIFICATION", "participants": US[:1]}, Lifecycle.READ_ONLY, ClosedWhy.NOT_OPEN_YET),
        ({"type": "NOTIFICATION"}, Lifecycle.OPEN, None),
    ],
)
def test_chats_that_reach_nobody_are_read_only(
    changes: dict[str, Any], lifecycle: Lifecycle, why: ClosedWhy | None
) -> None:
    """A chat that was closed, and the one that a match makes with its sender alone."""
    paper = Paper()
    paper.lists(chat(**changes))
    (seen,) = of(ConversationSeen, paper.events)
    assert (seen.lifecycle, seen.closed_why) == (lifecycle, why)


def test_a_chat_that_leaves_the_list_is_withdrawn_and_one_that_was_denied_stays_so() -> None:
    """Nothing tells of it but the list; a refusal on this connection weighs more than a list."""
    paper = Paper()
    paper.lists(chat(), chat(CHAT_2))
    paper.events.clear()
    paper.lists(chat())
    (gone,) = of(ConversationGone, paper.events)
    assert (gone.remote_id, gone.why) == (CHAT_2, ClosedWhy.ACCESS_WITHDRAWN)
    paper.join()
    paper.cut()
    paper.accepted()
    paper.want(Joined(CHAT))
    paper.fails("Access denied to this chat")
    paper.events.clear()
    paper.lists(chat())
    (seen,) = of(ConversationSeen, paper.events)
    assert (seen.lifecycle, seen.closed_why) == (Lifecycle.READ_ONLY, ClosedWhy.ACCESS_WITHDRAWN)


def test_the_newest_message_of_each_chat_is_told_and_junk_is_counted() -> None:
    """What the list shows of a chat that was not read yet; a record without an id does not lose the rest."""
    paper = Paper()
    paper.lists({"type": "CHAT"}, chat(CHAT, record(3)), 7)  # type: ignore[arg-type]
    assert [one.text for one in of(MessageSeen, paper.events)] == ["message 3"]
    assert len(of(Dropped, paper.events)) == 2
    assert len(of(ListsRead, paper.events)) == 1


def test_titles_are_made_of_the_others_and_the_subject() -> None:
    """There is no title on this platform."""
    third = participant(STRANGER, "Outsider", "Charlie")
    paper = Paper()
    paper.lists(
        chat(CHAT, participants=[*US, third]),
        chat(CHAT_2, package=None, packageId=None, trip=None, tripId=None),
        chat("c3", type="SUPPORT", participants=US[:1], package=None, packageId=None, trip=None, tripId=None),
    )
    assert [one.title for one in of(ConversationSeen, paper.events)] == [
        "Traveler Bravo, Outsider Charlie · Documents box",
        "Traveler Bravo",
        "Support",
    ]


# -- packages and trips ------------------------------------------------------------------------------------


@pytest.mark.shows("fakomame", "order_list", "yes")
def test_of_everybodys_packages_and_trips_only_ours_are_taken() -> None:
    """Sent, for us, on a trip of ours, or what a chat hangs on; the rest of the platform is left."""
    others = package(THEIRS, STRANGER)
    for_me = package("c1", STRANGER, receiverId=ME)
    on_my_trip = package("c2", STRANGER, tripId="ct")
    paper = Paper()
    paper.lists(
        trips=[trip(), trip("ct", ME)],
        packages=[others, package(MINE), for_me, on_my_trip],
    )
    assert [one.remote_id for one in of(OrderSeen, paper.events)] == ["ct", MINE, "c1", "c2"]


def test_the_lists_of_the_platform_are_read_now_and_then() -> None:
    """They are whole and long: every five minutes, while the chats are read each time."""
    paper = Paper()
    paper.lists(chat())
    paper.want(FreshLists())
    assert call_of(paper.step).query == ()
    paper.answer(200, ok([]))
    assert paper.again() == Done()
    paper.later(limits.ITEMS_MS)
    paper.want(FreshLists())
    paper.answer(200, ok([]))
    assert call_of(paper.again()).path == "/api/trips"


@pytest.mark.parametrize("status", [400, 404, 429, 500, 200])
def test_chats_are_enough_where_the_platforms_lists_fail(status: int) -> None:
    """Polling must not end because a list of everybody's trips can't be read."""
    paper = Paper()
    paper.want(FreshLists())
    paper.answer(200, ok([chat()]))
    paper.again()
    assert paper.verdict(status, no("x")) == VerdictStored(1)
    assert paper.again() == Done()
    assert of(ListsRead, paper.events)
    paper.want(FreshLists())
    if status == 429:
        return  # asked for again when the server has said
    if status == 500:
        paper.answer(200, ok({"id": ME}))
        paper.again()
    paper.answer(200, ok([]))
    paper.again()
    assert paper.nothing("unreachable") == VerdictStored(1)
    assert paper.again() == Done()
    for asked in (True, False):
        paper.want(FreshLists())
        paper.answer(200, ok([]))
        assert isinstance(paper.again(), Call) == asked
        if asked:
            assert paper.nothing("too_large") == VerdictStored(1)


def test_a_server_that_does_page_is_read_to_its_end() -> None:
    """A repaired server gives twenty rows: the next page is asked for until the total is there."""
    paper = Paper()
    paper.want(FreshLists())
    paper.answer(200, ok([]))
    paper.again()
    paper.answer(200, rows(trip("c1", ME), total=2))
    assert call_of(paper.again()).query == (("page", "2"),)
    paper.answer(200, rows(trip("c2", ME), total=2))
    assert call_of(paper.again()).path == "/api/packages"
    assert [one.remote_id for one in of(OrderSeen, paper.events)] == ["c1", "c2"]


def test_a_package_in_full_has_its_way_as_lines() -> None:
    """Tracking events newest first; a list that has fewer lines does not take them away again."""
    events = [
        {"event": "PICKED_UP", "timestamp": at(60), "description": "At the harbour", "location": "Nairobi"},
        {"event": "MATCHED", "timestamp": at(0), "location": {"city": "Nairobi"}},
    ]
    paper = Paper()
    paper.lists(packages=[package()])
    paper.want(FreshOrder(PACKAGE, ""))
    (seen,) = of(OrderSeen, paper.answer(200, ok(package(trackingEvents=events))).events)
    assert [line.value for line in seen.fields if line.key == "tracking"] == [
        "2026-11-20 07:01 UTC · Picked up · At the harbour · Nairobi",
        "2026-11-20 07:00 UTC · Matched · Nairobi",
    ]
    assert paper.again() == Done()
    paper.events.clear()
    paper.later(limits.ITEMS_MS)
    paper.lists(packages=[package(status="MATCHED")])
    (again,) = of(OrderSeen, paper.events)
    assert (again.status, again.fields) == ("MATCHED", None)


def test_an_item_of_unknown_kind_is_looked_for_as_both() -> None:
    """After a start nothing has told which it is: a package first, then a trip, then it is nowhere."""
    paper = Paper()
    assert call_of(paper.want(FreshOrder(TRIP, ""))).path == f"/api/packages/{TRIP}"
    assert paper.verdict(404, no("Package not found")) == VerdictStored(1)
    assert call_of(paper.again()).path == f"/api/trips/{TRIP}"
    (seen,) = of(OrderSeen, paper.answer(200, ok(trip(packages=[package()]))).events)
    lines = [(line.key, line.value) for line in seen.fields]
    assert ("package", "Documents box · Posted") in lines
    assert ("departure", "2026-11-20 07:00 UTC") in lines
    paper = Paper()
    paper.want(FreshOrder(TRIP, ""))
    paper.answer(404, no("Package not found"))
    paper.again()
    assert paper.verdict(404, no("Trip not found")) == VerdictRefused(
        1, ParkReason.NOT_FOUND, "Trip not found"
    )
    assert paper.again() == Parked(ParkReason.NOT_FOUND, "Trip not found")


@pytest.mark.shows("fakomame", "last_seen", "partial")
@pytest.mark.parametrize("goal", [FreshOrder(PACKAGE, ""), Watched(PACKAGE, CHAT)])
def test_last_seen_comes_from_the_profile_of_the_other_side(goal: FreshOrder | Watched) -> None:
    """Read with the item that somebody looks at; who was said to be there was seen later than that."""
    paper = Paper()
    paper.lists(chat())
    paper.want(goal)
    paper.answer(200, ok(package()))
    assert call_of(paper.again()).path == f"/api/users/{OTHER}/profile"
    body = {"id": OTHER, "password": "$2b$10$x", "lastLoginAt": at(5)}
    (seen,) = paper.answer(200, body).events
    assert isinstance(seen, PresenceSeen)
    assert (seen.person_id, seen.state, seen.conversation) == (OTHER, PresenceState.UNKNOWN, CHAT)
    assert paper.again() == Done()
    paper.push("user:online", {"userId": OTHER})
    paper.want(goal)
    paper.answer(200, ok(package()))
    paper.again()
    assert paper.answer(200, body).events == ()


@pytest.mark.parametrize(
    ("status", "body"), [(404, {"error": "User not found"}), (500, None), (200, {"id": ME})]
)
def test_a_profile_that_cannot_be_read_costs_nothing_else(status: int, body: Any) -> None:
    """The item was told; last seen is not, and the goal is reached."""
    paper = Paper()
    paper.lists(chat())
    paper.want(Watched(PACKAGE, CHAT))
    paper.answer(200, ok(package()))
    paper.again()
    reading = paper.answer(status, body, is_json=body is not None)
    assert (reading.events, reading.verdicts) == ((), (VerdictStored(1),))
    assert paper.again() == Done()
    assert paper.want(Unwatched(PACKAGE)) == Done()


# -- status ------------------------------------------------------------------------------------------------


@pytest.mark.shows("fakomame", "status_change", "partial")
def test_a_status_is_changed_by_its_owner_after_a_look() -> None:
    """Never blindly, whatever the goal says: whose it is, and what it is now, decide."""
    paper = Paper()
    goal = ChangeStatus(PACKAGE, "", "POSTED", "CANCELLED", check_first=False)
    assert call_of(paper.want(goal)).commits is False
    paper.answer(200, ok(package()))
    call = call_of(paper.again())
    assert (call.method, call.path, call.body, call.commits) == (
        "PUT",
        f"/api/packages/{PACKAGE}",
        {"status": "CANCELLED"},
        True,
    )
    reading = paper.answer(200, ok(package(status="CANCELLED")))
    (seen,) = of(OrderSeen, reading.events)
    assert (seen.status, seen.progress, seen.fields) == ("CANCELLED", Progress.CANCELLED, None)
    assert reading.verdicts == (VerdictStored(1),)
    assert paper.again() == Done()


@pytest.mark.parametrize(
    ("item", "new", "end"),
    [
        (package(owner=OTHER), "CANCELLED", Parked(ParkReason.FORBIDDEN)),
        (package(status="CANCELLED"), "CANCELLED", Done()),
        (package(status="MATCHED"), "CANCELLED", Parked(ParkReason.CHANGED_MEANWHILE, "Matched")),
        (package(status="DRAFT"), "ACTIVE", Parked(ParkReason.REFUSED)),
    ],
)
def test_a_look_may_be_the_end_of_a_change(item: dict[str, Any], new: str, end: object) -> None:
    """Not ours, done already, moved meanwhile, or a status that a package does not have."""
    paper = Paper()
    paper.want(ChangeStatus(PACKAGE, "", "POSTED", new))
    paper.answer(200, ok(item))
    assert paper.again() == end


@pytest.mark.parametrize(
    ("order", "item", "old"),
    [
        (PACKAGE, package(status="IN_TRANSIT"), "IN_TRANSIT"),
        (PACKAGE, package(status="DELIVERED"), "DELIVERED"),
    ],
)
def test_what_is_under_way_is_not_changed(order: RemoteId, item: dict[str, Any], old: str) -> None:
    """The server would refuse: nothing is sent."""
    paper = Paper()
    paper.want(ChangeStatus(order, "", old, "CANCELLED"))
    paper.answer(200, ok(item))
    ending = paper.again()
    assert isinstance(ending, Parked)
    assert ending.reason is ParkReason.CLOSED


def test_a_trip_is_changed_by_its_traveler() -> None:
    """The same way, with the list of trips' own statuses; a completed one is over."""
    paper = Paper()
    paper.lists(trips=[trip(owner=ME)])
    paper.want(ChangeStatus(TRIP, "", "POSTED", "ACTIVE"))
    paper.answer(200, ok(trip(owner=ME)))
    assert call_of(paper.again()).path == f"/api/trips/{TRIP}"
    assert paper.verdict(400, no("Bad status")) == VerdictRefused(1, ParkReason.REFUSED, "Bad status")
    paper.want(ChangeStatus(TRIP, "", "COMPLETED", "ACTIVE"))
    paper.answer(200, ok(trip(owner=ME, status="COMPLETED")))
    assert paper.again() == Parked(ParkReason.CLOSED, "Completed")


@pytest.mark.parametrize("status", [500, 502])
def test_a_500_to_a_change_is_open(status: int) -> None:
    """It may have been stored: the engine looks, and never changes it blindly."""
    paper = Paper()
    paper.want(ChangeStatus(PACKAGE, "", "POSTED", "CANCELLED"))
    paper.answer(200, ok(package()))
    paper.again()
    assert isinstance(paper.verdict(status, no("x")), VerdictUnknown)


# -- look-ups ----------------------------------------------------------------------------------------------


def found(paper: Paper, lookup: Lookup, *answers: Any) -> tuple[list[Call], Result]:
    """Look something up: the requests, and what they brought."""
    calls = [call_of(paper.want(Find(lookup)))]
    verdicts: list[Verdict] = []
    for status, body in answers:
        verdicts += paper.answer(status, body).verdicts
        step = paper.again()
        if isinstance(step, Call):
            calls.append(step)
    assert paper.step == Done()
    last = verdicts[-1]
    assert isinstance(last, VerdictStored)
    assert last.result is not None
    return calls, last.result


@pytest.mark.shows("fakomame", "order_search", "yes")
def test_a_look_up_brings_hits_with_somebody_to_talk_to() -> None:
    """Packages by words; the sender is whom to talk to, of an own one the traveler."""
    own = package(MINE, trip={"id": TRIP, "travelerId": OTHER, "traveler": US[1]["user"]})
    calls, result = found(
        Paper(), Lookup(kind=FindKind.PACKAGE, words="  box "), (200, rows(package(THEIRS, STRANGER), own))
    )
    assert calls[0].path == "/api/packages"
    assert dict(calls[0].query) == {"page": "1", "limit": "100", "search": "box"}
    theirs, mine = result.hits
    assert isinstance(theirs, Hit)
    assert (theirs.title, theirs.status_label, theirs.order_kind) == (
        "Documents box",
        "Posted",
        OrderKind.PACKAGE,
    )
    assert theirs.detail == "Nairobi → Kampala · 2026-11-20 · 25 USD"
    assert (theirs.person, theirs.person_name) == (STRANGER, "Some Sender")
    assert (mine.person, mine.person_name) == (OTHER, "Traveler Bravo")
    assert not result.more


@pytest.mark.parametrize(
    ("kind", "scope", "titles"),
    [
        (FindKind.PACKAGE, FindScope.ALL, ["mine", "for me", "theirs"]),
        (FindKind.PACKAGE, FindScope.SENT, ["mine"]),
        (FindKind.PACKAGE, FindScope.RECEIVED, ["for me"]),
        (FindKind.TRIP, FindScope.ALL, ["my trip", "their trip"]),
        (FindKind.TRIP, FindScope.MINE, ["my trip"]),
    ],
)
def test_scopes_are_cut_out_of_everybodys_list(kind: FindKind, scope: FindScope, titles: list[str]) -> None:
    """The server knows no scopes."""
    records = [
        package("c1", ME, title="mine"),
        package("c2", STRANGER, title="for me", receiverId=ME),
        package("c3", STRANGER, title="theirs"),
    ]
    if kind is FindKind.TRIP:
        records = [trip("c4", ME, title="my trip"), trip("c5", OTHER, title="their trip")]
    _, result = found(Paper(), Lookup(kind=kind, scope=scope), (200, rows(*records)))
    assert [hit.title for hit in result.hits] == titles


@pytest.mark.parametrize("words", ["123", "-1.5", "1e3", ".5", "0x1F", "true", "False", "Infinity", "null"])
def test_words_that_the_servers_search_refuses_are_looked_for_here(words: str) -> None:
    """It takes them for a number or a truth value, and answers 422."""
    records = [package("c1", title=f"Room {words}"), package("c2", title="Box")]
    calls, result = found(Paper(), Lookup(kind=FindKind.PACKAGE, words=words), (200, rows(*records)))
    assert "search" not in dict(calls[0].query)
    assert [hit.remote_id for hit in result.hits] == ["c1"]


def test_words_that_are_refused_all_the_same_are_looked_for_here() -> None:
    """Whatever else the server can't take."""
    calls, result = found(
        Paper(),
        Lookup(kind=FindKind.TRIP, words="KAMPALA"),
        (422, no("Expected string, received number")),
        (200, rows(trip("c1"), trip("c2", title="x", destinationAddress=None))),
    )
    assert [dict(call.query).get("search") for call in calls] == ["KAMPALA", None]
    assert [hit.remote_id for hit in result.hits] == ["c1"]


def test_an_answer_that_never_ends_is_cut_into_pages() -> None:
    """All rows come with every page: fifty are shown, and there are more."""
    records = [package(f"c{number:03d}") for number in range(120)]
    for page, first, count, more in ((0, "c000", 50, True), (2, "c100", 20, False)):
        calls, result = found(Paper(), Lookup(kind=FindKind.PACKAGE, page=page), (200, rows(*records)))
        assert len(calls) == 1
        assert (result.hits[0].remote_id, len(result.hits), result.more) == (first, count, more)


def test_a_server_that_does_page_is_asked_for_more() -> None:
    """Rows that a page repeats, since another was added meanwhile, are shown once."""
    first = [package(f"c{number:03d}") for number in range(100)]
    second = [package(f"c{number:03d}") for number in range(99, 150)]
    calls, result = found(
        Paper(),
        Lookup(kind=FindKind.PACKAGE, page=2),
        (200, rows(*first, total=151)),
        (200, rows(*second, total=151)),
    )
    assert [dict(call.query)["page"] for call in calls] == ["1", "2"]
    assert (len(result.hits), result.more) == (50, False)


def test_what_cannot_be_looked_up_is_not_asked_for() -> None:
    """Kinds and scopes that the platform lacks, and a server that fails."""
    for lookup in (
        Lookup(kind=FindKind.PERSON),
        Lookup(kind=FindKind.PACKAGE, scope=FindScope.MINE),
        Lookup(kind=FindKind.TRIP, page=-1),
    ):
        assert Paper().want(Find(lookup)) == Parked(ParkReason.REFUSED)
    paper = Paper()
    paper.want(Find(Lookup(kind=FindKind.TRIP)))
    assert isinstance(paper.verdict(500, no("x")), VerdictLater)


# -- actions -----------------------------------------------------------------------------------------------


def start(**changes: Any) -> Act:
    given = {"order": PACKAGE, "order_kind": OrderKind.PACKAGE, "person": OTHER} | changes
    return Act(Action(kind=ActionKind.START_CHAT, **given))


@pytest.mark.shows("fakomame", "start_chat", "yes")
def test_a_chat_is_started_with_a_person_about_an_item() -> None:
    """New or there already, the answer is the chat; it is opened then."""
    paper = Paper()
    call = call_of(paper.want(start()))
    assert (call.method, call.path, call.commits) == ("POST", "/api/chats", True)
    assert call.body == {
        "participantId": OTHER,
        "itemType": "package",
        "itemId": PACKAGE,
        "chatType": "CHAT",
    }
    reading = paper.answer(200, ok(chat(CHAT, record(1), record(2))))
    assert reading.verdicts == (VerdictStored(1, result=Result(conversation=CHAT, order=PACKAGE)),)
    assert [one.remote_id for one in of(ConversationSeen, reading.events)] == [CHAT]
    assert paper.again() == Done()


@pytest.mark.parametrize(
    ("order", "kind", "detail", "person"),
    [
        (PACKAGE, OrderKind.PACKAGE, package(owner=STRANGER), STRANGER),
        (PACKAGE, OrderKind.PACKAGE, package(trip={"id": TRIP, "travelerId": OTHER}), OTHER),
        (TRIP, OrderKind.TRIP, trip(), OTHER),
    ],
)
def test_whom_to_talk_to_is_read_where_nobody_is_named(
    order: RemoteId, kind: OrderKind, detail: dict[str, Any], person: str
) -> None:
    """The sender of somebody else's package, the traveler of an own one, the traveler of a trip."""
    paper = Paper()
    assert call_of(paper.want(start(order=order, order_kind=kind, person=None))).method == "GET"
    paper.answer(200, ok(detail))
    assert call_of(paper.again()).body["participantId"] == person


def test_a_chat_with_nobody_or_with_oneself_is_not_started() -> None:
    """An own package that nobody carries yet, and oneself, which the server would answer 500."""
    paper = Paper()
    paper.want(start(person=None))
    paper.answer(200, ok(package()))
    assert paper.again() == Parked(ParkReason.NOT_FOUND)
    assert Paper().want(start(person=ME)) == Parked(ParkReason.REFUSED)
    assert Paper().want(start(order=None)) == Parked(ParkReason.NOT_FOUND)
    other = Act(Action(kind=ActionKind.UPLOAD, path="/x"))
    assert Paper().want(other) == Parked(ParkReason.REFUSED)


@pytest.mark.parametrize(
    ("status", "body", "sort"),
    [(400, no("Missing"), VerdictRefused), (500, no("x"), VerdictUnknown), (200, None, VerdictUnknown)],
)
def test_a_chat_that_is_not_started_is_told(status: int, body: Any, sort: type) -> None:
    """400 is definite, a 500 may mean anything."""
    paper = Paper()
    paper.want(start())
    assert isinstance(paper.verdict(status, body), sort)


def test_a_chat_whose_answer_names_none_is_looked_for_in_the_list() -> None:
    """It exists now: the lists are read again."""
    paper = Paper()
    paper.want(start())
    reading = paper.answer(200, ok({"messages": []}))
    assert reading.events == (Dropped(reason="malformed"), Stale())
    assert reading.verdicts == (VerdictStored(1),)


def test_a_chat_is_left_until_it_is_opened_or_written_to() -> None:
    """The server answers nothing; without a room there is nothing to leave, and never a null payload."""
    leave = Act(Action(kind=ActionKind.LEAVE_CHAT, conversation=CHAT))
    paper = Paper()
    paper.lists(chat())
    assert paper.want(leave) == Done()
    paper.join()
    emit = emit_of(paper.want(leave))
    assert (emit.event, emit.args, emit.commits) == ("chat:leave", ({"chatId": CHAT},), True)
    assert paper.handed_over().verdicts == (VerdictStored(1, result=Result(conversation=CHAT)),)
    assert paper.again() == Done()
    assert emit_of(paper.want(Joined(CHAT))).event == "chat:join"
    assert emit_of(paper.want(SEND)).event == "chat:join"
    nowhere = Act(Action(kind=ActionKind.LEAVE_CHAT))
    assert paper.want(nowhere) == Parked(ParkReason.NOT_FOUND)


@pytest.mark.shows("fakomame", "notifications", "yes")
def test_notifications_are_read_marked_and_deleted() -> None:
    """Polled only: a mark is told as the next reading would tell it; a deleted one leaves the list."""
    second = RemoteId("cmwoonotice000000000000002")
    paper = Paper()
    call = call_of(paper.want(FreshNotifications()))
    assert (call.path, call.query) == ("/api/notifications", ())
    listed = [notice(), notice(second), notice("c3", isDeleted=True), {"title": "x"}]
    told = paper.answer(200, ok({"notifications": listed, "unreadCount": 2})).events
    assert [one.remote_id for one in of(NotificationSeen, told)] == [NOTICE, second]
    assert of(Dropped, told) == [Dropped(reason="malformed")]
    call = call_of(paper.want(Act(Action(kind=ActionKind.NOTICE_READ, target=NOTICE))))
    assert (call.method, call.path, call.commits) == ("PUT", f"/api/notifications/{NOTICE}/read", True)
    (read,) = paper.answer(200, ok(notice(isRead=True))).events
    assert isinstance(read, NotificationSeen)
    assert (read.remote_id, read.unread) == (NOTICE, False)
    call = call_of(paper.want(Act(Action(kind=ActionKind.NOTICES_READ))))
    assert (call.method, call.path) == ("PUT", "/api/notifications/read-all")
    (also,) = paper.answer(200, ok({"updatedCount": 1})).events
    assert isinstance(also, NotificationSeen)
    assert (also.remote_id, also.unread) == (second, False)
    delete = Act(Action(kind=ActionKind.NOTICE_DELETE, target=NOTICE))
    for status, body in ((200, ok(None)), (404, no("Notification not found"))):
        call = call_of(paper.want(delete))
        assert (call.method, call.path) == ("DELETE", f"/api/notifications/{NOTICE}")
        assert paper.verdict(status, body) == VerdictStored(1, result=Result())
    gone = [one for one in of(NotificationSeen, paper.events) if one.gone]
    assert [one.remote_id for one in gone] == [NOTICE], "it leaves the list, once"
    paper.want(Act(Action(kind=ActionKind.NOTICE_READ, target=NOTICE)))
    words = "Notification not found"
    assert paper.verdict(404, no(words)) == VerdictRefused(1, ParkReason.NOT_FOUND, words)


def test_offers_say_what_may_be_done_on_what() -> None:
    """The window offers nothing else."""
    capabilities = Paper().adapter.capabilities(Paper().facts)
    assert {(offer.action, offer.on) for offer in capabilities.offers} == {
        (ActionKind.START_CHAT, Subject.HIT),
        (ActionKind.START_CHAT, Subject.ORDER),
        (ActionKind.LEAVE_CHAT, Subject.CONVERSATION),
        (ActionKind.NOTICE_READ, Subject.NOTICE),
        (ActionKind.NOTICE_DELETE, Subject.NOTICE),
        (ActionKind.NOTICES_READ, Subject.ACCOUNT),
    }
    assert {(one.kind, one.words) for one in capabilities.finds} == {
        (FindKind.PACKAGE, True),
        (FindKind.TRIP, True),
    }
