"""The OMW adapter: which step a goal needs next, and what whatever arrives means. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus

from chatdesk.domain.actions import Action, ActionKind
from chatdesk.domain.arrivals import (
    Answer,
    Arrived,
    NoAnswer,
    OpenStep,
    Reading,
    VerdictLater,
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
from chatdesk.domain.steps import Call, Connect, Done, Emit, Next, Parked
from chatdesk.platforms import announced, frame, memory, replies, tokens
from chatdesk.platforms.memory import with_own
from chatdesk.platforms.omw import (
    auth,
    bookings,
    chats,
    codes,
    echoes,
    history,
    lane,
    lists,
    offers,
    packets,
    requests,
    sends,
    sessions,
    settings,
    translate,
    uploads,
)
from chatdesk.platforms.omw.limits import LIMITS
from chatdesk.platforms.omw.state import Own
from chatdesk.wire.omw import names, texts

NOTE_PROBE = "probe"

_ANSWERS: Mapping[str, Callable[[OpenStep, Answer, Facts], Reading]] = {
    lists.NOTE_SESSIONS: lists.read_sessions,
    lists.NOTE_REQUESTS: lists.read_requests,
    lists.NOTE_BOOKINGS: lists.read_bookings,
    sessions.NOTE_SESSION: bookings.read_session,
    bookings.NOTE_BOOKING: bookings.read_booking,
    bookings.NOTE_CHECK: bookings.read_check,
    bookings.NOTE_STATUS: bookings.read_status,
    history.NOTE_HISTORY: history.read_history,
    lane.NOTE_MARK_REST: lane.read_mark,
    sends.NOTE_LOOK: sends.read_look,
    sends.NOTE_CLAIM: sends.read_look,
    sends.NOTE_REST: sends.read_rest,
    lists.NOTE_ASSIGNED: lists.read_assigned,
    lists.NOTE_MISSING: lists.read_missing,
    chats.NOTE_START: chats.read_start,
    chats.NOTE_FOUND: chats.read_found,
    chats.NOTE_END: chats.read_end,
    chats.NOTE_DELETE: chats.read_end,
    requests.NOTE_LOOK: requests.read_look,
    requests.NOTE_ANSWER: requests.read_answer,
    codes.NOTE_REQUEST: codes.read_request,
    codes.NOTE_CONFIRM: codes.read_confirm,
    uploads.NOTE_UPLOAD: uploads.read_upload,
}


class OmwAdapter:
    """Implements `domain.ports.Adapter` for the OMW platform; holds nothing but its numbers."""

    platform = Platform.OMW
    limits = LIMITS

    def facts(self, account: AccountFacts, learnt: Mapping[str, Learnt]) -> Facts:
        """The facts to start with."""
        return Facts(account=account, learnt=learnt, own=Own())

    def capabilities(self, facts: Facts) -> Capabilities:
        """What works here, now."""
        return offers.capabilities(facts)

    def key_grade(self, facts: Facts) -> KeyGrade:
        """No client id is stored or echoed, and nothing is deduped, but where our own server says so."""
        return KeyGrade.IDEMPOTENT if announced.dedupes(facts) else KeyGrade.NONE

    def normalise(self, text: str) -> str:
        """As stored: REST trims, the socket does not."""
        return sends.normalise(text)

    # -- next ----------------------------------------------------------------------------------------------

    def next(self, goal: Goal, facts: Facts) -> Next:
        """The next thing to do for a goal."""
        return settings.addressed(self._next(goal, facts), facts)

    def _next(self, goal: Goal, facts: Facts) -> Next:
        settled = memory.settled(facts, goal.token)
        if settled is not None:
            return settled
        return _of_the_door(goal, facts) or _of_the_lane(goal, facts) or _with_token(goal, facts)

    # -- read ----------------------------------------------------------------------------------------------

    def read(self, arrived: Arrived, open_steps: tuple[OpenStep, ...], facts: Facts) -> Reading:
        """What something that arrived means."""
        return frame.read(_READERS, arrived, open_steps, facts)


# -- next, per goal ----------------------------------------------------------------------------------------


def _of_the_door(goal: Goal, facts: Facts) -> Next | None:
    """Goals about the account itself, and those that have no route here."""
    kind = goal.kind
    match kind:
        case SignIn():
            return auth.sign_in(kind, goal.token, facts)
        case AskForOtp():
            return auth.ask_for_otp(facts)
        case Probe():
            return Call(method="GET", path=names.ROUTE_SESSIONS, note=NOTE_PROBE)
        case Connected():
            return _connect(facts)
        case SignOut() | FreshNotifications() | Watched() | Unwatched():
            return Done()
        case DeleteMessage() | Report() | Find():
            return Parked(ParkReason.REFUSED)
        case _:
            return None


def _of_the_lane(goal: Goal, facts: Facts) -> Next | None:
    """Goals that go by socket, where there is one."""
    kind = goal.kind
    match kind:
        case Joined():
            return lane.next_join(kind, goal.token, facts)
        case Typing():
            return lane.next_typing(kind, facts)
        case MarkRead():
            return lane.next_mark(kind, goal.token, facts)
        case SendText():
            return _send(kind, goal.token, facts)
        case _:
            return None


def _with_token(goal: Goal, facts: Facts) -> Next:
    blocked = auth.blocker(facts)
    if blocked is not None:
        return blocked
    kind = goal.kind
    match kind:
        case FreshLists():
            return lists.next_lists(goal.token, facts)
        case FreshOrder():
            return bookings.next_order(kind, goal.token, facts)
        case FreshHead() | OlderPage():
            if translate.remote_id(kind.conversation) != kind.conversation:
                return Parked(ParkReason.NOT_FOUND)
            return history.next_history(goal.token, kind, facts)
        case ChangeStatus():
            return bookings.next_status(kind, goal.token, facts)
        case Act():
            return _act(kind.action, goal.token, facts)
        case _:
            return Parked(ParkReason.REFUSED, type(kind).__name__)


def _act(action: Action, token: int, facts: Facts) -> Next:
    match action.kind:
        case ActionKind.START_CHAT | ActionKind.END_CHAT | ActionKind.DELETE_CHAT | ActionKind.LEAVE_CHAT:
            return chats.next_step(action, token, facts)
        case ActionKind.ACCEPT | ActionKind.REJECT:
            return requests.next_step(action, token, facts)
        case ActionKind.REQUEST_CODE | ActionKind.CONFIRM_CODE:
            return codes.next_step(action, facts)
        case ActionKind.UPLOAD:
            return uploads.next_step(action, facts)
        case _:
            return Parked(ParkReason.REFUSED, action.kind.value)


def _connect(facts: Facts) -> Next:
    """A socket with a good token. There is no refresh: once the token is over the person must sign in."""
    blocked = auth.blocker(facts)
    if blocked is not None:
        return blocked
    if facts.online:
        return Done()
    asked = announced.question(facts, names.PATH_HEALTH)
    if asked is not None:
        return asked
    return Connect(auth={names.AUTH_TOKEN_FIELD: facts.account.secrets.access})


def _send(goal: SendText, token: int, facts: Facts) -> Next:
    """Into a room that has let us in; without a socket, by request."""
    refused = sends.unsendable(goal, facts) or sessions.to_clear_up(goal.conversation, facts)
    if refused is not None:
        return refused
    first = lane.join_first(goal.conversation, token, facts) if facts.online else None
    return first or sends.next_send(goal, token, facts)


# -- read, per step ----------------------------------------------------------------------------------------


def _link_lost(facts: Facts) -> Facts:
    facts = echoes.link_lost(facts)
    return with_own(facts, typers=frozenset(), stray_send_until_ms=0, stray_joins={})


def _answer(answer: Answer, opened: OpenStep, facts: Facts) -> Reading:
    step = opened.step
    if not isinstance(step, Call):
        return frame.late_answer(answer, opened, facts)
    if step.note == auth.NOTE_LOGIN:
        return auth.read_login(opened, answer, facts)
    if step.note == auth.NOTE_OTP:
        return auth.read_otp(opened, answer, facts)
    if step.note == NOTE_PROBE:
        return _read_probe(opened, answer, facts)
    if auth.refuses_token(answer):
        return Reading(auth.call_refused(facts, step), (), (VerdictLater(answer.step_id, 0),))
    return _ANSWERS[step.note](opened, answer, facts)


def _read_probe(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """Without a token this platform's server answers in words of its own; nothing else does."""
    words = auth.said(answer)
    ours = answer.status == HTTPStatus.UNAUTHORIZED and words == texts.ERR_NO_TOKEN
    notice = Noticed(code=NoticeCode.NOT_FOUND, detail=words)
    return replies.probed(opened, answer, words, facts, notice, ours=ours)


def _no_answer(lost: NoAnswer, opened: OpenStep, facts: Facts) -> Reading:
    step = opened.step
    if isinstance(step, Emit):
        return lane.unanswered(lost, opened, facts)
    if step.note == uploads.NOTE_UPLOAD:
        return uploads.unanswered(lost, opened, facts)
    if step.note in {auth.NOTE_LOGIN, auth.NOTE_OTP}:
        return tokens.login_unanswered(opened, lost, facts)
    return frame.unanswered(lost, opened, facts)


_READERS = frame.Readers(
    packet=packets.read,
    link_lost=_link_lost,
    connect_refused=auth.connect_refused,
    answer=_answer,
    no_answer=_no_answer,
)
"""Every event of this platform waits for something."""
