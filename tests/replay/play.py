"""Plays a recording: the scripted server on one side, adapter, client, engine and store on the other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from chatdesk.domain.changes import AccountStatus, News, PresenceChanged, TypingChanged
from chatdesk.domain.desk import SignInRequest
from chatdesk.domain.entities import Account, Conversation, Message
from chatdesk.domain.errors import NotPossible, SignInRefused
from chatdesk.domain.ids import MessageId, RemoteId
from chatdesk.domain.kinds import ConnectionState, DeliveryState, Platform
from chatdesk.domain.ports import Limits, Secrets
from chatdesk.platforms.dispatcher.adapter import DispatcherAdapter
from chatdesk.platforms.registry import PLUGINS
from chatdesk.services.desk import Desk
from chatdesk.store import Store
from chatdesk.sync.host import EngineHost
from tests.replay.recording import Frame, Recording, Role
from tests.replay.stub import Stub

WAIT_S = 15


put = msgspec.structs.replace


class _Hasty(DispatcherAdapter):
    """The adapter as it is, but whoever types is forgotten sooner: a replay need not wait for it."""

    @property
    def limits(self) -> Limits:
        return put(super().limits, typing_expire_ms=700)


class Vault:
    """Keeps tokens in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Secrets] = {}

    async def load(self, key: str) -> Secrets | None:
        return self.kept.get(key)

    async def save(self, key: str, secrets: Secrets) -> bool:
        self.kept[key] = secrets
        return True

    async def delete(self, key: str) -> None:
        self.kept.pop(key, None)


class Play:
    """One recording under way. Afterwards `refused`, `heard`, `names` and `state()` tell what came of it."""

    def __init__(self, recording: Recording, folder: Path) -> None:
        self.recording = recording
        self.stub = Stub(recording)
        self.store = Store.open(folder)
        self.vault = Vault()
        hasty = [put(plugin, adapter=_Hasty()) for plugin in PLUGINS]
        plugins = {plugin.platform: plugin for plugin in hasty}
        self.host = EngineHost(self.store, plugins, self.vault, jitter=lambda: 0.05)
        self.reader = self.store.reader()
        self.desk = Desk(self.store, self.host, self.reader)
        self.statuses: list[AccountStatus] = []
        self.typing: list[tuple[str, ...]] = []
        self.presence: dict[str, str] = {}
        self.refused: list[str] = []
        self.account: Account | None = None
        self._asked_to_type = False
        self.host.subscribe_news(self._news)

    def _news(self, news: News) -> None:
        match news:
            case AccountStatus():
                self.statuses.append(news)
            case TypingChanged(names=names):
                self.typing.append(names)
            case PresenceChanged(person_id=person, state=state):
                self.presence[person] = state.value

    # -- the story -----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Play every frame of A in order."""
        await self.stub.start()
        self.host.start()
        frames = self.recording.frames
        played: set[int] = set()
        for index, frame in enumerate(frames):
            if index in played:
                continue
            role = self.recording.role(frame)
            if role is Role.SEND and frame["status"] is not None:
                before = self._pushes_before_answer(index)
                played.update(before)
                self.stub.pushes_before_answer = [frames[at] for at in sorted(before)]
            await self._act(role, frame, last=not any(_is_traffic(later) for later in frames[index + 1 :]))
        await self._read_everything()

    def _pushes_before_answer(self, index: int) -> set[int]:
        """Pushes that came while this request was under way."""
        frames = self.recording.frames
        ends = frames[index]["response_t_ms"]
        found = set()
        for at in range(index + 1, len(frames)):
            if frames[at]["t_ms"] > ends or frames[at]["dir"] == "out":
                break
            if self.recording.role(frames[at]) is Role.PUSH:
                found.add(at)
        return found

    async def _act(self, role: Role, frame: Frame, *, last: bool) -> None:
        match role:
            case Role.SIGN_IN:
                await self._sign_in(frame["request_body"])
            case Role.SIGN_OUT:
                if self.account is not None:
                    await self.desk.sign_out(self.account.id)
                    self.account = None
            case Role.PUSH:
                await self._connected()
                await self.stub.push(frame)
            case Role.SEND:
                await self._send(frame)
            case Role.TYPING:
                room = await self._conversation(frame["args"][0])
                self.desk.typing(room.id, frame["event"] == "typing-start")
                self._asked_to_type = True
            case Role.READ:
                await self._mark_read(frame["args"][0])
            case Role.DELETE:
                await self._delete(frame["path"].rsplit("/", 1)[1])
            case Role.STATUS:
                await self._change_status(frame["path"].split("/")[3], frame["request_body"]["status"])
            case Role.STOPS:
                await self.stub.stop()
            case Role.STARTS:
                await self.stub.start()
            case Role.LINK_ENDS if not last and self.stub.running:
                await self._connected()
                await self.stub.drop_links()

    async def _sign_in(self, credentials: dict[str, str]) -> None:
        request = SignInRequest(
            platform=Platform.DISPATCHER,
            server_url=self.stub.url,
            login=credentials["email"],
            password=credentials["password"],
        )
        try:
            self.account = (await self.desk.sign_in(request)).account
        except SignInRefused as refusal:
            self.refused.append(refusal.server_words)
        else:
            await self._connected()

    async def _send(self, frame: Frame) -> None:
        room = await self._conversation(frame["request_body"]["orderId"])
        version = self.reader.draft(room.id).version
        item = await self.desk.send(room.id, version, frame["request_body"]["message"])
        if self.stub.running:
            await until(lambda: not self._is_waiting(item.message_id), "the answer to a send")

    def _is_waiting(self, message_id: Any) -> bool:
        message = self.reader.message(message_id)
        return message is None or message.state in {DeliveryState.QUEUED, DeliveryState.IN_FLIGHT}

    async def _mark_read(self, order: str) -> None:
        room = await self._conversation(order)
        rows = self.reader.newest_page(room.id).messages
        if rows:
            await self.desk.mark_seen(room.id, rows[-1].cursor)

    async def _delete(self, message_id: str) -> None:
        """As the person can: own messages that are known and there; the rest the window does not offer."""
        for room in (await self.desk.conversations()).rows:
            for message in self.reader.newest_page(room.id).messages:
                if message.remote_id == message_id:
                    try:
                        await self.desk.delete_message(message.id)
                    except NotPossible:
                        return
                    await until(partial(self._is_deleted, message.id), "the deletion")

    def _is_deleted(self, message_id: MessageId) -> bool:
        message = self.reader.message(message_id)
        return message is None or message.deleted

    async def _change_status(self, order_id: str, status: str) -> None:
        await self._conversation(order_id)
        order = next(one for one in (await self.desk.orders()).rows if one.remote_id == order_id)
        await self.desk.change_status(order.id, status)

    async def _read_everything(self) -> None:
        """Open every conversation and scroll to its beginning, as far as A's recording read it."""
        if self.account is None:
            return
        await self._connected()
        for order in {order for order, _ in self.recording.histories()}:
            room = await self._conversation(order)
            self.desk.opened(room.id)
            held = -1
            end = time.monotonic() + WAIT_S
            while time.monotonic() < end:
                messages = self._all(room)
                if len(messages) == held and not self._has_gap(room):
                    break
                held = len(messages)
                stored = [message for message in messages if message.remote_id]
                if stored and self._has_gap(room):
                    self.desk.load_older(room.id, stored[0].cursor, len(stored))
                await asyncio.sleep(0.1)

    def _has_gap(self, room: Conversation) -> bool:
        page = self.reader.newest_page(room.id)
        while page.has_older and page.messages:
            page = self.reader.older_page(room.id, (page.messages[0].cursor, page.messages[0].id))
        return page.gap_before

    # -- waiting -------------------------------------------------------------------------------------------

    async def _connected(self) -> None:
        """Online, in the room of every order, and caught up once.

        Only then a platform pushes anything, and what it pushes is news and not the past of a first sign-in.
        """
        await until(lambda: self.stub.sids and self._online(), "the connection")
        await until(lambda: self.stub.joined() >= set(self.stub.orders), "every room joined")
        await until(lambda: self.statuses[-1].synced_at_us, "the first catching up")

    def _online(self) -> bool:
        return bool(self.statuses) and self.statuses[-1].connection is ConnectionState.ONLINE

    async def _conversation(self, order: str) -> Conversation:
        found: list[Conversation] = []

        async def look() -> bool:
            rows = (await self.desk.conversations()).rows
            found[:] = [row for row in rows if row.remote_id == RemoteId(order)]
            return bool(found)

        end = time.monotonic() + WAIT_S
        while not await look():
            assert time.monotonic() < end, f"not within {WAIT_S} s: conversation {order}"
            await asyncio.sleep(0.02)
        return found[0]

    # -- what there is -------------------------------------------------------------------------------------

    def _all(self, room: Conversation) -> list[Message]:
        page = self.reader.newest_page(room.id)
        rows = list(page.messages)
        while page.has_older and page.messages:
            page = self.reader.older_page(room.id, (page.messages[0].cursor, page.messages[0].id))
            rows[:0] = page.messages
        return rows

    async def state(self) -> dict[str, Any]:
        """What is shown now, in the words of `expect`."""
        rooms = (await self.desk.conversations()).rows
        messages = {str(room.remote_id): [_row(message) for message in self._all(room)] for room in rooms}
        notes = []
        accounts = (await self.desk.accounts()).rows
        for account in accounts:
            notes += [note.remote_id for note in (await self.desk.notifications(account.id)).rows]
        signed_in = "ok" if self.account is not None else "out" if accounts else "none"
        return {
            "sign_in": signed_in,
            "refused": self.refused,
            "messages": {room: rows for room, rows in messages.items() if rows},
            "orders": {
                str(order.remote_id): {"number": order.number, "status": order.status}
                for order in (await self.desk.orders()).rows
            },
            "outbox": [
                {"kind": item.kind.value, "state": item.state.value, "reason": item.parked.value}
                if item.parked
                else {"kind": item.kind.value, "state": item.state.value}
                for item in (await self.desk.outbox()).rows
            ],
            "notifications": sorted(notes),
            "unread": {str(room.remote_id): room.unread for room in rooms if messages[str(room.remote_id)]},
            "presence": dict(self.presence),
        }

    async def close(self) -> None:
        """End everything."""
        await asyncio.to_thread(self.host.stop)
        self.reader.close()
        await asyncio.to_thread(self.store.close)
        if self.stub.running:
            await self.stub.stop()


def _row(message: Message) -> dict[str, Any]:
    return {
        "id": message.remote_id,
        "own": message.own,
        "sender": message.sender_name,
        "kind": message.kind.value,
        "text": message.text,
        "sent_at_us": message.sent_at_us,
        "state": message.state.value,
        "deleted": message.deleted,
    }


def _is_traffic(frame: Frame) -> bool:
    """Whether anything happens in this frame but an ending."""
    return frame.get("event") != "disconnect"


async def until(condition: Callable[[], Any], what: str) -> None:
    """Return as soon as the condition holds; fails with `what` after WAIT_S."""
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end, f"not within {WAIT_S} s: {what}"
        await asyncio.sleep(0.01)
