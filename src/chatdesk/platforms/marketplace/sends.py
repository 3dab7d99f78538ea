"""Sending: by request where the server stores, by relay where it does not, and never both.

A request has no client id; its answer names the message. The first send that is answered with 500 shows that
this server stores nothing: nothing was stored of it either, and it goes by relay. A relay's acceptance means
that the server has seen it, no more. Source: wire specification, sections 0, 5.2 and 6.
"""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import msgspec

from chatdesk.domain.actions import Extras
from chatdesk.domain.arrivals import (
    Answer,
    OpenStep,
    Packet,
    Reading,
    VerdictLater,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import Event, MessageSeen, Noticed
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import SendText
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.kinds import Assurance, MessageKind, NoticeCode, ParkReason, Source
from chatdesk.domain.steps import Call, Emit, Next, Parked, Wait
from chatdesk.domain.text import is_blank, js_trim, well_formed
from chatdesk.platforms import announced, loose, replies, routes
from chatdesk.platforms.marketplace import auth, calls, limits, people, relays, translate
from chatdesk.platforms.marketplace.state import (
    Handed,
    Mode,
    live_only,
    mode_of,
    own_of,
    party_of,
    proven,
    remembered,
    with_party,
)
from chatdesk.platforms.marketplace.translate import remote_id
from chatdesk.platforms.memory import ended, with_own
from chatdesk.wire.marketplace import names, shapes, texts

NOTE_SEND = "send"
NOTE_RELAY = "relay"
AWAY = "recipient_away"
NO_SOCKET = "socket_needed"
_HANDED = 200


def normalise(text: str) -> str:
    """A text as this server stores it: trimmed as JavaScript does."""
    return js_trim(well_formed(text))


def subject_of(extras: Extras) -> str:
    """The subject as it is sent; there must be one."""
    found = normalise(extras.subject)
    return names.SUBJECT if is_blank(found) else found


def topic_of(extras: Extras) -> str:
    """The kind of message as it is sent."""
    return extras.topic or names.TOPIC_GENERAL


# -- next --------------------------------------------------------------------------------------------------


def unsendable(goal: SendText, facts: Facts) -> Parked | None:
    """Why a message can't be sent at all. What the server would answer with 500 is found here."""
    if not auth.may_chat(facts):
        return Parked(ParkReason.FORBIDDEN)
    if remote_id(goal.conversation) is None:
        return Parked(ParkReason.NOT_FOUND)
    if is_blank(goal.text):
        return Parked(ParkReason.EMPTY)
    too_long = len(goal.text) > limits.LIMITS.message_limit_chars
    if too_long or len(goal.extras.subject) > limits.SUBJECT_LIMIT_CHARS:
        return Parked(ParkReason.TOO_LONG)
    beside = goal.extras.attachments or goal.extras.place is not None
    if goal.kind is not MessageKind.TEXT or beside or topic_of(goal.extras) not in names.TOPICS:
        return Parked(ParkReason.REFUSED)
    if party_of(facts, goal.conversation).kind == names.KIND_ADMIN:
        return Parked(ParkReason.FORBIDDEN)
    return None


def next_send(goal: SendText, token: int, facts: Facts) -> Next:
    """What the counterpart is, then the one step that sends."""
    first = people.first_kind(goal.conversation, token, facts)
    if first is not None:
        return first
    if mode_of(facts) is not Mode.LIVE_ONLY:
        return _by_request(goal, facts)
    if not facts.online:
        return Wait(limits.AWAY_MS, NO_SOCKET)
    here = goal.conversation == facts.account.user_id or own_of(facts).alive.get(goal.conversation, False)
    if not goal.approved and not here:
        return Wait(limits.AWAY_MS, AWAY)
    return _by_relay(goal, facts)


def _by_request(goal: SendText, facts: Facts) -> Call:
    body = shapes.SendBody(
        recipient_id=goal.conversation,
        recipient_type=party_of(facts, goal.conversation).kind,
        subject=subject_of(goal.extras),
        message=normalise(goal.text),
        message_type=topic_of(goal.extras),
    )
    return Call(
        method="POST",
        path=names.ROUTE_SEND,
        body=announced.named(msgspec.to_builtins(body), goal.client_id, facts),
        headers=routes.bearer(facts),
        commits=True,
        note=NOTE_SEND,
    )


def _by_relay(goal: SendText, facts: Facts) -> Emit:
    moment = datetime.fromtimestamp(max(facts.now_us, 0) / 1_000_000, UTC)
    at = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    args = shapes.RelayArgs(
        id=goal.outgoing_id,
        sender_id=facts.account.user_id,
        sender_type=auth.own_kind(facts),
        recipient_id=goal.conversation,
        recipient_type=party_of(facts, goal.conversation).kind,
        subject=subject_of(goal.extras),
        message=normalise(goal.text),
        message_type=topic_of(goal.extras),
        status=names.STATUS_UNREAD,
        created_at=at,
        made_at=at,
    )
    return Emit(
        event=names.EMIT_SEND,
        args=(msgspec.to_builtins(args),),
        timeout_ms=limits.RELAY_TIMEOUT_MS,
        commits=True,
        note=NOTE_RELAY,
    )


# -- what the answer of a request means --------------------------------------------------------------------


def read_send(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """Stored under an id; refused in words; or the sign that this server stores nothing."""
    goal, step_id = opened.goal.kind, answer.step_id
    if not isinstance(goal, SendText):
        return calls.misread(opened, step_id, facts)
    words = auth.said(answer)
    if answer.status in {HTTPStatus.OK, HTTPStatus.CREATED} and answer.is_json:
        return _stored(goal, opened, answer, facts)
    if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR and answer.is_json:
        if words == texts.ERR_TOO_LARGE:
            return replies.refused(opened, step_id, ParkReason.TOO_LONG, words, facts)
        if mode_of(facts) is Mode.UNPROVEN:
            return _stores_nothing(step_id, words, facts)
    return calls.refused_write(opened, answer, facts)


def _stored(goal: SendText, opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    record = translate.record(loose.mapping(answer.body).get("data"), facts.account, Source.STORED)
    if record is None or record.seen.conversation != goal.conversation or not record.seen.own:
        verdict = VerdictUnknown(answer.step_id, "no record")
        return Reading(proven(facts), (replies.MALFORMED,), (verdict,))
    was = mode_of(facts)
    facts = stored_seen(facts, record)
    told = people.told_anew(facts) if was is not Mode.STORED else ()
    facts = ended(facts, opened.goal.token)
    return Reading(facts, (*told, record.seen), (VerdictStored(answer.step_id, record.seen.remote_id),))


def stored_seen(facts: Facts, record: translate.Record) -> Facts:
    """The facts after one stored record of ours came by itself."""
    seen = record.seen
    party = seen.conversation
    known = party_of(proven(facts), party)
    held = {seen.remote_id: party}
    facts = remembered(proven(facts), mine=held if seen.own else {}, theirs={} if seen.own else held)
    unread = dict(known.unread)
    if record.unread:
        unread[seen.remote_id] = seen.cursor
    else:
        unread.pop(seen.remote_id, None)
    newer = seen.cursor > known.newest_at
    return with_party(
        facts,
        party,
        kind=record.kind or known.kind,
        name=record.name or known.name,
        newest=seen.remote_id if newer else known.newest,
        newest_at=seen.cursor if newer else known.newest_at,
        unread=dict(list(unread.items())[-limits.UNREAD_IDS :]),
    )


def _stores_nothing(step_id: int, words: str, facts: Facts) -> Reading:
    """The sign: it is said once, and what was refused is not stored, so it may go by relay."""
    facts = live_only(facts)
    events: tuple[Event, ...] = (Noticed(code=NoticeCode.LIVE_ONLY), *people.told_anew(facts))
    return Reading(facts, events, (VerdictLater(step_id, 0, words),))


# -- what becomes of a relay -------------------------------------------------------------------------------


def begun(goal: SendText) -> Handed:
    """What a relay's late acceptance would have to be told with."""
    extras = Extras(subject=subject_of(goal.extras), topic=topic_of(goal.extras))
    return Handed(goal.conversation, normalise(goal.text), extras)


def delivered(packet: Packet, open_steps: tuple[OpenStep, ...], facts: Facts) -> Reading:
    """`message_delivered`: the server saw it; whether anybody got it nobody knows."""
    payload: Any = packet.args[0] if packet.args else None
    if not isinstance(payload, dict):
        return Reading(facts, (replies.MALFORMED,))
    message = payload.get("messageId")
    if not isinstance(message, str):  # of a relay without an id: none of ours
        return Reading(facts)
    moment = loose.moment_us(payload.get("timestamp"))
    for step in open_steps:
        goal = step.goal.kind
        if step.step.note == NOTE_RELAY and isinstance(goal, SendText) and goal.outgoing_id == message:
            facts, seen = _accepted(message, begun(goal), moment, facts)
            verdict = VerdictStored(step.id, seen.remote_id, Assurance.RELAYED)
            facts = with_own(facts, handed={k: v for k, v in own_of(facts).handed.items() if k != message})
            return Reading(ended(facts, step.goal.token), (seen,), (verdict,))
    late = own_of(facts).handed.get(message)
    if late is None:
        return Reading(facts)
    facts, seen = _accepted(message, late, moment, facts)
    facts = with_own(facts, handed={k: v for k, v in own_of(facts).handed.items() if k != message})
    return Reading(facts, (msgspec.structs.replace(seen, client_id=message),))


def unanswered(opened: OpenStep, facts: Facts) -> Facts:
    """The facts after a relay's time was up: its acceptance may still come."""
    goal = opened.goal.kind
    if not isinstance(goal, SendText):
        return facts
    held = dict(list(own_of(facts).handed.items())[-_HANDED:])
    return with_own(facts, handed={**held, goal.outgoing_id: begun(goal)})


def _accepted(message: str, handed: Handed, moment_us: int | None, facts: Facts) -> tuple[Facts, MessageSeen]:
    facts, at_us = relays.next_us(facts)
    key = relays.key(facts.account.user_id, message)
    seen = MessageSeen(
        conversation=handed.party,
        remote_id=key,
        cursor=Cursor(f"{at_us:016d}"),
        sender_id=facts.account.user_id,
        sender_name=facts.account.name,
        own=True,
        kind=MessageKind.TEXT,
        text=handed.text,
        sent_at_us=at_us if moment_us is None else moment_us,
        source=Source.RELAY,
        extras=handed.extras,
    )
    return remembered(facts, mine={key: RemoteId(handed.party)}), seen
