"""What the dump of a recording must hold: computed from the recording alone, by rules of its own."""

from __future__ import annotations

import dataclasses
from typing import Any

from tests.replay.facts import Facts
from tests.replay.parts import Msg, Press, Role
from tests.replay.story import BEFORE, Story

LAST = 1 << 60
OUTBOX_KINDS = {
    "send": "send",
    "read": "mark_read",
    "delete": "delete",
    "report": "report",
    "status": "change_status",
}
CODES = {
    "auth_required",
    "auth_failed",
    "locked",
    "forbidden",
    "not_found",
    "closed",
    "too_long",
    "rate_limited",
    "server_error",
    "offline",
    "live_only",
    "foreign_dropped",
    "malformed_dropped",
}


def expected(story: Story) -> dict[str, Any]:
    """The dump as it must be."""
    return _Expectation(story).dump()


class _Row:
    """A message to be shown: where it sorts, and its fields."""

    def __init__(self, at: tuple[Any, ...], fields: dict[str, Any], msg: Msg | None, live: bool) -> None:
        self.at = at
        self.fields = fields
        self.msg = msg
        self.live = live


class _Expectation:
    def __init__(self, story: Story) -> None:
        self.story = story
        self.facts: Facts = story.facts
        self.has_account = story.needs_account_first() or any(
            press.outcome == "stored" for press in story.sign_ins()
        )
        self.signed_out = self._signed_out()
        self.refusal = self._refusal()
        self.down = self._down()
        self.start = self._start()
        self.presence: dict[str, dict[str, str]] = {}
        self.typing: dict[str, dict[str, tuple[str, int]]] = {}
        self.read_ids: set[str] = set()
        self.read_up_to: dict[str, int] = {}
        self.seen: dict[str, tuple[Any, ...]] = {}
        self.notices: set[str] = set()
        self._lives()

    # -- the account ---------------------------------------------------------------------------------------

    def _start(self) -> int:
        """From which index on messages count as arrived since the first sign-in."""
        if self.story.needs_account_first():
            return BEFORE
        return next((p.at for p in self.story.sign_ins() if p.outcome == "stored"), BEFORE)

    def _signed_out(self) -> bool:
        outs = [press.at for press in self.story.intents("sign_out")]
        ins = [press.at for press in self.story.sign_ins() if press.outcome == "stored"]
        return bool(outs) and max(outs) > max(ins, default=BEFORE)

    def _refusal(self) -> str | None:
        """Words of a socket's refusal that stands at the end."""
        words = None
        linked = not self.story.refused_first()
        for beat in self.story.beats:
            if beat.what == "refuse" and not linked:
                words = str((beat.frame["args"] or [{}])[0].get("message", ""))
            elif beat.what in {"down", "stop"}:
                linked = False
            elif beat.what == "up":
                words, linked = None, True
        return words

    def _down(self) -> bool:
        """Whether the server is away at the end."""
        down = False
        for beat in self.story.beats:
            if beat.what == "stop" or (beat.what == "down" and beat.at in self.story.crashes):
                down = True
            elif beat.what in {"up", "refuse"}:
                down = False
        return down

    def account(self) -> dict[str, Any]:
        """Who, as what, and whether the token is good."""
        if not self.has_account:
            last = self.story.sign_ins()[-1] if self.story.sign_ins() else None
            state = self.facts.refusal(last.frame, last.intent) if last is not None else "refused"
            return {"user_id": None, "role": None, "sign_in": state}
        return {"user_id": self.facts.me, "role": self.facts.role, "sign_in": self.sign_in_state()}

    def sign_in_state(self) -> str:
        """sign_in of an account that exists."""
        if self.signed_out:
            return "needs_password"
        if self.refusal is not None:
            return self.facts.refused_socket(self.refusal)
        return self.facts.token_at_end(self.story)

    def connection(self) -> str:
        """How the account is connected."""
        if not self.has_account or self.signed_out or self.down or self.sign_in_state() != "ok":
            return "online" if self.facts.stays_online(self.story) and self._linked() else "offline"
        return "online"

    def _linked(self) -> bool:
        return self.has_account and not self.signed_out and not self.down and self.refusal is None

    # -- what is alive -------------------------------------------------------------------------------------

    def _lives(self) -> None:
        """Walk through the story: presence, typing, read marks."""
        for beat in self.story.beats:
            if beat.what in {"down", "stop"}:
                self.typing.clear()
                self.presence = {c: dict.fromkeys(who, "unknown") for c, who in self.presence.items()}
                self.away = True
            elif beat.what == "press" and beat.press is not None:
                self._pressed(beat.press)
            elif beat.what == "push" and beat.frame["channel"] == "socket":
                self._pushed(beat.frame)
            elif beat.what == "look":
                self._looked(beat.frame)
        for at in self.story.auto_answers:
            self._looked(self.story.rec.everything[at])

    def _pushed(self, frame: dict[str, Any]) -> None:
        now = frame["t_ms"]
        told = self.facts.presence(frame)
        if told is not None:
            conv, person, state = told
            places = [conv] if conv is not None else self.facts.places(self.story, person)
            for place in places:
                if place in self.story.convs:
                    self.presence.setdefault(place, {})[person] = state
                    if state == "offline":
                        self.typing.get(place, {}).pop(person, None)
        typed = self.facts.typing(frame)
        if typed is not None and typed[0] in self.story.convs:
            conv, person, name, on = typed
            if on:
                self.typing.setdefault(str(conv), {})[person] = (name, now)
            else:
                self.typing.get(str(conv), {}).pop(person, None)
            self._alive(str(conv), person)
        for found in self.facts.found(frame):
            if self.facts.foreign(found.record):
                continue
            msg = self.facts.message(found.record, found.conv)
            self._evidence(msg)
            if not msg.own and found.how == "push":
                who = self.typing.get(msg.conv, {})
                names = set(self.facts.names_of(found.record))
                for person in [p for p, (name, _) in who.items() if p == msg.sender or name in names]:
                    del who[person]
                self._alive(msg.conv, msg.sender)
        read = self.facts.read_by(frame)
        if read is not None:
            self._read(frame, *read)

    def _alive(self, conv: str, person: str) -> None:
        if self.facts.life_shows and conv in self.story.convs:
            self.presence.setdefault(conv, {})[person] = "online"
        elif self.presence.get(conv, {}).get(person, "unknown") != "unknown":
            self.presence[conv][person] = "online"

    def _read(self, frame: dict[str, Any], conv: str, person: str, ids: Any, up_to: int | None) -> None:
        if person == self.facts.me:
            known = [
                self.story.last(one).at
                for one in self.story.versions
                if self.story.conv_of[one] == conv
                and self.story.born[one] < frame["at"]
                and (ids is None or one in ids)
            ]
            self._see(conv, max(known, default=()))
        elif ids is not None:
            self.read_ids.update(ids)
        elif up_to is not None:
            self.read_up_to[conv] = max(up_to, self.read_up_to.get(conv, 0))
        else:
            self.read_ids.update(
                one
                for one in self.story.versions
                if self.story.conv_of[one] == conv
                and self.story.born[one] < frame["at"]
                and self.story.last(one).sender != person
            )

    def _see(self, conv: str, at: tuple[Any, ...]) -> None:
        if at and at > self.seen.get(conv, ()):
            self.seen[conv] = at

    def _looked(self, frame: dict[str, Any]) -> None:
        for found in self.facts.found(frame):
            if not self.facts.foreign(found.record):
                self._evidence(self.facts.message(found.record, found.conv))

    def _evidence(self, msg: Msg) -> None:
        if msg.own and msg.read:
            self.read_ids.add(msg.id)

    def _pressed(self, press: Press) -> None:
        if (
            press.intent.name == "read"
            and press.outcome != "refused"
            and press.intent.conv not in self.story.denied
        ):
            marked = self.facts.markable(self.story, press)
            if marked:
                self._see(press.intent.conv, max(self.story.last(one).at for one in marked))

    # -- messages ------------------------------------------------------------------------------------------

    def rows(self) -> dict[str, list[_Row]]:
        """Every message to be shown, by conversation, in shown order."""
        found: dict[str, list[_Row]] = {conv: [] for conv in self.story.convs}
        pressed = self.story.pressed_ids()
        if self.has_account:
            for msg_id in self.story.versions:
                conv = self.story.conv_of[msg_id]
                press = pressed.get(msg_id)
                if press is not None and self.fate(press)[0] != "accepted":
                    continue
                if conv in found and conv not in self.story.denied:
                    found[conv].append(self._stored(msg_id, press))
            for number, sent in enumerate(self.story.intents("send")):
                row = self._unbound(sent, number)
                if row is not None and sent.intent.conv in found:
                    found[sent.intent.conv].append(row)
        for shown in found.values():
            shown.sort(key=lambda row: row.at)
        return found

    def _stored(self, msg_id: str, press: Press | None) -> _Row:
        msg = self.story.last(msg_id)
        deleted = msg.deleted or msg_id in self._deleted() or msg_id in self.story.gone
        own_read = msg_id in self.read_ids or msg.us <= self.read_up_to.get(msg.conv, -1)
        fields = {
            "id": "own" if msg_id in self.facts.relay_ids(self.story) else _given(msg_id),
            "sender": msg.sender,
            "own": msg.own,
            "kind": msg.kind,
            "text": "" if deleted else msg.text,
            "state": "read" if msg.own and own_read else "accepted",
            "assurance": self.facts.assurance(self.story, msg, press),
            "deleted": deleted,
            "edited": msg.edited,
        }
        return _Row(msg.at, fields, msg, self.story.born[msg_id] > self.start)

    def _deleted(self) -> set[str]:
        return {p.intent.target for p in self.story.intents("delete") if p.outcome == "stored"}

    def _unbound(self, press: Press, number: int) -> _Row | None:
        """A send that the recording shows no message of: stored under a fresh id, parked or waiting."""
        if self.facts.impossible(self.story, press):
            return None
        state, _ = self.fate(press)
        if press.id and press.id in self.story.versions and state == "accepted":
            return None
        fields = {
            "id": "new" if state == "accepted" else None,
            "sender": self.facts.me,
            "own": True,
            "kind": press.intent.kind,
            "text": press.intent.text,
            "state": state,
            "assurance": self.facts.fresh_assurance(self.story) if state == "accepted" else None,
            "deleted": False,
            "edited": False,
        }
        if state == "accepted" and press.outcome == "stored":
            fields["id"] = "own" if press.id in self.facts.relay_ids(self.story) else press.id
        if state == "accepted" and self.facts.relays(self.story):
            fields["id"] = "own"
        if state == "accepted" and press.id in self.read_ids:
            fields["state"] = "read"
        at = self.facts.fresh_at(self.story, press, number) if state == "accepted" else (LAST, number)
        return _Row(at, fields, None, live=True)

    def fate(self, press: Press) -> tuple[str, str | None]:
        """state and reason of a send at the end."""
        reason = self.facts.send_refused(self.story, press)
        if reason:
            return "parked", reason
        if press.outcome in {"failed", "silent"} and not self._linked():
            return "queued", None
        for before in self.story.intents("send"):
            if before is press:
                break
            if before.intent.conv == press.intent.conv and self.facts.send_refused(self.story, before):
                return "queued", None  # what is parked holds those behind it
        return "accepted", None

    def unread(self, conv: str, rows: list[_Row]) -> int:
        """The domain rule, with no conversation in view."""
        given = self.facts.server_unread(self.story, conv)
        seen = self.seen.get(conv, ())
        own = [row.at for row in rows if row.fields["own"]]
        mark = max([*own, seen] if seen else own, default=())
        if given is not None:
            return int(given(mark, self.start))
        return sum(
            1
            for row in rows
            if row.live
            and not (row.fields["own"] or row.fields["deleted"] or row.fields["kind"] == "system")
            and (not mark or row.at > mark)
        )

    # -- the outbox ----------------------------------------------------------------------------------------

    def outbox(self) -> list[dict[str, Any]]:
        """Intentions that are not settled."""
        found = []
        for press in self.story.presses:
            kind = OUTBOX_KINDS.get(press.intent.name)
            if kind is None or not self.has_account or self.facts.impossible(self.story, press):
                continue
            if press.intent.name == "send":
                state, reason = self.fate(press)
            else:
                state, reason = self.facts.other_fate(self.story, press)
            if state in {"parked", "queued"}:
                conv = press.intent.conv or self.story.conv_of.get(press.intent.target, "")
                if kind == "change_status":
                    conv = self.facts.conv_of_order(self.story, press.intent.target)
                found.append(
                    {
                        "conversation": conv,
                        "kind": kind,
                        "text": press.intent.text if kind != "change_status" else "",
                        "state": state,
                        "reason": reason,
                    }
                )
        return found

    # -- what was sent -------------------------------------------------------------------------------------

    def sent(self) -> list[dict[str, Any]]:
        """One frame per intention, typing as paced."""
        told: list[tuple[int, int, dict[str, Any]]] = []
        for number, press in enumerate(self.story.presses):
            if press.intent.name.startswith("typing") or not self._goes(press):
                continue
            intent = press.intent
            if intent.name == "read":
                marked = ",".join(self.facts.markable(self.story, press))
                intent = dataclasses.replace(intent, fields=(("ids", marked),))
            told.append((press.at, number, {"intent": intent.name, **self.facts.wire(intent)}))
        told += self._typing_sent()
        return [one for _, _, one in sorted(told, key=lambda one: one[:2])]

    def _goes(self, press: Press) -> bool:
        if press.intent.name == "sign_in":
            return True
        if not self.has_account or self.facts.impossible(self.story, press):
            return False
        if press.intent.conv in self.story.denied and press.intent.name in {"send", "read"}:
            return False
        return not (press.intent.name == "send" and self.fate(press)[0] == "queued")

    def _typing_sent(self) -> list[tuple[int, int, dict[str, Any]]]:
        """Starts once per repeat time, and the stops that end one; what ends by itself is no intention."""
        told: list[tuple[int, int, dict[str, Any]]] = []
        active: tuple[str, int, int] | None = None  # where, when it was told, the last key
        for press in self.story.presses:
            now, name, conv = press.frame["t_ms"], press.intent.name, press.intent.conv
            if active is not None and now >= active[2] + self.facts.typing_stop_ms:
                active = None
            if self.facts.impossible(self.story, press) or not self._may_type(press):
                continue
            wire = {"intent": name, **self.facts.wire(press.intent)} if name.startswith("typing") else {}
            if name == "typing_start":
                if active is not None and active[0] == conv and now - active[1] < self.facts.typing_repeat_ms:
                    active = (conv, active[1], now)
                else:
                    told.append((press.at, 0, wire))
                    active = (conv, now, now)
            elif name == "typing_stop" and active is not None and active[0] == conv:
                told.append((press.at, 0, wire))
                active = None
            elif name == "send" and active is not None and active[0] == conv:
                active = None
        return told

    def _may_type(self, press: Press) -> bool:
        if press.intent.conv in self.story.denied or self.facts.closed_by(self.story, press):
            return False
        return self.facts.types(self.story)

    # -- all of it -----------------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """The whole."""
        rows = self.rows()
        convs = sorted(self.story.convs) if self.has_account else []
        lists = self.facts.conversations(self.story, convs) if self.has_account else {}
        end = self.story.rec.everything[-1]["t_ms"]
        shown = sorted(lists)
        dropped = self.facts.dropped(self.story) if self.has_account else {}
        outbox = self.outbox()
        conversations = [
            {
                "id": conv,
                **lists[conv],
                "unread": self.unread(conv, rows.get(conv, [])),
                "typing": sorted(
                    name
                    for name, since in self.typing.get(conv, {}).values()
                    if end - since < self.facts.typing_expire_ms
                ),
                "presence": dict(sorted(self.presence.get(conv, {}).items())),
            }
            for conv in shown
        ]
        return {
            "account": self.account(),
            "connection": self.connection(),
            "conversations": conversations,
            "messages": [
                {"conversation": conv, **row.fields} for conv in shown for row in rows.get(conv, [])
            ],
            "outbox": outbox,
            "orders": self.facts.orders(self.story) if self.has_account else [],
            "notices": self._notices(outbox, conversations, dropped),
            "dropped": dropped,
            "sent": self.sent(),
            "after_10s": {"typing": []},
            "alive": True,
        }

    def _notices(self, outbox: list[Any], conversations: list[Any], dropped: dict[str, int]) -> list[str]:
        found = set()
        codes = {"forbidden", "not_found", "closed", "too_long"}
        found |= {item["reason"] for item in outbox if item["reason"] in codes}
        names = {"foreign": "foreign_dropped", "malformed": "malformed_dropped", "bad": "malformed_dropped"}
        found |= {names[reason] for reason in dropped if reason in names}
        if any(row["live_only"] for row in conversations):
            found.add("live_only")
        for press in self.story.sign_ins():
            if press.outcome != "stored":
                found.add(self.facts.sign_in_code(press.frame))
        if self.has_account and not self.signed_out:
            if self.connection() == "offline":
                found.add("offline")
            state = self.sign_in_state()
            found |= {
                "needs_password": {"auth_required"},
                "refused": {"forbidden"},
                "locked": {"locked"},
            }.get(state, set())
        for beat in self.story.beats if self.has_account else ():
            if beat.what == "push" and beat.frame.get("event") == "error":
                words = str((beat.frame["args"] or [{}])[0].get("message", ""))
                found.add(self.facts.stray_code(words))
        for press in self.story.presses:
            code = self.facts.act_code(self.story, press) if self.has_account else None
            if code:
                found.add(code)
        return sorted(found & CODES)


def _given(msg_id: str) -> str | None:
    """The id that a message came with, if it did."""
    return None if msg_id.startswith("~") else msg_id


def roles_of(story: Story) -> dict[str, int]:
    """How many frames of each role there are, for a summary."""
    counts: dict[str, int] = {}
    for part in story.parts.values():
        counts[part.role.value] = counts.get(part.role.value, 0) + 1
    return {role.value: counts.get(role.value, 0) for role in Role}
