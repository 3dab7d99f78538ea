"""Files of an order: listed, added, saved and removed. Messages of this platform carry none.

The file routes list and delete for the owner alone; staff see the files in the order's detail. A deletion may
take the entry out of another order, so an entry whose content is gone counts as deleted.
Source: wire specification, section 8; captures/dispatcher/order_files.json.
"""

from __future__ import annotations

from http import HTTPStatus
from pathlib import PurePath

from chatdesk.domain.actions import Action, ActionKind, Result
from chatdesk.domain.arrivals import Answer, NoAnswer, OpenStep, Reading, VerdictStored
from chatdesk.domain.events import Event, OrderSeen, Stale
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import Act
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import OrderKind, ParkReason
from chatdesk.domain.steps import Call, FilePart, Next, Parked
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.dispatcher import limits, orders, reads, translate, writes
from chatdesk.platforms.dispatcher.state import own_of
from chatdesk.platforms.memory import ended, with_own
from chatdesk.wire.dispatcher import names, texts

NOTE_LIST = "files"
NOTE_DETAIL = "files-detail"
NOTE_ADD = "add-file"
NOTE_SAVE = "save-file"
NOTE_REMOVE = "remove-file"

_TRANSFER_TIMEOUT_MS = 120_000
_OF_OURS = {"disk": ParkReason.REFUSED, "too_large": ParkReason.TOO_LONG}
"""Ends that trying again would not change."""


def next_step(action: Action, facts: Facts) -> Next:
    """The one request of an action on files."""
    order = translate.remote_id(action.order)
    if order is None:
        return Parked(ParkReason.NOT_FOUND)
    match action.kind:
        case ActionKind.LIST_FILES:
            return _list(order, action, facts)
        case ActionKind.ADD_FILE:
            return _add(order, action, facts)
        case ActionKind.SAVE_FILE:
            return _save(order, action, facts)
        case _:
            return _remove(order, action, facts)


def _list(order: RemoteId, action: Action, facts: Facts) -> Next:
    if not translate.is_staff(facts.account):
        return routes.get(routes.path(names.ROUTE_ORDER_FILES, order_id=order), facts, NOTE_LIST)
    if not action.order_number:
        return Parked(ParkReason.NOT_FOUND)
    return reads.order_call(action.order_number, facts, NOTE_DETAIL)


def _add(order: RemoteId, action: Action, facts: Facts) -> Next:
    if not action.path:
        return Parked(ParkReason.EMPTY)
    part = FilePart(
        field=names.FILE_PART_NAME,
        filename=action.file_name or PurePath(action.path).name,
        content_type=action.content_type or "application/octet-stream",
        path=action.path,
    )
    return Call(
        method="POST",
        path=routes.path(names.ROUTE_ORDER_FILES, order_id=order),
        headers=routes.bearer(facts),
        file=part,
        timeout_ms=_TRANSFER_TIMEOUT_MS,
        commits=True,
        note=NOTE_ADD,
    )


def _save(order: RemoteId, action: Action, facts: Facts) -> Next:
    if not action.target or not action.path:
        return Parked(ParkReason.NOT_FOUND)
    return Call(
        method="GET",
        path=routes.path(names.ROUTE_ORDER_FILE, order_id=order, filename=action.target),
        headers=routes.bearer(facts),
        save_to=action.path,
        most_bytes=names.FILE_LIMIT_BYTES,
        timeout_ms=_TRANSFER_TIMEOUT_MS,
        note=NOTE_SAVE,
    )


def _remove(order: RemoteId, action: Action, facts: Facts) -> Next:
    if not action.target:
        return Parked(ParkReason.NOT_FOUND)
    return Call(
        method="DELETE",
        path=routes.path(names.ROUTE_ORDER_FILE, order_id=order, filename=action.target),
        headers=routes.bearer(facts),
        commits=True,
        note=NOTE_REMOVE,
    )


# -- what the answers mean ---------------------------------------------------------------------------------


def read_list(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The owner's list of files."""
    order = _order_of(opened)
    data = loose.mapping(answer.body).get("data")
    if answer.status != HTTPStatus.OK or not answer.is_json or not isinstance(data, list) or order is None:
        return reads.failed(opened, answer, facts)
    seen = OrderSeen(remote_id=order, kind=OrderKind.ORDER, files=orders.files(data))
    return _done(opened, answer, orders.kept(seen, facts), facts)


def read_detail(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The files as an order's detail names them."""
    facts, seen = reads.detail_of(answer, facts)
    if seen is None:
        return reads.failed(opened, answer, facts)
    return _done(opened, answer, seen, facts)


def read_add(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What an upload came to; the answer is the whole order, the new file the last of its list."""
    said = loose.words(loose.mapping(answer.body).get("message")) if answer.is_json else ""
    if answer.status == HTTPStatus.OK and answer.is_json:
        seen = orders.raw(loose.mapping(answer.body).get("data"))
        if seen is not None:
            return _done(opened, answer, orders.kept(seen, facts), facts)
        verdict = VerdictStored(answer.step_id, result=Result(order=_order_of(opened)))
        return Reading(ended(facts, opened.goal.token), (Stale(),), (verdict,))
    # These two 500s come from what reads the form, before anything is stored.
    reasons = {texts.ERR_FILE_TOO_LARGE: ParkReason.TOO_LONG, texts.ERR_FILE_FIELD: ParkReason.REFUSED}
    if said in reasons:
        return writes.refused(opened, answer, reasons[said], facts)
    return writes.failed(opened, answer, facts)


def read_save(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What a download came to: the file lies where it was wanted, or why not."""
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        result = Result(order=_order_of(opened))
        return replies.done(facts, opened, answer.step_id, result=result)
    reading = reads.failed(opened, answer, facts)
    if _content_gone(answer):
        facts, events = _forgotten(opened, reading.facts)
        return Reading(facts, events, reading.verdicts)
    return reading


def read_remove(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What a deletion came to: the content is gone, though an entry may be left somewhere."""
    if (answer.status == HTTPStatus.OK and answer.is_json) or _content_gone(answer):
        facts, events = _forgotten(opened, ended(facts, opened.goal.token))
        verdict = VerdictStored(answer.step_id, result=Result(order=_order_of(opened)))
        return Reading(facts, events, (verdict,))
    return writes.failed(opened, answer, facts)


def trouble(lost: NoAnswer, opened: OpenStep, facts: Facts) -> Reading | None:
    """What no answer means where the trouble is here; None: it is the network's, as for any other step."""
    step = opened.step
    reason = _OF_OURS.get(lost.reason)
    if reason is None or not isinstance(step, Call) or step.note not in {NOTE_ADD, NOTE_SAVE}:
        return None
    if lost.left and step.commits:
        return None
    return replies.refused(opened, lost.step_id, reason, lost.reason, facts)


def _content_gone(answer: Answer) -> bool:
    said = loose.mapping(answer.body).get("message")
    return answer.status == HTTPStatus.NOT_FOUND and answer.is_json and said == texts.ERR_FILE_CONTENT_GONE


def _forgotten(opened: OpenStep, facts: Facts) -> tuple[Facts, tuple[Event, ...]]:
    """The file counts as deleted, wherever its entry is left; the order is read again."""
    kind = opened.goal.kind
    if not isinstance(kind, Act):
        return facts, ()
    gone = own_of(facts).gone_files
    if len(gone) < limits.GONE_FILES:
        facts = with_own(facts, gone_files=gone | {kind.action.target})
    return facts, (Stale(order_number=kind.action.order_number or None),)


def _order_of(opened: OpenStep) -> RemoteId | None:
    kind = opened.goal.kind
    return translate.remote_id(kind.action.order) if isinstance(kind, Act) else None


def _done(opened: OpenStep, answer: Answer, seen: OrderSeen, facts: Facts) -> Reading:
    verdict = VerdictStored(answer.step_id, result=Result(order=seen.remote_id))
    return Reading(ended(facts, opened.goal.token), (seen,), (verdict,))
