"""One row of the conversation list, with all that searching and painting ask often worked out once."""

from __future__ import annotations

import re

import msgspec

from chatdesk.domain.entities import SNIPPET_CHARS, Conversation
from chatdesk.domain.ids import ConversationId
from chatdesk.domain.text import one_line
from chatdesk.ui.lists.folding import fold

TITLE_CHARS = 120
"""More of a name is never shown in one line."""
NUMBER_CHARS = 40


class ConversationRow(msgspec.Struct, frozen=True):
    """A conversation as the list shows it. Every text is one line without control or direction characters."""

    conversation: Conversation
    title: str
    """Who it is with; empty where the platform names nobody."""
    order_tag: str
    """`#10482`, or a number with letters as it is; empty without an order."""
    status: str
    snippet: str
    draft: str
    haystack: str
    """Folded title, order number, snippet and draft: what the search field looks into."""

    @property
    def id(self) -> ConversationId:
        """The conversation's id."""
        return self.conversation.id


_MACHINE_MADE = re.compile(r"(?=.*[0-9])(?=.*[a-z])[0-9a-z]{20,40}")
"""Database ids: 24 hexadecimal characters, cuids of 25."""


def order_tag(number: str) -> str:
    """An order number as it is shown: digits alone get a number sign, `TR-2231` speaks for itself.

    Empty for the long ids of databases, which some platforms use as numbers: nobody reads them out.
    """
    if _MACHINE_MADE.fullmatch(number):
        return ""
    clean = one_line(number, NUMBER_CHARS)
    return f"#{clean}" if clean.isdecimal() else clean


def row_of(conversation: Conversation) -> ConversationRow:
    """Work out the row of a conversation. Any text is allowed in it: huge, with controls, with surrogates."""
    title = one_line(conversation.title, TITLE_CHARS)
    tag = order_tag(conversation.order_number)
    snippet = one_line(conversation.last.text, SNIPPET_CHARS) if conversation.last else ""
    draft = one_line(conversation.draft, SNIPPET_CHARS)
    return ConversationRow(
        conversation=conversation,
        title=title,
        order_tag=tag,
        status=one_line(conversation.order_status_label, TITLE_CHARS),
        snippet=snippet,
        draft=draft,
        haystack=fold(f"{title}\n{tag}\n{snippet}\n{draft}"),
    )
