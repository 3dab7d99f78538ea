"""A conversation's history: one request has all of it, oldest first. What an empty one proves.

A server that stores nothing answers with an empty list as well, so an empty one is evidence only after a
stored record of ours was seen since the sign-in. Source: wire specification, sections 0 and 5.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from chatdesk.domain.arrivals import Answer, OpenStep, Reading
from chatdesk.domain.events import Event, ReadSeen, WindowRead
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import FreshHead, OlderPage
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.kinds import ParkReason, Source
from chatdesk.domain.steps import Done, Next, Parked
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.marketplace import auth, calls, limits, people, translate
from chatdesk.platforms.marketplace.state import Mode, mode_of, party_of, proven, remembered, with_party
from chatdesk.platforms.marketplace.translate import Record, remote_id
from chatdesk.wire.marketplace import names

NOTE_HISTORY = "history"


def next_history(goal: FreshHead | OlderPage, token: int, facts: Facts) -> Next:
    """The whole conversation; without a socket only where the inbox has shown something new."""
    party = remote_id(goal.conversation)
    if party is None:
        return Parked(ParkReason.NOT_FOUND)
    if not auth.may_chat(facts):
        return Parked(ParkReason.FORBIDDEN)
    first = people.first_kind(party, token, facts)
    if first is not None:
        return first
    known = party_of(facts, party)
    if known.kind not in names.KINDS_WRITTEN_TO:
        return Parked(ParkReason.FORBIDDEN)
    if isinstance(goal, FreshHead) and _has_nothing_new(goal, party, facts):
        return Done()
    path = routes.path(names.ROUTE_CONVERSATION, party=party, kind=known.kind)
    return routes.get(path, facts, NOTE_HISTORY)


def _has_nothing_new(goal: FreshHead, party: RemoteId, facts: Facts) -> bool:
    """While polling every round would fetch every conversation whole, though the lists were just read."""
    known = party_of(facts, party)
    return (
        not facts.online
        and not goal.complete
        and known.read_epoch == facts.epoch
        and bool(known.newest)
        and known.newest in goal.known
    )


def read_history(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The conversation, and what the reading proves."""
    goal = opened.goal.kind
    raw = loose.mapping(answer.body).get("data")
    if not isinstance(goal, FreshHead | OlderPage):
        return calls.misread(opened, answer.step_id, facts)
    if answer.status != HTTPStatus.OK or not answer.is_json or not isinstance(raw, list):
        return calls.failed(opened, answer, facts)
    party = goal.conversation
    found = [translate.record(one, facts.account, Source.STORED) for one in raw]
    records = {one.seen.remote_id: one for one in found if one is not None and one.seen.conversation == party}
    bad = len(raw) - sum(one is not None and one.seen.conversation == party for one in found)
    dropped: tuple[Event, ...] = (replies.MALFORMED,) if bad else ()
    if not records:
        facts = with_party(facts, party, read_epoch=facts.epoch)
        windows = _nothing(goal, facts, bad=bad)
        return replies.done(facts, opened, answer.step_id, *dropped, *windows, *people.there(facts, party))
    ordered = sorted(records.values(), key=lambda one: one.seen.cursor)
    was = mode_of(facts)
    shown = _tail(goal, ordered, known=party_of(facts, party).read_epoch > 0)
    facts = noted(proven(facts), party, ordered)
    told = people.told_anew(facts) if was is Mode.LIVE_ONLY else ()
    window = WindowRead(
        conversation=party,
        ids=tuple(one.seen.remote_id for one in shown),
        oldest=shown[0].seen.cursor,
        newest=shown[-1].seen.cursor,
        complete=not bad,
        reaches_start=len(shown) == len(ordered),
        reaches_head=True,
        total=len(ordered) if len(shown) == len(ordered) else None,
    )
    events: tuple[Event, ...] = (
        *told,
        *dropped,
        people.seen(facts, party, activity_at_us=ordered[-1].seen.sent_at_us),
        *(one.seen for one in shown),
        *receipts(party, ordered),
        window,
        # Told again: when the conversation was new, nobody could yet be shown as there.
        *people.there(facts, party),
    )
    return replies.done(facts, opened, answer.step_id, *events)


def noted(facts: Facts, party: RemoteId, records: Iterable[Record]) -> Facts:
    """The facts after a whole conversation was read; records oldest first."""
    ordered = tuple(records)
    newest = ordered[-1]
    mine = {one.seen.remote_id: party for one in ordered if one.seen.own}
    theirs = {one.seen.remote_id: party for one in ordered if not one.seen.own}
    facts = remembered(facts, mine=mine, theirs=theirs)
    known = party_of(facts, party)
    relayed = {one: at for one, at in known.unread.items() if remote_id(one) is None}
    unread = {one.seen.remote_id: one.seen.cursor for one in ordered if one.unread}
    return with_party(
        facts,
        party,
        kind=next((one.kind for one in reversed(ordered) if one.kind), known.kind),
        name=next((one.name for one in reversed(ordered) if one.name), known.name),
        newest=newest.seen.remote_id,
        newest_at=newest.seen.cursor,
        unread=dict(list((relayed | unread).items())[-limits.UNREAD_IDS :]),
        read_epoch=facts.epoch,
    )


def receipts(party: RemoteId, records: Iterable[Record]) -> tuple[Event, ...]:
    """Which of our messages the counterpart has read: each has its own mark."""
    read = [one.seen.remote_id for one in records if one.read][-limits.RECEIPTS :]
    if not read:
        return ()
    return (ReadSeen(conversation=party, person_id=party, by_self=False, ids=tuple(read)),)


def _tail(goal: FreshHead | OlderPage, ordered: list[Record], *, known: bool) -> list[Record]:
    """What need be told: for a further look at the newest end, from the oldest message that is known on."""
    if not isinstance(goal, FreshHead) or goal.complete or not known:
        return ordered
    at = next((at for at, one in enumerate(ordered) if one.seen.remote_id in goal.known), 0)
    return ordered[at:]


def _nothing(goal: FreshHead | OlderPage, facts: Facts, *, bad: int) -> tuple[WindowRead, ...]:
    """An empty conversation: evidence in stored mode. Else it hides nothing that is here, and proves nothing.

    A stretch that reaches no head deletes nothing above it, and one that reaches no start nothing below: in
    two halves an empty answer says "nothing is missing here" without saying "what is here is gone".
    """
    if mode_of(facts) is Mode.STORED and not bad:
        return (_window(goal, start=True, head=True),)
    if isinstance(goal, OlderPage):
        stored = bad or translate.is_stored_cursor(goal.before)
        return (_window(goal, start=not stored, newest=goal.before, complete=not stored),)
    if goal.complete or bad:
        return (_window(goal, head=True, complete=False),)
    head = _window(goal, head=True)
    if any(remote_id(one) is not None for one in goal.known):
        return (head,)
    now = Cursor(f"{max(facts.now_us, 0):016d}")
    return (_window(goal, start=True, newest=now if goal.known else None), head)


def _window(
    goal: FreshHead | OlderPage,
    *,
    start: bool = False,
    head: bool = False,
    newest: Cursor | None = None,
    complete: bool = True,
) -> WindowRead:
    return WindowRead(
        conversation=goal.conversation,
        ids=(),
        oldest=None,
        newest=newest,
        complete=complete,
        reaches_start=start,
        reaches_head=head,
    )
