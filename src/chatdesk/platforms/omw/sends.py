"""Sending: by socket one at a time, by REST where there is none, and once more only after a look.

The recorded server dedupes nothing and takes no id of ours; our own takes a client id. `Failed to send
message` is a database deadlock most of the time: the history is read, and only where the text is not in it,
the send is repeated, three times. Source: wire specification, sections 4.2, 6.4 and 9.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from chatdesk.domain.actions import Attachment
from chatdesk.domain.arrivals import (
    Answer,
    OpenStep,
    Reading,
    VerdictLater,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import Event
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import MarkRead, SendText
from chatdesk.domain.ids import OutgoingId, RemoteId
from chatdesk.domain.kinds import MessageKind, ParkReason, Source
from chatdesk.domain.steps import Call, Emit, Next, Parked, Wait
from chatdesk.domain.text import is_blank, js_trim, well_formed
from chatdesk.platforms import announced, loose, replies, routes, sockets
from chatdesk.platforms.memory import Progress, ended, parked, progress_of, with_own, with_progress
from chatdesk.platforms.omw import auth, echoes, history, limits, marks, offers, sessions, translate, zones
from chatdesk.platforms.omw.state import FailedSend, own_of
from chatdesk.platforms.omw.translate import Record
from chatdesk.wire.omw import names, shapes, texts

NOTE_SEND = "send"
NOTE_LOOK = "look"
NOTE_CLAIM = "claim"
NOTE_REST = "send-rest"
_STAGE_ABSENT = "absent"


def normalise(text: str) -> str:
    """A text as this server stores it: a socket's as sent, REST's trimmed; so it is compared trimmed."""
    return js_trim(well_formed(text))


# -- next --------------------------------------------------------------------------------------------------


_TYPES = {
    MessageKind.TEXT: names.TYPE_TEXT,
    MessageKind.IMAGE: names.TYPE_IMAGE,
    MessageKind.FILE: names.TYPE_FILE,
    MessageKind.SYSTEM: names.TYPE_SYSTEM,
    MessageKind.AUDIO: names.TYPE_AUDIO,
}
_WITHOUT_FILE = Attachment()


def unsendable(goal: SendText, facts: Facts) -> Parked | None:
    """Why a message can't be sent at all."""
    if goal.kind not in _TYPES or (goal.kind is MessageKind.AUDIO and not offers.takes_audio(facts)):
        return Parked(ParkReason.REFUSED, goal.kind.value)
    if len(goal.extras.attachments) > 1:
        return Parked(ParkReason.REFUSED, "one file per message")
    if is_blank(goal.text):  # a file too needs a text: what it is called, or what it shows
        return Parked(ParkReason.EMPTY)
    if len(goal.text) > limits.LIMITS.message_limit_chars:
        return Parked(ParkReason.TOO_LONG)
    if translate.remote_id(goal.conversation) != goal.conversation:
        return Parked(ParkReason.NOT_FOUND)
    return None


def next_send(goal: SendText, token: int, facts: Facts) -> Next:
    """The send itself, after a look where an earlier try has failed. The room is joined by now."""
    progress = progress_of(facts, token)
    failed_send = own_of(facts).failed.get(goal.outgoing_id)
    if failed_send is not None and progress.stage != _STAGE_ABSENT:
        if failed_send.not_before_ms > facts.now_ms:
            return Wait(failed_send.not_before_ms - facts.now_ms)
        return _look(goal, facts, claims=progress.stage == NOTE_CLAIM)
    if not facts.online:
        return _by_rest(goal, facts)
    args = shapes.SendArgs(int(goal.conversation), *_content(goal))
    return Emit(
        event=names.EMIT_SEND,
        args=(announced.named(msgspec.to_builtins(args), goal.client_id, facts),),
        lane=sockets.LANE,
        timeout_ms=limits.SEND_TIMEOUT_MS,
        commits=True,
        note=NOTE_SEND,
    )


def _content(goal: SendText) -> tuple[str, str, str | None, str | None, int | None]:
    """Text, type, and the file's address, name and size; a size that is no number would be lost."""
    file = _file_of(goal)
    size = file.size_bytes
    return (
        well_formed(goal.text),
        _TYPES[goal.kind],
        file.url or None,
        well_formed(file.name)[: names.FILE_NAME_CHARS] or None,
        size if size is not None and 0 <= size <= names.FILE_SIZE_MOST else None,
    )


def _file_of(goal: SendText) -> Attachment:
    return goal.extras.attachments[0] if goal.extras.attachments else _WITHOUT_FILE


def _look(goal: SendText, facts: Facts, *, claims: bool) -> Next:
    """The newest page. The text was found there: one more look commits the send to what it finds."""
    blocked = auth.blocker(facts)
    if blocked is not None:
        return blocked
    note = NOTE_CLAIM if claims else NOTE_LOOK
    call = history.call(goal.conversation, 0, names.PAGE_LIMIT, facts, note)
    return msgspec.structs.replace(call, commits=claims)


def _by_rest(goal: SendText, facts: Facts) -> Next:
    """Without a socket: stored, but nobody who is connected hears of it."""
    blocked = auth.blocker(facts)
    if blocked is not None:
        return blocked
    return Call(
        method="POST",
        path=routes.path(names.ROUTE_MESSAGES, session_id=goal.conversation),
        body=announced.named(msgspec.to_builtins(shapes.SendBody(*_content(goal))), goal.client_id, facts),
        headers=routes.bearer(facts),
        commits=True,
        note=NOTE_REST,
    )


# -- stored ------------------------------------------------------------------------------------------------


def sent(
    session: RemoteId | None, message: int | None, open_steps: tuple[OpenStep, ...], facts: Facts
) -> Reading:
    """`message_sent`: this socket's send is stored under this id."""
    facts = echoes.named(facts, message)
    if message is not None:
        facts = _claimed(facts, message)
    step = next(
        (one for one in open_steps if isinstance(one.step, Emit) and one.step.note == NOTE_SEND), None
    )
    if step is None or not isinstance(step.goal.kind, SendText) or step.goal.kind.conversation != session:
        return Reading(facts, () if message is not None and session is not None else (replies.MALFORMED,))
    if message is None:  # stored, but as what only the history tells
        return Reading(facts, (replies.MALFORMED,), (VerdictUnknown(step.id, "no id"),))
    facts = sessions.reached(_forgotten(facts, step.goal.kind.outgoing_id), session)
    verdict = VerdictStored(step.id, RemoteId(str(message)))
    return Reading(ended(facts, step.goal.token), (), (verdict,))


def may_be_echo(record: Record, open_steps: tuple[OpenStep, ...]) -> bool:
    """Whether a pushed message may be the send that is under way: its failure could still be told."""
    for opened in open_steps:
        goal = opened.goal.kind
        if opened.step.note != NOTE_SEND or not isinstance(goal, SendText) or not record.seen.own:
            continue
        if goal.conversation == record.seen.conversation and _is_same(goal, record):
            return True
    return False


def _is_same(goal: SendText, record: Record) -> bool:
    """Same text, same type and same file."""
    files = record.seen.extras.attachments
    return (
        record.seen.kind is goal.kind
        and normalise(record.seen.text) == normalise(goal.text)
        and _file_of(goal).url == (files[0].url if files else "")
    )


def _claimed(facts: Facts, message: int) -> Facts:
    held = own_of(facts).claimed | {message}
    return with_own(facts, claimed=frozenset(sorted(held)[-limits.KNOWN_IDS :]))


def _forgotten(facts: Facts, outgoing: OutgoingId) -> Facts:
    held = own_of(facts).failed
    if outgoing not in held:
        return facts
    return with_own(facts, failed={key: value for key, value in held.items() if key != outgoing})


# -- failed ------------------------------------------------------------------------------------------------


def failed(goal: SendText, step_id: int, words: str, facts: Facts) -> Reading:
    """The server's own words that it failed: look, and try again, three times; then the person decides.

    The failure is definite, but its words cover other trouble as well: so history is looked at even after the
    last of them, and only what is not in it counts as refused.
    """
    held = own_of(facts).failed
    before = held.get(goal.outgoing_id)
    times = 1 if before is None else before.times + 1
    above = own_of(facts).newest.get(goal.conversation, 0) if before is None else before.above
    pause_ms = limits.SEND_AGAIN_MS[min(times, len(limits.SEND_AGAIN_MS)) - 1]
    entry = FailedSend(times=times, not_before_ms=facts.now_ms + pause_ms, above=above)
    kept = dict(list(held.items())[-limits.FAILED_SENDS :])
    facts = with_own(facts, failed={**kept, goal.outgoing_id: entry})
    return Reading(facts, (), (VerdictLater(step_id, 0, words),))


def _candidate(goal: SendText, records: tuple[Record, ...], facts: Facts) -> Record | None:
    """The oldest own message that may be this send: newer than all that was known, and nobody's yet."""
    own, of_others = own_of(facts), echoes.others(facts)
    failed_send = own.failed.get(goal.outgoing_id)
    above = 0 if failed_send is None else failed_send.above
    found = [
        record
        for record in records
        if record.seen.own
        and record.number > above
        and record.number not in own.claimed
        and record.number not in of_others
        and _is_same(goal, record)
    ]
    return min(found, key=lambda record: record.number, default=None)


def read_look(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The newest page, read for a send that has failed, or to know what there is to be marked as read."""
    goal, token, step_id = opened.goal.kind, opened.goal.token, answer.step_id
    if not isinstance(goal, SendText | MarkRead):
        return sessions.failed(opened, answer, facts)
    if history.denies(answer):
        return sessions.denied(facts, goal.conversation, token, step_id, auth.said(answer))
    read = history.page_of(answer, goal.conversation, names.PAGE_LIMIT, facts)
    if read is None:
        return sessions.failed(opened, answer, facts)
    facts, page, events = read
    if isinstance(goal, MarkRead):
        return Reading(facts, events, (VerdictStored(step_id),))
    found = _candidate(goal, page.records, facts)
    if opened.step.commits:
        if found is None:  # it was there a moment ago: nothing is repeated on such a ground
            return Reading(facts, events, (VerdictUnknown(step_id, "vanished"),))
        facts = ended(_forgotten(_claimed(facts, found.number), goal.outgoing_id), token)
        return Reading(facts, events, (VerdictStored(step_id, found.seen.remote_id),))
    failed_send = own_of(facts).failed.get(goal.outgoing_id)
    if found is None and failed_send is not None and failed_send.times > len(limits.SEND_AGAIN_MS):
        facts = parked(_forgotten(facts, goal.outgoing_id), token, ParkReason.REFUSED, texts.ERR_SEND)
        return Reading(facts, events, (VerdictStored(step_id),))
    stage = _STAGE_ABSENT if found is None else NOTE_CLAIM
    # What was found is told with the answer that commits to it, so that it never stands beside its send.
    told: tuple[Event, ...] = events if found is None else ()
    return Reading(with_progress(facts, token, Progress(stage=stage)), told, (VerdictStored(step_id),))


def read_rest(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What the answer of a send by REST means."""
    goal, token, step_id = opened.goal.kind, opened.goal.token, answer.step_id
    words = auth.said(answer)
    if not isinstance(goal, SendText):
        return Reading(facts, (replies.MALFORMED,), (VerdictUnknown(step_id, words),))
    if answer.status in {HTTPStatus.OK, HTTPStatus.CREATED} and answer.is_json:
        return _stored_by_rest(goal, opened, answer, facts)
    if history.denies(answer):
        return sessions.denied(facts, goal.conversation, token, step_id, words)
    if answer.status == HTTPStatus.BAD_REQUEST:
        return replies.refused(opened, step_id, ParkReason.REFUSED, words, facts)
    if answer.is_json and words == texts.ERR_SEND:
        return failed(goal, step_id, words, facts)
    return replies.failed_write(opened, answer, words, facts)


def _stored_by_rest(goal: SendText, opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    raw = loose.mapping(loose.mapping(answer.body).get("message"))
    if not raw:
        return Reading(facts, (replies.MALFORMED,), (VerdictUnknown(answer.step_id, "no record"),))
    date = answer.headers.get(names.HEADER_DATE, "")
    facts = zones.told_by_date(facts, raw.get("created_at"), date)
    offset = zones.offset_us(facts)
    record = translate.message(raw, facts.account, Source.STORED, offset, goal.conversation)
    if record is None or record.seen.conversation != goal.conversation:
        return Reading(facts, (replies.MALFORMED,), (VerdictUnknown(answer.step_id, "no id"),))
    facts, told = marks.noted(facts, goal.conversation, [record], stored=False)
    facts = ended(_forgotten(_claimed(facts, record.number), goal.outgoing_id), opened.goal.token)
    verdict = VerdictStored(answer.step_id, record.seen.remote_id)
    return Reading(facts, (record.seen, *told), (verdict,))
