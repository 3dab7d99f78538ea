"""Reading histories from servers that order their pages either way, and change under the reading."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from chatdesk.domain.arrivals import VerdictLater
from chatdesk.domain.events import ConversationGone, ConversationSeen, Dropped, MessageSeen, WindowRead
from chatdesk.domain.facts import Learnt
from chatdesk.domain.goals import FreshHead, OlderPage
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.kinds import ClosedWhy, Lifecycle, ParkReason
from chatdesk.domain.steps import Done, Parked, Wait
from chatdesk.platforms import replies
from chatdesk.platforms.dispatcher import limits, reads, translate
from tests.platforms.dispatcher.paper import (
    HTML_404,
    NOW_US,
    ORDER,
    Paper,
    call_of,
    error,
    paged,
    put,
    record,
)

ABSENT = Learnt("no", NOW_US * 2)


class Server:
    """Messages 1 to n of one order, given out page by page. `before` runs before each answer."""

    def __init__(self, count: int, order: str = "rising", cap: int | None = None) -> None:
        self.records = [record(number) for number in range(1, count + 1)]
        self.order = order
        self.cap = cap
        self.asked: list[tuple[int, int]] = []
        self.before: Callable[[int], None] = lambda _turn: None
        self._next = count + 1

    def add(self, count: int = 1) -> None:
        for _ in range(count):
            self.records.append(record(self._next))
            self._next += 1

    def delete(self, number: int) -> None:
        self.records = [found for found in self.records if found["message"] != f"message {number}"]

    def ids(self) -> list[str]:
        return [found["id"] for found in self.records]

    def page(self, page: int, limit: int) -> dict[str, object]:
        self.before(len(self.asked))
        self.asked.append((page, limit))
        if self.cap is not None:
            limit = min(limit, self.cap)
        rows = self.records
        if self.order == "falling":
            rows = rows[::-1]
        elif self.order == "mixed":
            rows = sorted(rows, key=lambda found: found["id"][::-1])
        return paged(rows[(page - 1) * limit : page * limit], len(rows), page, limit)


def cursor(number: int) -> Cursor:
    seen = record(number)
    return translate.cursor(NOW_US + number * 1_000_000, RemoteId(seen["id"]))


def ids(*numbers: int) -> frozenset[RemoteId]:
    return frozenset(RemoteId(record(number)["id"]) for number in numbers)


def read(
    server: Server, kind: FreshHead | OlderPage, paper: Paper | None = None
) -> tuple[WindowRead, list[MessageSeen]]:
    """Pursue the goal to its end."""
    paper = paper or Paper()
    paper.facts = put(paper.facts, learnt={**paper.facts.learnt, reads.ROUTE_UNREAD: ABSENT})
    paper.events.clear()
    step = paper.want(kind)
    for _ in range(250):
        if step == Done():
            break
        query = dict(call_of(step).query)
        paper.answer(200, server.page(int(query["page"]), int(query["limit"])))
        step = paper.again()
    assert step == Done()
    (window,) = [event for event in paper.events if isinstance(event, WindowRead)]
    messages = [event for event in paper.events if isinstance(event, MessageSeen)]
    assert [message.remote_id for message in messages] == list(window.ids)
    assert list(window.ids) == sorted(set(window.ids)), "sorted, each once"
    return window, messages


HEAD = FreshHead(ORDER)
BOTH = pytest.mark.parametrize("order", ["rising", "falling"])


@pytest.mark.shows("dispatcher", "history", "yes")
@pytest.mark.parametrize("order", ["rising", "falling", "mixed"])
@pytest.mark.parametrize("count", [0, 1, 2, 49, 50])
def test_one_page_is_the_whole_history(order: str, count: int) -> None:
    """What fits into one answer needs no direction and has no gap."""
    server = Server(count, order)
    window, _ = read(server, HEAD)
    assert list(window.ids) == server.ids()
    assert (window.complete, window.reaches_start, window.reaches_head) == (True, True, True)
    assert (window.total, window.pages, len(server.asked)) == (count, 1, 1)


@BOTH
@pytest.mark.parametrize("count", [51, 75, 100, 120, 1_234])
def test_the_head_is_the_newest_page_wherever_it_stands(order: str, count: int) -> None:
    """Page 1 may be the oldest or the newest; the reading finds out and goes to the right end."""
    server = Server(count, order)
    window, messages = read(server, HEAD)
    assert window.newest == cursor(count)
    assert messages[-1].text == f"message {count}"
    assert list(window.ids) == server.ids()[-len(window.ids) :], "no hole"
    assert len(window.ids) >= min(25, count)
    assert (window.complete, window.reaches_head) == (True, True)
    assert window.reaches_start == (len(window.ids) == count)
    assert len(server.asked) <= 3


@BOTH
def test_a_catch_up_reads_down_to_what_is_known(order: str) -> None:
    """As many pages as lie between the newest message and the newest one held, and no more."""
    server = Server(1_000, order)
    window, _ = read(server, FreshHead(ORDER, known=ids(700, 701, 702)))
    assert ids(702) < frozenset(window.ids)
    assert window.newest == cursor(1_000)
    assert len(server.asked) <= 2 + 300 // 50 + 1


@BOTH
def test_a_catch_up_has_an_end(order: str) -> None:
    """Years offline: the newest pages come, the rest stays a gap until somebody scrolls there."""
    server = Server(1_900, order)
    window, _ = read(server, FreshHead(ORDER, known=ids(1)))
    assert len(server.asked) <= limits.HEAD_PAGES + 1
    assert len(window.ids) >= 900
    assert not window.reaches_start


@pytest.mark.parametrize("order", ["rising", "falling", "mixed"])
@pytest.mark.parametrize("count", [51, 120, 999, 1_000])
def test_a_complete_window_up_to_a_thousand_is_one_answer(order: str, count: int) -> None:
    """limit = total + 50: then the order of the history proves nothing and needs to prove nothing."""
    server = Server(count, order)
    window, _ = read(server, FreshHead(ORDER, known=ids(count - 1), complete=True))
    assert server.asked == [(1, 50), (1, count + 50)]
    assert list(window.ids) == server.ids()
    assert (window.complete, window.reaches_start, window.reaches_head, window.pages) == (True, True, True, 1)


@BOTH
@pytest.mark.parametrize("known", [frozenset(), ids(1_800)])
def test_a_complete_window_above_a_thousand_is_walked(order: str, known: frozenset[RemoteId]) -> None:
    """From the newest message without a hole to what is known, or to the start; the totals agree."""
    server = Server(2_345, order)
    window, _ = read(server, FreshHead(ORDER, known=known, complete=True))
    assert list(window.ids) == server.ids()[-len(window.ids) :]
    assert (window.complete, window.reaches_head) == (True, True)
    assert known <= frozenset(window.ids)
    assert window.reaches_start == (not known)


@BOTH
def test_new_messages_while_walking_leave_no_hole(order: str) -> None:
    """Borders shift with every new message; the reading begins anew and ends with steady totals."""
    server = Server(2_345, order)
    server.before = lambda turn: server.add(3) if turn == 3 else None
    window, _ = read(server, FreshHead(ORDER, complete=True))
    assert list(window.ids) == server.ids()
    assert window.complete


@BOTH
def test_a_deletion_while_walking_leaves_no_hole(order: str) -> None:
    """A deletion pulls a message over a page border: what was jumped over is read after all."""
    server = Server(2_345, order)
    server.before = lambda turn: server.delete(2_000) if turn == 4 else None
    window, _ = read(server, FreshHead(ORDER, complete=True))
    assert list(window.ids) == server.ids()
    assert window.complete


@BOTH
def test_a_history_that_never_holds_still_proves_nothing(order: str) -> None:
    """Whoever must know whether something is absent has to read again."""
    server = Server(2_345, order)
    server.before = lambda _turn: server.add()
    window, _ = read(server, FreshHead(ORDER, complete=True))
    assert not window.complete
    assert len(server.asked) < 40


def test_a_whole_answer_that_grew_beyond_its_limit_is_asked_for_again() -> None:
    """More than 50 new messages between two requests: the one answer does not hold everything."""
    server = Server(120)
    server.before = lambda turn: server.add(60) if turn == 1 else None
    window, _ = read(server, FreshHead(ORDER, complete=True))
    assert server.asked == [(1, 50), (1, 170), (1, 230)]
    assert list(window.ids) == server.ids()
    assert window.complete
    server = Server(120)
    server.before = lambda _turn: server.add(60)
    window, _ = read(server, FreshHead(ORDER, complete=True))
    assert not window.complete


@BOTH
@pytest.mark.parametrize("cap", [20, 30, 100])
def test_a_server_that_gives_smaller_pages_is_walked_in_its_own_size(order: str, cap: int) -> None:
    """itemsPerPage says what a page really is."""
    server = Server(333, order, cap=cap)
    window, _ = read(server, FreshHead(ORDER, complete=True))
    assert list(window.ids) == server.ids()
    assert window.complete
    server.asked.clear()
    window, _ = read(server, HEAD)
    assert list(window.ids) == server.ids()[-len(window.ids) :]
    assert window.newest == cursor(333)


def test_a_history_in_no_order_at_all_is_read_whole() -> None:
    """Neither rising nor falling: only everything tells what is newest."""
    server = Server(300, "mixed")
    window, messages = read(server, HEAD)
    assert list(window.ids) == server.ids()
    assert messages[-1].text == "message 300"


def test_an_endless_history_in_no_order_claims_no_end() -> None:
    """Above a thousand messages the pages are read, but prove neither head nor start."""
    window, _ = read(Server(10_600, "mixed"), HEAD)
    assert (window.complete, window.reaches_head, window.reaches_start) == (False, False, False)


@pytest.mark.shows("dispatcher", "history_paging", "yes")
@BOTH
@pytest.mark.parametrize("count", [60, 120, 1_030])
def test_scrolling_up_meets_every_message_once(order: str, count: int) -> None:
    """Older pages from the head to the start: no hole, no end before the start, few requests."""
    server = Server(count, order)
    paper = Paper()
    window, _ = read(server, HEAD, paper)
    held = set(window.ids)
    while not window.reaches_start:
        asked = len(server.asked)
        oldest = min(found["id"] for found in server.records if found["id"] in held)
        number = next(n for n in range(1, count + 1) if record(n)["id"] == oldest)
        window, _ = read(server, OlderPage(ORDER, cursor(number), len(held)), paper)
        fresh = set(window.ids) - held
        assert fresh, "something older came"
        assert window.complete
        assert oldest in window.ids or max(fresh) == record(number - 1)["id"]
        held |= fresh
        assert sorted(held) == server.ids()[-len(held) :], "no hole"
        assert len(server.asked) - asked <= 3
    assert sorted(held) == server.ids()


@BOTH
@pytest.mark.parametrize("count", [60, 1_030, 5_100])
def test_who_wants_all_of_it_gets_it_in_few_requests(order: str, count: int) -> None:
    """Many at once, each page meeting the one before; the overlap is small where the direction is known."""
    server = Server(count, order)
    paper = Paper()
    window, _ = read(server, HEAD, paper)
    held = set(window.ids)
    told = 0
    server.asked.clear()
    while not window.reaches_start:
        number = count - len(held) + 1
        window, _ = read(server, OlderPage(ORDER, cursor(number), len(held), many=True), paper)
        assert window.complete
        assert record(number)["id"] in window.ids, "it meets what is here"
        told += len(window.ids)
        held |= set(window.ids)
        assert sorted(held) == server.ids()[-len(held) :], "no hole"
    assert sorted(held) == server.ids()
    assert len(server.asked) <= 3 + 2 * count / 300
    if order == "falling":
        assert len(server.asked) <= 2 + count / 400
        assert told <= 1.1 * count


@BOTH
@pytest.mark.parametrize("error_of_hint", [-400, -51, -7, 9, 60, 700])
def test_a_wrong_hint_costs_requests_not_messages(order: str, error_of_hint: int) -> None:
    """`held` is a hint: deletions and gaps make it wrong, and the cursor decides."""
    server = Server(1_000, order)
    window, _ = read(server, OlderPage(ORDER, cursor(500), max(0, 501 + error_of_hint)))
    numbers = [server.ids().index(found) + 1 for found in window.ids]
    assert numbers == list(range(numbers[0], numbers[-1] + 1)), "no hole"
    if abs(error_of_hint) < 100:
        assert record(499)["id"] in window.ids
        assert numbers[-1] >= 499


@BOTH
def test_the_cursor_may_be_of_a_message_that_is_gone(order: str) -> None:
    """The message at the border was deleted meanwhile."""
    server = Server(400, order)
    server.delete(200)
    window, _ = read(server, OlderPage(ORDER, cursor(200), 201))
    assert record(199)["id"] in window.ids


def test_the_direction_is_learnt_for_a_day() -> None:
    """The next scroll upward goes to its page at once."""
    paper = Paper()
    server = Server(1_000, "falling")
    read(server, HEAD, paper)
    server.asked.clear()
    read(server, OlderPage(ORDER, cursor(501), 500), paper)
    assert len(server.asked) == 1


def test_a_direction_that_turned_is_noticed() -> None:
    """What was learnt yesterday is a hint, never a fact."""
    paper = Paper()
    read(Server(1_000, "falling"), HEAD, paper)
    server = Server(1_000, "rising")
    window, _ = read(server, HEAD, paper)
    assert window.newest == cursor(1_000)
    window, _ = read(server, OlderPage(ORDER, cursor(951), 50), paper)
    assert record(950)["id"] in window.ids


def test_a_record_that_cannot_be_read_makes_the_window_prove_nothing() -> None:
    """It may be the very message that somebody looks for."""
    paper = Paper()
    server = Server(3)
    server.records[1] = {"message": "no id"}
    window, messages = read(server, FreshHead(ORDER, complete=True), paper)
    assert len(messages) == 2
    assert not window.complete
    assert Dropped(reason="malformed") in paper.events


@pytest.mark.shows("dispatcher", "foreign_dropped", "yes")
def test_a_record_of_another_order_is_dropped() -> None:
    """Nothing of conversations that were not asked for."""
    paper = Paper()
    server = Server(2)
    server.records.append(record(3, order="65a000000000000000000999"))
    window, messages = read(server, HEAD, paper)
    assert len(messages) == 2
    assert not window.complete
    assert Dropped(reason="foreign") in paper.events


@pytest.mark.parametrize(("status", "reason"), [(403, ParkReason.FORBIDDEN), (404, ParkReason.NOT_FOUND)])
def test_a_history_that_is_refused_closes_its_conversation(status: int, reason: ParkReason) -> None:
    """A fixed deployment checks access."""
    paper = Paper()
    paper.want(HEAD)
    paper.answer(status, error(status, "Order not found or access denied"))
    assert paper.again() == Parked(reason, "Order not found or access denied")
    assert paper.events == [
        ConversationGone(remote_id=ORDER, lifecycle=Lifecycle.READ_ONLY, why=ClosedWhy.ACCESS_WITHDRAWN)
    ]


def test_a_page_of_another_server_closes_nothing() -> None:
    """404 with HTML is no word about the conversation."""
    paper = Paper()
    paper.want(HEAD)
    paper.answer(404, HTML_404, is_json=False)
    assert not [event for event in paper.events if isinstance(event, ConversationGone)]


@pytest.mark.parametrize(
    ("status", "body", "is_json"),
    [(500, error(500, "boom"), True), (200, "<html>", False), (200, {"data": {}}, True), (200, None, True)],
)
def test_a_failing_read_is_tried_three_times(status: int, body: object, is_json: bool) -> None:
    """Then it is given up until somebody asks again."""
    paper = Paper()
    step = paper.want(HEAD)
    for _ in range(replies.READ_FAILURES - 1):
        call_of(step)
        assert isinstance(paper.verdict(status, body, is_json=is_json), VerdictLater)
        assert isinstance(paper.again(), Wait)
        paper.later(replies.READ_AGAIN_MS)
        step = paper.again()
    call_of(step)
    paper.answer(status, body, is_json=is_json)
    assert paper.again() == Parked(ParkReason.REFUSED)


def test_a_lost_answer_is_asked_for_again() -> None:
    """The page that was asked for is asked for once more; what came before stays."""
    paper = Paper()
    server = Server(120, "falling")
    first = call_of(paper.want(FreshHead(ORDER, known=ids(1))))
    paper.answer(200, server.page(1, 50))
    second = call_of(paper.again())
    assert second != first
    assert paper.nothing("cut") == VerdictLater(1, 0, "cut")
    assert paper.again() == second


@pytest.mark.shows("dispatcher", "probing", "yes")
def test_the_unread_route_is_probed_once_a_day() -> None:
    """Documented, absent here: an HTML 404 is remembered."""
    paper = Paper()
    paper.want(HEAD)
    paper.answer(200, paged([record(1)], 1))
    assert call_of(paper.again()).path == f"/api/chat/orders/{ORDER}/unread-count"
    paper.answer(404, HTML_404, is_json=False)
    assert paper.again() == Done()
    paper.want(HEAD)
    paper.answer(200, paged([record(1)], 1))
    assert paper.again() == Done()


@pytest.mark.parametrize("data", [4, {"count": 4}, {"unreadCount": 4}])
def test_the_unread_number_is_taken_in_any_of_its_shapes(data: object) -> None:
    """A number, or under one of two names."""
    paper = Paper()
    paper.want(HEAD)
    paper.answer(200, paged([], 0))
    paper.again()
    paper.answer(200, {"status": 200, "success": True, "data": data})
    assert paper.events[-1] == ConversationSeen(remote_id=ORDER, order_remote_id=ORDER, unread=4)
    assert paper.again() == Done()


@pytest.mark.parametrize("seed", range(60))
def test_whatever_happens_a_complete_window_is_complete(seed: int) -> None:
    """Random histories, pages, directions, insertions or deletions: `complete` never lies.

    Complete means: at the time of the last answer nothing is missing between the window's ends, and nothing
    is newer than a window that reaches the head.
    """
    chance = random.Random(seed)
    server = Server(
        chance.choice([3, 51, 100, 149, 260, 999, 1_001, 1_600]),
        chance.choice(["rising", "falling"]),
        chance.choice([None, None, 40]),
    )
    born = len(server.records)

    change = chance.choice(["add", "delete", "nothing"])

    def meddle(turn: int) -> None:
        if turn == 0 or chance.random() > 0.4:
            return
        if change == "add":
            server.add(chance.randint(1, 3))
        elif change == "delete":
            server.delete(chance.randint(1, born))

    server.before = meddle
    known = ids(chance.randint(1, born)) if chance.random() < 0.7 else frozenset()
    goal: FreshHead | OlderPage
    if chance.random() < 0.5:
        goal = FreshHead(ORDER, known=known, complete=chance.random() < 0.6)
    else:
        at = chance.randint(1, born)
        goal = OlderPage(ORDER, cursor(at), max(0, born - at + chance.randint(-5, 5)))
    window, _ = read(server, goal)
    if not window.complete:
        return
    present = server.ids()
    inside = [found for found in present if window.ids and window.ids[0] <= found <= window.ids[-1]]
    assert inside == [found for found in window.ids if found in set(present)]
    if window.reaches_head and present:
        assert window.ids[-1] == present[-1]
