"""The marketplace adapter: which step a goal needs next, and what whatever arrives means. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chatdesk.domain.actions import ActionKind
from chatdesk.domain.arrivals import (
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
from chatdesk.domain.kinds import KeyGrade, ParkReason, Platform
from chatdesk.domain.steps import Call, Connect, Done, Emit, Next, Parked
from chatdesk.platforms import announced, frame, memory, tokens
from chatdesk.platforms.marketplace import (
    auth,
    creation,
    finds,
    history,
    lists,
    marks,
    offers,
    orders,
    packets,
    people,
    presence,
    probes,
    sends,
)
from chatdesk.platforms.marketplace.limits import LIMITS
from chatdesk.platforms.marketplace.state import Mode, Own, mode_of, without_goal
from chatdesk.platforms.marketplace.translate import remote_id
from chatdesk.platforms.memory import at_stage
from chatdesk.wire.marketplace import names

_ANSWERS: Mapping[str, Callable[[OpenStep, Answer, Facts], Reading]] = {
    probes.NOTE_HEALTH: probes.read_health,
    probes.NOTE_PROBE_SEARCH: probes.read_probe,
    probes.NOTE_PROBE_NOTES: probes.read_probe,
    probes.NOTE_NOTES: probes.read_notes,
    lists.NOTE_INBOX: lists.read_block,
    lists.NOTE_SENT: lists.read_block,
    lists.NOTE_RFQS: lists.read_rfqs,
    lists.NOTE_NAME: lists.read_name,
    people.NOTE_PERSON: people.read_person,
    history.NOTE_HISTORY: history.read_history,
    sends.NOTE_SEND: sends.read_send,
    marks.NOTE_MARK: marks.read_mark,
    orders.NOTE_RFQ: orders.read_order,
    orders.NOTE_CHECK: orders.read_check,
    orders.NOTE_STATUS: orders.read_status,
    creation.NOTE_CREATE: creation.read_create,
    finds.NOTE_PRODUCTS: finds.read_products,
    finds.NOTE_RFQS: finds.read_rfqs,
    finds.NOTE_SELLERS: finds.read_people,
    finds.NOTE_BUYERS: finds.read_people,
}
_REGISTERING = frozenset({presence.NOTE_REGISTER, presence.NOTE_HERE, presence.NOTE_ASK})


class MarketplaceAdapter:
    """Implements `domain.ports.Adapter` for the marketplace; holds nothing but its numbers."""

    platform = Platform.MARKETPLACE
    limits = LIMITS

    def facts(self, account: AccountFacts, learnt: Mapping[str, Learnt]) -> Facts:
        """The facts to start with."""
        return Facts(account=account, learnt=learnt, own=Own())

    def capabilities(self, facts: Facts) -> Capabilities:
        """What works here, now: by the account's kind, and by whether this server keeps messages."""
        return offers.capabilities(facts)

    def key_grade(self, facts: Facts) -> KeyGrade:
        """A relay gives our id back and dedupes nothing; a request takes none, but at our own server."""
        if mode_of(facts) is Mode.LIVE_ONLY:
            return KeyGrade.FINDABLE
        return KeyGrade.IDEMPOTENT if announced.dedupes(facts) else KeyGrade.NONE

    def normalise(self, text: str) -> str:
        """As stored: trimmed."""
        return sends.normalise(text)

    # -- next ----------------------------------------------------------------------------------------------

    def next(self, goal: Goal, facts: Facts) -> Next:
        """The next thing to do for a goal."""
        settled = memory.settled(facts, goal.token)
        if settled is not None:
            return settled
        kind = goal.kind
        match kind:
            case SignIn():
                return auth.sign_in(kind, facts)
            case SignOut() | Joined() | Watched() | Unwatched():  # nothing to be told, joined or streamed
                return Done()
            case Probe():
                return probes.next_probe(goal.token, facts)
            case Connected():
                return _connect(facts)
            case Typing():
                return _typing(kind, facts)
            case _:
                return auth.blocker(facts) or _with_token(goal, facts)

    # -- read ----------------------------------------------------------------------------------------------

    def read(self, arrived: Arrived, open_steps: tuple[OpenStep, ...], facts: Facts) -> Reading:
        """What something that arrived means."""
        return frame.read(_READERS, arrived, open_steps, facts)


# -- next, per goal ----------------------------------------------------------------------------------------


def _with_token(goal: Goal, facts: Facts) -> Next:  # noqa: PLR0911 - one sort of goal per return
    kind, token = goal.kind, goal.token
    match kind:
        case FreshLists():
            return presence.registration(facts) or lists.next_lists(token, facts)
        case FreshOrder():
            return orders.next_order(kind, facts)
        case FreshHead() | OlderPage():
            return history.next_history(kind, token, facts)
        case SendText():
            return sends.unsendable(kind, facts) or sends.next_send(kind, token, facts)
        case MarkRead():
            return marks.next_mark(kind, facts)
        case ChangeStatus():
            return orders.next_status(kind, token, facts)
        case FreshNotifications():
            return probes.next_notes(facts)
        case Act() if kind.action.kind is ActionKind.START_CHAT:
            return people.next_start(kind, token, facts)
        case Act() if kind.action.kind is ActionKind.CREATE_ORDER:
            return creation.next_create(kind, facts)
        case Find() if auth.may_chat(facts):
            return finds.next_find(kind, token, facts)
        case _:
            return Parked(ParkReason.REFUSED, type(kind).__name__)


def _connect(facts: Facts) -> Next:
    """A socket, our registration on it, and once what is promised of presence."""
    blocked = auth.blocker(facts)
    if blocked is not None:
        return blocked
    asked = None if facts.online else announced.question(facts, names.ROUTE_HEALTH)
    if asked is not None:
        return asked
    if not facts.online:
        return Connect(auth={names.AUTH_TOKEN_FIELD: facts.account.secrets.access})
    return presence.registration(facts) or presence.greeting(facts) or Done()


def _typing(goal: Typing, facts: Facts) -> Next:
    if not facts.online or not auth.may_chat(facts) or remote_id(goal.conversation) is None:
        return Done()
    return presence.typing(goal.conversation, goal.on, facts)


# -- read, per step ----------------------------------------------------------------------------------------


def _handed_over(handed: HandedOver, opened: OpenStep, facts: Facts) -> Reading:
    step_id, note = handed.step_id, opened.step.note
    if note in _REGISTERING:
        facts = presence.handed_over(note, facts)
        if isinstance(opened.goal.kind, FreshLists):  # from its first step on, what is pushed counts apart
            facts = at_stage(facts, opened.goal.token, lists.NOTE_INBOX, lists.Walk())
        return Reading(facts, (), (VerdictStored(step_id),))
    if note == marks.NOTE_MARK_RELAY:
        return marks.handed_over(opened, step_id, facts)
    return frame.handed_over(handed, opened, facts)


def _answer(answer: Answer, opened: OpenStep, facts: Facts) -> Reading:
    step = opened.step
    if not isinstance(step, Call):
        return frame.late_answer(answer, opened, facts)
    if step.note == auth.NOTE_LOGIN:
        return auth.read_login(opened, answer, facts)
    if step.headers and auth.refuses_token(answer):
        facts = auth.call_refused(facts, step, answer)
        return Reading(facts, (), (VerdictLater(answer.step_id, 0, auth.said(answer)),))
    return _ANSWERS[step.note](opened, answer, facts)


def _no_answer(lost: NoAnswer, opened: OpenStep, facts: Facts) -> Reading:
    step = opened.step
    if step.note == auth.NOTE_LOGIN:
        return tokens.login_unanswered(opened, lost, facts)
    if lost.left and step.commits and isinstance(step, Emit):
        facts = sends.unanswered(opened, facts)
    return frame.unanswered(lost, opened, facts)


_READERS = frame.Readers(
    packet=packets.read,
    link_lost=people.forget_connection,
    connect_refused=auth.connect_refused,
    handed_over=_handed_over,
    answer=_answer,
    no_answer=_no_answer,
    goal_ended=without_goal,
)
