"""Counterparts: whether one is a buyer or a seller, their name, and a conversation that begins here.

There is no route that makes a conversation: it is two accounts, so it begins locally. What writing needs is
the counterpart's kind; messages tell it, and for somebody without messages the public directory does. Of its
full records nothing but the name is taken. Source: wire specification, sections 4, 5.1 and 9.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from chatdesk.domain.actions import ActionKind, Result
from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictStored
from chatdesk.domain.events import ConversationSeen, Event, PresenceSeen
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import Act
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ClosedWhy, Lifecycle, ParkReason, PresenceState
from chatdesk.domain.steps import Call, Next, Parked
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.marketplace import auth, calls
from chatdesk.platforms.marketplace.state import (
    Mode,
    mode_of,
    own_of,
    party_of,
    with_kind_kept,
    with_party,
    without_goal,
)
from chatdesk.platforms.marketplace.translate import kind_of, remote_id
from chatdesk.platforms.memory import at_stage, ended, progress_of, with_own
from chatdesk.wire.marketplace import names

NOTE_PERSON = "person"
_ROUTES = {names.KIND_SELLER: names.ROUTE_SELLER, names.KIND_BUYER: names.ROUTE_BUYER}


class Search(msgspec.Struct, frozen=True):
    """Which kinds are left to be tried, and whether the one that was named may be taken unconfirmed."""

    left: tuple[str, ...]
    named: str = ""


# -- what is told of a conversation ------------------------------------------------------------------------


def seen(
    facts: Facts,
    party: RemoteId,
    *,
    title: str = "",
    order: RemoteId | None = None,
    unread: int | None = None,
    activity_at_us: int | None = None,
) -> ConversationSeen:
    """The conversation with a counterpart as it stands now. An administrator can't be written to."""
    known = party_of(facts, party)
    mode = mode_of(facts)
    closed = known.kind == names.KIND_ADMIN
    return ConversationSeen(
        remote_id=party,
        title=known.name or title or None,
        order_remote_id=order,
        lifecycle=Lifecycle.READ_ONLY if closed else Lifecycle.OPEN,
        closed_why=ClosedWhy.NOT_FOR_ROLE if closed else None,
        live_only=None if mode is Mode.UNPROVEN else mode is Mode.LIVE_ONLY,
        unread=unread,
        activity_at_us=activity_at_us,
    )


def there(facts: Facts, party: RemoteId) -> tuple[PresenceSeen, ...]:
    """Whether a counterpart is there, as far as this connection has told."""
    alive = own_of(facts).alive.get(party)
    if alive is None:
        return ()
    state = PresenceState.ONLINE if alive else PresenceState.OFFLINE
    return (PresenceSeen(person_id=party, state=state, conversation=party),)


# -- finding out the kind ----------------------------------------------------------------------------------


def usual_kind(facts: Facts) -> str:
    """Whom an account of our kind usually talks to."""
    return names.KIND_SELLER if facts.account.role == names.ROLE_BUYER else names.KIND_BUYER


def _search(facts: Facts, named: str) -> Search:
    first = named or usual_kind(facts)
    return Search((first, *(kind for kind in names.KINDS_WRITTEN_TO if kind != first)), named)


def first_kind(party: RemoteId, token: int, facts: Facts) -> Next | None:
    """The request that finds out what a counterpart is; None where it is known."""
    if party_of(facts, party).kind:
        return None
    progress = progress_of(facts, token)
    search = progress.data if progress.stage == NOTE_PERSON else None
    return person_call(party, search if isinstance(search, Search) else _search(facts, ""), facts)


def person_call(person: RemoteId, search: Search, facts: Facts) -> Call:
    """One record of the public directory."""
    path = routes.path(_ROUTES[search.left[0]], person=person)
    return routes.get(path, facts, NOTE_PERSON)


def read_person(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """A record of the directory: this is what they are. None: perhaps of the other kind."""
    goal, token = opened.goal.kind, opened.goal.token
    person = whom(opened, facts)
    if person is None:
        return calls.misread(opened, answer.step_id, facts)
    search = progress_of(facts, token).data
    if not isinstance(search, Search):
        search = _search(facts, _named(goal, person, facts) if isinstance(goal, Act) else "")
    kind = search.left[0]
    fields = loose.mapping(answer.body)
    if answer.status == HTTPStatus.OK and answer.is_json and remote_id(fields.get("_id")) == person:
        facts = with_kind_kept(facts, person, kind)
        facts = with_party(facts, person, name=loose.line(fields.get("name"), 120))
        return _found(opened, person, answer.step_id, facts)
    if answer.status != HTTPStatus.NOT_FOUND:
        return calls.failed(opened, answer, facts)
    left = search.left[1:]
    if left and answer.is_json:
        facts = at_stage(facts, token, NOTE_PERSON, Search(left, search.named))
        return Reading(facts, (), (VerdictStored(answer.step_id),))
    if search.named or not answer.is_json:  # a server without directory: what is usual, or was said, must do
        facts = with_party(facts, person, kind=search.named or usual_kind(facts))
        return _found(opened, person, answer.step_id, facts)
    words = auth.said(answer)
    return replies.refused(opened, answer.step_id, ParkReason.NOT_FOUND, words, facts)


def _found(opened: OpenStep, person: RemoteId, step_id: int, facts: Facts) -> Reading:
    goal, token = opened.goal.kind, opened.goal.token
    if isinstance(goal, Act):
        return _started(goal, token, person, step_id, facts)
    facts = without_goal(facts, token)
    return Reading(facts, (seen(facts, person),), (VerdictStored(step_id),))


# -- starting a conversation -------------------------------------------------------------------------------


def whom(opened: OpenStep, facts: Facts) -> RemoteId | None:
    """Whose record a step asks for."""
    goal = opened.goal.kind
    if isinstance(goal, Act):
        return _partner(goal, facts)
    return remote_id(getattr(goal, "conversation", None))


def _partner(goal: Act, facts: Facts) -> RemoteId | None:
    """With whom: the person named, or the one who answered the request for quotation."""
    action = goal.action
    named = remote_id(action.person)
    if named is None and action.order is not None:
        named = own_of(facts).rfqs.get(action.order) or None
    return named


def _named(goal: Act, person: RemoteId, facts: Facts) -> str:
    """What the person is, by what was found or is known."""
    return kind_of(goal.action.person_kind) or party_of(facts, person).kind


def next_start(goal: Act, token: int, facts: Facts) -> Next:
    """One look into the directory: whom we would write to must be there, and have a kind."""
    if goal.action.kind is not ActionKind.START_CHAT or not auth.may_chat(facts):
        return Parked(ParkReason.FORBIDDEN)
    person = _partner(goal, facts)
    if person is None:
        return Parked(ParkReason.NOT_FOUND)
    named = _named(goal, person, facts)
    if named == names.KIND_ADMIN:
        return Parked(ParkReason.FORBIDDEN)
    progress = progress_of(facts, token)
    search = progress.data if isinstance(progress.data, Search) else _search(facts, named)
    return person_call(person, search, facts)


def _started(goal: Act, token: int, person: RemoteId, step_id: int, facts: Facts) -> Reading:
    known = party_of(facts, person)
    facts = with_kind_kept(facts, person, known.kind)
    order = goal.action.order if goal.action.order in own_of(facts).rfqs else None
    told: tuple[Event, ...] = (
        seen(facts, person, title=loose.line(goal.action.person_name, 120), order=order),
        *there(facts, person),
    )
    verdict = VerdictStored(step_id, result=Result(conversation=person, order=order))
    return Reading(ended(facts, token), told, (verdict,))


# -- all conversations at once -----------------------------------------------------------------------------


def told_anew(facts: Facts) -> tuple[ConversationSeen, ...]:
    """Every conversation once more: whether this server keeps messages has just turned out."""
    return tuple(seen(facts, party) for party in own_of(facts).parties)


def forget_connection(facts: Facts) -> Facts:
    """The facts without what belonged to a connection: who is there, and who we were registered as."""
    return with_own(
        facts,
        alive={},
        registered=0,
        again=0,
        displaced=False,
        told_here=0,
        asked_online=0,
        strangers=0,
    )
