"""What the journey sees: accounts, conversations and messages of a running program, and what went by."""

from __future__ import annotations

from collections import Counter

from chatdesk.demo.seats import Seat
from chatdesk.domain.changes import TypingChanged
from chatdesk.domain.desk import Page
from chatdesk.domain.entities import Account, Conversation, Message
from chatdesk.domain.ids import AccountId, ConversationId
from chatdesk.domain.kinds import ConnectionState, DeliveryState, Lifecycle
from chatdesk.program import Program

REACHABLE = frozenset({ConnectionState.ONLINE, ConnectionState.POLLING})
SETTLED = frozenset({DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.READ})


class Eyes:
    """Looks at one program. Nothing of it changes anything."""

    def __init__(self, program: Program, began_ms: int) -> None:
        """began_ms: what was written before this moment was there before the journey."""
        self._program = program
        self._began_us = began_ms * 1_000
        self._typed_in: set[ConversationId] = set()
        program.feed.typing.connect(self._saw_typing)

    # -- accounts

    def account(self, seat: Seat) -> Account | None:
        """The account of a seat; None until it is signed in."""
        rows = self._program.reader.accounts().rows
        return next((row for row in rows if row.platform is seat.platform), None)

    def is_online(self, seat: Seat) -> bool:
        """Whether a seat's account has a connection."""
        account = self.account(seat)
        status = self._program.feed.status_of(account.id) if account else None
        return status is not None and status.connection is ConnectionState.ONLINE

    def is_away(self, seat: Seat) -> bool:
        """Whether a seat's account knows that it has none, and no other way to its server either."""
        account = self.account(seat)
        status = self._program.feed.status_of(account.id) if account else None
        return status is not None and status.connection not in REACHABLE

    # -- conversations

    def conversations(self, account: AccountId) -> list[Conversation]:
        """Of one account, the liveliest first."""
        rows = self._program.reader.first_conversations().rows
        return [row for row in rows if row.account_id == account]

    def lively(self, seat: Seat) -> Conversation | None:
        """One in which somebody has written since the beginning, and that takes an answer."""
        account = self.account(seat)
        if account is None:
            return None
        rows = [row for row in self.conversations(account.id) if row.lifecycle is Lifecycle.OPEN]
        return next((row for row in rows if self._received(row.id)), None)

    def known_as(self, conversation: Conversation) -> list[str]:
        """The ids by which this program knows a conversation: its own, and of what it is about."""
        order = self._program.reader.order(conversation.order_id) if conversation.order_id else None
        return [conversation.remote_id, *([order.remote_id] if order else [])]

    # -- messages

    def is_accepted(self, conversation: ConversationId, text: str) -> bool:
        """Whether an own text has its tick."""
        return any(one.text == text and one.state in SETTLED for one in self._own(conversation))

    def is_answered(self, conversation: ConversationId, reference: str) -> bool:
        """Whether somebody has repeated a reference."""
        return any(reference in one.text for one in self._newest(conversation) if not one.own)

    def unread(self, conversation: ConversationId) -> int:
        """How many messages of a conversation wait to be read."""
        row = self._program.reader.conversation(conversation)
        return 0 if row is None else row.unread

    def reads_shown(self, conversation: ConversationId) -> int:
        """How many own messages since the beginning are shown as read."""
        return sum(1 for one in self._own(conversation) if one.state is DeliveryState.READ)

    def typing_shown(self, account: AccountId) -> int:
        """In how many conversations of an account somebody was shown to be typing."""
        return sum(1 for row in self.conversations(account) if row.id in self._typed_in)

    def shown(self, conversation: ConversationId) -> Counter[str]:
        """How often each own text stands in a conversation, all of it."""
        found: Counter[str] = Counter()
        page: Page = self._program.reader.newest_page(conversation)
        while True:
            found.update(message.text for message in page.messages if message.own)
            if not page.has_older or not page.messages:
                return found
            first = page.messages[0]
            page = self._program.reader.older_page(conversation, (first.cursor, first.id))

    def _received(self, conversation: ConversationId) -> bool:
        return any(
            not one.own and one.sender_id and one.sent_at_us >= self._began_us
            for one in self._newest(conversation)
        )

    def _own(self, conversation: ConversationId) -> list[Message]:
        return [m for m in self._newest(conversation) if m.own and m.sent_at_us >= self._began_us]

    def _newest(self, conversation: ConversationId) -> tuple[Message, ...]:
        return self._program.reader.newest_page(conversation).messages

    def _saw_typing(self, news: TypingChanged) -> None:
        if news.names:
            self._typed_in.add(news.conversation_id)
