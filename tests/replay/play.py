"""Plays a story: presses what the person pressed, pushes what came in, and lets the client do the rest."""

from __future__ import annotations

import asyncio
import importlib
import logging
import time
from pathlib import Path
from typing import Any

from chatdesk.domain.actions import Action, ActionKind, Attachment, Extras
from chatdesk.domain.desk import SignInRequest
from chatdesk.domain.entities import Account, Conversation, Order
from chatdesk.domain.errors import NotDone, NotKnown, NotPossible, SignInRefused, WorldError
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.kinds import ConnectionState, DeliveryState, MessageKind, OutgoingKind
from chatdesk.domain.ports import PlatformPlugin
from chatdesk.platforms.registry import PLUGINS
from tests.replay.dump import dump_of, messages_of
from tests.replay.parts import Intent, Press
from tests.replay.story import Beat, Story
from tests.replay.stub import Stub, Way
from tests.replay.stubs import stub_for
from tests.replay.world import URL, World

ARRIVES_MS = 90_000
"""So long an intention may take to reach the server: repeats and quiet times included."""
SETTLES_MS = 120_000
STEP_MS = 20
MOST_REAL_S = 20
AWAY_MS = 200
AWAY = "recipient_away"
"""What an item says that waits for its recipient."""
SEEN_MS = 3_000
"""So long a person waits for a message that they want to do something with."""
TEN_SECONDS_MS = 10_000
MESSAGE_KINDS = {kind.value: kind for kind in MessageKind}
UNDECIDED = {DeliveryState.QUEUED, DeliveryState.IN_FLIGHT, DeliveryState.UNCERTAIN}


class Faults(logging.Handler):
    """Errors that the client logs: it must not have any."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.lines.append(record.getMessage())


def plugin_of(platform: str) -> PlatformPlugin:
    """The plugin of a platform. Raises LookupError where the program does not speak it."""
    for plugin in PLUGINS:
        if plugin.platform.value == platform:
            return plugin
    try:
        found: PlatformPlugin = importlib.import_module(f"chatdesk.platforms.{platform}.adapter").PLUGIN
    except (ImportError, AttributeError) as exc:
        raise LookupError(f"the program does not speak {platform}") from exc
    return found


class Play:
    """One play. Afterwards `dump` is what is compared, `differences` what went wrong on the way."""

    def __init__(self, story: Story, way: Way) -> None:
        self.story = story
        self.way = way
        self.stub: Stub = stub_for(story, way)
        self.account: Account | None = None
        self.connection = "offline"
        self.typing_at_end: dict[int, tuple[str, ...]] = {}
        self.presence_at_end: dict[int, dict[str, str]] = {}
        self.told: set[str] = set()
        self.refused = ""
        self.signed_out = False
        self.alive = True
        self.differences: list[str] = []
        self.dump: dict[str, Any] = {}
        self._late_ms = 0
        self._open: list[Press] = []
        self._settled: list[Press] = []

    async def run(self) -> None:
        """From the first start of the client to the dump."""
        faults = Faults()
        logging.getLogger("chatdesk").addHandler(faults)
        plugin = plugin_of(self.story.rec.platform)
        try:
            async with World(plugin, self.stub, self.story.rec.wall_us) as world:
                self.world = world
                self.stub.wires = world.wires
                self.stub.now_us = world.clock.now_us
                person = asyncio.create_task(self._send_anyway())
                guard = asyncio.create_task(self._guard(asyncio.current_task()))
                await self._tell()
                person.cancel()
                guard.cancel()
                self.dump = await dump_of(self)
        finally:
            logging.getLogger("chatdesk").removeHandler(faults)
        self.differences += list(dict.fromkeys(f"fault: {line}" for line in faults.lines))
        self.differences += list(dict.fromkeys(self.stub.wrong))
        self.differences += [f"not sent: {one.intent.name}" for one in self._open if not self._accounted(one)]

    @staticmethod
    async def _guard(play: asyncio.Task[None] | None) -> None:
        """A play that does not come to its end is given up, by the clock on the wall."""
        ends = time.monotonic() + MOST_REAL_S
        while play is not None and not play.done():
            await asyncio.sleep(1)
            if time.monotonic() > ends:
                play.cancel()

    def _accounted(self, press: Press) -> bool:
        if press.arrived or press.skipped:
            return True
        refused = press.intent.conv in self.story.denied
        return refused or not self.stub.http_up or press.intent.name.startswith("typing")

    # -- the story -----------------------------------------------------------------------------------------

    async def _tell(self) -> None:
        if self.story.needs_account_first():
            await self._sign_in(self.story.facts.login, self.story.facts.password)
            await self._connected()
        await self._until_ms(0)
        beats = shuffled(self.story.beats) if self.way.shuffled else self.story.beats
        for beat in beats:
            await self._settled_before(beat)
            await self._until_ms(beat.t_ms + self._late_ms)
            self._late_ms = max(self._late_ms, self.world.now_ms() - beat.t_ms)
            self.stub.advance(beat.at)
            await self._beat(beat)
        end = self.story.rec.everything[-1]
        await self._until_ms(end["t_ms"] + self._late_ms + self.way.push_delay_ms + 200)
        self.stub.advance(end["at"])
        self.typing_at_end = dict(self.world.typing)
        self.presence_at_end = {at: dict(who) for at, who in self.world.presence.items()}
        await self._finish()

    async def _until_ms(self, ms: int) -> None:
        await asyncio.sleep(max(0, ms - self.world.now_ms()) / 1000)

    async def _settled_before(self, beat: Beat) -> None:
        """What was answered before this in the recording has reached the server by now."""
        for press in self._open:
            by_request = press.frame["channel"] == "http" and press.frame["status"] is not None
            answered = press.ins or (by_request and press.frame["response_t_ms"] <= beat.frame["t_ms"])
            ends = max(press.ins, default=press.at)
            if press in self._settled or not answered or ends >= beat.at:
                continue
            self._settled.append(press)
            if press.intent.conv not in self.story.denied and self.stub.http_up:
                await self._wait(lambda press=press: press.arrived or press.skipped, ARRIVES_MS)
                await asyncio.sleep(STEP_MS / 1000)

    async def _wait(self, condition: Any, within_ms: int) -> bool:
        passed = 0
        while not condition():
            if passed >= within_ms:
                return False
            await asyncio.sleep(STEP_MS / 1000)
            passed += STEP_MS
        return True

    async def _beat(self, beat: Beat) -> None:
        match beat.what:
            case "press":
                await self._press(beat.press)
            case "push":
                await self._room(beat)
                self.stub.push(beat.frame)
                if beat.frame["event"] == "error":
                    # It does not say what it answers: it must not meet what is sent after it.
                    await asyncio.sleep((self.way.push_delay_ms + STEP_MS) / 1000)
            case "look" if not self.way.history_delay_ms:
                await self._look(beat)
            case "down":
                await asyncio.sleep(self.way.push_delay_ms / 1000)
                crashed = beat.at in self.story.crashes
                self.stub.socket_up = not crashed
                self.stub.http_up = not crashed
                self.stub.refusal = self._refused_next(beat)
                self.world.wires.cut()
            case "stop":
                self.stub.socket_up = self.stub.http_up = False
                self.world.wires.cut()
            case "start":
                back = any(one.what in {"up", "refuse"} and one.at > beat.at for one in self.story.beats)
                self.stub.socket_up = self.stub.http_up = back
            case "up":
                self.stub.socket_up = self.stub.http_up = True
                self.stub.refusal = None
                await self._connected()
            case "refuse":
                self.stub.socket_up = self.stub.http_up = True
                self.stub.refusal = _words(beat)
                if not self.world.wires.linked and self.account is not None:
                    self.world.desk.retry_now(self.account.id)
                    await asyncio.sleep(0.5)

    def _refused_next(self, beat: Beat) -> str | None:
        """The words with which the next attempt of the recording is refused, if it is."""
        for one in self.story.beats:
            if one.at > beat.at and one.what in {"up", "refuse"}:
                return _words(one) if one.what == "refuse" else None
        return None

    async def _room(self, beat: Beat) -> None:
        """A push comes to whoever is connected, and has joined what it belongs to."""
        await self._wait(lambda: self.world.wires.linked or not self.stub.socket_up, ARRIVES_MS)
        await self._wait(lambda: self.stub.may_push(beat.frame), 5_000)

    async def _connected(self) -> None:
        """The client is connected and has caught up, where it can be."""
        if self.account is None or self.signed_out:
            return
        if not self.world.wires.linked and self.stub.socket_up and self.stub.refusal is None:
            self.world.desk.retry_now(self.account.id)
        await self._wait(self._caught_up, 15_000)

    def _caught_up(self) -> bool:
        if self.account is None:
            return True
        status = self.world.statuses.get(self.account.id)
        if status is None:
            return False
        if self.stub.refusal is not None or not self.stub.socket_up:
            return True
        return status.connection is ConnectionState.ONLINE and status.synced_at_us is not None

    async def _look(self, beat: Beat) -> None:
        """What the person looked at is read again."""
        if self.account is None or self.signed_out:
            return
        row = await self._conversation(beat.conv) if beat.conv else None
        if row is not None:
            self.world.desk.opened(row.id)
        else:
            self.world.desk.refresh(self.account.id)

    # -- pressing ------------------------------------------------------------------------------------------

    async def _press(self, press: Press | None) -> None:
        if press is None:
            return
        self._open.append(press)
        self.stub.pressed.append(press)
        try:
            await self._do(press, press.intent)
        except NotPossible as exc:
            press.skipped = f"not possible: {exc}"
            if not self.story.facts.impossible(self.story, press):
                self.differences.append(f"{press.intent.name} not possible: {exc}")
        except NotDone as exc:
            code = self._code(exc)
            failed = press.frame.get("status") is not None and press.frame["status"] >= 500
            self.told.add("server_error" if failed and code == "refused" else code)
        except NotKnown:
            self.told.add("server_error")
        except WorldError as exc:
            self.differences.append(f"{press.intent.name}: {type(exc).__name__}")
        if press.skipped:
            self.stub.pressed.remove(press)

    def _code(self, refused: NotDone) -> str:
        """What a person is told of an action that was not done."""
        if refused.reason is not None:
            return refused.reason.value
        if refused.retry_after_s:
            return "rate_limited"
        return "server_error" if self.stub.http_up else "offline"

    async def _do(self, press: Press, intent: Intent) -> None:
        name = intent.name
        if name == "sign_in":
            await self._sign_in(intent.target, intent.get.get("password", ""), intent)
            return
        if self.account is None:
            press.skipped = "nobody is signed in"
            return
        if self.signed_out:
            raise NotPossible("signed out")
        if name == "sign_out":
            await self.world.desk.sign_out(self.account.id)
            self.signed_out = True
            return
        if name in {"send", "typing_start", "typing_stop", "read"}:
            await self._in_conversation(press, intent)
        elif name == "delete":
            await self._delete(press, intent)
        elif name == "report":
            await self._report(press, intent)
        elif name == "status":
            order = await self._shown_order(intent.target)
            if order is None:
                raise NotPossible("the order is not here")
            await self.world.desk.change_status(order.id, intent.get["status"])
        else:
            await self._act(press, intent)

    async def _shown_order(self, remote_id: str) -> Order | None:
        """The order as the person sees it: with what was changed before."""
        done = [p for p in self._open if p.intent.name == "status" and p.intent.target == remote_id]
        done = [p for p in done if p.arrived and p.outcome == "stored"]
        order = await self._order(remote_id)
        for _ in range(100):
            if order is None or not done or order.status == done[-1].intent.get["status"]:
                break
            await asyncio.sleep(0.05)
            order = await self._order(remote_id)
        return order

    async def _in_conversation(self, press: Press, intent: Intent) -> None:
        if intent.name == "read" and not self.story.facts.markable(self.story, press):
            raise NotPossible("nothing to mark")
        row = await self._conversation(intent.conv, 50 if intent.name == "read" else None)
        if row is None and intent.name != "read":
            row = await self._begun(intent)
        if row is None:
            raise NotPossible("the conversation is not here")
        desk = self.world.desk
        if intent.name == "send":
            version = self.world.reader.draft(row.id).version
            kind = MESSAGE_KINDS[intent.kind]
            await desk.send(row.id, version, intent.text, kind, _extras(intent))
        elif intent.name == "read":
            await self._wait(lambda: self._newest(row, intent) is not None, SEEN_MS)
            cursor = self._newest(row, intent)
            if cursor is None:
                raise NotPossible("nothing to mark")
            await desk.mark_seen(row.id, cursor)
        else:
            desk.typing(row.id, intent.name == "typing_start")
            await asyncio.sleep(0)

    async def _begun(self, intent: Intent) -> Conversation | None:
        """A conversation with a person is begun where no list has it yet."""
        if self.account is None or "person_kind" not in self.story.facts.person(intent):
            return None
        about = self.story.facts.person(intent)
        action = Action(
            kind=ActionKind.START_CHAT, person=RemoteId(intent.conv), person_kind=about["person_kind"]
        )
        await self.world.desk.start_chat(self.account.id, action)
        return await self._conversation(intent.conv)

    def _newest(self, row: Conversation, intent: Intent) -> Cursor | None:
        """The cursor up to which the person has seen."""
        wanted = intent.get.get("ids")
        ids = set(wanted.split(",")) if wanted else None
        found = {
            self.stub.shown_id(one.remote_id): one.cursor
            for one in messages_of(self, row.id)
            if one.remote_id is not None
        }
        if ids is not None:
            names = {self.stub.names.get(one, one) for one in ids}
            known = [cursor for name, cursor in found.items() if name in names]
            return max(known) if known else None
        return max(found.values(), default=None)

    async def _message(self, remote_id: str) -> Any:
        wanted = self.stub.names.get(remote_id, remote_id)
        for _ in range(SEEN_MS // 100 if remote_id in self.story.versions else 1):
            for row in (await self.world.desk.conversations()).rows:
                for one in messages_of(self, row.id):
                    if one.remote_id is not None and self.stub.shown_id(one.remote_id) == wanted:
                        return one
            await asyncio.sleep(0.1)
        raise NotPossible("the message is not here")

    async def _delete(self, press: Press, intent: Intent) -> None:
        message = await self._message(intent.target)
        await self.world.desk.delete_message(message.id)

    async def _report(self, press: Press, intent: Intent) -> None:
        message = await self._message(intent.target)
        await self.world.desk.report(message.id, intent.text)

    def _staged(self, intent: Intent) -> Path:
        """A file of the recorded name and size, in the folder of this play."""
        path = self.world.folder / (Path(intent.target).name or "file")
        path.write_bytes(b"\0" * int(intent.get.get("size", "1")))
        return path

    async def _act(self, press: Press, intent: Intent) -> None:
        if self.account is None:
            return
        order = await self._order(intent.get.get("order", intent.conv))
        path = ""
        if intent.name in {"upload", "add_file", "save_file"}:
            path = str(self._staged(intent))
        action = Action(
            kind=ActionKind(intent.name),
            conversation=RemoteId(intent.conv) if intent.conv else None,
            order=order.remote_id if order is not None else _remote(intent.get.get("order")),
            order_kind=order.kind if order is not None else None,
            order_number=order.number if order is not None else intent.get.get("number", ""),
            person=_remote(intent.get.get("person")),
            person_kind=intent.get.get("person_kind", ""),
            target=intent.target,
            fields={k[2:]: v for k, v in intent.fields if k.startswith("f_")},
            path=path,
            content_type=intent.get.get("content_type", ""),
        )
        await self.world.desk.act(self.account.id, action)

    async def _sign_in(self, login: str, password: str, intent: Intent | None = None) -> None:
        facts = self.story.facts
        request = SignInRequest(
            platform=self.world.platform,
            server_url=URL,
            login=login,
            password=password,
            plain_http_consent=True,
            role=(intent.get.get("role", "") if intent is not None else "") or facts.seat(),
            otp=intent.get.get("otp", "") if intent is not None else "",
        )
        try:
            signed = await self.world.desk.sign_in(request)
        except SignInRefused as refusal:
            self.refused = "locked" if refusal.code.value == "locked" else "refused"
            self.told.add(refusal.code.value)
            return
        self.account = signed.account
        self.signed_out = False
        await self._connected()

    async def _send_anyway(self) -> None:
        """The person sends what only waits for its recipient to be there."""
        while self.story.facts.may_be_away:
            await asyncio.sleep(AWAY_MS / 1000)
            for item in (await self.world.desk.outbox()).rows:
                if item.state is DeliveryState.QUEUED and item.detail == AWAY:
                    await self.world.desk.retry(item.id)

    # -- finding -------------------------------------------------------------------------------------------

    async def _conversation(self, remote_id: str | None, tenths: int | None = None) -> Conversation | None:
        for _ in range(tenths or self.story.facts.patience):
            for row in (await self.world.desk.conversations()).rows:
                if row.remote_id == remote_id and self._is_ours(row):
                    return row
            await asyncio.sleep(0.1)
        return None

    async def _order(self, remote_id: str | None) -> Order | None:
        for row in (await self.world.desk.orders()).rows:
            if row.remote_id == remote_id and self._is_ours(row):
                return row
        return None

    def _is_ours(self, row: Conversation | Order) -> bool:
        return self.account is not None and row.account_id == self.account.id

    # -- the end -------------------------------------------------------------------------------------------

    async def _finish(self) -> None:
        if self.account is None:
            return
        await self._settle()
        if self.stub.http_up and not self.signed_out:
            await self._read_everything()
            await self._settle()
        await asyncio.sleep(TEN_SECONDS_MS / 1000)
        self._sample()
        for _ in range(60):
            if self.connection != "reconnecting":
                break
            await asyncio.sleep(1)
            self._sample()

    async def _settle(self) -> None:
        """Until nothing is under way any more, where the server is there."""
        for _ in range(SETTLES_MS // 500):
            waiting = [
                item
                for item in (await self.world.desk.outbox()).rows
                if item.state in UNDECIDED and item.kind is not OutgoingKind.MARK_READ
            ]
            if not waiting or not self.stub.http_up or self.signed_out or self.stub.refusal is not None:
                return
            await asyncio.sleep(0.5)

    async def _read_everything(self) -> None:
        """The person looks into every conversation and scrolls to its beginning."""
        if self.account is not None:
            self.world.desk.refresh(self.account.id)
            await asyncio.sleep(2.5)
        for row in filter(self._is_ours, (await self.world.desk.conversations()).rows):
            self.world.desk.opened(row.id)
            await asyncio.sleep(0.5 + self.way.history_delay_ms / 1000)
            await self._scroll(row)
        if self.account is not None:
            self.world.desk.look_away(self.account.id)

    async def _scroll(self, row: Conversation) -> None:
        held = -1
        for _ in range(40):
            found = messages_of(self, row.id)
            if not found:
                return
            page = self.world.reader.older_page(row.id, (found[0].cursor, found[0].id))
            first = self.world.reader.newest_page(row.id)
            gap = first.gap_before if len(found) <= len(first.messages) else page.gap_before
            if len(found) == held or not gap:
                return
            held = len(found)
            self.world.desk.load_older(row.id, found[0].cursor, held)
            await asyncio.sleep(0.5 + self.way.history_delay_ms / 1000 * 2)

    def _sample(self) -> None:
        from tests.replay.dump import CONNECTIONS

        if self.account is None:
            return
        status = self.world.statuses.get(self.account.id)
        if status is not None:
            self.connection = CONNECTIONS[status.connection]


def _words(beat: Beat) -> str:
    return str((beat.frame["args"] or [{}])[0].get("message", ""))


def shuffled(beats: list[Beat]) -> list[Beat]:
    """Neighbouring pushes that tell of different things in the other order."""
    found = list(beats)
    at = 0
    while at + 1 < len(found):
        one, two = found[at], found[at + 1]
        if one.what == two.what == "push" and _free(one, two):
            found[at], found[at + 1] = two, one
            at += 1
        at += 1
    return found


def _free(one: Beat, two: Beat) -> bool:
    """Whether no specification promises the order of two pushes: they come from different causes."""
    names = {one.frame.get("event"), two.frame.get("event")}
    return len(names) == 2 and "notification" in names


def _remote(value: str | None) -> RemoteId | None:
    return RemoteId(value) if value else None


def _extras(intent: Intent) -> Extras:
    about = intent.get
    files: tuple[Attachment, ...] = ()
    if "url" in about:
        size = about.get("size", "")
        files = (
            Attachment(
                url=about["url"],
                name=about.get("name", ""),
                content_type=about.get("content_type", ""),
                size_bytes=int(size) if size.isdigit() else None,
            ),
        )
    place = None
    if "latitude" in about and "longitude" in about:
        place = (float(about["latitude"]), float(about["longitude"]))
    return Extras(
        subject=about.get("subject", ""), topic=about.get("topic", ""), attachments=files, place=place
    )
