"""The traps of the wire specification, section 10, each by its number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from chatdesk.domain.actions import Attachment, Extras
from chatdesk.domain.arrivals import (
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
    MessageDeleted,
    MessageSeen,
    Noticed,
    PresenceSeen,
    Stale,
    TokensChanged,
    TypingSeen,
)
from chatdesk.domain.goals import (
    Act,
    ChangeStatus,
    Connected,
    Find,
    FreshHead,
    FreshLists,
    FreshNotifications,
    FreshOrder,
    GoalKind,
    Joined,
    OlderPage,
    SendText,
    SignOut,
    Typing,
    Watched,
)
from chatdesk.domain.ids import OutgoingId, RemoteId
from chatdesk.domain.kinds import (
    ConnectionState,
    KeyGrade,
    MessageKind,
    NoticeCode,
    ParkReason,
    PresenceState,
    SignInState,
    Source,
)
from chatdesk.domain.steps import (
    Call,
    Connect,
    Done,
    Emit,
    NeedsPassword,
    Next,
    Parked,
    Wait,
)
from chatdesk.platforms import replies, sockets
from chatdesk.platforms.fakomame import auth, limits, sends
from tests.platforms.fakomame import test_fuzz
from tests.platforms.fakomame.paper import (
    CHAT,
    CHAT_2,
    ME,
    OTHER,
    PACKAGE,
    SEND,
    STRANGER,
    TRIP,
    Paper,
    at,
    call_of,
    chat,
    cursor,
    emit_of,
    fresh_jwt,
    history,
    message_id,
    no,
    ok,
    package,
    pushed,
    record,
    refresh_jwt,
    rows,
    user,
)
from tests.platforms.fakomame.shop import Shop
from tests.sync.virtual import run_virtual, until

DENIED = "Chat not found or access denied"
FAILED = "Failed to send message"


def desk() -> Paper:
    """A sender whose chat the list has had, and which has let us in."""
    paper = Paper()
    paper.lists(chat())
    paper.join()
    paper.events.clear()
    return paper


def kinds(events: Any) -> list[type[Event]]:
    return [type(event) for event in events]


# -- 1: no acknowledgements --------------------------------------------------------------------------------


def test_trap_1_success_is_the_own_echo() -> None:
    """No id of ours goes out, and the first own message of the same chat, text and type confirms."""
    paper = desk()
    emit = paper.sending()
    assert emit.args == ({"chatId": CHAT, "content": "hello"},)
    assert (emit.commits, emit.lane, emit.timeout_ms) == (True, sockets.LANE, limits.SEND_TIMEOUT_MS)
    assert paper.adapter.key_grade(paper.facts) is KeyGrade.NONE
    for other in (
        pushed(5, "hello"),
        pushed(6, "something else", own=True),
        pushed(7, "hello", own=True, chat=CHAT_2),
        pushed(8, "hello", own=True, messageType="image"),
    ):
        assert paper.packet("message:received", other).verdicts == ()
    reading = paper.packet("message:received", pushed(9, "hello", own=True))
    assert reading.verdicts == (VerdictStored(1, message_id(9)),)
    assert paper.again() == Done()


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        (DENIED, VerdictRefused(1, ParkReason.FORBIDDEN, DENIED)),
        (FAILED, VerdictUnknown(1, FAILED)),
        ("Something new", VerdictUnknown(1, "Something new")),
    ],
)
def test_trap_1_an_error_belongs_to_the_one_send_under_way(words: str, verdict: object) -> None:
    """Access denied is definite: nothing was stored. Any other failure may mean anything."""
    paper = desk()
    paper.sending()
    assert paper.fails(words) == verdict


def test_trap_1_an_error_after_a_send_that_was_given_up_proves_nothing() -> None:
    """The late error of the send before would park the wrong one: its outcome is open then."""
    paper = desk()
    paper.sending()
    assert isinstance(paper.nothing("timeout"), VerdictUnknown)
    paper.sending()
    assert paper.fails(DENIED) == VerdictUnknown(1, DENIED)
    paper.later(sockets.STRAY_MS + 1)
    paper.sending()
    assert isinstance(paper.fails(DENIED), VerdictRefused)


def test_trap_1_an_error_without_anybody_to_have_it_is_told() -> None:
    """Nothing is under way: the person is told in the server's words, and no verdict is made up."""
    paper = desk()
    assert paper.push("error", {"message": FAILED}) == [Noticed(code=NoticeCode.SERVER_ERROR, detail=FAILED)]
    paper.sending()
    reading = paper.packet("error", {"message": "Failed to join chat"})
    assert (reading.verdicts, kinds(reading.events)) == ((), [Noticed])


def test_trap_1_silence_is_an_end_too() -> None:
    """Every step has its time; a send without an echo is unknown, a join without an answer comes later."""
    paper = desk()
    paper.sending()
    assert isinstance(paper.nothing("timeout"), VerdictUnknown)
    emit = emit_of(paper.want(Joined(CHAT_2)))
    assert emit.timeout_ms == limits.JOIN_TIMEOUT_MS
    assert isinstance(paper.nothing("timeout"), VerdictLater)


# -- 2 to 4: rooms -----------------------------------------------------------------------------------------


def test_trap_2_a_send_joins_first_on_every_connection() -> None:
    """Without the join there would be no echo; a new connection is in no room."""
    paper = Paper()
    paper.lists(chat())
    join = emit_of(paper.want(SEND))
    assert (join.event, join.args, join.commits) == ("chat:join", ({"chatId": CHAT},), False)
    reading = paper.packet("chat:joined", {"chatId": CHAT, "messages": []})
    assert reading.verdicts == (VerdictStored(1),)
    assert emit_of(paper.again()).event == "message:send"
    paper.cut()
    paper.accepted()
    assert emit_of(paper.want(SEND)).event == "chat:join"
    assert emit_of(paper.want(Joined(CHAT))).event == "chat:join"


def test_trap_2_a_failed_join_is_tried_again_and_a_denied_one_is_the_end() -> None:
    """A database failure passes; a denial parks the send with its text safe and closes the chat."""
    paper = Paper()
    paper.lists(chat())
    paper.want(SEND)
    assert paper.fails("Failed to join chat") == VerdictLater(1, limits.JOIN_AGAIN_MS, "Failed to join chat")
    assert emit_of(paper.again()).event == "chat:join"
    words = "Access denied to this chat"
    reading = paper.packet("error", {"message": words})
    assert reading.verdicts == (VerdictRefused(1, ParkReason.FORBIDDEN, words),)
    assert kinds(reading.events) == [ConversationGone]
    assert paper.again() == Parked(ParkReason.FORBIDDEN, words)
    assert isinstance(paper.want(Joined(CHAT)), Parked)


def test_trap_3_every_listed_chat_is_joined(tmp_path: Path) -> None:
    """Messages of chats that were not joined are invisible: after the lists the engine joins each."""

    async def story() -> None:
        shop = Shop(tmp_path)
        for number in range(12):
            shop.server.add(f"cmwoochat{number:016d}", "hello")
        async with shop:
            assert shop.server.rooms == set(shop.server.chats)
            assert shop.server.seen["chat:join"] == 13

    run_virtual(story())


@pytest.mark.shows("fakomame", "send_rest", "yes")
def test_trap_4_rest_is_only_for_where_there_is_no_socket() -> None:
    """Nobody on a socket hears of a REST send: it is used without a socket, and its answer is the id."""
    paper = desk()
    paper.cut()
    call = call_of(paper.want(SEND))
    assert (call.method, call.path, call.commits) == ("POST", "/api/chats/messages", True)
    assert call.body == {"chatId": CHAT, "content": "hello"}
    reading = paper.answer(200, ok(record(9, "hello", own=True)))
    assert reading.verdicts == (VerdictStored(1, message_id(9)),)
    assert [(one.remote_id, one.source) for one in reading.events if isinstance(one, MessageSeen)] == [
        (message_id(9), Source.STORED)
    ]


def test_trap_4_what_others_send_by_rest_is_found_by_reading_again(tmp_path: Path) -> None:
    """The platform's page sends by REST only: list and head are read again, however healthy the socket."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            for number in range(3):
                shop.server.store(CHAT, OTHER, f"from the page {number}")
            lists = shop.server.seen["GET /chats"]
            while (await shop.texts())[-1] != "from the page 2":
                await shop.clock.sleep(1_000)
                assert shop.server.seen["GET /chats"] <= lists + 2, "not found by the next list"
            assert shop.status.connection is ConnectionState.ONLINE
            assert (await shop.texts())[-3:] == [f"from the page {number}" for number in range(3)]

    run_virtual(story())


# -- 5 and 6: tokens ---------------------------------------------------------------------------------------

EVERYTHING: tuple[GoalKind, ...] = test_fuzz.GOALS


@pytest.mark.parametrize("goal", EVERYTHING, ids=lambda goal: type(goal).__name__)
@pytest.mark.parametrize("access", ["", "has a space", "has\r\nlines", "ключ"])
@pytest.mark.parametrize("online", [True, False])
def test_trap_5_no_request_goes_without_a_token(goal: GoalKind, access: str, online: bool) -> None:
    """It would be served as somebody else, with success: nothing but login, refresh and probe leaves."""
    paper = Paper(access=access, known=False)
    if not online:
        paper.cut()
    step = paper.want(goal)
    if isinstance(step, Call):
        assert step.note in {"login", "probe"}
    else:
        assert not isinstance(step, Connect)


def test_trap_5_every_request_carries_the_token() -> None:
    """All goals, step by step: each request but those that fetch a token or ask about nobody has it."""
    count = 0
    for goal in EVERYTHING:
        paper = Paper()
        step = paper.want(goal)
        for _ in range(6):
            if not isinstance(step, Call):
                break
            if step.note not in {"login", "probe"}:
                bearer = f"Bearer {paper.facts.account.secrets.access}"
                assert dict(step.headers)["Authorization"] == bearer
                count += 1
            paper.answer(200, ok([]))
            step = paper.again()
    assert count > 15


def test_trap_5_the_guard_stops_a_request_that_names_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever module would forget the token: what the adapter hands out never lacks it."""
    from chatdesk.platforms.fakomame import lists

    naked = Call(method="GET", path="/api/chats", note=lists.NOTE_CHATS)
    monkeypatch.setattr(lists, "next_lists", lambda _token, _facts: naked)
    assert Paper().want(FreshLists()) == NeedsPassword(NoticeCode.AUTH_REQUIRED)


def test_trap_5_who_we_are_is_asked_before_anything_else() -> None:
    """At each start `/auth/me` names the account; another name closes the door."""
    paper = Paper(known=False)
    assert call_of(paper.want(FreshLists())).path == "/api/auth/me"
    reading = paper.answer(200, ok(user("admin_001", "Ad", "Min")))
    assert [event.user_id for event in reading.events if hasattr(event, "user_id")] == ["admin_001"]
    assert paper.facts.account.user_id == ME
    assert isinstance(paper.again(), NeedsPassword)


def test_trap_5_after_a_500_the_token_is_checked() -> None:
    """A bad token is answered 500: `/auth/me` says whether it was that, and 401 there asks the person."""
    paper = Paper()
    paper.want(FreshHead(CHAT))
    assert isinstance(paper.verdict(500, no("Internal server error")), VerdictLater)
    assert isinstance(paper.again(), Wait)
    paper.later(replies.READ_AGAIN_MS)
    assert call_of(paper.again()).note == auth.NOTE_ME
    assert isinstance(paper.verdict(401, no("Authentication required")), VerdictLater)
    assert paper.again() == NeedsPassword(NoticeCode.AUTH_REQUIRED)


@pytest.mark.parametrize("life_s", [3_600, 10])
def test_trap_5_a_500_to_a_send_is_open_whatever_our_clock_says_of_the_token(life_s: int) -> None:
    """It was seen to be good just before: neither a 500 nor an end that our clock has reached proves it."""
    paper = Paper(access=fresh_jwt(life_s=life_s))
    paper.cut()
    paper.want(SEND)
    paper.later(20_000)
    assert isinstance(paper.verdict(500, no("Internal server error")), VerdictUnknown)


def test_trap_5_after_a_500_to_a_send_the_token_is_checked() -> None:
    """History, which is to tell whether it has arrived, is read with a token that the server recognises."""
    paper = desk()
    paper.cut()
    paper.want(SEND)
    paper.verdict(500, no("Internal server error"))
    assert call_of(paper.want(FreshHead(CHAT))).note == auth.NOTE_ME


def test_trap_5_a_rest_send_checks_the_token_just_before() -> None:
    """Seen to be good an hour ago is not enough for a request that may store something."""
    paper = desk()
    paper.cut()
    paper.later(limits.PROOF_MS + 1)
    assert call_of(paper.want(SEND)).note == auth.NOTE_ME
    paper.answer(200, ok(user()))
    assert call_of(paper.again()).note == sends.NOTE_REST


@pytest.mark.shows("fakomame", "token_renewal", "yes")
def test_trap_6_a_refresh_goes_by_cookie_alone() -> None:
    """The token stands in a Cookie header set by hand, no body, no bearer; what comes back is checked."""
    refresh = refresh_jwt()
    paper = Paper(access=fresh_jwt(age_s=700_000), refresh=refresh, known=False)
    call = call_of(paper.want(Connected()))
    assert (call.method, call.path, call.body) == ("POST", "/api/auth/refresh", None)
    assert call.headers == (("Cookie", f"refreshToken={refresh}"),)
    access = fresh_jwt(n=2)
    reading = paper.answer(200, ok({"accessToken": access, "user": user()}))
    assert reading.events == (TokensChanged(access=access, refresh=None),)
    assert paper.facts.account.secrets.refresh == refresh
    assert call_of(paper.again()).note == auth.NOTE_ME
    paper.answer(200, ok(user()))
    assert paper.again() == Done()


@pytest.mark.parametrize(
    "words",
    [
        "No refresh token provided",
        "Invalid token type",
        "User not found or inactive",
        "Invalid or expired refresh token",
    ],
)
def test_trap_6_a_refused_refresh_asks_for_the_password(words: str) -> None:
    """401 without `success`: this refresh token is not tried again."""
    paper = Paper(access=fresh_jwt(age_s=700_000), refresh=refresh_jwt(), known=False)
    paper.want(Connected())
    assert paper.verdict(401, {"error": words}) == VerdictRefused(1, ParkReason.REFUSED, words)
    assert paper.again() == NeedsPassword(NoticeCode.AUTH_REQUIRED)
    assert paper.want(FreshLists()) == NeedsPassword(NoticeCode.AUTH_REQUIRED)


# -- 7 and 8: shapes ---------------------------------------------------------------------------------------


def test_trap_7_the_author_of_a_push_stands_in_its_sender() -> None:
    """A push has no `senderId`, a snapshot has one: both tell the same author."""
    paper = desk()
    (push,) = [e for e in paper.push("message:received", pushed(3)) if isinstance(e, MessageSeen)]
    assert (push.sender_id, push.sender_name, push.own) == (OTHER, "Traveler Bravo", False)
    paper.want(Joined(CHAT_2))
    (stored,) = paper.packet("chat:joined", {"chatId": CHAT_2, "messages": [record(3, chat=CHAT_2)]}).events
    assert isinstance(stored, MessageSeen)
    assert (stored.sender_id, stored.source) == (OTHER, Source.STORED)


@pytest.mark.parametrize("kind", ["image", "file", "location", "hologram"])
def test_trap_7_a_push_that_is_no_text_is_read_again(kind: str) -> None:
    """Its files and its place come with the history only."""
    events = desk().push("message:received", pushed(3, messageType=kind))
    assert kinds(events) == [MessageSeen, Stale]
    assert events[1] == Stale(conversation=CHAT)


@pytest.mark.shows("fakomame", "upload", "partial")
def test_trap_7_files_are_kept_by_name_type_and_size() -> None:
    """Pictures stand in the JSON in full: none of their megabytes is kept."""
    data = "data:image/png;base64," + "A" * 4_000_000
    files = [
        {"name": "receipt.png", "type": "image/png", "data": data},
        {"url": "https://files.example/a.pdf", "fileName": "../a.pdf", "size": 12},
        {"data": "data:text/plain;base64,aGVsbG8="},
        "https://files.example/b",
        {},
        7,
    ]
    paper = Paper()
    paper.want(FreshHead(CHAT))
    reading = paper.answer(200, history(record(1, messageType="image", attachments=files)))
    seen = reading.events[0]
    assert isinstance(seen, MessageSeen)
    assert seen.kind is MessageKind.IMAGE
    assert seen.extras.attachments == (
        Attachment(name="receipt.png", content_type="image/png", size_bytes=3_000_000),
        Attachment(url="https://files.example/a.pdf", name=".._a.pdf", size_bytes=12),
        Attachment(content_type="text/plain", size_bytes=5),
        Attachment(url="https://files.example/b"),
    )
    assert len(msgspec.json.encode(reading.events)) < 5_000


def test_trap_8_the_messages_of_a_history_are_in_data_data() -> None:
    """`data.messages` is a text; an answer with an array in its place only is not used."""
    paper = Paper()
    paper.want(FreshHead(CHAT))
    assert kinds(paper.answer(200, history(record(1))).events)[0] is MessageSeen
    paper.want(FreshHead(CHAT))
    reading = paper.answer(200, ok({"messages": [record(1)]}))
    assert kinds(reading.events) == [Dropped]


# -- 9: the list -------------------------------------------------------------------------------------------


@pytest.mark.shows("fakomame", "unread", "no")
def test_trap_9_the_list_says_neither_order_nor_unread() -> None:
    """Activity is the newest message's time, else the chat's own; unread is counted here."""
    paper = Paper()
    paper.lists(
        chat(CHAT, record(30)),
        chat(CHAT_2, updatedAt=at(20), lastMessageAt=at(900)),
        chat("cmwoo0000000000000000003", updatedAt=None, createdAt=at(10)),
    )
    seen = [event for event in paper.events if isinstance(event, ConversationSeen)]
    first = int(cursor(0).partition(":")[0])
    assert [((one.activity_at_us or 0) - first) // 1_000_000 for one in seen] == [30, 20, 10]
    assert {one.unread for one in seen} == {None}
    assert {one.title for one in seen} == {"Traveler Bravo · Documents box"}


# -- 10 and 11: presence and typing ------------------------------------------------------------------------


@pytest.mark.shows("fakomame", "presence", "partial")
def test_trap_10_presence_is_a_hint_about_people_of_our_chats() -> None:
    """It is told of the whole platform, per socket, and of our own other devices."""
    paper = desk()
    for stranger in (STRANGER, ME):
        assert paper.push("user:online", {"userId": stranger, "userName": "X"}) == []
    online = PresenceSeen(person_id=OTHER, state=PresenceState.ONLINE, conversation=CHAT)
    offline = PresenceSeen(person_id=OTHER, state=PresenceState.OFFLINE, conversation=CHAT)
    for _ in range(2):  # two devices
        assert paper.push("user:online", {"userId": OTHER, "userName": "Traveler Bravo"}) == [online]
    assert paper.push("user:offline", {"userId": OTHER}) == [offline]
    assert paper.push("user:online", {"userId": OTHER}) == [online]


@pytest.mark.shows("fakomame", "typing", "yes")
def test_trap_11_typing_is_believed_of_those_who_take_part() -> None:
    """Nobody checks who types where: strangers are dropped and counted, our own other devices are no news."""
    paper = desk()
    typing = {"userId": OTHER, "userName": "Mallory", "chatId": CHAT}
    assert paper.push("typing:start", typing) == [
        TypingSeen(conversation=CHAT, person_id=OTHER, name="Traveler Bravo", on=True)
    ]
    assert paper.push("typing:start", typing | {"userId": STRANGER}) == [Dropped(reason="foreign")]
    assert paper.push("typing:start", typing | {"userId": ME}) == []
    assert paper.push("typing:start", typing | {"chatId": CHAT_2}) == [Dropped(reason="foreign")]


@pytest.mark.parametrize("end", ["stop", "message", "offline"])
def test_trap_11_typing_ends_by_whatever_says_so(end: str) -> None:
    """A stop, the message itself, or the typist's leaving, which the server does not follow by a stop."""
    paper = desk()
    paper.push("typing:start", {"userId": OTHER, "chatId": CHAT})
    stopped = TypingSeen(conversation=CHAT, person_id=OTHER, name="Traveler Bravo", on=False)
    events = {
        "stop": lambda: paper.push("typing:stop", {"userId": OTHER, "chatId": CHAT}),
        "message": lambda: paper.push("message:received", pushed(5)),
        "offline": lambda: paper.push("user:offline", {"userId": OTHER}),
    }[end]()
    assert stopped in events
    assert paper.push("typing:stop", {"userId": OTHER, "chatId": CHAT}) == []


def test_trap_11_typing_ends_by_itself(tmp_path: Path) -> None:
    """No server ends it: after six seconds without a word nobody types any more."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.push("typing:start", {"userId": OTHER, "userName": "Traveler Bravo", "chatId": CHAT})
            await shop.clock.sleep(1_000)
            names = [one.names for one in shop.news if hasattr(one, "names")]
            assert names[-1:] == [("Traveler Bravo",)]
            await shop.clock.sleep(10_000)
            names = [one.names for one in shop.news if hasattr(one, "names")]
            assert names[-1] == ()

    run_virtual(story())


# -- 12: payloads that end a server, and one that leaks ----------------------------------------------------


@pytest.mark.parametrize("on", [True, False])
def test_trap_12_typing_always_names_a_chat(on: bool) -> None:
    """A null payload would end the whole server: there is always an object with an id."""
    paper = desk()
    emit = emit_of(paper.want(Typing(CHAT, on)))
    assert emit.event == ("typing:start" if on else "typing:stop")
    assert emit.args == ({"chatId": CHAT},)
    assert paper.handed_over().verdicts == (VerdictStored(1),)
    for strange in ("", "a/b", " "):
        assert paper.want(Typing(RemoteId(strange), on)) == Done()
    assert paper.want(Typing(CHAT_2, on)) == Done(), "not joined"
    paper.cut()
    assert paper.want(Typing(CHAT, on)) == Done()


def test_trap_12_every_event_that_leaves_has_a_chat() -> None:
    """Whatever the goal: exactly one argument, an object, with a chat's id."""
    emitted = 0
    for goal in EVERYTHING:
        paper = desk()
        step: Next = paper.want(goal)
        if isinstance(step, Emit):
            (args,) = step.args
            assert args["chatId"] == CHAT
            emitted += 1
    assert emitted >= 2
    assert isinstance(Paper().want(Joined(RemoteId(""))), Parked)


@pytest.mark.shows("fakomame", "foreign_dropped", "yes")
def test_trap_12_a_snapshot_that_nobody_asked_for_is_dropped_and_counted() -> None:
    """A join without an id brings the newest messages of anybody's chats: none of them is taken."""
    paper = Paper()
    paper.lists(chat())
    leak = {"messages": [record(1, chat="cmwoosomebodyelses0000001")]}
    paper.want(Joined(CHAT))
    for payload in (leak, leak | {"chatId": CHAT_2}, leak | {"chatId": None}):
        reading = paper.packet("chat:joined", payload)
        assert (reading.events, reading.verdicts) == ((Dropped(reason="foreign"),), ())
    reading = paper.packet("chat:joined", leak | {"chatId": CHAT})
    assert reading.events == (Dropped(reason="foreign"),)
    assert reading.verdicts == (VerdictStored(1),)


# -- 13 and 14: bursts and frames --------------------------------------------------------------------------


def test_trap_13_one_at_a_time_and_sorted_by_time_then_id() -> None:
    """Joins and sends share one lane; times tie, so the id decides."""
    paper = desk()
    assert paper.sending().lane == emit_of(paper.want(Joined(CHAT_2))).lane == sockets.LANE
    told = [
        seen.cursor
        for number in (2, 1)
        for seen in paper.push("message:received", pushed(number, createdAt=at(1)))
        if isinstance(seen, MessageSeen)
    ]
    assert sorted(told) == told[::-1]
    assert [one.partition(":")[0] for one in told] == [cursor(1).partition(":")[0]] * 2


def test_trap_14_a_file_never_goes_over_the_socket() -> None:
    """Frames over 1 MB drop the link without a word: what carries a file goes by REST, whatever is online."""
    paper = desk()
    extras = Extras(
        attachments=(Attachment(url="data:image/png;base64,AAAA", name="a.png", content_type="image/png"),)
    )
    call = call_of(paper.want(SendText(CHAT, OutgoingId("0"), "0", "look", MessageKind.IMAGE, extras)))
    assert call.path == "/api/chats/messages"
    assert call.body == {
        "chatId": CHAT,
        "content": "look",
        "type": "image",
        "attachments": [{"name": "a.png", "type": "image/png", "data": "data:image/png;base64,AAAA"}],
    }


def test_trap_14_an_event_that_is_too_large_is_parked() -> None:
    """The link refuses it before a byte leaves: the text stays safe, with the reason."""
    paper = desk()
    paper.sending()
    assert paper.nothing("too_large", left=False) == VerdictRefused(1, ParkReason.TOO_LONG)
    assert paper.again() == Parked(ParkReason.TOO_LONG)


# -- 15 to 18 ----------------------------------------------------------------------------------------------


def test_trap_15_a_moderated_message_is_hidden_wherever_it_comes_from() -> None:
    """Snapshots, histories and the list's preview still have it: each tells its deletion."""
    gone = record(1, isDeleted=True)
    deleted = MessageDeleted(conversation=CHAT, remote_id=message_id(1))
    paper = Paper()
    paper.lists(chat(CHAT, gone))
    assert deleted in paper.events
    paper.want(Joined(CHAT))
    assert deleted in paper.packet("chat:joined", {"chatId": CHAT, "messages": [gone]}).events
    paper.want(FreshHead(CHAT))
    assert deleted in paper.answer(200, history(gone)).events


def test_trap_16_error_is_an_event_like_any_other(tmp_path: Path) -> None:
    """An `error` of the application neither ends the link nor is taken for a failure of it."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.push("error", {"message": "Failed to join chat"})
            shop.server.push("error", None)
            await shop.clock.sleep(2_000)
            assert shop.status.connection is ConnectionState.ONLINE
            assert shop.status.dropped == {"malformed": 1}

    run_virtual(story())


@pytest.mark.shows("fakomame", "polling", "yes")
def test_trap_17_no_socket_server_is_a_normal_state(tmp_path: Path) -> None:
    """404 at the socket's path: polled by REST, nothing is told to be wrong with the sign-in."""
    paper = Paper()
    paper.cut()
    assert isinstance(paper.want(Connected()), Connect)
    reading = paper.refused(None)
    assert reading.verdicts == (VerdictLater(1, 0),)
    assert reading.events == ()
    assert call_of(paper.want(FreshLists())).path == "/api/chats"

    async def story() -> None:
        shop = Shop(tmp_path)
        shop.server.socket = False
        async with shop:
            assert shop.status.connection is ConnectionState.POLLING
            assert shop.status.sign_in is SignInState.OK
            shop.server.socket = True
            states = [ConnectionState.ONLINE]
            await until(lambda: shop.status.connection in states, what="online")

    run_virtual(story())


SECRETS = ("$2b$10$hash-of-somebody", "+10000000002", "secret-code")


@pytest.mark.parametrize(
    "goal",
    [
        FreshOrder(PACKAGE, ""),
        FreshOrder(TRIP, ""),
        Watched(PACKAGE, CHAT),
        FreshLists(),
        *[goal for goal in EVERYTHING if isinstance(goal, Find | ChangeStatus | FreshNotifications)],
        *[goal for goal in EVERYTHING if isinstance(goal, Act) and goal.action.conversation is None],
        OlderPage(CHAT, cursor(3), 5),
        SignOut(),
    ],
    ids=lambda goal: type(goal).__name__,
)
def test_trap_18_hashes_telephones_and_codes_of_accounts_are_left_where_they_are(goal: GoalKind) -> None:
    """Some bodies hold whole accounts: nothing of them reaches an event, the facts, or a detail."""
    hashed, phone, code = SECRETS
    whole = {
        "password": hashed,
        "phone": phone,
        "lastLoginAt": at(5),
        "verificationCode": code,
        "error": "no",
    }
    paper = desk()
    step = call_of(paper.want(goal))
    for _ in range(6):
        item = step.path.rsplit("/", 1)[-1]
        of_item = package(item, sender=whole | {"id": OTHER})
        body: Any = whole | {"id": OTHER, "data": of_item | whole, "success": True}
        if step.path in {"/api/packages", "/api/trips"}:
            body = rows(of_item | whole)
        reading = paper.answer(200, body)
        told = repr(reading) + repr(paper.facts) + repr(step)
        for secret in SECRETS:
            assert secret not in told
        following = paper.again()
        if not isinstance(following, Call):
            break
        step = following
