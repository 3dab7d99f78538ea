"""The laid-out rows that are kept: the most recently seen, each as long as nothing about it has changed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from chatdesk.domain.actions import NO_EXTRAS, Extras, FieldAsked
from chatdesk.domain.entities import Message
from chatdesk.domain.ids import MessageId
from chatdesk.ui.i18n import day_heading
from chatdesk.ui.timeline.grouping import above, local_day
from chatdesk.ui.timeline.layout import Item, RowLayout, lay_out
from chatdesk.ui.timeline.model import TimelineModel
from chatdesk.ui.timeline.style import Style
from chatdesk.ui.timeline.wording import subject_words, topic_words

KEPT_LAYOUTS = 600
KEPT_AT_END = 120
"""While the end is followed: what has passed there is seldom looked at again, and 15 kB each."""


class _Kept(NamedTuple):
    message: Message
    before: Message | None
    after: Message | None
    unread: bool
    gap: bool
    row: RowLayout


class RowBook:
    """Layouts by message, for one width and one style; `laid_out` counts how often one was really made."""

    def __init__(self, model: TimelineModel, style: Style, now_us: Callable[[], int]) -> None:
        self._model = model
        self._style = style
        self._now_us = now_us
        self._kept: OrderedDict[MessageId, _Kept] = OrderedDict()
        self._steps: dict[MessageId, int] = {}
        self._days: dict[int, str] = {}
        """The words of days, as long as they are true: asked for at every step of a scroll."""
        self._width = 0
        self._title = ""
        self._usual = NO_EXTRAS
        self._moving: dict[str, str] = {}
        """How far files have come, in words, by the intention that brings them."""
        self._most = KEPT_LAYOUTS
        self.laid_out = 0

    def keep(self, *, at_end: bool) -> None:
        """Whether the end of the conversation is followed, or somebody reads back and forth."""
        self._most = KEPT_AT_END if at_end else KEPT_LAYOUTS
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def use_width(self, width: int) -> bool:
        """Lay out for another width; True when it really is another one."""
        if width == self._width:
            return False
        self._width = width
        self._kept.clear()
        return True

    def use_style(self, style: Style) -> None:
        """Lay out with other fonts and sizes."""
        self._style = style
        self._kept.clear()

    def use_conversation(self, title: str, fields: tuple[FieldAsked, ...] = ()) -> None:
        """Another conversation; names that equal its title are not repeated over every message.

        fields: what messages carry beside their text; a subject that is as usual is not repeated either.
        """
        self._title = title
        defaults = {field.key: field.default for field in fields}
        self._usual = Extras(subject=defaults.get("subject", ""), topic=defaults.get("topic", ""))
        self._kept.clear()
        self._steps.clear()

    def show_more(self, message: MessageId) -> None:
        """Show a longer piece of a message."""
        self._steps[message] = self._steps.get(message, 0) + 1
        self._kept.pop(message, None)

    def forget(self, message: MessageId) -> None:
        """Lay this message out anew."""
        self._kept.pop(message, None)

    def forget_all(self) -> None:
        """Lay every message out anew."""
        self._kept.clear()
        self._days.clear()

    def note_upload(self, outgoing: str, words: str) -> bool:
        """A file has come so far; empty: it is brought no more. True where its message is among the rows."""
        self._moving.pop(outgoing, None)
        if words:
            self._moving[outgoing] = words
        found = [one.id for one in self.kept_messages() if one.outgoing_id == outgoing]
        for message in found:
            self.forget(message)
        return bool(found)

    def kept_messages(self) -> tuple[Message, ...]:
        """The messages of the layouts that are kept."""
        return tuple(kept.message for kept in self._kept.values())

    def _subject(self, before: Message | None, message: Message) -> str:
        """The subject where it is another one than above, or than usual in the first message here."""
        subject = subject_words(message)
        above_it = (subject_words(before) if before is not None else "") or self._usual.subject
        return subject if subject != above_it else ""

    def _topic(self, before: Message | None, message: Message) -> str:
        """The kind of message where it is not the usual one, or is it again."""
        topic = message.extras.topic if not message.deleted else ""
        above_it = (before.extras.topic if before is not None else "") or self._usual.topic
        if topic == self._usual.topic and topic == above_it:
            return ""
        return topic_words(topic)

    def day_words(self, number: int) -> str:
        """The day of a row of the model."""
        at_us = self._model.message(number).sent_at_us
        day = local_day(at_us)
        if day not in self._days:
            self._days[day] = day_heading(at_us, self._now_us())
        return self._days[day]

    def row(self, number: int) -> RowLayout:
        """The layout of a row of the model."""
        message = self._model.message(number)
        before, after = self._model.neighbours(number)
        unread = self._model.unread.message == message.id
        gap = self._model.has_gap_above(number) and before is not None
        kept = self._kept.get(message.id)
        # Messages are frozen, so the same objects are the same row.
        if (
            kept is not None
            and kept.message is message
            and kept.before is before
            and kept.after is after
            and (kept.unread, kept.gap) == (unread, gap)
        ):
            self._kept.move_to_end(message.id)
            return kept.row
        item = Item(
            message=message,
            above=above(before, message, after, unread=unread, gap=gap),
            show_name=message.sender_name != self._title,
            steps=self._steps.get(message.id, 0),
            now_us=self._now_us(),
            subject=self._subject(before, message),
            topic=self._topic(before, message),
            moving=self._moving.get(message.outgoing_id or "", ""),
        )
        row = lay_out(item, self._width, self._style)
        self.laid_out += 1
        self._kept[message.id] = _Kept(message, before, after, unread, gap, row)
        self._kept.move_to_end(message.id)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return row
