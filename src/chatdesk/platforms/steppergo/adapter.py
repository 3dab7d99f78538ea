"""The StepperGO adapter: which step a goal needs next, and what whatever arrives means. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chatdesk.domain.arrivals import (
    Accepted,
    Answer,
    Arrived,
    HandedOver,
    NoAnswer,
    OpenStep,
    Reading,
    VerdictLater,
    VerdictStored,
)
from chatdesk.domain.entities import Capabilities
from chatdesk.domain.events import Noticed
from chatdesk.domain.facts import AccountFacts, Facts, Learnt
from chatdesk.domain.goals import (
    Act,
    AskForOtp,
    ChangeStatus,
    Connected,
    DeleteMessage,
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
    Report,
    SendText,
    SignIn,
    SignOut,
    Typing,
    Unwatched,
    Watched,
)
from chatdesk.domain.kinds import KeyGrade, NoticeCode, ParkReason, Platform
from chatdesk.domain.steps import Call, Connect, Done, Emit, Listen, Next, Parked, Unlisten
from chatdesk.platforms import announced, frame, memory, replies, routes, tokens
from chatdesk.platforms.memory import with_own
from chatdesk.platforms.steppergo import (
    acts,
    auth,
    history,
    ids,
    lane,
    lists,
    notices,
    offers,
    packets,
    sends,
    status,
    watch,
)
from chatdesk.platforms.steppergo.limits import LIMITS
from chatdesk.platforms.steppergo.state import Own
from chatdesk.wire.steppergo import names

NOTE_PROBE = "probe"

_ANSWERS: Mapping[str, Callable[[OpenStep, Answer, Facts], Reading]] = {
    lists.NOTE_DRIVER: lists.read_driver_trips,
    lists.NOTE_TRIPS: lists.read_trips,
    lists.NOTE_BOOKINGS: lists.read_bookings,
    lists.NOTE_PROBE: lists.read_probe,
    status.NOTE_TRIP: status.read_trip,
    status.NOTE_DRIVER_TRIP: status.read_driver_trip,
    status.NOTE_CHECK: status.read_check,
    status.NOTE_ALIVE: status.read_alive,
    status.NOTE_STATUS: status.read_status,
    history.NOTE_HISTORY: history.read_history,
    lane.NOTE_MARK_REST: lane.read_mark,
    sends.NOTE_REST: sends.read_rest,
    notices.NOTE_NOTICES: notices.read_notices,
    notices.NOTE_REPORT: notices.read_report,
    acts.NOTE_LOOK: acts.read_look,
    acts.NOTE_ENTER: acts.read_enter,
    acts.NOTE_ACCEPT: acts.read_accept,
    acts.NOTE_FIND: acts.read_find,
    acts.NOTE_FIND_ONE: acts.read_find_one,
}
_OF_ANOTHER_TOKEN = frozenset({lists.NOTE_BOOKINGS, notices.NOTE_NOTICES})
"""Routes that don't ask for the session: their 401 says nothing of it."""


class StepperGoAdapter:
    """Implements `domain.ports.Adapter` for the StepperGO platform; holds nothing but its numbers."""

    platform = Platform.STEPPERGO
    limits = LIMITS

    def facts(self, account: AccountFacts, learnt: Mapping[str, Learnt]) -> Facts:
        """The facts to start with."""
        return Facts(account=account, learnt=learnt, own=Own())

    def capabilities(self, facts: Facts) -> Capabilities:
        """What works here, now; what may be done with trips depends on the role."""
        return offers.capabilities(facts)

    def key_grade(self, facts: Facts) -> KeyGrade:
        """Our id comes back in `metadata.tempId` and dedupes nothing; none where a server drops it.

        Our own server dedupes by the client id beside it.
        """
        return KeyGrade.IDEMPOTENT if announced.dedupes(facts) else ids.grade(facts)

    def normalise(self, text: str) -> str:
        """As stored: as sent."""
        return sends.normalise(text)

    # -- next ----------------------------------------------------------------------------------------------

    def next(self, goal: Goal, facts: Facts) -> Next:  # noqa: C901, PLR0911, PLR0912 - one sort of goal per case
        """The next thing to do for a goal."""
        settled = memory.settled(facts, goal.token)
        if settled is not None:
            return settled
        kind = goal.kind
        match kind:
            case SignIn():
                return auth.sign_in(kind, facts)
            case SignOut():
                return auth.sign_out(facts)
            case Probe():
                # Without a token the chat's routes refuse in words of their own; nothing else does.
                path = routes.path(names.ROUTE_HISTORY, trip_id=names.NO_TRIP)
                return Call(method="GET", path=path, note=NOTE_PROBE)
            case Connected():
                return _connect(facts)
            case FreshLists():
                return lists.next_lists(goal.token, facts)
            case FreshOrder():
                return status.next_order(kind, goal.token, facts)
            case FreshHead() | OlderPage():
                return history.next_history(kind, facts)
            case Joined():
                return lane.next_join(kind, goal.token, facts)
            case SendText():
                return sends.next_send(kind, goal.token, facts)
            case MarkRead():
                return lane.next_mark(kind, goal.token, facts)
            case Typing():
                return lane.next_typing(kind, facts)
            case ChangeStatus():
                return status.next_status(kind, goal.token, facts)
            case Report():
                return notices.next_report(kind, facts)
            case FreshNotifications():
                return notices.next_notices(facts)
            case Watched():
                return watch.next_watch(kind, goal.token, facts)
            case Unwatched():
                return watch.next_unwatch(kind, facts)
            case Act():
                return acts.next_act(kind, goal.token, facts)
            case Find():
                return acts.next_find(kind, goal.token, facts)
            case DeleteMessage() | AskForOtp():  # no route on this platform
                return Parked(ParkReason.REFUSED)

    # -- read ----------------------------------------------------------------------------------------------

    def read(self, arrived: Arrived, open_steps: tuple[OpenStep, ...], facts: Facts) -> Reading:
        """What something that arrived means."""
        return frame.read(_READERS, arrived, open_steps, facts)


def _connect(facts: Facts) -> Next:
    """A socket with a good session. There is no renewal: once it is over the person must sign in.

    A socket that stands outlives its session, so this may ask for the password at any loss of the link.
    """
    blocked = auth.blocker(facts)
    if blocked is not None:
        return blocked
    if facts.online:
        return Done()
    asked = announced.question(facts, names.ROUTE_HEALTH)
    if asked is not None:
        return asked
    auth_payload = {names.AUTH_TOKEN_FIELD: facts.account.secrets.access}
    return Connect(socketio_path=names.SOCKETIO_PATH, auth=auth_payload)


# -- read, per step ----------------------------------------------------------------------------------------


def _link_lost(facts: Facts) -> Facts:
    return with_own(facts, typers={}, stray_send_until_ms=0, stray_join_until_ms=0)


def _accepted(accepted: Accepted, opened: OpenStep, facts: Facts) -> Reading:
    if isinstance(opened.step, Listen):
        return watch.stream_opened(opened, accepted.step_id, facts)
    # A new socket: the link has closed the streams with the old one.
    facts = with_own(_link_lost(facts), streams=frozenset())
    return Reading(facts, (), (VerdictStored(accepted.step_id),))


def _handed_over(handed: HandedOver, opened: OpenStep, facts: Facts) -> Reading:
    if isinstance(opened.step, Unlisten):
        return watch.stream_closed(opened, handed, facts)
    return frame.handed_over(handed, opened, facts)


def _answer(answer: Answer, opened: OpenStep, facts: Facts) -> Reading:
    step = opened.step
    if isinstance(step, Listen):
        return watch.stream_refused(opened, answer, facts)
    if not isinstance(step, Call):
        return frame.late_answer(answer, opened, facts)
    if step.note == auth.NOTE_LOGIN:
        return auth.read_login(opened, answer, facts)
    if step.note == auth.NOTE_LOGOUT:
        return tokens.signed_out(opened, answer.step_id, facts)
    if step.note == NOTE_PROBE:
        words = auth.said(answer)
        notice = Noticed(code=NoticeCode.NOT_FOUND, detail=words)
        return replies.probed(opened, answer, words, facts, notice, ours=auth.refuses_session(answer))
    if step.note not in _OF_ANOTHER_TOKEN and auth.refuses_session(answer):
        return Reading(auth.call_refused(facts, step), (), (VerdictLater(answer.step_id, 0),))
    return _ANSWERS[step.note](opened, answer, facts)


def _no_answer(lost: NoAnswer, opened: OpenStep, facts: Facts) -> Reading:
    step = opened.step
    if isinstance(step, Emit):
        return lane.unanswered(lost, opened, facts)
    if step.note == auth.NOTE_LOGIN:
        return tokens.login_unanswered(opened, lost, facts)
    if step.note == auth.NOTE_LOGOUT:
        return tokens.signed_out(opened, lost.step_id, facts)
    return frame.unanswered(lost, opened, facts)


_READERS = frame.Readers(
    packet=packets.read,
    link_lost=_link_lost,
    accepted=_accepted,
    connect_refused=auth.connect_refused,
    handed_over=_handed_over,
    answer=_answer,
    no_answer=_no_answer,
)
