"""The traps of the wire specification, section 12, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from chatdesk.domain.actions import Extras
from chatdesk.domain.arrivals import VerdictLater, VerdictStored, VerdictUnknown
from chatdesk.domain.events import (
    ConversationSeen,
    Dropped,
    MessageSeen,
    Noticed,
    ReadSeen,
    Stale,
    TypingSeen,
    WindowRead,
)
from chatdesk.domain.goals import (
    Connected,
    FreshHead,
    FreshLists,
    GoalKind,
    Joined,
    MarkRead,
    OlderPage,
    Probe,
    SendText,
    SignIn,
    Typing,
)
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import (
    Assurance,
    Feature,
    KeyGrade,
    NoticeCode,
    ParkReason,
    Source,
    Support,
    Why,
)
from chatdesk.domain.steps import Call, Connect, Done, Emit, NeedsPassword, Parked, Wait
from chatdesk.platforms.marketplace.state import Mode, mode_of
from tests.platforms.marketplace.paper import (
    EVERYTHING,
    INTERNAL,
    ME,
    OTHER,
    OUTGOING,
    SEND,
    STRANGER,
    Paper,
    boxed,
    call_of,
    cursor,
    emit_of,
    fresh_jwt,
    listing,
    message_id,
    person,
    put,
    record,
    relay,
    rfq,
    sent,
    talk,
)
from tests.platforms.paper import HTML_404

REPLY = put(SEND, conversation=STRANGER)


def with_kind(paper: Paper, who: RemoteId = OTHER) -> Paper:
    """What a counterpart is, is known, though no stored record was seen."""
    paper.want(put(SEND, conversation=who))
    paper.answer(200, person(who))
    paper.events.clear()
    return paper


# -- 1 -----------------------------------------------------------------------------------------------------


@pytest.mark.shows("marketplace", "live_only", "yes")
def test_trap_1_a_500_of_an_unproven_server_means_that_nothing_is_stored() -> None:
    """It is said once, every conversation says so, and the text, definitely not stored, goes by relay."""
    paper = with_kind(Paper())
    assert call_of(paper.want(SEND)).note == "send"
    assert isinstance(paper.verdict(500, INTERNAL), VerdictLater)
    assert [one.code for one in paper.told(Noticed)] == [NoticeCode.LIVE_ONLY]
    assert [one.live_only for one in paper.told(ConversationSeen)] == [True]
    offered = paper.adapter.capabilities(paper.facts)
    assert offered.features[Feature.STORED_MESSAGES] is Support.NO
    assert offered.why[Feature.STORED_MESSAGES] is Why.NOT_ON_SERVER
    paper.push("user_status_changed", {"userId": OTHER, "status": "online"})
    assert emit_of(paper.want(SEND)).event == "send_message"
    assert [one.code for one in paper.told(Noticed)] == [NoticeCode.LIVE_ONLY]


def test_trap_1_an_empty_inbox_proves_nothing() -> None:
    """Empty boxes and conversations change no mind, and no window of them is evidence."""
    paper = with_kind(Paper())
    paper.want(FreshLists())
    for _ in range(3):
        paper.answer(200, listing() if call_of(paper.step).note != "rfqs" else [])
        paper.again()
    assert paper.again() == Done()
    paper.want(FreshHead(OTHER, complete=True))
    paper.answer(200, talk())
    assert [one.complete for one in paper.told(WindowRead)] == [False]
    assert mode_of(paper.facts) is Mode.UNPROVEN


@pytest.mark.parametrize("proof", ["send", "inbox", "conversation", "push"])
def test_trap_1_a_stored_record_of_ours_is_the_proof(proof: str) -> None:
    """From then on an empty window is evidence, and a 500 is only a failure that may have stored."""
    paper = with_kind(Paper())
    match proof:
        case "send":
            paper.want(SEND)
            paper.answer(201, sent(5))
        case "inbox":
            paper.want(FreshLists())
            paper.answer(200, listing(boxed(5)))
        case "conversation":
            paper.want(FreshHead(OTHER))
            paper.answer(200, talk(record(5)))
        case _:
            paper.push("new_message", record(5))
    assert mode_of(paper.facts) is Mode.STORED
    with_kind(paper, STRANGER)
    paper.want(FreshHead(STRANGER, complete=True))
    paper.answer(200, talk())
    assert [one.complete for one in paper.told(WindowRead)] == [True]
    paper.want(put(SEND, conversation=OTHER))
    assert isinstance(paper.verdict(500, INTERNAL), VerdictUnknown)
    assert mode_of(paper.facts) is Mode.STORED


def test_trap_1_the_next_sign_in_tries_rest_again() -> None:
    """The fact names its token: it holds over a restart, and is void with the next one."""
    paper = with_kind(Paper())
    paper.live()
    again = Paper(access=paper.facts.account.secrets.access, learnt=paper.facts.learnt)
    assert mode_of(again.facts) is Mode.LIVE_ONLY
    assert again.adapter.key_grade(again.facts) is KeyGrade.FINDABLE
    signed_in = Paper(access=fresh_jwt(age_s=5), learnt=paper.facts.learnt)
    assert mode_of(signed_in.facts) is Mode.UNPROVEN
    assert call_of(signed_in.want(SEND)).note == "send"
    assert signed_in.adapter.key_grade(signed_in.facts) is KeyGrade.NONE


def test_trap_1_a_record_that_turns_up_ends_live_only() -> None:
    """The server does store: the conversations say so, and the next send goes by request."""
    paper = with_kind(Paper())
    paper.live()
    paper.want(FreshHead(OTHER))
    paper.answer(200, talk(record(5)))
    assert paper.told(ConversationSeen)[-1].live_only is False
    assert call_of(paper.want(SEND)).note == "send"


@pytest.mark.parametrize(("status", "body"), [(502, INTERNAL), (503, INTERNAL), (500, "<html>")])
def test_trap_1_other_failures_are_no_sign(status: int, body: Any) -> None:
    """Only the platform's own 500 in its own JSON is; a gateway's may hide a stored message."""
    paper = with_kind(Paper())
    paper.want(SEND)
    assert isinstance(paper.verdict(status, body, is_json=isinstance(body, dict)), VerdictUnknown)
    assert mode_of(paper.facts) is Mode.UNPROVEN


# -- 2 -----------------------------------------------------------------------------------------------------


@pytest.mark.shows("marketplace", "foreign_dropped", "yes")
@pytest.mark.parametrize("event", ["new_message", "message_updated"])
def test_trap_2_what_names_others_is_dropped_counted_and_forgotten(event: str) -> None:
    """The facts after it are the facts before it: nothing of it is cached, told or logged."""
    paper = Paper()
    paper.knows()
    before = paper.facts
    foreign = record(7, "secret", sender=STRANGER, recipient=OTHER)
    assert paper.push(event, foreign) == [Dropped(reason="foreign")]
    assert paper.facts is before
    by_string = {**foreign, "sender_id": STRANGER, "recipient_id": OTHER}
    assert paper.push(event, by_string) == [Dropped(reason="foreign")]
    assert paper.facts is before


def test_trap_2_a_receipt_names_no_parties() -> None:
    """Only for messages that are known as ours it means anything."""
    paper = Paper()
    paper.push("new_message", record(7, sender=ME))
    receipt = {"message_id": message_id(7), "reader_id": OTHER, "timestamp": "2026-11-20T07:46:34.039Z"}
    assert paper.push("message_read", receipt) == [
        ReadSeen(conversation=OTHER, person_id=OTHER, by_self=False, ids=(message_id(7),))
    ]
    before = paper.facts
    foreign = [Dropped(reason="foreign")]
    assert paper.push("message_read", {**receipt, "message_id": message_id(8)}) == foreign
    assert paper.push("message_read", {**receipt, "reader_id": STRANGER}) == foreign
    assert paper.facts is before


# -- 3 -----------------------------------------------------------------------------------------------------


def test_trap_3_no_emit_ever_lacks_its_payload() -> None:
    """Every event that the adapter can make, in every mode: one argument, an object or our own id."""
    heard: dict[str, Emit] = {}

    def walk(paper: Paper, goal: GoalKind) -> None:
        step = paper.want(goal)
        for _ in range(12):
            if not isinstance(step, Emit):
                return
            assert len(step.args) == 1, step
            (payload,) = step.args
            assert payload == ME if step.event == "register_user" else isinstance(payload, dict), step
            assert all(value is not None for value in dict(payload).values()) if payload != ME else True
            heard[step.event] = step
            paper.handed_over()
            step = paper.again()

    goals: list[GoalKind] = [
        Connected(),
        FreshLists(),
        Joined(OTHER),
        Typing(OTHER, True),
        Typing(OTHER, False),
        MarkRead(OTHER, EVERYTHING),
        SEND,
        put(SEND, approved=True, extras=Extras(subject=" ", topic="")),
    ]
    for make_live in (False, True):
        for goal in goals:
            paper = Paper()
            paper.knows()
            if make_live:
                paper = with_kind(Paper())
                paper.live()
                paper.push("new_message", relay())
            paper.facts = put(paper.facts, own=put(paper.own, registered=0, told_here=0, asked_online=0))
            walk(paper, goal)
    assert set(heard) == {
        "register_user",
        "update_status",
        "request_online_users",
        "typing",
        "mark_as_read",
        "send_message",
    }


# -- 4 -----------------------------------------------------------------------------------------------------


def test_trap_4_the_registration_is_renewed_after_every_connect() -> None:
    """It is lost with the link, nothing answers it, and the last one wins."""
    paper = Paper()
    paper.cut()
    assert isinstance(paper.want(Connected()), Connect)
    paper.accepted()
    step = emit_of(paper.again())
    assert (step.event, step.args) == ("register_user", (ME,))
    paper.handed_over()
    assert emit_of(paper.again()).event == "update_status"
    paper.handed_over()
    assert emit_of(paper.again()).event == "request_online_users"
    paper.handed_over()
    assert paper.again() == Done()


def test_trap_4_two_clients_do_not_chase_each_other() -> None:
    """Displaced: again after thirty seconds at the earliest, and each time after twice as long."""
    paper = Paper()
    pauses = []
    for _ in range(3):
        assert paper.push("user_status_changed", {"userId": ME, "status": "online"}) == [Stale()]
        waited = 0
        while paper.want(Connected()) == Done():
            paper.later(10_000)
            waited += 10_000
        assert emit_of(paper.step).event == "register_user"
        paper.handed_over()
        pauses.append(waited)
    assert pauses == [30_000, 60_000, 120_000]


def test_trap_4_words_of_a_hardened_server_ask_for_the_password() -> None:
    """Sockets are not authenticated here; one that is may refuse in any words."""
    for words in ("Authentication error", "jwt expired", "x"):
        paper = Paper()
        paper.cut()
        connect = paper.want(Connected())
        assert isinstance(connect, Connect)
        assert connect.auth == {"token": paper.facts.account.secrets.access}
        assert isinstance(paper.refused(words).verdicts[0], VerdictLater)
        assert isinstance(paper.again(), NeedsPassword)


def test_trap_4_who_says_to_be_us_is_not_believed_over_a_stored_record() -> None:
    """A relay is only a claim: it is told as one, under the id of who claims to have sent it."""
    paper = Paper()
    paper.knows()
    (seen,) = [one for one in paper.push("new_message", relay("m1")) if isinstance(one, MessageSeen)]
    assert (seen.source, seen.remote_id) == (Source.RELAY, RemoteId(f"{OTHER}/m1"))


# -- 5 -----------------------------------------------------------------------------------------------------


@pytest.mark.shows("marketplace", "delivered", "no")
@pytest.mark.shows("marketplace", "client_ids", "partial")
def test_trap_5_delivered_means_that_the_server_saw_it() -> None:
    """Accepted as handed over, under our id; never more, whoever was there."""
    paper = with_kind(Paper())
    paper.live()
    step = emit_of(paper.want(SEND))
    assert step.commits
    assert step.args[0]["id"] == OUTGOING
    reading = paper.packet("message_delivered", {"messageId": OUTGOING, "timestamp": "x"})
    key = RemoteId(f"{ME}/{OUTGOING}")
    assert reading.verdicts == (VerdictStored(1, key, Assurance.RELAYED),)
    (seen,) = [one for one in reading.events if isinstance(one, MessageSeen)]
    assert (seen.remote_id, seen.own, seen.source, seen.text) == (key, True, Source.RELAY, "hello")
    assert paper.adapter.capabilities(paper.facts).features[Feature.DELIVERED] is Support.NO


def test_trap_5_a_word_without_an_id_is_nobodys() -> None:
    """It names no message, so it accepts none."""
    paper = with_kind(Paper())
    paper.live()
    paper.want(SEND)
    for payload in ({"timestamp": "x"}, {"messageId": None}, {"messageId": "other"}, {"messageId": 7}):
        assert paper.packet("message_delivered", payload).verdicts == ()


def test_trap_5_no_word_is_uncertain() -> None:
    """A relay that nothing answers may have arrived; a late word still tells."""
    paper = with_kind(Paper())
    paper.live()
    paper.want(SEND)
    assert isinstance(paper.nothing("timeout"), VerdictUnknown)
    late = paper.push("message_delivered", {"messageId": OUTGOING})
    assert [one.client_id for one in late if isinstance(one, MessageSeen)] == [OUTGOING]
    assert paper.push("message_delivered", {"messageId": OUTGOING}) == []


# -- 6 -----------------------------------------------------------------------------------------------------


def test_trap_6_copies_through_a_room_are_one_message() -> None:
    """The recipient gets it twice, the sender an echo: one message each."""
    paper = Paper()
    paper.knows()
    payload = relay("m1", room_id="r")
    assert [isinstance(one, MessageSeen) for one in paper.push("new_message", payload)].count(True) == 1
    assert not [one for one in paper.push("new_message", payload) if isinstance(one, MessageSeen)]
    echo = relay("m2", sender_id=ME, recipient_id=OTHER, sender_type="Seller", recipient_type="Buyer")
    (seen,) = [one for one in paper.push("new_message", echo) if isinstance(one, MessageSeen)]
    assert (seen.own, seen.conversation, seen.remote_id) == (True, OTHER, RemoteId(f"{ME}/m2"))


def test_trap_6_we_join_no_rooms_and_name_none() -> None:
    """Nothing is needed for a conversation, and nothing that is sent would come back."""
    paper = with_kind(Paper())
    paper.live()
    assert paper.want(Joined(OTHER)) == Done()
    assert "room_id" not in emit_of(paper.want(SEND)).args[0]


# -- 7 -----------------------------------------------------------------------------------------------------


def test_trap_7_ids_parties_and_times_come_in_several_forms() -> None:
    """`_id` or `id`, object, text or null, `createdAt` or `created_at`: the same message."""
    forms = [
        record(7, "x"),
        {**record(7, "x"), "recipient_id": ME},
        {**record(7, "x"), "sender_id": OTHER},
        {**record(7, "x"), "created_at": record(7)["createdAt"], "createdAt": None},
    ]
    seen = []
    for form in forms:
        paper = Paper()
        paper.want(FreshLists())
        paper.answer(200, listing(form))
        paper.again()
        paper.answer(200, listing())
        (found,) = paper.told(MessageSeen)
        seen.append((found.remote_id, found.conversation, found.cursor, found.text))
    assert set(seen) == {(message_id(7), OTHER, cursor(7), "x")}


def test_trap_7_a_deleted_account_takes_its_messages_along() -> None:
    """A party that is null names no conversation: counted, and nothing breaks."""
    paper = Paper()
    paper.want(FreshLists())
    reading = paper.answer(200, listing({**boxed(7), "sender_id": None}, boxed(6)))
    assert Dropped(reason="malformed") in reading.events
    assert paper.push("new_message", {**record(9), "sender_id": None}) == [Dropped(reason="malformed")]
    paper.again()
    paper.answer(200, listing())
    assert [one.remote_id for one in paper.told(MessageSeen)] == [message_id(6)]


# -- 8 -----------------------------------------------------------------------------------------------------


def test_trap_8_kinds_are_capitalised_in_messages_only() -> None:
    """`seller` at the login, `Seller` in what is sent and read."""
    paper = Paper("buyer")
    assert call_of(paper.want(SEND)).path == f"/api/sellers/{OTHER}"
    paper.answer(200, person(OTHER))
    assert call_of(paper.again()).body["recipient_type"] == "Seller"
    paper.want(FreshHead(OTHER))
    assert call_of(paper.step).path == f"/api/messages/conversation/{OTHER}/Seller"
    paper = with_kind(Paper())
    paper.live()
    args = emit_of(paper.want(SEND)).args[0]
    assert (args["sender_type"], args["recipient_type"]) == ("Seller", "Buyer")


# -- 9 -----------------------------------------------------------------------------------------------------


@pytest.mark.shows("marketplace", "read_per_message", "yes")
@pytest.mark.shows("marketplace", "read_per_conversation", "no")
def test_trap_9_a_relayed_mark_goes_to_the_author_and_a_stored_one_by_request() -> None:
    """One message at a time; reading a conversation marks nothing by itself."""
    paper = Paper()
    paper.push("new_message", record(1))
    paper.push("new_message", relay("m1"))
    paper.want(FreshHead(OTHER))
    paper.answer(200, talk(record(1)))
    step = call_of(paper.want(MarkRead(OTHER, EVERYTHING)))
    assert (step.method, step.path, step.body, step.commits) == (
        "PUT",
        f"/api/messages/{message_id(1)}/read",
        None,
        False,
    )
    paper.answer(200, {"success": True, "data": record(1, status="read")})
    mark = emit_of(paper.again())
    assert mark.args == ({"message_id": "m1", "recipient_id": OTHER, "reader_id": ME},)
    assert not mark.commits
    paper.handed_over()
    assert paper.again() == Done()


def test_trap_9_the_unread_number_is_counted_here() -> None:
    """The server's is a total over everybody; each conversation's is what the inbox shows of it."""
    paper = Paper()
    paper.want(FreshLists())
    paper.answer(200, listing(boxed(4), boxed(3, sender=STRANGER), boxed(2), boxed(1, status="read")))
    paper.again()
    paper.answer(200, listing())
    told = {one.remote_id: one.unread for one in paper.told(ConversationSeen)}
    assert told == {OTHER: 2, STRANGER: 1}


# -- 10 ----------------------------------------------------------------------------------------------------


def test_trap_10_boxes_are_newest_first_in_blocks_that_shift() -> None:
    """A record that comes in between pushes one down into the next block: it counts once."""
    paper = Paper()
    paper.want(FreshLists())
    records = [boxed(number) for number in range(60, 0, -1)]
    assert dict(call_of(paper.step).query) == {"limit": "50", "offset": "0"}
    paper.answer(200, listing(*records[:50], total=60))
    assert dict(call_of(paper.again()).query) == {"limit": "50", "offset": "50"}
    paper.answer(200, listing(*records[49:59], total=61))  # one more has come: everything moved by one
    assert dict(call_of(paper.again()).query) == {"limit": "50", "offset": "60"}
    paper.answer(200, listing(records[59], total=61))
    assert call_of(paper.again()).path == "/api/messages/sent"
    paper.answer(200, listing())
    (seen,) = paper.told(ConversationSeen)
    assert seen.unread == 60
    assert paper.told(MessageSeen)[-1].remote_id == message_id(60)


@pytest.mark.shows("marketplace", "history_paging", "partial")
def test_trap_10_a_conversation_comes_whole() -> None:
    """Oldest first, in one answer, whatever page is asked for."""
    for goal in (FreshHead(OTHER), OlderPage(OTHER, cursor(3), 1)):
        paper = Paper()
        paper.knows()
        assert call_of(paper.want(goal)).query == ()
        paper.answer(200, talk(record(1), record(2, sender=ME), record(3)))
        (window,) = paper.told(WindowRead)
        assert window.ids == (message_id(1), message_id(2), message_id(3))
        assert (window.complete, window.reaches_start, window.reaches_head) == (True, True, True)


# -- 11 ----------------------------------------------------------------------------------------------------


def test_trap_11_texts_are_trimmed_as_the_server_does() -> None:
    """As JavaScript trims: the echo is the same text. What the server fails on is never sent."""
    paper = Paper()
    paper.knows()
    assert paper.adapter.normalise("\ufeff a\u0085 ") == "a\u0085"
    body = call_of(paper.want(put(SEND, text=" a ", extras=Extras(subject=" s ")))).body
    assert (body["message"], body["subject"]) == ("a", "s")
    for text in ("", "  ", "\u200b", "\ufeff"):
        assert paper.want(put(SEND, text=text)) == Parked(ParkReason.EMPTY)
    assert paper.want(put(SEND, extras=Extras(topic="product_inquiry"))) == Parked(ParkReason.REFUSED)
    paper.push("new_message", record(7, message_type="rfq_response"))
    assert paper.told(MessageSeen)[-1].extras.topic == "rfq_response"


# -- 12 ----------------------------------------------------------------------------------------------------


@pytest.mark.shows("marketplace", "order_list", "partial")
def test_trap_12_a_sellers_list_of_requests_is_empty() -> None:
    """The panel says why instead of showing nothing; should a server have mended it, it is there."""
    paper = Paper()
    offered = paper.adapter.capabilities(paper.facts)
    assert offered.features[Feature.ORDER_LIST] is Support.NO
    assert offered.why[Feature.ORDER_LIST] is Why.OUT_OF_REACH
    paper.want(FreshLists())
    for body in (listing(), listing(), [rfq()]):
        paper.answer(200, body)
        paper.again()
    assert paper.adapter.capabilities(paper.facts).features[Feature.ORDER_LIST] is Support.YES
    buyer = Paper("buyer", user_id=OTHER)
    assert buyer.adapter.capabilities(buyer.facts).features[Feature.ORDER_LIST] is Support.YES


# -- 13 ----------------------------------------------------------------------------------------------------


def test_trap_13_a_lock_lasts_an_hour_and_nothing_is_tried_again() -> None:
    """It concerns everybody behind the address: told with its time, never repeated by itself."""
    paper = Paper(access="")
    paper.want(SignIn("wrong"))
    paper.answer(429, {"success": False, "message": "Too many failed login attempts."})
    end = paper.again()
    assert end == NeedsPassword(NoticeCode.LOCKED, "Too many failed login attempts.", 3_600_000)
    paper.later(4_000_000)
    assert paper.again() == end


# -- 14 ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload", ["text", ["list"], {}, 7, True, None, {"sender_id": 5}, {"recipient_id": ME, "message": {}}]
)
def test_trap_14_a_relay_may_be_any_json_at_all(payload: Any) -> None:
    """Anything but a message to or from us is counted; nothing raises, nothing is shown."""
    paper = Paper()
    paper.knows()
    for event in ("new_message", "user_typing", "message_read", "message_updated", "user_status_changed"):
        told = paper.push(event, payload)
        assert told in ([Dropped(reason="malformed")], [Dropped(reason="foreign")]), (event, payload)
        assert not [one for one in told if isinstance(one, TypingSeen | MessageSeen)]


def test_trap_14_one_bad_field_does_not_lose_a_message() -> None:
    """Subject, topic and times of any type: the text is shown."""
    paper = Paper()
    paper.knows()
    odd = relay("m1", subject=["x"], message_type=7, sender_type={}, createdAt="never", status=None)
    (seen,) = [one for one in paper.push("new_message", odd) if isinstance(one, MessageSeen)]
    assert (seen.text, seen.extras.subject, seen.extras.topic) == ("Hello", "", "7")


# -- 15 ----------------------------------------------------------------------------------------------------


def test_trap_15_an_employee_has_no_chat_and_is_not_registered() -> None:
    """Every feature says that it is not for this role; no registration, no message, no reading."""
    paper = Paper("employee")
    paper.facts = put(paper.facts, own=put(paper.own, registered=0, told_here=0, asked_online=0))
    offered = paper.adapter.capabilities(paper.facts)
    assert set(offered.features.values()) == {Support.NO}
    assert set(offered.why.values()) == {Why.NOT_FOR_ROLE}
    assert len(offered.offers) + len(offered.finds) + len(offered.message_fields) == 0
    assert paper.want(Connected()) == Done()
    assert paper.want(FreshLists()) == Done()
    assert paper.want(Typing(OTHER, True)) == Done()
    assert paper.want(SEND) == Parked(ParkReason.FORBIDDEN)
    assert paper.want(FreshHead(OTHER)) == Parked(ParkReason.FORBIDDEN)


# -- 16 ----------------------------------------------------------------------------------------------------


@pytest.mark.shows("marketplace", "probing", "yes")
@pytest.mark.shows("marketplace", "message_search", "no")
@pytest.mark.shows("marketplace", "notifications", "no")
def test_trap_16_404_and_500_both_mean_absent() -> None:
    """`search` is taken for an id: 500 is no failure of the server, and holds for a day."""
    paper = Paper()
    health = call_of(paper.want(Probe()))
    assert (health.path, health.headers) == ("/api/health", ())
    paper.answer(200, {"status": "healthy", "database": {"connected": True}})
    assert call_of(paper.again()).path == "/api/messages/search"
    paper.answer(500, INTERNAL)
    assert call_of(paper.again()).path == "/api/notifications"
    paper.answer(404, HTML_404, is_json=False)
    assert paper.again() == Done()
    offered = paper.adapter.capabilities(paper.facts)
    for feature in (Feature.MESSAGE_SEARCH, Feature.NOTIFICATIONS):
        assert offered.features[feature] is Support.NO
        assert offered.why[feature] is Why.NOT_ON_SERVER
    again = Paper(learnt=paper.facts.learnt)
    again.want(Probe())
    again.answer(200, {"status": "healthy", "database": {}})
    assert again.again() == Done()
    again.later(25 * 3_600_000)
    assert isinstance(again.again(), Call)


def test_sends_wait_for_a_sign_of_life_of_this_connection() -> None:
    """A message, typing or an announcement is one; with the link it is void; the person may insist."""
    signs: list[tuple[str, Any]] = [
        ("new_message", relay()),
        ("user_typing", {"sender_id": OTHER, "recipient_id": ME, "is_typing": True}),
        ("user_status_changed", {"userId": OTHER, "status": "away"}),
        ("online_users", [OTHER]),
        ("user_joined", OTHER),
    ]
    for event, payload in signs:
        paper = with_kind(Paper())
        paper.live(there=False)
        assert paper.want(SEND) == Wait(30_000, "recipient_away")
        assert isinstance(paper.want(put(SEND, approved=True)), Emit)
        paper.push(event, payload)
        assert isinstance(paper.want(SEND), Emit)
        paper.push("user_status_changed", {"userId": OTHER, "status": "offline"})
        assert paper.want(SEND) == Wait(30_000, "recipient_away")
        paper.push(event, payload)
        paper.cut()
        assert paper.want(SEND) == Wait(30_000, "socket_needed")
        paper.facts = put(paper.facts, online=True, epoch=2)
        assert paper.want(SEND) == Wait(30_000, "recipient_away")


def test_a_send_needs_the_counterparts_kind() -> None:
    """Unknown: the directory tells, of the usual kind first, then of the other."""
    paper = Paper()
    assert call_of(paper.want(REPLY)).path == f"/api/buyers/{STRANGER}"
    paper.answer(404, {"message": "Buyer not found"})
    assert call_of(paper.again()).path == f"/api/sellers/{STRANGER}"
    paper.answer(200, person(STRANGER))
    assert call_of(paper.again()).body["recipient_type"] == "Seller"
    nobody = Paper()
    nobody.want(REPLY)
    nobody.answer(404, {"message": "Buyer not found"})
    nobody.again()
    nobody.answer(404, {"message": "Seller not found"})
    assert nobody.again() == Parked(ParkReason.NOT_FOUND, "Seller not found")
    assert nobody.want(SendText(RemoteId("../x"), OUTGOING, OUTGOING, "x")) == Parked(ParkReason.NOT_FOUND)
