"""The lists of the marketplace platform: conversations out of inbox and sent, then requests for quotation.

There is no list of conversations and no unread number but the total, so both are derived: blocks by offset,
newest first, grouped by the counterpart. New records shift the offsets, hence records are told apart by id.
Source: wire specification, sections 5.1 and 9.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

import msgspec

from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictStored
from chatdesk.domain.events import Event, ListsRead, MessageSeen, Noticed
from chatdesk.domain.facts import Facts
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.kinds import NoticeCode, Source
from chatdesk.domain.steps import Call, Done, Next
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.marketplace import auth, calls, history, limits, orders, people, translate
from chatdesk.platforms.marketplace.state import (
    Mode,
    mode_of,
    own_of,
    party_of,
    proven,
    remembered,
    with_kind_kept,
    with_party,
)
from chatdesk.platforms.marketplace.translate import Record, remote_id
from chatdesk.platforms.memory import at_stage, progress_of, put, with_own
from chatdesk.wire.marketplace import names

NOTE_INBOX = "inbox"
NOTE_SENT = "sent"
NOTE_RFQS = "rfqs"
NOTE_NAME = "name"
_ROUTES = {NOTE_INBOX: names.ROUTE_INBOX, NOTE_SENT: names.ROUTE_SENT}


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """What the blocks have shown of one conversation."""

    newest: MessageSeen | None = None
    kind: str = ""
    name: str = ""
    unread: Mapping[RemoteId, Cursor] = MappingProxyType({})
    read: tuple[RemoteId, ...] = ()
    """Messages of theirs that are not unread."""
    receipts: tuple[Record, ...] = ()


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """Where the reading of the blocks stands."""

    offset: int = 0
    blocks: int = 0
    partial: bool = False
    """Some block was all known, so the rest was not read again."""
    seen: frozenset[RemoteId] = frozenset()
    digests: Mapping[RemoteId, Digest] = MappingProxyType({})


class Naming(msgspec.Struct, frozen=True):
    """Whose names are left to be looked up, and of which kind the first may still be."""

    left: tuple[RemoteId, ...]
    kinds: tuple[str, ...]


# -- next --------------------------------------------------------------------------------------------------


def next_lists(token: int, facts: Facts) -> Next:
    """The next block, or what comes after the blocks."""
    if not auth.may_chat(facts):
        return Done()
    progress = progress_of(facts, token)
    if progress.stage == NOTE_RFQS:
        return orders.list_call(facts, NOTE_RFQS)
    if progress.stage == NOTE_NAME and isinstance(progress.data, Naming):
        return _name_call(progress.data, facts)
    walk = progress.data if isinstance(progress.data, Walk) else Walk()
    stage = progress.stage if progress.stage in _ROUTES else NOTE_INBOX
    query = (("limit", str(limits.LIST_PAGE)), ("offset", str(walk.offset)))
    return routes.get(_ROUTES[stage], facts, stage, query)


def _name_call(naming: Naming, facts: Facts) -> Call:
    search = people.Search(naming.kinds)
    return put(people.person_call(naming.left[0], search, facts), note=NOTE_NAME)


# -- blocks of messages ------------------------------------------------------------------------------------


def read_block(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """One block of inbox or sent."""
    raw = loose.mapping(answer.body).get("data")
    if answer.status != HTTPStatus.OK or not answer.is_json or not isinstance(raw, list):
        return calls.failed(opened, answer, facts)
    token, stage = opened.goal.token, opened.step.note
    progress = progress_of(facts, token)
    walk = progress.data if isinstance(progress.data, Walk) else Walk()
    found = [translate.record(one, facts.account, Source.STORED) for one in raw]
    records = [one for one in found if one is not None and one.seen.remote_id not in walk.seen]
    own = own_of(facts)
    all_known = all(one.seen.remote_id in own.mine or one.seen.remote_id in own.theirs for one in records)
    total = loose.whole(loose.mapping(answer.body).get("totalCount"))
    offset = walk.offset + len(raw)
    more = bool(raw) and (offset < total if total is not None else len(raw) >= limits.LIST_PAGE)
    known = all_known and own.full_epoch == facts.epoch and facts.epoch > 0
    walk = put(
        walk,
        offset=offset,
        blocks=walk.blocks + 1,
        partial=walk.partial or (known and more) or walk.blocks + 1 >= limits.LIST_PAGES,
        seen=walk.seen | {one.seen.remote_id for one in records},
        digests=_digested(walk.digests, records),
    )
    events: list[Event] = [replies.MALFORMED] if None in found else []
    if records:
        was = mode_of(facts)
        facts = proven(facts)
        events += people.told_anew(facts) if was is Mode.LIVE_ONLY else ()
    facts = _remembered(facts, records)
    if more and not known and walk.blocks < limits.LIST_PAGES:
        facts = at_stage(facts, token, stage, walk)
    elif stage == NOTE_INBOX:
        facts = at_stage(facts, token, NOTE_SENT, put(walk, offset=0, blocks=0))
    else:
        facts, told = _told(facts, token, walk)
        events += told
        facts = at_stage(facts, token, NOTE_RFQS)
    return Reading(facts, tuple(events), (VerdictStored(answer.step_id),))


def _remembered(facts: Facts, records: list[Record]) -> Facts:
    mine = {one.seen.remote_id: one.seen.conversation for one in reversed(records) if one.seen.own}
    theirs = {one.seen.remote_id: one.seen.conversation for one in reversed(records) if not one.seen.own}
    return remembered(facts, mine=mine, theirs=theirs)


def _digested(before: Mapping[RemoteId, Digest], records: list[Record]) -> dict[RemoteId, Digest]:
    found = dict(before)
    for one in records:
        seen = one.seen
        digest = found.get(seen.conversation, Digest())
        newer = digest.newest is None or seen.cursor > digest.newest.cursor
        if one.unread and len(digest.unread) < limits.UNREAD_IDS:
            digest = put(digest, unread={**digest.unread, seen.remote_id: seen.cursor})
        elif not seen.own:
            digest = put(digest, read=(*digest.read, seen.remote_id))
        if one.read and len(digest.receipts) < limits.RECEIPTS:
            digest = put(digest, receipts=(*digest.receipts, one))
        found[seen.conversation] = put(
            digest,
            newest=seen if newer else digest.newest,
            kind=digest.kind or one.kind,
            name=digest.name or one.name,
        )
    return found


def _told(facts: Facts, token: int, walk: Walk) -> tuple[Facts, list[Event]]:
    """Every conversation that the blocks have shown: who, how many are unread, and the newest message."""
    events: list[Event] = []
    pushed = {one for one, by in own_of(facts).pushed.items() if by == token}
    for party, digest in walk.digests.items():
        newest = digest.newest
        if newest is None:
            continue
        known = party_of(facts, party)
        unread = _unread(known.unread, digest, newest.cursor, partial=walk.partial)
        newer = newest.cursor > known.newest_at
        facts = with_party(
            facts,
            party,
            kind=digest.kind or known.kind,
            name=digest.name or known.name,
            newest=newest.remote_id if newer else known.newest,
            newest_at=newest.cursor if newer else known.newest_at,
            unread=unread,
        )
        # What is pushed from the moment on at which the reading began counts by itself.
        number = sum(remote_id(one) is not None and one not in pushed for one in unread)
        events.append(people.seen(facts, party, unread=number, activity_at_us=newest.sent_at_us))
        events.append(newest)
        events += history.receipts(party, digest.receipts)
        events += people.there(facts, party)
    return with_own(facts, full_epoch=facts.epoch), events


def _unread(
    known: Mapping[RemoteId, Cursor], digest: Digest, newest: Cursor, *, partial: bool
) -> dict[RemoteId, Cursor]:
    """Unread messages by id; after a whole reading only what is newer, or relayed, is kept of before."""
    if partial:
        kept = {one: at for one, at in known.items() if one not in digest.read}
    else:
        kept = {one: at for one, at in known.items() if remote_id(one) is None or at > newest}
    return dict(list((kept | dict(digest.unread)).items())[-limits.UNREAD_IDS :])


# -- after the blocks --------------------------------------------------------------------------------------


def read_rfqs(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """Requests for quotation. An account that has none, or may not ask, still has its conversations."""
    raw = answer.body if answer.is_json else None
    events: tuple[Event, ...] = ()
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return calls.failed(opened, answer, facts)
    if answer.status == HTTPStatus.OK and isinstance(raw, list):
        facts, events = orders.listed(facts, raw)
    elif answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        events = (Noticed(code=NoticeCode.SERVER_ERROR, detail=auth.said(answer)),)
    unnamed = tuple(
        party
        for party, known in own_of(facts).parties.items()
        if not known.name and known.asked != facts.epoch and party != facts.account.user_id
    )
    return _next_name(opened, answer.step_id, unnamed[: limits.NAMES_AT_ONCE], facts, events)


def _next_name(
    opened: OpenStep, step_id: int, left: tuple[RemoteId, ...], facts: Facts, events: tuple[Event, ...]
) -> Reading:
    if not left:
        return replies.done(facts, opened, step_id, *events, ListsRead())
    facts = at_stage(facts, opened.goal.token, NOTE_NAME, Naming(left, _kinds(left[0], facts)))
    return Reading(facts, events, (VerdictStored(step_id),))


def _kinds(party: RemoteId, facts: Facts) -> tuple[str, ...]:
    kind = party_of(facts, party).kind
    if kind in names.KINDS_WRITTEN_TO:
        return (kind,)
    first = people.usual_kind(facts)
    return (first, *(one for one in names.KINDS_WRITTEN_TO if one != first))


def read_name(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """Somebody's public record, of which the name is taken; without it the conversation goes by its id."""
    token, step_id = opened.goal.token, answer.step_id
    naming = progress_of(facts, token).data
    if not isinstance(naming, Naming):
        return calls.misread(opened, step_id, facts)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return calls.failed(opened, answer, facts)
    party = naming.left[0]
    fields = loose.mapping(answer.body) if answer.is_json else loose.NOTHING
    events: tuple[Event, ...] = ()
    if answer.status == HTTPStatus.OK and remote_id(fields.get("_id")) == party:
        facts = with_kind_kept(facts, party, naming.kinds[0])
        facts = with_party(facts, party, name=loose.line(fields.get("name"), 120), asked=facts.epoch)
        events = (people.seen(facts, party),)
    elif len(naming.kinds) > 1 and answer.is_json:
        facts = at_stage(facts, token, NOTE_NAME, Naming(naming.left, naming.kinds[1:]))
        return Reading(facts, (), (VerdictStored(step_id),))
    else:
        facts = with_party(facts, party, asked=facts.epoch)
    return _next_name(opened, step_id, naming.left[1:], facts, events)
