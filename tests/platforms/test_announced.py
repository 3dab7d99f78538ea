"""What our own servers announce: a client id goes along, and only where login and connection both say so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chatdesk.domain.facts import Learnt
from chatdesk.domain.goals import Connected, SendText
from chatdesk.domain.ids import OutgoingId, RemoteId
from chatdesk.domain.kinds import KeyGrade, MessageKind, Source
from chatdesk.domain.steps import Call, Connect
from chatdesk.platforms import announced
from chatdesk.platforms.fakomame import translate as fakomame_translate
from chatdesk.platforms.marketplace import translate as marketplace_translate
from chatdesk.platforms.omw import translate as omw_translate
from chatdesk.wire import ours
from tests.platforms.dispatcher import paper as dispatcher
from tests.platforms.fakomame import paper as fakomame
from tests.platforms.marketplace import paper as marketplace
from tests.platforms.omw import paper as omw
from tests.platforms.paper import PaperDesk, put
from tests.platforms.steppergo import paper as steppergo

ANNOUNCED = {"chatdesk": {"version": 1, "features": ["client_id", "seq"]}}
KEY = OutgoingId("c" * 32)
FOR_EVER = 2**62


def _marketplace() -> PaperDesk:
    paper = marketplace.Paper()
    paper.knows(marketplace.OTHER)
    return paper


DESKS: dict[str, tuple[Callable[[], PaperDesk], RemoteId, KeyGrade]] = {
    "dispatcher": (dispatcher.Paper, dispatcher.ORDER, KeyGrade.NONE),
    "fakomame": (fakomame.Paper, fakomame.CHAT, KeyGrade.NONE),
    "steppergo": (steppergo.Paper, steppergo.TRIP, KeyGrade.FINDABLE),
    "omw": (omw.Paper, omw.SESSION, KeyGrade.NONE),
    "marketplace": (_marketplace, marketplace.OTHER, KeyGrade.NONE),
}


def _told(platform: str, value: str = "client_id seq") -> PaperDesk:
    """An account without a socket, whose last login answer announced this."""
    paper = DESKS[platform][0]()
    paper.cut()
    kept = {**paper.facts.learnt, announced.LEARNT: Learnt(value, FOR_EVER)}
    paper.facts = put(paper.facts, learnt=kept)
    return paper


def _grade(paper: PaperDesk) -> KeyGrade:
    return paper.adapter.key_grade(paper.facts)


@pytest.mark.parametrize("platform", DESKS)
def test_before_a_connection_the_server_is_asked_once_and_without_a_token(platform: str) -> None:
    """The answer counts on this connection only: after it another server may answer."""
    paper = _told(platform)
    step = paper.want(Connected())
    assert isinstance(step, Call)
    assert (step.method, step.path.rpartition("/")[2], step.headers) == ("GET", "health", ())
    assert _grade(paper) is DESKS[platform][2]
    paper.answer(200, ANNOUNCED)
    assert _grade(paper) is KeyGrade.IDEMPOTENT
    assert isinstance(paper.again(), Connect)
    paper.accepted()
    assert _grade(paper) is KeyGrade.IDEMPOTENT
    paper.cut()
    assert _grade(paper) is DESKS[platform][2]
    assert isinstance(paper.want(Connected()), Call)


@pytest.mark.parametrize("platform", DESKS)
def test_recorded_servers_are_never_asked(platform: str) -> None:
    """Nothing leaves for them that their own client would not send."""
    paper = DESKS[platform][0]()
    paper.cut()
    assert isinstance(paper.want(Connected()), Connect)


@pytest.mark.parametrize("platform", DESKS)
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"status": "ok"}),
        (200, {"chatdesk": {"version": 2, "features": ["client_id"]}}),
        (200, {"chatdesk": {"version": 1, "features": "client_id"}}),
        (200, ["chatdesk"]),
        (500, ANNOUNCED),
        (404, None),
        (None, None),
    ],
)
def test_any_other_answer_promises_nothing_and_holds_up_nothing(
    platform: str, status: int | None, body: object
) -> None:
    """The server may have been replaced by one that does not dedupe: then no repeat is free."""
    paper = _told(platform)
    paper.want(Connected())
    if status is None:
        paper.nothing()
    else:
        paper.answer(status, body, is_json=body is not None)
    assert _grade(paper) is DESKS[platform][2]
    assert isinstance(paper.again(), Connect)


@pytest.mark.parametrize("platform", DESKS)
def test_both_must_say_so(platform: str) -> None:
    """A health answer alone, or one that says more than the login did, promises nothing of the rest."""
    paper = _told(platform, "seq")
    paper.want(Connected())
    paper.answer(200, ANNOUNCED)
    assert _grade(paper) is DESKS[platform][2]


@pytest.mark.shows("fakomame", "client_ids", "partial")
@pytest.mark.shows("omw", "client_ids", "partial")
@pytest.mark.parametrize("platform", DESKS)
def test_a_send_carries_the_client_id_only_where_it_was_announced(platform: str) -> None:
    """Under the name that docs/server.md gives it, by request as by socket."""
    send = SendText(DESKS[platform][1], KEY, KEY, "hello", kind=MessageKind.TEXT)
    for is_told in (True, False):
        paper = _told(platform)
        paper.want(Connected())
        paper.answer(200, ANNOUNCED if is_told else {})
        step = paper.want(send)
        assert isinstance(step, Call)
        assert step.commits
        assert isinstance(step.body, dict)
        assert step.body.get(ours.CLIENT_ID_FIELD) == (KEY if is_told else None)


def test_a_client_id_counts_in_own_messages_only() -> None:
    """What somebody else writes into that field could otherwise settle a message of ours."""
    fields = {ours.CLIENT_ID_FIELD: KEY}
    assert announced.client_id(fields, own=True) == KEY
    assert announced.client_id(fields, own=False) is None
    assert announced.client_id({ours.CLIENT_ID_FIELD: {"a": 1}}, own=True) is None
    desk = fakomame.Paper()
    record = {"id": fakomame.CHAT, "chatId": fakomame.CHAT, "content": "x", **fields}
    for sender, expected in ((fakomame.ME, KEY), (fakomame.OTHER, None)):
        seen = fakomame_translate.message(
            {**record, "senderId": sender}, desk.facts.account, Source.STORED, fakomame.CHAT
        )
        assert seen is not None
        assert seen.client_id == expected
    worker = omw.Paper()
    for own, expected in ((True, KEY), (False, None)):
        found = omw_translate.message(
            {**omw.record(7, "x", own=own), **fields}, worker.facts.account, Source.STORED, 0, omw.SESSION
        )
        assert found is not None
        assert found.seen.client_id == expected
    seller = marketplace.Paper()
    for sender, expected in ((marketplace.ME, KEY), (marketplace.OTHER, None)):
        letter = {**marketplace.boxed(1, "x", sender=sender), **fields}
        kept = marketplace_translate.record(letter, seller.facts.account, Source.STORED)
        assert kept is not None
        assert kept.seen.client_id == expected


def test_a_login_without_an_announcement_ends_an_earlier_one() -> None:
    """The address may have been given to another server."""
    paper = _told("omw")
    assert announced.question(paper.facts, "/health") is not None
    assert announced.question(announced.at_login(paper.facts, {}), "/health") is None
    fresh = announced.at_login(paper.facts, ANNOUNCED)
    assert announced.question(fresh, "/health") is not None
