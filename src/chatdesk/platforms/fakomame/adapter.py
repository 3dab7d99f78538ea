"""The Fakomame adapter: which step a goal needs next, and what whatever arrives means. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus

from chatdesk.domain.arrivals import Answer, Arrived, HandedOver, NoAnswer, OpenStep, Reading
from chatdesk.domain.entities import Capabilities
from chatdesk.domain.facts import AccountFacts, Facts, Learnt
from chatdesk.domain.goals import (
    Act,
    ChangeStatus,
    Connected,
    Find,
    FreshHead,
    FreshLists,
    FreshNotifications,
    FreshOrder,
    Goal,
    Joined,
    MarkRead,
    OlderPage,
    Probe,
    SendText,
    SignIn,
    SignOut,
    Typing,
    Unwatched,
    Watched,
)
from chatdesk.domain.kinds import Feature, KeyGrade, NoticeCode, ParkReason, Platform, Support, Why
from chatdesk.domain.steps import Call, Done, Emit, NeedsPassword, Next, Parked
from chatdesk.platforms import announced, frame, memory, replies, routes, tokens
from chatdesk.platforms.fakomame import (
    acts,
    auth,
    finds,
    history,
    items,
    lane,
    lists,
    orders,
    packets,
    requests,
    sends,
    translate,
)
from chatdesk.platforms.fakomame.limits import LIMITS
from chatdesk.platforms.fakomame.state import Own
from chatdesk.platforms.memory import with_own
from chatdesk.wire.fakomame import names, texts

NOTE_PROBE = "probe"

_ANSWERS: Mapping[str, Callable[[OpenStep, Answer, Facts], Reading]] = {
    auth.NOTE_LOGIN: auth.read_login,
    auth.NOTE_ME: auth.read_me,
    auth.NOTE_REFRESH: auth.read_refresh,
    lists.NOTE_CHATS: lists.read_chats,
    lists.NOTE_TRIPS: lists.read_items,
    lists.NOTE_PACKAGES: lists.read_items,
    orders.NOTE_PACKAGE: orders.read_item,
    orders.NOTE_TRIP: orders.read_item,
    orders.NOTE_PROFILE: orders.read_profile,
    orders.NOTE_STATUS: orders.read_status,
    history.NOTE_HISTORY: history.read_history,
    sends.NOTE_REST: sends.read_rest,
    acts.NOTE_NOTICES: acts.read_notices,
    acts.NOTE_START: acts.read_start,
    acts.NOTE_READ: acts.read_marked,
    acts.NOTE_READ_ALL: acts.read_marked,
    acts.NOTE_DELETE: acts.read_marked,
    finds.NOTE_FIND: finds.read_find,
}
_WITHOUT_TOKEN = frozenset({auth.NOTE_LOGIN, auth.NOTE_REFRESH, announced.NOTE, NOTE_PROBE})
"""The only requests that go without a token: two that fetch one, and two questions about nobody."""

_WHY = {
    Feature.READ_RECEIPTS: Why.NOT_ON_PLATFORM,
    Feature.DELETE_OWN: Why.NOT_ON_PLATFORM,
    Feature.EDIT_OWN: Why.NOT_ON_PLATFORM,
    Feature.ATTACHMENTS: Why.OUT_OF_REACH,
    Feature.ORDER_FILES: Why.NOT_ON_PLATFORM,
    Feature.TAKE_OVER: Why.NOT_ON_PLATFORM,
    Feature.MESSAGE_SEARCH: Why.NOT_ON_PLATFORM,
    Feature.SERVER_UNREAD: Why.NOT_ON_PLATFORM,
    Feature.STORED_READ: Why.NOT_ON_PLATFORM,
    Feature.REPORT: Why.NOT_ON_PLATFORM,
    Feature.DELIVERED: Why.NOT_ON_PLATFORM,
    Feature.STATUS_PUSH: Why.NOT_ON_SERVER,
    Feature.LIVE_POSITION: Why.NOT_ON_PLATFORM,
}
_OWNS_NOTHING = frozenset({names.ROLE_RECEIVER, names.ROLE_COURIER})
"""Roles that have neither packages nor trips of their own, and so no status to change."""


class FakomameAdapter:
    """Implements `domain.ports.Adapter` for the Fakomame platform; holds nothing but its numbers."""

    platform = Platform.FAKOMAME
    limits = LIMITS

    def facts(self, account: AccountFacts, learnt: Mapping[str, Learnt]) -> Facts:
        """The facts to start with."""
        return Facts(account=account, learnt=learnt, own=Own())

    def capabilities(self, facts: Facts) -> Capabilities:
        """What works here, now; a status is changed by the owner of a package or trip."""
        why = dict(_WHY)
        may_change = facts.account.role not in _OWNS_NOTHING
        if not may_change:
            why[Feature.CHANGE_STATUS] = Why.NOT_FOR_ROLE
        return Capabilities(
            features={one: Support.NO if one in why else Support.YES for one in Feature},
            statuses=items.statuses(may_change=may_change),
            message_limit_chars=LIMITS.message_limit_chars,
            why=why,
            offers=acts.OFFERS,
            finds=finds.OFFERS,
        )

    def key_grade(self, facts: Facts) -> KeyGrade:
        """No client id is stored or echoed, and nothing is deduped, but where our own server says so."""
        return KeyGrade.IDEMPOTENT if announced.dedupes(facts) else KeyGrade.NONE

    def normalise(self, text: str) -> str:
        """As stored: nothing is trimmed."""
        return sends.normalise(text)

    # -- next ----------------------------------------------------------------------------------------------

    def next(self, goal: Goal, facts: Facts) -> Next:
        """The next thing to do for a goal; never a request that names nobody."""
        step = _next(goal, facts)
        if isinstance(step, Call) and step.note not in _WITHOUT_TOKEN and not routes.token_of(step):
            return NeedsPassword(NoticeCode.AUTH_REQUIRED)
        return step

    # -- read ----------------------------------------------------------------------------------------------

    def read(self, arrived: Arrived, open_steps: tuple[OpenStep, ...], facts: Facts) -> Reading:
        """What something that arrived means."""
        return frame.read(_READERS, arrived, open_steps, facts)


# -- next, per goal ----------------------------------------------------------------------------------------


def _next(goal: Goal, facts: Facts) -> Next:  # noqa: PLR0911 - one sort of goal per return
    settled = memory.settled(facts, goal.token)
    if settled is not None:
        return settled
    kind = goal.kind
    match kind:
        case SignIn():
            return auth.sign_in(kind, goal.token, facts)
        case SignOut():
            return auth.sign_out(facts)
        case Probe():
            path = routes.path(names.ROUTE_TRIP, item_id=names.NO_TRIP)
            return Call(method="GET", path=path, note=NOTE_PROBE)
        case Connected():
            return auth.next_connect(goal.token, facts)
        case Joined():
            return lane.next_join(kind, facts)
        case Typing():
            return lane.next_typing(kind, facts)
        case SendText():
            return sends.next_send(kind, facts)
        case MarkRead() | Unwatched():  # nothing at the server marks anything as read, or watches
            return Done()
        case _:
            return auth.blocker(facts) or _with_token(goal, facts)


def _with_token(goal: Goal, facts: Facts) -> Next:  # noqa: PLR0911 - one sort of goal per return
    kind = goal.kind
    match kind:
        case FreshLists():
            return lists.next_lists(goal.token, facts)
        case FreshOrder() | Watched():
            return orders.next_order(kind, goal.token, facts)
        case FreshHead() | OlderPage():
            if translate.remote_id(kind.conversation) != kind.conversation:
                return Parked(ParkReason.NOT_FOUND)
            return history.next_history(goal.token, kind, facts)
        case ChangeStatus():
            return orders.next_status(kind, goal.token, facts)
        case FreshNotifications():
            return acts.next_notices(facts)
        case Act():
            return acts.next_act(kind, goal.token, facts)
        case Find():
            return finds.next_find(kind, goal.token, facts)
        case _:
            return Parked(ParkReason.REFUSED, type(kind).__name__)


# -- read, per step ----------------------------------------------------------------------------------------


def _link_lost(facts: Facts) -> Facts:
    return with_own(facts, typers=frozenset(), here=frozenset(), stray_send_until_ms=0, stray_joins={})


def _handed_over(handed: HandedOver, opened: OpenStep, facts: Facts) -> Reading:
    if opened.step.note == acts.NOTE_LEAVE:
        return acts.left(opened, handed.step_id, facts)
    return frame.handed_over(handed, opened, facts)


def _answer(answer: Answer, opened: OpenStep, facts: Facts) -> Reading:
    step = opened.step
    if not isinstance(step, Call):
        return frame.late_answer(answer, opened, facts)
    if step.note == NOTE_PROBE:
        return _read_probe(opened, answer, facts)
    if step.note == auth.NOTE_LOGOUT:
        return tokens.signed_out(opened, answer.step_id, facts)
    return _ANSWERS[step.note](opened, answer, facts)


def _read_probe(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """A trip that is none is told in words of this platform; nothing else answers so."""
    words = requests.said(answer)
    ours = answer.status == HTTPStatus.NOT_FOUND and words == texts.ERR_NO_TRIP
    return replies.probed(opened, answer, words, facts, ours=ours)


def _no_answer(lost: NoAnswer, opened: OpenStep, facts: Facts) -> Reading:
    step, note = opened.step, opened.step.note
    if isinstance(step, Emit):
        return lane.unanswered(lost, opened, facts)
    if note == auth.NOTE_LOGIN or (note == auth.NOTE_ME and isinstance(opened.goal.kind, SignIn)):
        return tokens.login_unanswered(opened, lost, facts)
    if note == auth.NOTE_REFRESH:
        return auth.refresh_unanswered(lost, facts)
    if note == auth.NOTE_LOGOUT:
        return tokens.signed_out(opened, lost.step_id, facts)
    if note == history.NOTE_HISTORY and lost.reason == "too_large":
        return history.too_large(opened, lost, facts)
    if note in {lists.NOTE_TRIPS, lists.NOTE_PACKAGES} and lost.reason != "cancelled":
        return lists.items_unanswered(opened, lost, facts)
    return frame.unanswered(lost, opened, facts)


_READERS = frame.Readers(
    packet=packets.read,
    link_lost=_link_lost,
    connect_refused=auth.connect_refused,
    handed_over=_handed_over,
    answer=_answer,
    no_answer=_no_answer,
)
