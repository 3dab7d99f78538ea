"""The dispatcher adapter: which step a goal needs next, and what whatever arrives means. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus

from chatdesk.domain.arrivals import (
    Accepted,
    Answer,
    Arrived,
    ConnectRefused,
    HandedOver,
    NoAnswer,
    OpenStep,
    Packet,
    Reading,
    VerdictLater,
    VerdictStored,
)
from chatdesk.domain.entities import Capabilities
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
from chatdesk.domain.kinds import KeyGrade, ParkReason, Platform
from chatdesk.domain.steps import Call, Connect, Done, Emit, Next, Parked, Wait
from chatdesk.domain.text import well_formed
from chatdesk.platforms import announced, frame, memory, sockets, tokens
from chatdesk.platforms.dispatcher import (
    acts,
    auth,
    creation,
    files,
    lists,
    notices,
    offers,
    packets,
    reads,
    translate,
    writes,
)
from chatdesk.platforms.dispatcher.limits import LIMITS
from chatdesk.platforms.dispatcher.state import Own, own_of
from chatdesk.platforms.memory import ended, with_own
from chatdesk.wire.dispatcher import names, texts

_REFUSED_WORDS = frozenset({texts.CONNECT_NO_TOKEN, texts.CONNECT_INVALID_TOKEN})

_ANSWERS: Mapping[str, Callable[[OpenStep, Answer, Facts], Reading]] = {
    auth.NOTE_LOGIN: auth.read_login,
    auth.NOTE_REFRESH: auth.read_refresh,
    lists.NOTE_ORDERS: reads.read_orders,
    reads.NOTE_CHATS: reads.read_chats,
    reads.NOTE_ORDER: reads.read_order,
    reads.NOTE_HISTORY: reads.read_history,
    reads.NOTE_UNREAD: reads.read_unread,
    reads.NOTE_HEALTH: reads.read_health,
    writes.NOTE_SEND: writes.read_send,
    writes.NOTE_DELETE: writes.read_delete,
    writes.NOTE_CHECK: writes.read_check,
    writes.NOTE_STATUS: writes.read_status,
    writes.NOTE_READ: writes.read_mark,
    notices.NOTE_PAGE: notices.read_page,
    notices.NOTE_MARK: notices.read_mark,
    notices.NOTE_MARK_ALL: notices.read_mark,
    notices.NOTE_DELETE: notices.read_delete,
    files.NOTE_LIST: files.read_list,
    files.NOTE_DETAIL: files.read_detail,
    files.NOTE_ADD: files.read_add,
    files.NOTE_SAVE: files.read_save,
    files.NOTE_REMOVE: files.read_remove,
    creation.NOTE_ORDERS: creation.read_orders,
    creation.NOTE_DETAIL: creation.read_detail,
    creation.NOTE_CREATE: creation.read_create,
    acts.NOTE_START: acts.read_start,
    acts.NOTE_TAKE_OVER: acts.read_take_over,
    acts.NOTE_FIND: acts.read_find,
}
_WITHOUT_TOKEN = frozenset({auth.NOTE_LOGIN, auth.NOTE_REFRESH, reads.NOTE_HEALTH})


class DispatcherAdapter:
    """Implements `domain.ports.Adapter` for the dispatcher platform; holds nothing but its numbers."""

    platform = Platform.DISPATCHER
    limits = LIMITS

    def facts(self, account: AccountFacts, learnt: Mapping[str, Learnt]) -> Facts:
        """The facts to start with."""
        return Facts(account=account, learnt=learnt, own=Own())

    def capabilities(self, facts: Facts) -> Capabilities:
        """What works here, now: by role, by what was probed and by what the server announced."""
        return offers.capabilities(facts)

    def key_grade(self, facts: Facts) -> KeyGrade:
        """A client id counts only where this very server has announced that it dedupes."""
        return KeyGrade.IDEMPOTENT if announced.dedupes(facts) else KeyGrade.NONE

    def normalise(self, text: str) -> str:
        """Stored as sent; only what is no character at all is replaced."""
        return well_formed(text)

    # -- next ----------------------------------------------------------------------------------------------

    def next(self, goal: Goal, facts: Facts) -> Next:  # noqa: PLR0911 - one sort of goal per return
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
                return reads.next_probe()
            case Connected():
                return _connect(facts)
            case Joined():
                return _join(kind, facts)
            case Typing():
                return _typing(kind, facts)
            case Unwatched():
                return Done()
            case AskForOtp() | Report():
                return Parked(ParkReason.REFUSED, type(kind).__name__)
            case _:
                return _with_token(goal, facts)

    # -- read ----------------------------------------------------------------------------------------------

    def read(self, arrived: Arrived, open_steps: tuple[OpenStep, ...], facts: Facts) -> Reading:
        """What something that arrived means."""
        return frame.read(_READERS, arrived, open_steps, facts)


# -- next, per goal ----------------------------------------------------------------------------------------


def _with_token(goal: Goal, facts: Facts) -> Next:  # noqa: C901, PLR0911 - one goal per return
    kind = goal.kind
    if isinstance(kind, MarkRead):  # its first step needs a socket, not a token
        return writes.next_mark(kind, goal.token, facts)
    blocked = auth.blocker(facts)
    if blocked is not None:
        return blocked
    match kind:
        case FreshLists():
            return reads.next_lists(goal.token, facts)
        case FreshOrder():
            return reads.next_order(kind, facts)
        case FreshHead() | OlderPage():
            return reads.next_history(goal.token, kind, facts)
        case FreshNotifications():
            return notices.next_page(facts)
        case SendText():
            return writes.next_send(kind, facts)
        case DeleteMessage():
            return writes.next_delete(kind, facts)
        case ChangeStatus():
            return writes.next_status(kind, goal.token, facts)
        case Act():
            return acts.next_act(kind, goal.token, facts)
        case Find():
            return acts.next_find(kind, facts)
        case Watched():
            return reads.next_watched(kind, facts)
        case _:
            return Parked(ParkReason.REFUSED, type(kind).__name__)


def _connect(facts: Facts) -> Next:
    """A socket with a good token; a new token in time, so that the next handshake has one."""
    blocked = auth.blocker(facts)
    if facts.online:
        return blocked if isinstance(blocked, Call) else Done()
    if blocked is not None:
        return blocked
    asked = announced.question(facts, names.ROUTE_HEALTH)
    if asked is not None:
        return asked
    return Connect(auth={names.AUTH_TOKEN_FIELD: facts.account.secrets.access})


def _join(goal: Joined, facts: Facts) -> Next:
    """No confirmation ever comes: once it is handed over we are in."""
    if translate.remote_id(goal.conversation) is None:
        return Parked(ParkReason.NOT_FOUND)
    if not facts.online:
        return Wait(sockets.OFFLINE_WAIT_MS)
    own = own_of(facts)
    if own.epoch == facts.epoch:
        if goal.conversation in own.rooms:
            return Done()
        if goal.conversation in own.barred:
            return Parked(ParkReason.FORBIDDEN)
    return Emit(event=names.EMIT_JOIN, args=(goal.conversation,), note=names.EMIT_JOIN)


def _typing(goal: Typing, facts: Facts) -> Next:
    """Said once, if at all: typing that can't be told now is not told later."""
    if not facts.online or translate.remote_id(goal.conversation) is None:
        return Done()
    event = names.EMIT_TYPING_START if goal.on else names.EMIT_TYPING_STOP
    return Emit(event=event, args=(goal.conversation,), note=event)


# -- read, per step ----------------------------------------------------------------------------------------


def _packet(packet: Packet, _open_steps: tuple[OpenStep, ...], facts: Facts) -> Reading:
    return Reading(*packets.read(packet, facts))


def _link_lost(facts: Facts) -> Facts:
    return with_own(facts, rooms=frozenset(), barred=frozenset())


def _accepted(accepted: Accepted, _opened: OpenStep, facts: Facts) -> Reading:
    facts = with_own(facts, epoch=facts.epoch, rooms=frozenset(), barred=frozenset())
    return Reading(auth.token_taken(facts), (), (VerdictStored(accepted.step_id),))


def _connect_refused(refused: ConnectRefused, opened: OpenStep, facts: Facts) -> Facts:
    """A void token is refused in words; whatever else fails is tried again by the engine's back-off."""
    if refused.server_words in _REFUSED_WORDS:
        return auth.token_refused(facts, frame.connected_with(opened, names.AUTH_TOKEN_FIELD))
    return facts


def _handed_over(handed: HandedOver, opened: OpenStep, facts: Facts) -> Reading:
    kind = opened.goal.kind
    match kind:
        case Joined(conversation=room):
            own = own_of(facts)
            rooms = own.rooms if own.epoch == facts.epoch else frozenset()
            facts = with_own(facts, epoch=facts.epoch, rooms=rooms | {room})
        case MarkRead():
            facts = writes.marked(opened, facts)
        case Act():
            facts = acts.left(kind, opened.goal.token, facts)
        case _:
            facts = ended(facts, opened.goal.token)
    return Reading(facts, (), (VerdictStored(handed.step_id),))


def _answer(answer: Answer, opened: OpenStep, facts: Facts) -> Reading:
    step = opened.step
    if not isinstance(step, Call):
        return frame.late_answer(answer, opened, facts)
    if step.note == auth.NOTE_LOGOUT:
        return tokens.signed_out(opened, answer.step_id, facts)
    if step.note not in _WITHOUT_TOKEN:
        if answer.status == HTTPStatus.UNAUTHORIZED:
            return Reading(auth.call_refused(facts, step), (), (VerdictLater(answer.step_id, 0),))
        facts = auth.token_taken(facts)
    return _ANSWERS[step.note](opened, answer, facts)


def _no_answer(lost: NoAnswer, opened: OpenStep, facts: Facts) -> Reading:
    step = opened.step
    if isinstance(step, Call):
        if step.note == auth.NOTE_LOGIN:
            return tokens.login_unanswered(opened, lost, facts)
        if step.note == auth.NOTE_REFRESH:
            return auth.refresh_unanswered(lost, facts)
        if step.note == auth.NOTE_LOGOUT:
            return tokens.signed_out(opened, lost.step_id, facts)
    return files.trouble(lost, opened, facts) or frame.unanswered(lost, opened, facts)


_READERS = frame.Readers(
    packet=_packet,
    link_lost=_link_lost,
    accepted=_accepted,
    connect_refused=_connect_refused,
    handed_over=_handed_over,
    answer=_answer,
    no_answer=_no_answer,
)
