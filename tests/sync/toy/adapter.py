"""The toy platform's adapter, pure. Its wire, as server.py speaks it:

Socket: `enter` room -> `entered` room; `say` {room, body, file, cid} -> `said` id to the sender alone, and
`said-in` message to everybody in the room, the sender included; `typing`, `types`, `comes`, `goes`. Every
refusal is `oops` text and names nothing, so enter and say share one lane. What is emitted in the first
moments of a connection may be lost. A text that begins with 'file:' is uploaded first. Without a socket
everything but pushes goes by HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from chatdesk.domain.actions import ActionKind, FindKind, Hit, Result
from chatdesk.domain.arrivals import (
    Accepted,
    Answer,
    Arrived,
    ConnectRefused,
    GoalEnded,
    HandedOver,
    LinkLost,
    NoAnswer,
    OpenStep,
    Packet,
    Reading,
    Verdict,
    VerdictLater,
    VerdictRefused,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.entities import Capabilities, OrderFile
from chatdesk.domain.events import (
    ConversationSeen,
    Dropped,
    Event,
    IdentityKnown,
    ListsRead,
    MessageSeen,
    OrderSeen,
    PositionSeen,
    PresenceSeen,
    Stale,
    TokensChanged,
    TypingSeen,
    WindowRead,
)
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
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.kinds import (
    Feature,
    KeyGrade,
    MessageKind,
    NoticeCode,
    OrderKind,
    ParkReason,
    Platform,
    PresenceState,
    Progress,
    Source,
    Support,
)
from chatdesk.domain.ports import Limits
from chatdesk.domain.steps import (
    STREAM_ENDED,
    STREAM_EVENT,
    Call,
    Connect,
    Done,
    Emit,
    FilePart,
    Listen,
    NeedsPassword,
    Next,
    Parked,
    Step,
    Unlisten,
    Wait,
)

LANE = "talk"
PAGE = 5
LIMITS = Limits(
    step_timeout_ms=2_000,
    connect_timeout_ms=2_000,
    poll_ms=5_000,
    refresh_lists_ms=60_000,
    token_margin_ms=60_000,
    head_page=PAGE,
    message_limit_chars=200,
)
DAY_US = 86_400_000_000


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """What the adapter remembers."""

    rooms: frozenset[str] = frozenset()
    bad_token: bool = False
    void: NoticeCode | None = None
    words: str = ""
    done: frozenset[int] = frozenset()
    parked: Mapping[int, ParkReason] = MappingProxyType({})
    files: Mapping[int, str] = MappingProxyType({})
    statuses: Mapping[int, str] = MappingProxyType({})
    reads: Mapping[int, Reads] = MappingProxyType({})
    here: frozenset[str] = frozenset()
    streams: frozenset[str] = frozenset()


class Reads(msgspec.Struct, frozen=True):
    """A walk through history, newest first."""

    pages: int = 0
    ids: tuple[RemoteId, ...] = ()
    cursors: tuple[Cursor, ...] = ()
    first_total: int | None = None


def cursor(n: int) -> Cursor:
    return Cursor(f"{n:08d}")


class ToyAdapter:
    """See the module's docstring."""

    platform = Platform.DISPATCHER

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.limits = limits
        self.sends_per_minute: int | None = None
        self.waits_for_people = False
        """Sends wait until somebody of the room has come."""
        self.claimed_grade: KeyGrade | None = None
        """Told by a test, as if the server had announced it just now."""

    def facts(self, account: AccountFacts, learnt: Mapping[str, Learnt]) -> Facts:
        return Facts(account=account, learnt=learnt, own=Own())

    def capabilities(self, facts: Facts) -> Capabilities:
        features = {
            Feature.TYPING: Support.YES,
            Feature.PRESENCE: Support.YES,
            Feature.DELETE_OWN: Support.YES,
        }
        return Capabilities(
            features=features,
            message_limit_chars=self.limits.message_limit_chars,
            sends_per_minute=self.sends_per_minute,
        )

    def key_grade(self, facts: Facts) -> KeyGrade:
        if self.claimed_grade is not None:
            return self.claimed_grade
        return KeyGrade(facts.learnt["grade"].value) if "grade" in facts.learnt else KeyGrade.NONE

    def normalise(self, text: str) -> str:
        return text.strip()

    # -- next

    def next(self, goal: Goal, facts: Facts) -> Next:
        own: Own = facts.own
        if goal.token in own.done:
            return Done()
        if goal.token in own.parked:
            return Parked(own.parked[goal.token])
        if isinstance(goal.kind, SignIn):
            if own.void is not None:
                return NeedsPassword(own.void, own.words)
            body = {"login": facts.account.login, "password": goal.kind.password}
            return Call(method="POST", path="/toy/login", body=body, note="login")
        if isinstance(goal.kind, AskForOtp):
            return Call(method="POST", path="/toy/code", body=facts.account.login, note="code")
        if isinstance(goal.kind, Probe):
            return (
                Done() if "grade" in facts.learnt else Call(method="GET", path="/toy/health", note="health")
            )
        if own.void is not None or not facts.account.secrets.access:
            return NeedsPassword(own.void or NoticeCode.AUTH_REQUIRED, own.words)
        if own.bad_token or self._expires_soon(facts):
            return Call(
                method="POST", path="/toy/refresh", body=facts.account.secrets.refresh, note="refresh"
            )
        return self._step(goal, facts, own)

    def _expires_soon(self, facts: Facts) -> bool:
        _name, _, expires_us = facts.account.secrets.access.partition(":")
        return int(expires_us) - facts.now_us < self.limits.token_margin_ms * 1000

    def _step(self, goal: Goal, facts: Facts, own: Own) -> Next:
        match goal.kind:
            case Connected():
                if facts.online:
                    return Done()
                auth = facts.account.secrets.access
                return Connect(auth=auth, timeout_ms=self.limits.connect_timeout_ms)
            case Joined(conversation=room):
                return self._enter(room, own, facts) or Done()
            case SendText(conversation=room, approved=False) if (
                self.waits_for_people and room not in own.here
            ):
                return Wait(60_000, "recipient_away")
            case SendText():
                return self._send(goal.token, goal.kind, facts, own)
            case FreshLists():
                return self._call(facts, "GET", "/toy/rooms", note="rooms")
            case FreshHead(conversation=room) | OlderPage(conversation=room):
                read = own.reads.get(goal.token, Reads())
                before = read.cursors[-1] if read.cursors else getattr(goal.kind, "before", "")
                return self._call(facts, "GET", "/toy/history", room=room, before=before, note="history")
            case FreshOrder(number=number):
                return self._call(facts, "GET", "/toy/order", number=number, note="order")
            case ChangeStatus(number=number, old=old, new=new):
                seen = own.statuses.get(goal.token)
                if seen is None:
                    return self._call(facts, "GET", "/toy/order", number=number, note="order")
                if seen == new:
                    return Done()
                if seen != old:
                    return Parked(ParkReason.CHANGED_MEANWHILE)
                return self._call(
                    facts, "PUT", "/toy/order", number=number, status=new, note="status", commits=True
                )
            case MarkRead(conversation=room, cursor=upto):
                return self._call(facts, "POST", "/toy/read", room=room, upto=upto, note="read", commits=True)
            case DeleteMessage(message=message):
                return self._call(facts, "DELETE", "/toy/message", id=message, note="delete", commits=True)
            case Typing(conversation=room, on=on):
                if not facts.online:
                    return Parked(ParkReason.CLOSED)
                return Emit(event="typing", args=({"room": room, "on": on},), note="typing")
            case Report(message=message, reason=why):
                return self._call(
                    facts, "POST", "/toy/report", id=message, why=why, note="report", commits=True
                )
            case Watched(order=order):
                if order in own.streams:
                    return Done()
                return Listen(path=f"/toy/watch/{order}", note="watch")
            case Unwatched(order=order):
                return Unlisten(path=f"/toy/watch/{order}") if order in own.streams else Done()
            case Act(action=action) if action.kind is ActionKind.LIST_FILES:
                return self._call(facts, "GET", "/toy/files", room=action.order, note="files")
            case Act(action=action) if action.kind is ActionKind.ADD_FILE:
                call = self._call(facts, "POST", "/toy/files", room=action.order, note="add", commits=True)
                part = FilePart(
                    field="file",
                    filename=action.file_name,
                    content_type=action.content_type,
                    path=action.path,
                )
                return msgspec.structs.replace(call, file=part)
            case Act(action=action):
                return self._call(
                    facts,
                    "POST",
                    "/toy/act",
                    kind=action.kind.value,
                    room=action.conversation or action.order,
                    note="act",
                    commits=True,
                )
            case Find(lookup=lookup):
                return self._call(facts, "GET", "/toy/find", words=lookup.words, note="find")
            case SignOut():
                return self._call(facts, "POST", "/toy/logout", note="logout")
            case FreshNotifications():
                return Done()
            case _:
                raise AssertionError(goal)

    def _send(self, token: int, send: SendText, facts: Facts, own: Own) -> Step:
        body: dict[str, Any] = {"room": send.conversation, "body": send.text, "cid": send.client_id}
        if send.text.startswith("file:"):
            if token not in own.files:
                return self._call(facts, "POST", "/toy/upload", name=send.text[5:], note="upload")
            body["file"] = own.files[token]
        if facts.online:
            enter = self._enter(send.conversation, own, facts)
            return enter or self._emit("say", body, note="say", commits=True)
        return self._call(facts, "POST", "/toy/say", note="say", commits=True, **body)

    def _enter(self, room: str, own: Own, facts: Facts) -> Emit | None:
        return None if room in own.rooms else self._emit("enter", room, note=f"enter {room}")

    def _emit(self, event: str, arg: Any, *, note: str, commits: bool = False) -> Emit:
        timeout_ms = self.limits.step_timeout_ms if commits else 500
        return Emit(event=event, args=(arg,), lane=LANE, timeout_ms=timeout_ms, commits=commits, note=note)

    def _call(
        self, facts: Facts, method: str, path: str, *, note: str, commits: bool = False, **body: Any
    ) -> Call:
        return Call(
            method=method,
            path=path,
            body=body,
            headers=(("authorization", facts.account.secrets.access),),
            timeout_ms=self.limits.step_timeout_ms,
            commits=commits,
            note=note,
        )

    # -- read

    def read(self, arrived: Arrived, open_steps: tuple[OpenStep, ...], facts: Facts) -> Reading:
        own: Own = facts.own
        steps = {one.id: one for one in open_steps}
        match arrived:
            case Accepted(step_id=step_id) if isinstance(steps[step_id].step, Listen):
                order = str(getattr(steps[step_id].goal.kind, "order", ""))
                facts = _put(facts, streams=own.streams | {order})
                return Reading(facts, verdicts=(VerdictStored(step_id),))
            case Packet(event=name, args=(path, *rest)) if name in {STREAM_EVENT, STREAM_ENDED}:
                order = path.removeprefix("/toy/watch/")
                if name == STREAM_ENDED:
                    return Reading(_put(facts, streams=own.streams - {order}))
                where = PositionSeen(
                    order=RemoteId(order), latitude=rest[0][0], longitude=rest[0][1], at_us=facts.now_us
                )
                return Reading(facts, (where,))
            case Accepted(step_id=step_id):
                return Reading(facts, verdicts=(VerdictStored(step_id),))
            case ConnectRefused(step_id=step_id, server_words=words):
                if words == "bad token":
                    facts = _put(facts, bad_token=True)
                return Reading(facts, verdicts=(VerdictLater(step_id, 0, words or ""),))
            case LinkLost():
                return Reading(_put(facts, rooms=frozenset()))
            case Packet(event=event, args=args):
                return self._packet(event, args[0], open_steps, facts)
            case HandedOver(step_id=step_id) if isinstance(steps[step_id].step, Unlisten):
                order = str(getattr(steps[step_id].goal.kind, "order", ""))
                facts = _done(_put(facts, streams=own.streams - {order}), steps[step_id].goal.token)
                return Reading(facts, verdicts=(VerdictStored(step_id),))
            case HandedOver(step_id=step_id):
                return Reading(_done(facts, steps[step_id].goal.token), verdicts=(VerdictStored(step_id),))
            case NoAnswer(step_id=step_id, left=left):
                return Reading(facts, verdicts=(self._no_answer(steps[step_id].step, step_id, left),))
            case GoalEnded(token=token):
                return Reading(_forget(facts, own, token))
            case Answer(step_id=step_id):
                return self._answer(arrived, steps[step_id], facts)

    @staticmethod
    def _no_answer(step: Step, step_id: int, left: bool) -> Verdict:
        if step.commits and left:
            return VerdictUnknown(step_id, "no answer")
        return VerdictLater(step_id, 200 if step.note.startswith("enter") and left else 0, "no answer")

    def _packet(self, event: str, arg: Any, open_steps: tuple[OpenStep, ...], facts: Facts) -> Reading:
        own: Own = facts.own
        talking = [one for one in open_steps if one.step.lane == LANE]
        one = talking[0] if talking else None
        match event:
            case "entered":
                facts = _put(facts, rooms=own.rooms | {arg})
                verdicts = tuple(VerdictStored(s.id) for s in talking if s.step.note == f"enter {arg}")
                return Reading(facts, verdicts=verdicts)
            case "said":
                return Reading(
                    facts, verdicts=(VerdictStored(one.id, RemoteId(arg)),) if one is not None else ()
                )
            case "oops" if one is not None:
                return self._oops(arg, one, facts)
            case "said-in":
                return Reading(facts, (self._message(arg, facts, Source.PUSH),))
            case "types":
                seen = TypingSeen(
                    conversation=RemoteId(arg["room"]),
                    person_id=RemoteId(arg["who"]),
                    name=arg["who"],
                    on=arg["on"],
                )
                return Reading(facts, (seen,))
            case "comes" | "goes":
                state = PresenceState.ONLINE if event == "comes" else PresenceState.OFFLINE
                gone = PresenceSeen(
                    person_id=RemoteId(arg["who"]), state=state, conversation=RemoteId(arg["room"])
                )
                here = own.here | {arg["room"]} if event == "comes" else own.here - {arg["room"]}
                return Reading(_put(facts, here=here), (gone,))
            case "order":
                return Reading(facts, (_order(arg),))
            case "changed":
                return Reading(facts, (Stale(order_number=arg),))
            case _:
                return Reading(facts, (Dropped(reason="malformed"),))

    @staticmethod
    def _oops(text: str, one: OpenStep, facts: Facts) -> Reading:
        word, _, number = text.rpartition(" ")
        if word == "slow down":
            return Reading(facts, verdicts=(VerdictLater(one.id, int(number), text),))
        if text == "failed":
            return Reading(facts, verdicts=(VerdictUnknown(one.id, text),))
        refused = VerdictRefused(one.id, ParkReason.NOT_FOUND, text)
        own: Own = facts.own
        return Reading(
            _put(facts, parked={**own.parked, one.goal.token: ParkReason.NOT_FOUND}), verdicts=(refused,)
        )

    def _answer(self, answer: Answer, open_step: OpenStep, facts: Facts) -> Reading:
        own: Own = facts.own
        step_id, token, note, body = answer.step_id, open_step.goal.token, open_step.step.note, answer.body
        stored = (VerdictStored(step_id),)
        if note == "health":
            if not isinstance(body, dict) or "toy" not in body:
                return Reading(facts, verdicts=(VerdictRefused(step_id, ParkReason.NOT_FOUND, "not a toy"),))
            learnt = {**facts.learnt, "grade": Learnt(body["grade"], facts.now_us + DAY_US)}
            return Reading(msgspec.structs.replace(_done(facts, token), learnt=learnt), verdicts=stored)
        if answer.status == 401:
            if note == "refresh":
                return Reading(
                    _put(facts, void=NoticeCode.AUTH_REQUIRED), verdicts=(VerdictLater(step_id, 0),)
                )
            return Reading(_put(facts, bad_token=True), verdicts=(VerdictLater(step_id, 0, "token"),))
        if answer.status == 403 and note in {"login", "code"}:
            refused = VerdictRefused(step_id, ParkReason.FORBIDDEN, body)
            return Reading(_put(facts, void=NoticeCode.AUTH_FAILED, words=body), verdicts=(refused,))
        if answer.status == 429:
            return Reading(
                facts, verdicts=(VerdictLater(step_id, int(answer.headers["retry-after"]) * 1000, "429"),)
            )
        if answer.status == 404 and note == "delete":
            return Reading(_done(facts, token), verdicts=stored)
        if answer.status == 404:
            refused = VerdictRefused(step_id, ParkReason.NOT_FOUND, "404")
            return Reading(
                _put(facts, parked={**own.parked, token: ParkReason.NOT_FOUND}), verdicts=(refused,)
            )
        if answer.status >= 500:
            verdict = VerdictUnknown(step_id) if open_step.step.commits else VerdictLater(step_id, 300)
            return Reading(facts, verdicts=(verdict,))
        match note:
            case "login":
                events: tuple[Event, ...] = (
                    TokensChanged(access=body["token"], refresh=body["refresh"]),
                    IdentityKnown(user_id=RemoteId(body["user"]), role="seller", name=body["name"]),
                )
                return Reading(_done(facts, token), events, stored)
            case "refresh":
                events = (
                    TokensChanged(access=body[0]),
                    IdentityKnown(user_id=RemoteId(body[1]), role="seller", name="Me"),
                )
                return Reading(_put(facts, bad_token=False), events, stored)
            case "rooms":
                return Reading(_done(facts, token), tuple(_room_events(body)), stored)
            case "history":
                return self._history(body, open_step, facts)
            case "order" if isinstance(open_step.goal.kind, ChangeStatus):
                facts = _put(facts, statuses={**own.statuses, token: body["status"]})
                return Reading(facts, (_order(body),), stored)
            case "order" | "status":
                return Reading(_done(facts, token), (_order(body),), stored)
            case "files":
                files = tuple(
                    OrderFile(
                        remote_name=one["as"], name=one["name"], content_type="", size_bytes=one["size"]
                    )
                    for one in body["files"]
                )
                seen_files = OrderSeen(remote_id=RemoteId(body["room"]), kind=OrderKind.ORDER, files=files)
                return Reading(_done(facts, token), (seen_files,), stored)
            case "upload":
                return Reading(_put(facts, files={**own.files, token: body}), verdicts=stored)
            case "say":
                told = (self._message(body, facts, Source.STORED),)
                return Reading(_done(facts, token), told, (VerdictStored(step_id, RemoteId(body["id"])),))
            case "act":
                made = Result(conversation=RemoteId(body["id"]), text="done")
                seen = ConversationSeen(remote_id=RemoteId(body["id"]), title=body["number"])
                return Reading(_done(facts, token), (seen,), (VerdictStored(step_id, result=made),))
            case "find":
                hits = tuple(
                    Hit(kind=FindKind.TRIP, remote_id=RemoteId(one["id"]), title=one["number"])
                    for one in body
                )
                found = VerdictStored(step_id, result=Result(hits=hits))
                return Reading(_done(facts, token), (), (found,))
            case _:
                return Reading(_done(facts, token), verdicts=stored)

    def _history(self, body: Any, open_step: OpenStep, facts: Facts) -> Reading:
        own: Own = facts.own
        token, goal = open_step.goal.token, open_step.goal.kind
        assert isinstance(goal, FreshHead | OlderPage)
        read = own.reads.get(token, Reads())
        page = [self._message(item, facts, Source.STORED) for item in body["items"]]
        read = Reads(
            read.pages + 1,
            (*read.ids, *(m.remote_id for m in page)),
            (*read.cursors, *(m.cursor for m in page)),
            body["total"] if read.first_total is None else read.first_total,
        )
        known = goal.known if isinstance(goal, FreshHead) else frozenset()
        everything = isinstance(goal, FreshHead) and (goal.known or goal.complete)
        if everything and body["more"] and not known & set(read.ids):
            return Reading(
                _put(facts, reads={**own.reads, token: read}), tuple(page), (VerdictStored(open_step.id),)
            )
        window = WindowRead(
            conversation=goal.conversation,
            ids=read.ids,
            oldest=min(read.cursors, default=None),
            # The page ends right below what was named.
            newest=goal.before if isinstance(goal, OlderPage) else max(read.cursors, default=None),
            complete=read.first_total == body["total"],
            reaches_start=not body["more"],
            reaches_head=isinstance(goal, FreshHead),
            total=body["total"],
            pages=read.pages,
        )
        return Reading(_done(facts, token), (*page, window), (VerdictStored(open_step.id),))

    @staticmethod
    def _message(item: Any, facts: Facts, source: Source) -> MessageSeen:
        return MessageSeen(
            conversation=RemoteId(item["room"]),
            remote_id=RemoteId(item["id"]),
            cursor=cursor(item["n"]),
            sender_id=RemoteId(item["from"]),
            sender_name=item["from"],
            own=item["from"] == facts.account.user_id,
            kind=MessageKind.TEXT,
            text=item["body"],
            sent_at_us=item["at_us"],
            source=source,
            client_id=item.get("cid"),
        )


def _room_events(rooms: Any) -> list[Event]:
    events: list[Event] = []
    for room in rooms:
        events.append(_order(room))
        seen = ConversationSeen(
            remote_id=RemoteId(room["id"]), title=room["number"], order_remote_id=RemoteId(room["id"])
        )
        events.append(seen)
    return [*events, ListsRead()]


def _order(order: Any) -> OrderSeen:
    return OrderSeen(
        remote_id=RemoteId(order["id"]),
        kind=OrderKind.ORDER,
        number=order["number"],
        title=order["number"],
        customer="customer",
        status=order["status"],
        status_label=order["status"],
        progress=Progress.OPEN,
        created_at_us=1,
    )


def _put(facts: Facts, **fields: Any) -> Facts:
    return msgspec.structs.replace(facts, own=msgspec.structs.replace(facts.own, **fields))


def _done(facts: Facts, token: int) -> Facts:
    return _put(facts, done=facts.own.done | {token})


def _forget(facts: Facts, own: Own, token: int) -> Facts:
    if not (token in own.done or token in own.parked or token in own.files or token in own.reads):
        return facts
    return _put(
        facts,
        done=own.done - {token},
        parked={key: one for key, one in own.parked.items() if key != token},
        files={key: one for key, one in own.files.items() if key != token},
        statuses={key: one for key, one in own.statuses.items() if key != token},
        reads={key: one for key, one in own.reads.items() if key != token},
    )
