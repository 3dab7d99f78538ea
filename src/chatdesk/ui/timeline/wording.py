"""What a message says in words: its text, its small print, and the sentence that a screen reader speaks."""

from __future__ import annotations

from chatdesk.domain.actions import Attachment
from chatdesk.domain.entities import Message
from chatdesk.domain.kinds import Assurance, DeliveryState, MessageKind, ParkReason
from chatdesk.domain.outbox import HELD, SCHEDULED
from chatdesk.domain.text import one_line
from chatdesk.ui.file_words import file_parked_sentence
from chatdesk.ui.i18n import clock_time, coming_time, full_time, number, size_text, span, tr, trn
from chatdesk.ui.timeline.offers import brings_file, inline, label
from chatdesk.ui.vocabulary import choice_title
from chatdesk.ui.words import delivery_word, parked_sentence, parked_word, uncertain_sentence

SPOKEN_CHARS = 2_000
NAME_CHARS = 80
SUBJECT_CHARS = 200
MOST_FILES = 10
_TROUBLED = frozenset({DeliveryState.UNCERTAIN, DeliveryState.PARKED})


def sender_words(message: Message) -> str:
    """Who wrote it: "You", a name on one line, or "Unknown sender"."""
    if message.own:
        return tr("You")
    return one_line(message.sender_name, NAME_CHARS) or tr("Unknown sender")


def body_text(message: Message) -> str:
    """The text of a message as the person reads it; words of ours where it has none."""
    if message.deleted:
        return tr("Message deleted")
    kind = _KINDS.get(message.kind)
    if kind is None:
        return message.text
    return tr("{kind}: {text}", kind=kind(), text=message.text) if message.text else kind()


def shown_words(message: Message) -> str:
    """The text that stands in the list for a message: a system line has its time beside it."""
    if message.kind is not MessageKind.SYSTEM:
        return body_text(message)
    return tr("{text} · {time}", text=body_text(message).strip(), time=time_words(message))


_KINDS = {
    MessageKind.IMAGE: lambda: tr("Photo"),
    MessageKind.FILE: lambda: tr("File"),
    MessageKind.AUDIO: lambda: tr("Voice message"),
    MessageKind.LOCATION: lambda: tr("Location"),
}


def is_troubled(message: Message) -> bool:
    """Whether an own message needs its person."""
    return message.own and not message.deleted and message.state in _TROUBLED


def time_words(message: Message) -> str:
    """The time of day, with "edited" where the text was changed."""
    time = clock_time(message.sent_at_us)
    return tr("edited {time}", time=time) if message.edited_at_us is not None else time


def state_words(message: Message, now_us: int) -> str:
    """What stands behind the mark of an own message; empty where the mark alone is plain enough."""
    if not message.own or message.deleted:
        return ""
    if is_handed_over(message):
        return tr("handed over")
    match message.state:
        case DeliveryState.QUEUED if (
            message.parked_detail == SCHEDULED and message.expected_at_us is not None
        ):
            return tr("goes {when}", when=coming_time(message.expected_at_us, now_us))
        case DeliveryState.QUEUED if message.parked_detail == HELD and (message.expected_at_us or 0) > now_us:
            return tr("leaves in a moment")
        case DeliveryState.QUEUED if message.expected_at_us is not None and message.expected_at_us > now_us:
            return tr("queued, goes in about {time}", time=span(message.expected_at_us - now_us))
        case DeliveryState.QUEUED | DeliveryState.IN_FLIGHT | DeliveryState.READ:
            return delivery_word(message.state)
        case _:
            return ""


def is_handed_over(message: Message) -> bool:
    """Whether the server passed an own message on without keeping it: nobody knows whether it arrived."""
    relayed = message.own and message.assurance is Assurance.RELAYED
    return relayed and message.state in {DeliveryState.ACCEPTED, DeliveryState.DELIVERED}


def how_far(message: Message) -> str:
    """How far an own message has come, in a word; never more than is known."""
    return tr("handed over") if is_handed_over(message) else delivery_word(message.state)


def attachment_words(attachment: Attachment) -> str:
    """A file of a message in one line: its name, and its size where it is known."""
    name = one_line(attachment.name, NAME_CHARS)
    if not name:
        # The end of the address names most files; what follows it never does.
        path = attachment.url.partition("?")[0].partition("#")[0].rstrip("/")
        name = one_line(path.rpartition("/")[2], NAME_CHARS) or tr("File")
    if attachment.size_bytes is None or attachment.size_bytes < 0:
        return name
    return tr("{name} · {size}", name=name, size=size_text(attachment.size_bytes))


def _file_line(attachment: Attachment, text: str) -> str:
    """A file below the text of its message, which names it already where nothing else was written."""
    if attachment.name == text and (attachment.size_bytes or 0) > 0:
        return size_text(attachment.size_bytes or 0)
    return attachment_words(attachment)


def extra_lines(message: Message) -> tuple[str, ...]:
    """What a message carries below its text: its files and its place, a line each."""
    if message.deleted:
        return ()
    files = [_file_line(one, message.text) for one in message.extras.attachments[:MOST_FILES]]
    more = len(message.extras.attachments) - len(files)
    if more > 0:
        files.append(trn("and 1 more file", "and {n} more files", more))
    place = message.extras.place
    if place is not None:
        where = f"{place[0]:.5f}, {place[1]:.5f}"
        files.append(where if message.kind is MessageKind.LOCATION else tr("Place: {where}", where=where))
    return tuple(files)


def subject_words(message: Message) -> str:
    """The subject of a message on one line; empty where it has none."""
    return "" if message.deleted else one_line(message.extras.subject, SUBJECT_CHARS)


def topic_words(topic: str) -> str:
    """The platform's word for a kind of message, as a person reads it."""
    return choice_title(one_line(topic, NAME_CHARS)) if topic else ""


def trouble_words(message: Message) -> str:
    """Why an own message waits for its person, and what helps; empty for all others."""
    if not is_troubled(message):
        return ""
    if message.state is DeliveryState.UNCERTAIN:
        return uncertain_sentence()
    if brings_file(message):
        return file_parked_sentence(message.parked or ParkReason.REFUSED, message.parked_detail)
    return parked_sentence(message.parked or ParkReason.REFUSED, message.parked_detail)


def spoken(message: Message) -> str:
    """One sentence for a screen reader: who, when, what, and how far an own message has come."""
    text = one_line(body_text(message), SPOKEN_CHARS) or tr("empty message")
    when = full_time(message.sent_at_us)
    if message.kind is MessageKind.SYSTEM:
        return tr("{when}: {text}", when=when, text=text)
    if message.edited_at_us is not None and not message.deleted:
        when = tr("{when}, edited", when=when)
    who = sender_words(message)
    beside = [topic_words(message.extras.topic), subject_words(message)] if not message.deleted else []
    text = ", ".join(part for part in (*beside, text, *extra_lines(message)) if part)
    if not message.own or message.deleted:
        return tr("{who}, {when}: {text}", who=who, when=when, text=text)
    state = how_far(message)
    return tr("{who}, {when}: {text}, {state}", who=who, when=when, text=text, state=state)


def spoken_more(message: Message) -> str:
    """What a screen reader tells on request: the trouble and what can be done."""
    trouble = trouble_words(message)
    if not trouble:
        return tr("It arrived twice.") if message.arrived_twice else ""
    actions = ", ".join(label(action) for action in inline(message))
    return tr("{trouble} Press Enter for: {actions}.", trouble=trouble, actions=actions)


def copied_with_name(message: Message, text: str) -> str:
    """A message, or a part of its text, with its sender and time, to be pasted elsewhere."""
    when = full_time(message.sent_at_us)
    if message.kind is MessageKind.SYSTEM:
        # Nobody wrote it, and its own time is the one before it.
        whole = text == shown_words(message)
        return tr("{when}: {text}", when=when, text=body_text(message).strip() if whole else text)
    return tr("{who}, {when}: {text}", who=sender_words(message), when=when, text=text)


def info_word(code: str) -> str:
    """A word of the ledger as a person reads it; one that is new to this version stays as it is."""
    word, _, rest = code.partition(": ")
    if word == "refused" and rest in set(ParkReason):
        return tr("Not sent: {reason}", reason=parked_word(ParkReason(rest)))
    word, _, number_of_try = code.rpartition(" ")
    if word == "attempt" and number_of_try.isdecimal():
        return tr("Sent to the server, try {n}", n=number(int(number_of_try)))
    found = _LEDGER.get(code)
    return found() if found else one_line(code, NAME_CHARS)


_LEDGER = {
    "pressed": lambda: tr("Queued on this computer"),
    "file copied": lambda: tr("The file was copied into chatdesk"),
    "file uploaded": lambda: tr("The file is on the server; its message goes next"),
    "stored": lambda: tr("The server has it"),
    "relayed": lambda: tr("Handed over by the server, which keeps no copy"),
    "later": lambda: tr("Not now: it waits and is tried again"),
    "no answer": lambda: tr("No answer: it may have arrived"),
    "found": lambda: tr("Found in the server's history"),
    "echo": lambda: tr("The server showed its copy"),
    "absent": lambda: tr("Not in the server's history"),
    "repeating": lambda: tr("Sent once more; the server recognises repeats"),
    "restarted": lambda: tr("chatdesk was started again before an answer came"),
    "read": lambda: tr("Read by the other side"),
    "deleted": lambda: tr("Deleted"),
    "cancelled": lambda: tr("You took it back"),
    "edited": lambda: tr("You changed it"),
    "scheduled": lambda: tr("You chose another time for it"),
    "due": lambda: tr("Its time came"),
    "urged": lambda: tr("You changed whether it is urgent"),
    "retried": lambda: tr("You had it sent again"),
    "sent again": lambda: tr("You had it sent once more"),
    "discarded": lambda: tr("You let it go"),
    "already so": lambda: tr("Nothing was left to do"),
    "grown old": lambda: tr("It asks before it goes: too old, or back with restored data"),
    "conversation closed": lambda: tr("Put aside: the conversation takes no more messages"),
    "rebuilt": lambda: tr("Brought back from the journal after an accident"),
}
