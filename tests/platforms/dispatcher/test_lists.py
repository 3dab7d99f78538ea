"""Order list, chat list, notifications and one order, from answers good and bad."""

from __future__ import annotations

import random
from typing import Any

import pytest

from chatdesk.domain.entities import OrderField, Participant
from chatdesk.domain.events import (
    ConversationSeen,
    Dropped,
    ListsRead,
    Noticed,
    NotificationSeen,
    OrderSeen,
)
from chatdesk.domain.goals import FreshLists, FreshNotifications, FreshOrder
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Feature, NoticeCode, OrderKind, ParkReason, Progress, Support
from chatdesk.domain.steps import Done, Parked
from chatdesk.platforms.dispatcher import orders
from chatdesk.wire.dispatcher import names
from tests.platforms.dispatcher.paper import (
    HTML_404,
    ME,
    MY_MAIL,
    NUMBER,
    ORDER,
    OTHER,
    OTHER_MAIL,
    Paper,
    call_of,
    error,
    iso,
    paged,
    success,
)


def item(number: int) -> dict[str, Any]:
    return {
        "id": f"65a0{number:020x}",
        "orderNumber": f"ORD-{number:06d}",
        "createdAt": iso(1_700_000_000_000_000 + number),
        "originAddress": "Austin, TX",
        "destinationAddress": "Dallas, TX",
        "truckId": "TRK-7",
        "status": "processing",
        "createdBy": "carrier@example.test",
    }


class Server:
    """Orders 1 to n, newest first; a page with an order in `bad` on it fails with 500."""

    def __init__(self, count: int, bad: frozenset[int] = frozenset(), cap: int | None = None) -> None:
        self.orders = list(range(count, 0, -1))
        self.bad = bad
        self.cap = cap
        self.asked: list[tuple[int, int]] = []

    def answer(self, paper: Paper) -> None:
        call = call_of(paper.step)
        query = dict(call.query)
        statuses = {value for name, value in call.query if name == "status[]"}
        assert query["search"] == "", "without it the server fails"
        assert statuses >= set(names.STATUS_LABELS), "what is not named is not listed"
        page, limit = int(query["page"]), int(query["limit"])
        self.asked.append((page, limit))
        limit = limit if self.cap is None else min(limit, self.cap)
        rows = self.orders[(page - 1) * limit : page * limit]
        if self.bad & set(rows):
            paper.answer(500, error(500, "Cannot read properties of null (reading 'unitNumber')"))
        else:
            paper.answer(200, paged([item(row) for row in rows], len(self.orders), page, limit))


def listed(server: Server, role: str = "moderator") -> tuple[Paper, list[str]]:
    """Read the whole list; the numbers of the orders that came."""
    paper = Paper(role)
    step = paper.want(FreshLists())
    for _ in range(3_000):
        if call_of(step).path != names.ROUTE_ORDERS:
            break
        server.answer(paper)
        step = paper.again()
        if isinstance(step, Parked | Done):
            break
    return paper, [event.number or "" for event in paper.events if isinstance(event, OrderSeen)]


@pytest.mark.shows("dispatcher", "order_list", "yes")
@pytest.mark.shows("dispatcher", "conversation_list", "yes")
@pytest.mark.parametrize("count", [0, 1, 127, 128, 129, 300])
def test_every_order_is_listed_once(count: int) -> None:
    """Page by page, each with its conversation."""
    server = Server(count)
    paper, numbers = listed(server)
    assert sorted(numbers) == [f"ORD-{number:06d}" for number in range(1, count + 1)]
    assert sum(isinstance(event, ConversationSeen) for event in paper.events) == count
    assert len(server.asked) == max(1, -(-count // 128))


@pytest.mark.parametrize("bad", [{1}, {300}, {150}, {1, 2, 3}, set(range(100, 140)), {300, 299, 298, 1}])
@pytest.mark.parametrize("cap", [None, 100])
def test_an_order_whose_truck_is_gone_does_not_hide_the_others(bad: set[int], cap: int | None) -> None:
    """Its page fails as a whole: it is halved down to the one bad order, which is skipped and counted."""
    server = Server(300, frozenset(bad), cap)
    paper, numbers = listed(server)
    assert sorted(set(numbers)) == [f"ORD-{number:06d}" for number in range(1, 301) if number not in bad]
    assert cap is not None or len(numbers) == len(set(numbers))
    assert paper.events.count(Dropped(reason="unreadable_order")) == len(bad)
    assert len(server.asked) < 60 + 6 * len(bad)


@pytest.mark.parametrize("seed", range(20))
def test_any_pattern_of_bad_orders_is_read_around(seed: int) -> None:
    """Whatever fails, every order that can be read is read."""
    chance = random.Random(seed)
    count = chance.randint(1, 400)
    good_first = chance.randint(1, 10)
    bad = {n for n in range(1, count + 1 - good_first) if chance.random() < chance.choice([0.01, 0.1])}
    _, numbers = listed(Server(count, frozenset(bad), chance.choice([None, 30, 64])))
    assert sorted(set(numbers)) == [f"ORD-{n:06d}" for n in range(1, count + 1) if n not in bad]


def test_a_list_that_only_fails_is_given_up() -> None:
    """A broken server is not asked once per order."""
    server = Server(400, frozenset(range(1, 401)))
    paper, numbers = listed(server)
    assert numbers == []
    assert len(server.asked) < 40
    assert paper.step == Parked(ParkReason.REFUSED)
    assert Noticed(code=NoticeCode.SERVER_ERROR) in paper.events
    assert ListsRead() not in paper.events


def test_orders_that_went_away_meanwhile_start_the_list_anew() -> None:
    """Else the one that slipped past the page border would be missing until the next time."""
    server = Server(300)
    paper = Paper("admin")
    paper.want(FreshLists())
    server.answer(paper)
    server.orders.remove(300)
    for _ in range(2):
        paper.again()
        server.answer(paper)
    paper.again()
    assert len(server.asked) == 3
    server.answer(paper)
    assert server.asked[-1] == (1, 128)


@pytest.mark.parametrize(
    ("role", "title"),
    [("user", NUMBER), ("moderator", "carrier@example.test"), ("admin", "carrier@example.test")],
)
def test_a_conversation_is_titled_by_whom_one_talks_to(role: str, title: str) -> None:
    """Staff see the customer, a carrier sees the order's number."""
    paper = Paper(role)
    paper.want(FreshLists())
    paper.answer(200, paged([{**item(1), "id": ORDER, "orderNumber": NUMBER}], 1))
    order, conversation = paper.events[:2]
    assert isinstance(order, OrderSeen)
    assert isinstance(conversation, ConversationSeen)
    assert (order.remote_id, order.kind, order.number) == (ORDER, OrderKind.ORDER, NUMBER)
    assert (order.title, order.customer) == ("Austin, TX → Dallas, TX", "carrier@example.test")
    assert (order.status, order.status_label, order.progress) == ("processing", "Processing", Progress.ACTIVE)
    assert (conversation.remote_id, conversation.order_remote_id, conversation.title) == (ORDER, ORDER, title)


@pytest.mark.parametrize("status", ["all", "shipped", "pending "])
def test_a_status_that_is_none_is_unknown(status: str) -> None:
    """`all` is stored by the server when asked to."""
    paper = Paper()
    paper.want(FreshLists())
    paper.answer(200, paged([{**item(1), "status": status}], 1))
    seen = paper.events[0]
    assert isinstance(seen, OrderSeen)
    assert seen.progress in {Progress.UNKNOWN, Progress.OPEN if status.strip() == "pending" else None}


def test_a_status_that_is_missing_says_nothing() -> None:
    """What was known before stays."""
    paper = Paper()
    paper.want(FreshLists())
    paper.answer(200, paged([{**item(1), "status": None}], 1))
    seen = paper.events[0]
    assert isinstance(seen, OrderSeen)
    assert (seen.status, seen.status_label, seen.progress) == (None, None, None)


def test_a_row_without_an_id_is_dropped_alone() -> None:
    """The rest of its page is used."""
    paper = Paper()
    paper.want(FreshLists())
    paper.answer(200, paged([{"orderNumber": "ORD-1"}, item(1), "nonsense", None], 4))
    assert [type(event) for event in paper.events] == [Dropped, OrderSeen, ConversationSeen, Dropped, Dropped]


# -- the list of chats -------------------------------------------------------------------------------------


def at_chats(paper: Paper) -> Paper:
    paper.want(FreshLists())
    paper.answer(200, paged([item(1)], 1))
    assert call_of(paper.again()).path == "/api/chat/orders"
    return paper


@pytest.mark.shows("dispatcher", "probing", "yes")
def test_the_list_of_chats_is_probed_once_a_day() -> None:
    """404 with HTML means absent; the lists are complete without it."""
    paper = at_chats(Paper())
    assert paper.adapter.capabilities(paper.facts).features[Feature.CHAT_LIST] is Support.PROBE
    paper.answer(404, HTML_404, is_json=False)
    assert paper.again() == Done()
    assert paper.events[-1] == ListsRead()
    assert paper.adapter.capabilities(paper.facts).features[Feature.CHAT_LIST] is Support.NO
    paper.want(FreshLists())
    paper.answer(200, paged([item(1)], 1))
    assert paper.again() == Done()
    paper.later(25 * 3_600 * 1_000)
    assert paper.adapter.capabilities(paper.facts).features[Feature.CHAT_LIST] is Support.PROBE


@pytest.mark.shows("dispatcher", "unread", "partial")
def test_the_list_of_chats_tells_unread_and_activity() -> None:
    """Where a deployment has it."""
    paper = at_chats(Paper())
    chat = {"orderId": ORDER, "unreadCount": 3, "updatedAt": iso(5_000_000), "lastMessage": None}
    paper.answer(200, success([chat, {"orderId": 7}]))
    seen = ConversationSeen(remote_id=ORDER, order_remote_id=ORDER, unread=3, activity_at_us=5_000_000)
    assert paper.events[-3:] == [seen, Dropped(reason="malformed"), ListsRead()]
    assert paper.again() == Done()
    features = paper.adapter.capabilities(paper.facts).features
    assert features[Feature.CHAT_LIST] is features[Feature.SERVER_UNREAD] is Support.YES


def test_a_long_list_of_chats_is_read_in_pages() -> None:
    """To its end, which is announced once."""
    paper = at_chats(Paper())
    for page in (1, 2, 3):
        assert dict(call_of(paper.step).query)["page"] == str(page)
        paper.answer(200, paged([{"orderId": ORDER, "unreadCount": 0}] * 500, 1_400, page, 500))
        paper.again()
    assert paper.step == Done()
    assert paper.events.count(ListsRead()) == 1


# -- one order ---------------------------------------------------------------------------------------------


def detail() -> dict[str, Any]:
    return {
        "id": ORDER,
        "orderNumber": NUMBER,
        "userId": ME,
        "contact": "Desk",
        "permitStartDate": "2026-03-01T00:00:00.000Z",
        "originAddress": "Austin, TX",
        "destinationAddress": "Dallas, TX",
        "commodity": "Excavator",
        "loadDims": "oversize",
        "lengthFt": 80,
        "lengthIn": 6,
        "widthFt": 11,
        "widthIn": 0,
        "heightFt": 14,
        "heightIn": 2.5,
        "rearOverhangFt": 3,
        "stops": ["Waco, TX"],
        "files": [],
        "status": "charged",
        "createdAt": iso(1_000_000),
        "updatedAt": iso(2_000_000),
        "moderator": {"id": OTHER, "email": OTHER_MAIL},
        "truck": {
            "id": "t",
            "unitNumber": "TRK-7",
            "year": 2019,
            "make": "Volvo",
            "licencePlate": "ABC",
            "state": "TX",
        },
        "trailer": {"length": 24},
    }


def test_an_order_has_stable_lines() -> None:
    """Keys are words that the window translates; values are the server's data."""
    paper = Paper()
    call = call_of(paper.want(FreshOrder(ORDER, NUMBER)))
    assert call.path == f"/api/orders/{NUMBER}"
    paper.answer(200, success(detail()))
    (seen,) = paper.events
    assert isinstance(seen, OrderSeen)
    assert seen.fields == (
        OrderField("from", "Austin, TX"),
        OrderField("stop", "Waco, TX"),
        OrderField("to", "Dallas, TX"),
        OrderField("start", "2026-03-01"),
        OrderField("contact", "Desk"),
        OrderField("commodity", "Excavator"),
        OrderField("load", "oversize"),
        OrderField("size", "80'6\" × 11'0\" × 14'2.5\""),
        OrderField("rear_overhang", "3'0\""),
        OrderField("truck", "TRK-7 · Volvo 2019 · ABC TX"),
    )
    assert seen.participants == (
        Participant(remote_id=ME, name=MY_MAIL, role="customer"),
        Participant(remote_id=OTHER, name=OTHER_MAIL, role="moderator"),
    )
    assert (seen.created_at_us, seen.updated_at_us) == (1_000_000, 2_000_000)
    assert (seen.status, seen.progress) == ("charged", Progress.DONE)
    assert paper.again() == Done()


def test_staff_also_see_the_carriers_company() -> None:
    """Company and registration numbers come for moderators and administrators only."""
    extra = {
        "companyInfo": {"name": "Haul LLC", "address": "1 Road", "city": "Austin", "phone": "5550100"},
        "carrierNumbers": {"mcNumber": "MC1", "files": []},
    }
    paper = Paper("admin")
    paper.want(FreshOrder(ORDER, NUMBER))
    paper.answer(200, success({**detail(), **extra}))
    seen = paper.events[0]
    assert isinstance(seen, OrderSeen)
    lines = {line.key: line.value for line in seen.fields or ()}
    assert lines["company"] == "Haul LLC"
    assert lines["company_address"] == "1 Road, Austin"
    assert (lines["company_phone"], lines["mc_number"]) == ("5550100", "MC1")


@pytest.mark.parametrize(
    ("message", "number"), [("Order not found", NUMBER), ("User settings not found", NUMBER), ("", "")]
)
def test_an_order_that_cannot_be_read_is_no_fault_of_ours(message: str, number: str) -> None:
    """404 in words, or no number to ask by."""
    paper = Paper()
    step = paper.want(FreshOrder(ORDER, number))
    if number:
        paper.answer(404, error(404, message))
        step = paper.again()
    assert step == Parked(ParkReason.NOT_FOUND, message)


@pytest.mark.parametrize("number", ["../users/all", "ORD 1", "ORD-1?x=1#y", "%2e%2e"])
def test_a_number_never_adds_a_segment_to_the_path(number: str) -> None:
    """Numbers come from the server, too."""
    path = call_of(Paper().want(FreshOrder(ORDER, number))).path
    assert path.startswith("/api/orders/")
    assert path.count("/") == 3
    assert not set(" ?#") & set(path)
    assert "%2e" not in path


@pytest.mark.parametrize(
    ("garbled", "name"),
    [
        ("permit scan.pdf", "permit scan.pdf"),
        ("разрешение.pdf".encode().decode("latin-1"), "разрешение.pdf"),
        ("разрешение.pdf", "разрешение.pdf"),
        ("caf\xe9.pdf", "café.pdf"),
        ("a%22b%22.pdf", 'a"b".pdf'),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("C:\\temp\\x.pdf", "C:_temp_x.pdf"),
        ("invoice\u202efdp.exe", "invoice fdp.exe"),
        ("a\nb\x00.pdf", "a b .pdf"),
        ("\ud800.pdf", "\ufffd.pdf"),
    ],
)
def test_file_names_are_repaired_and_never_a_path(garbled: str, name: str) -> None:
    """UTF-8 read as Latin-1 is turned back; separators and control characters are for no one."""
    assert orders.file_name(garbled) == name


def test_files_keep_their_stored_name_for_addressing() -> None:
    """The unique name fetches, the other is read."""
    file = {
        "filename": "1795-1-permit_scan.pdf",
        "originalname": "permit scan.pdf",
        "contentType": "application/pdf",
        "size": 16,
    }
    seen = orders.detail({"id": ORDER, "files": [file, {"size": 3}, None]}, Paper().facts.account)
    assert seen is not None
    assert seen.files is not None
    (only,) = seen.files
    assert (only.remote_name, only.name, only.size_bytes) == ("1795-1-permit_scan.pdf", "permit scan.pdf", 16)


# -- notifications -----------------------------------------------------------------------------------------


def test_notifications_are_read_without_the_filter_that_lies() -> None:
    """`unreadOnly=false` means true at this server, so it is left out."""
    paper = Paper()
    call = call_of(paper.want(FreshNotifications()))
    assert (call.path, dict(call.query)) == ("/api/notifications", {"page": "1", "limit": "50"})
    listed_item = {
        "id": "6afffad76b94d13b6ec339b9",
        "type": "order_updated",
        "status": "read",
        "title": "New message",
        "message": "three",
        "metadata": {"orderId": ORDER},
        "createdAt": iso(7_000_000),
        "unread": False,
    }
    paper.answer(
        200,
        paged(
            [listed_item, {**listed_item, "id": "x1", "unread": "", "status": "unread", "metadata": ""}], 2
        ),
    )
    first, second = paper.events
    assert first == NotificationSeen(
        remote_id=RemoteId("6afffad76b94d13b6ec339b9"),
        title="New message",
        text="three",
        at_us=7_000_000,
        unread=False,
        conversation=ORDER,
    )
    assert isinstance(second, NotificationSeen)
    assert (second.unread, second.conversation) == (True, None)
    assert paper.again() == Done()
