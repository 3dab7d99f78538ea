"""Conversations of trips, as routes and socket alike hold them: join, write, read, report, look."""

from __future__ import annotations

from chatdesk.server.core.access import Actor, Operation
from chatdesk.server.core.conversations import Opening
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.messages import Body, Sent, Shown
from chatdesk.server.core.notifications import Draft
from chatdesk.server.core.receipts import MessagesRead
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import User
from chatdesk.server.dialects.steppergo import records, requests
from chatdesk.server.dialects.steppergo.pushes import Pushes
from chatdesk.server.dialects.steppergo.records import Record
from chatdesk.server.dialects.steppergo.requests import Letter
from chatdesk.wire.steppergo import names

HISTORY_LIMIT = 30_000
"""Messages of one answer; the platform has no pages."""
NOTICE_REPORT = "MESSAGE_REPORTED"


class Talk:
    """What is promised: everybody who is in hears what happens, over whichever way it came."""

    def __init__(self, core: Core, pushes: Pushes) -> None:
        self.core = core
        self.pushes = pushes

    async def enter(self, actor: Actor, trip_id: str) -> str:
        """Take part in the conversation of a trip, begun if need be; its id.

        Raises Refused: ORDER_NOT_FOUND, ORDER_DENIED.
        """
        if not trip_id:
            raise Refused(Reason.ORDER_NOT_FOUND)
        opening = Opening(key=trip_id, order_id=trip_id)
        opened = await self.core.conversations.open(actor, opening)
        conversation_id = opened.place.chat.id
        await self.core.conversations.join(actor, conversation_id, actor.role)
        return conversation_id

    async def send(self, actor: Actor, conversation_id: str, letter: Letter, *, by_rest: bool) -> Sent:
        """Store a message once, push it, and note whom it has reached; raises like `Messages.send`."""
        self.screen(letter)
        sent = await self.core.messages.send(
            actor,
            conversation_id,
            letter.text,
            client_id=self.client_id(letter),
            body=self.body(letter),
            push=self._silent if by_rest and not self.tells_rest() else self._push,
        )
        if not sent.repeated:
            await self.reached(sent.shown)
        return sent

    async def mark_read(
        self, actor: Actor, conversation_id: str, *, skip_sid: str | None, by_rest: bool
    ) -> None:
        """Everything in a conversation is read; told to the others also where nothing was unread."""

        async def push(read: MessagesRead) -> None:
            if not by_rest or self.tells_rest():
                await self.pushes.read(read.user_id, read.conversation_id, skip_sid)

        await self.core.receipts.mark_messages(actor, conversation_id, None, push=push, note_time=True)

    async def report(self, actor: Actor, message_id: str, reason: str) -> None:
        """Somebody complains about a message, and those hear of it who may hide it."""
        staff = await self.staff()
        await self.core.messages.report(
            actor,
            message_id,
            reason,
            notify=lambda shown: [_report(actor, one, shown, reason) for one in staff],
            push=self._told_by_list,
        )

    async def history(self, actor: Actor, trip_id: str) -> Record:
        """Everything that was said about a trip, oldest first; what it hands over has been delivered.

        Raises Refused: ORDER_NOT_FOUND, ORDER_DENIED.
        """
        await self.core.orders.by_id(actor, trip_id, Operation.OPEN)
        found = await self.core.conversations.find(trip_id)
        if found is None:
            return records.no_conversation()
        page = await self.core.messages.history(actor, found.id, offset=0, limit=HISTORY_LIMIT)
        shown = page.shown[::-1]
        members = (await self.core.conversations.members([found.id])).get(found.id, [])
        if any(user.id == actor.id for _row, user in members) and await self.handed_over(actor, shown):
            page = await self.core.messages.history(actor, found.id, offset=0, limit=HISTORY_LIMIT)
            shown = page.shown[::-1]
        chat = await self.core.conversations.get(actor, found.id)
        return records.conversation(actor, chat, [self.pushes.record(one) for one in shown], members)

    # -- what the recorded servers do otherwise

    def tells_rest(self) -> bool:
        """Whether those on a socket hear what happens over REST."""
        return True

    def keeps_blank(self) -> bool:
        """Whether a message may hold nothing but blanks."""
        return False

    def screen(self, letter: Letter) -> None:
        """Raise BadRequest for what is too large beside a text."""
        requests.check_size(letter.metadata)

    def client_id(self, letter: Letter) -> str | None:
        """Under which name a message is stored once."""
        return letter.client_id

    def body(self, letter: Letter) -> Body:
        """What is stored beside the text."""
        return Body(kind=letter.kind, extras={records.METADATA: letter.metadata})

    async def staff(self) -> list[User]:
        """Who hears of a report."""
        return await self.core.accounts.listed([names.ROLE_ADMIN])

    async def reached(self, shown: Shown) -> None:
        """Note who had the conversation open when a message came."""
        row = shown.message
        for user_id in self.core.presence.people_in(row.conversation_id) - {row.sender_id}:
            await self.core.receipts.delivered(user_id, [row.id])

    async def handed_over(self, actor: Actor, shown: tuple[Shown, ...]) -> bool:
        """Note that somebody got these messages; whether that was news."""
        fresh = [
            one.message.id
            for one in shown
            if one.message.sender_id not in {actor.id, None}
            and one.delivered_ms is None
            and one.read_ms is None
        ]
        if fresh:
            await self.core.receipts.delivered(actor.id, fresh)
        return bool(fresh)

    async def _push(self, sent: Sent) -> None:
        await self.pushes.message(sent.shown)

    async def _silent(self, sent: Sent) -> None:
        """Nobody hears of it."""

    async def _told_by_list(self, _shown: Shown, _notices: object) -> None:
        """Administrators look at their list: the platform has no event for them."""


def _report(actor: Actor, admin: User, shown: Shown, reason: str) -> Draft:
    row = shown.message
    return Draft(
        recipient_id=admin.id,
        sender_id=actor.id,
        kind=NOTICE_REPORT,
        title="A message was reported",
        body=reason,
        facts={
            "messageId": row.id,
            "conversationId": row.conversation_id,
            "tripId": shown.order_id,
            "content": row.text,
        },
        action_url=names.ROUTE_ADMIN_MESSAGE.format(message_id=row.id),
    )


def confirmation(sent: Sent, letter: Letter) -> Record:
    """What the sending connection is told."""
    payload: Record = {"messageId": sent.shown.message.id}
    return payload if letter.temp_id is None else payload | {"tempId": letter.temp_id}
