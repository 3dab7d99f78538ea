"""Files of an order on paper: the recorded exchanges, who may, and entries without content."""

from __future__ import annotations

from typing import Any

import pytest

from chatdesk.domain.actions import ActionKind, Result
from chatdesk.domain.arrivals import (
    VerdictLater,
    VerdictRefused,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import OrderSeen, Stale
from chatdesk.domain.goals import FreshOrder
from chatdesk.domain.kinds import ParkReason
from chatdesk.domain.steps import Parked
from chatdesk.wire.dispatcher import names, texts
from tests.platforms.dispatcher.acting import frames, given, on_order
from tests.platforms.dispatcher.paper import (
    NUMBER,
    ORDER,
    Paper,
    call_of,
    error,
    success,
)

# -- files -------------------------------------------------------------------------------------------------

FILE = "1795161402892-164540575-permit scan?.pdf"
FILE_PATH = f"/api/orders/{ORDER}/files/1795161402892-164540575-permit%20scan%3F.pdf"


def test_the_newest_of_many_files_is_listed() -> None:
    """Who was told that nobody knows whether it arrived looks there: the list must reach the newest."""
    paper = Paper("user")
    call_of(on_order(paper, ActionKind.LIST_FILES))
    paper.answer(200, success([{"filename": f"{n}-a.pdf", "originalname": "a.pdf"} for n in range(60)]))
    (seen,) = paper.events
    assert isinstance(seen, OrderSeen)
    assert (seen.files or ())[-1].remote_name == "59-a.pdf"


@pytest.mark.shows("dispatcher", "order_files", "yes")
def test_the_recorded_life_of_a_file() -> None:
    """The captures' uploads, lists, downloads and deletions, each as the actor that made it."""
    path = f"/api/orders/{ORDER}/files"
    for frame in frames("order_files", "POST", path):
        paper = Paper("moderator" if frame["actor"] == "B" else "user")
        call = call_of(on_order(paper, ActionKind.ADD_FILE, path="/chosen/permit scan.pdf"))
        assert (call.method, call.path, call.commits) == ("POST", path, True)
        assert call.file is not None
        assert (call.file.field, call.file.filename) == ("file", "permit scan.pdf")
        verdict = given(paper, frame)
        said = frame["response_body"]["message"]
        if frame["status"] == 200:
            (seen,) = paper.events
            assert isinstance(seen, OrderSeen)
            assert verdict == VerdictStored(1, result=Result(order=ORDER))
            last = frame["response_body"]["data"]["files"][-1]
            assert (seen.files or ())[-1].remote_name == last["filename"]
        else:
            reasons = {"Order not found": ParkReason.NOT_FOUND, "File too large": ParkReason.TOO_LONG}
            assert verdict == VerdictRefused(1, reasons.get(said, ParkReason.REFUSED), said)
    lists = [frame for frame in frames("order_files", "GET", path) if frame["path"] == path]
    assert len(lists) == 3
    for frame in lists:
        paper = Paper()
        assert call_of(on_order(paper, ActionKind.LIST_FILES)).path == path
        verdict = given(paper, frame)
        if frame["actor"] == "B":
            assert verdict == VerdictRefused(1, ParkReason.NOT_FOUND, "Order not found")
            continue
        (seen,) = paper.events
        assert isinstance(seen, OrderSeen)
        names_told = [entry["filename"] for entry in frame["response_body"]["data"]]
        assert [file.remote_name for file in seen.files or ()] == names_told
    for frame in frames("order_files", "GET", path + "/"):
        paper = Paper("moderator" if frame["actor"] == "B" else "user")
        target = frame["path"].rpartition("/")[2]
        call = call_of(on_order(paper, ActionKind.SAVE_FILE, target=target, path="/chosen/a.pdf"))
        assert (call.path, call.save_to, call.commits) == (frame["path"], "/chosen/a.pdf", False)
        assert call.most_bytes == names.FILE_LIMIT_BYTES
        if frame["status"] == 200:
            assert paper.verdict(200, None, is_json=False) == VerdictStored(1, result=Result(order=ORDER))
        else:
            assert given(paper, frame) == VerdictRefused(
                1, ParkReason.NOT_FOUND, "File not found or access denied"
            )
    for frame in frames("order_files", "DELETE", path):
        paper = Paper()
        target = frame["path"].rpartition("/")[2]
        call = call_of(on_order(paper, ActionKind.REMOVE_FILE, target=target))
        assert (call.method, call.path, call.commits) == ("DELETE", frame["path"], True)
        verdict = given(paper, frame)
        if frame["actor"] == "A":
            assert verdict == VerdictStored(1, result=Result(order=ORDER))
            assert paper.events == [Stale(order_number=NUMBER)]
        else:
            assert isinstance(verdict, VerdictRefused)


@pytest.mark.parametrize("role", ["moderator", "admin"])
def test_staff_sees_files_in_the_detail(role: str) -> None:
    """The list's route is the owner's alone, and so is deletion: it is not offered."""
    paper = Paper(role)
    call = call_of(on_order(paper, ActionKind.LIST_FILES))
    assert call.path == f"/api/orders/{NUMBER}"
    paper.answer(200, success({"id": ORDER, "files": [{"filename": FILE, "originalname": "a", "size": 1}]}))
    (seen,) = paper.events
    assert isinstance(seen, OrderSeen)
    assert [file.remote_name for file in seen.files or ()] == [FILE]
    offers = Paper(role).adapter.capabilities(Paper(role).facts).offers
    assert ActionKind.REMOVE_FILE not in {offer.action for offer in offers}


def test_a_stored_name_is_one_segment_of_the_path() -> None:
    """Whatever stands in it."""
    paper = Paper()
    assert call_of(on_order(paper, ActionKind.SAVE_FILE, target=FILE, path="/x")).path == FILE_PATH
    step = on_order(paper, ActionKind.REMOVE_FILE, target="../../users/all")
    assert call_of(step).path == f"/api/orders/{ORDER}/files/..%2F..%2Fusers%2Fall"


def test_an_entry_whose_content_is_gone_counts_as_deleted() -> None:
    """A deletion may have hit another order's list: the entry stays there, and shows no more."""
    files = [{"filename": FILE, "originalname": "a"}, {"filename": "other", "originalname": "b"}]
    for kind, ends in ((ActionKind.SAVE_FILE, VerdictRefused), (ActionKind.REMOVE_FILE, VerdictStored)):
        paper = Paper()
        on_order(paper, kind, target=FILE, path="/x")
        assert isinstance(paper.verdict(404, error(404, texts.ERR_FILE_CONTENT_GONE)), ends)
        assert paper.events == [Stale(order_number=NUMBER)]
        paper.want(FreshOrder(ORDER, NUMBER))
        paper.answer(200, success({"id": ORDER, "files": files}))
        seen = paper.events[-1]
        assert isinstance(seen, OrderSeen)
        assert [file.remote_name for file in seen.files or ()] == ["other"]


@pytest.mark.parametrize(
    ("kind", "reason", "left", "expected"),
    [
        (ActionKind.ADD_FILE, "disk", False, VerdictRefused(1, ParkReason.REFUSED, "disk")),
        (ActionKind.ADD_FILE, "cut", True, VerdictUnknown(1, "cut")),
        (ActionKind.ADD_FILE, "unreachable", False, VerdictLater(1, 0, "unreachable")),
        (ActionKind.SAVE_FILE, "disk", True, VerdictRefused(1, ParkReason.REFUSED, "disk")),
        (ActionKind.SAVE_FILE, "too_large", True, VerdictRefused(1, ParkReason.TOO_LONG, "too_large")),
        (ActionKind.SAVE_FILE, "cut", True, VerdictLater(1, 0, "cut")),
        (ActionKind.REMOVE_FILE, "cut", True, VerdictUnknown(1, "cut")),
    ],
)
def test_a_file_without_an_answer(kind: ActionKind, reason: str, left: bool, expected: Any) -> None:
    """What our own disk refuses is not tried again; what may have been stored is not known."""
    paper = Paper()
    on_order(paper, kind, target=FILE, path="/x")
    assert paper.nothing(reason, left=left) == expected
    if isinstance(expected, VerdictRefused):
        assert paper.again() == Parked(expected.reason, reason)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (ActionKind.ADD_FILE, {"path": ""}),
        (ActionKind.SAVE_FILE, {"target": "", "path": "/x"}),
        (ActionKind.SAVE_FILE, {"target": FILE, "path": ""}),
        (ActionKind.REMOVE_FILE, {"target": ""}),
    ],
)
def test_an_action_on_no_file_is_no_request(kind: ActionKind, more: dict[str, str]) -> None:
    """What names nothing does not leave."""
    assert isinstance(on_order(Paper(), kind, **more), Parked)
