"""The words of actions and look-ups: buttons, questions, what goes on, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from chatdesk.domain.actions import ActionKind, FieldAsked, FindKind, FindScope, Offer, Subject
from chatdesk.domain.errors import NotDone, NotKnown
from chatdesk.domain.kinds import NoticeCode, OrderKind, ParkReason
from chatdesk.domain.text import one_line
from chatdesk.ui.asking.offers import About, made_kind
from chatdesk.ui.i18n import clock_time, countdown, tr
from chatdesk.ui.vocabulary import asked_title
from chatdesk.ui.words import error_sentences

NAME_CHARS = 80
SAID_CHARS = 200
DANGEROUS = frozenset(
    {
        ActionKind.END_CHAT,
        ActionKind.DELETE_CHAT,
        ActionKind.REJECT,
        ActionKind.REMOVE_FILE,
        ActionKind.NOTICE_DELETE,
    }
)
"""Actions that take something away."""


# -- buttons and questions ---------------------------------------------------------------------------------


def action_words(offer: Offer, about: About) -> str:
    """What a button or a menu entry says; `…` where more is asked first."""
    if offer.action is ActionKind.START_CHAT and about.hit is not None:
        name = one_line(about.hit.person_name, NAME_CHARS)
        words = tr("Talk with {name}", name=name) if name else tr("Talk about it")
    elif offer.action is ActionKind.CREATE_ORDER:
        words = _new_words(offer)
    else:
        words = _ACTIONS[offer.action]()
    return tr("{words}…", words=words) if offer.fields or offer.confirm else words


_ACTIONS: dict[ActionKind, Callable[[], str]] = {
    ActionKind.START_CHAT: lambda: tr("Start a conversation"),
    ActionKind.END_CHAT: lambda: tr("End the conversation"),
    ActionKind.DELETE_CHAT: lambda: tr("Delete the conversation on the server"),
    ActionKind.LEAVE_CHAT: lambda: tr("Leave the conversation"),
    ActionKind.TAKE_OVER: lambda: tr("Take over"),
    ActionKind.ACCEPT: lambda: tr("Accept"),
    ActionKind.REJECT: lambda: tr("Reject"),
    ActionKind.REQUEST_CODE: lambda: tr("Send the customer a code"),
    ActionKind.CONFIRM_CODE: lambda: tr("Enter the customer's code"),
    ActionKind.CREATE_ORDER: lambda: tr("New order"),
    ActionKind.UPLOAD: lambda: tr("Attach a file"),
    ActionKind.LIST_FILES: lambda: tr("Read the files again"),
    ActionKind.ADD_FILE: lambda: tr("Add a file"),
    ActionKind.SAVE_FILE: lambda: tr("Save as…"),
    ActionKind.REMOVE_FILE: lambda: tr("Remove"),
    ActionKind.NOTICE_READ: lambda: tr("Mark as read"),
    ActionKind.NOTICES_READ: lambda: tr("Mark all as read"),
    ActionKind.NOTICE_DELETE: lambda: tr("Delete"),
}


def _new_words(offer: Offer) -> str:
    kind = made_kind(offer)
    return _NEW[kind]() if kind is not None else _ACTIONS[offer.action]()


_NEW: dict[OrderKind, Callable[[], str]] = {
    OrderKind.ORDER: lambda: tr("New order"),
    OrderKind.TRIP: lambda: tr("New trip"),
    OrderKind.PACKAGE: lambda: tr("New package"),
    OrderKind.BOOKING: lambda: tr("New booking"),
    OrderKind.RFQ: lambda: tr("New RFQ"),
}


class Question(msgspec.Struct, frozen=True):
    """A dialog's words: heading, a sentence, the button that does it."""

    title: str
    text: str
    yes: str


def question(offer: Offer, about: About) -> Question:
    """What is asked before an action is done."""
    if offer.action is ActionKind.CREATE_ORDER:
        text = tr("It is made on the server at once. Nothing of it is queued.")
        return Question(_new_words(offer), text, tr("Create it"))
    made = _QUESTIONS.get(offer.action)
    if made is None:
        words = _ACTIONS[offer.action]()
        return Question(words, tr("The server is asked at once. Nothing of it is queued."), words)
    return made(subject_name(about))


def subject_name(about: About) -> str:
    """What an action is about, as a person knows it."""
    name = ""
    if about.file is not None:
        name = about.file.name
    elif about.order is not None:
        number = about.order.number
        name = f"#{number}" if number.isdecimal() else number or about.order.title or about.order.remote_id
    elif about.conversation is not None:
        name = about.conversation.title or about.conversation.remote_id
    elif about.hit is not None:
        name = about.hit.title or about.hit.remote_id
    elif about.notice is not None:
        name = about.notice.title
    return one_line(name, NAME_CHARS) or tr("This")


_QUESTIONS: dict[ActionKind, Callable[[str], Question]] = {
    ActionKind.END_CHAT: lambda name: Question(
        tr("End the conversation?"),
        tr("Nobody can write in {name} any more. This can't be undone.", name=name),
        tr("End it"),
    ),
    ActionKind.DELETE_CHAT: lambda name: Question(
        tr("Delete the conversation on the server?"),
        tr("{name}: its messages are gone for everybody. This can't be undone.", name=name),
        tr("Delete it"),
    ),
    ActionKind.TAKE_OVER: lambda name: Question(
        tr("Take over?"),
        tr("{name} becomes yours to look after, and everyone on it sees so.", name=name),
        tr("Take over"),
    ),
    ActionKind.ACCEPT: lambda name: Question(
        tr("Accept?"),
        tr("You take on {name}. The other side is told at once.", name=name),
        tr("Accept"),
    ),
    ActionKind.REJECT: lambda name: Question(
        tr("Reject?"),
        tr("You give {name} back. The other side is told at once; this can't be undone.", name=name),
        tr("Reject"),
    ),
    ActionKind.CONFIRM_CODE: lambda name: Question(
        tr("Enter the customer's code"),
        tr(
            "{name}: the customer has it on the phone. It goes to the server and is not kept here.", name=name
        ),
        tr("Confirm"),
    ),
    ActionKind.REMOVE_FILE: lambda name: Question(
        tr("Remove the file?"),
        tr("{name} is deleted on the server for everybody. This can't be undone.", name=name),
        tr("Remove it"),
    ),
    ActionKind.NOTICE_DELETE: lambda name: Question(
        tr("Delete this notification?"),
        tr("“{name}” is deleted on the server. This can't be undone.", name=name),
        tr("Delete it"),
    ),
}


# -- while it goes on, and afterwards ----------------------------------------------------------------------


def busy_sentence(kind: ActionKind) -> str:
    """What goes on now."""
    match kind:
        case ActionKind.ADD_FILE | ActionKind.UPLOAD:
            return tr("The file is on its way to the server…")
        case ActionKind.SAVE_FILE:
            return tr("The file is being fetched…")
        case ActionKind.START_CHAT:
            return tr("The conversation is being started…")
        case _:
            return tr("Waiting for the server's answer…")


def given_up_sentence(kind: ActionKind) -> str:
    """What it means to stop waiting."""
    if kind is ActionKind.SAVE_FILE:
        return tr("You have stopped waiting. The file may still arrive where you wanted it.")
    return tr("You have stopped waiting. It may have been done all the same; it is being read again.")


def done_sentence(offer: Offer) -> str:
    """That it is done."""
    return _DONE[offer.action]()


_DONE: dict[ActionKind, Callable[[], str]] = {
    ActionKind.START_CHAT: lambda: tr("Started. The conversation appears as soon as the server lists it."),
    ActionKind.END_CHAT: lambda: tr("The conversation has ended."),
    ActionKind.DELETE_CHAT: lambda: tr("The conversation is deleted on the server."),
    ActionKind.LEAVE_CHAT: lambda: tr("You have left. Nothing of it is announced here until you open it."),
    ActionKind.TAKE_OVER: lambda: tr("It is yours now."),
    ActionKind.ACCEPT: lambda: tr("Accepted."),
    ActionKind.REJECT: lambda: tr("Rejected."),
    ActionKind.REQUEST_CODE: lambda: tr("The code is on its way to the customer."),
    ActionKind.CONFIRM_CODE: lambda: tr("The code was right."),
    ActionKind.CREATE_ORDER: lambda: tr("Created."),
    ActionKind.UPLOAD: lambda: tr("The file is on the server."),
    ActionKind.LIST_FILES: lambda: tr("The list of files is up to date."),
    ActionKind.ADD_FILE: lambda: tr("The file was added."),
    ActionKind.SAVE_FILE: lambda: tr("The file was saved."),
    ActionKind.REMOVE_FILE: lambda: tr("The file was removed."),
    ActionKind.NOTICE_READ: lambda: tr("Marked as read."),
    ActionKind.NOTICES_READ: lambda: tr("All marked as read."),
    ActionKind.NOTICE_DELETE: lambda: tr("The notification was deleted."),
}


def valid_until(until_us: int, now_us: int) -> str:
    """How long a code holds."""
    if until_us <= now_us:
        return tr("The code is no longer valid. Have a new one sent.")
    return tr(
        "Code valid until {time} ({left} left).",
        time=clock_time(until_us),
        left=countdown(until_us, now_us),
    )


def failed_sentence(error: BaseException, kind: ActionKind, fields: Sequence[FieldAsked] = ()) -> str:
    """Why it was not done, or that nobody knows; for look-ups see `find_failed_sentence`."""
    if isinstance(error, NotKnown):
        return _not_known(kind)
    if isinstance(error, NotDone):
        return _not_done(error, {field.key for field in fields})
    return error_sentences(error).text


def find_failed_sentence(error: BaseException) -> str:
    """Why nothing could be looked up."""
    if not isinstance(error, NotDone):
        return error_sentences(error).text
    known = _FIND_OURS.get(error.server_words)
    reason = _FIND_REASONS.get(error.reason, _not_looked_up)
    return _with_rest(known() if known is not None else reason(), error, ours=known is not None)


def _not_looked_up() -> str:
    return tr("The server did not look it up.")


_FIND_REASONS: dict[ParkReason | None, Callable[[], str]] = {
    None: lambda: tr("The server can't be asked now."),
    ParkReason.FORBIDDEN: lambda: tr("You may not look this up here."),
    ParkReason.NOT_FOUND: lambda: tr("The server can't look this up."),
}
_FIND_OURS: dict[str, Callable[[], str]] = {
    NoticeCode.OFFLINE.value: lambda: tr("The server can't be reached now."),
    NoticeCode.AUTH_REQUIRED.value: lambda: tr("Your sign-in has ended: sign in again."),
    NoticeCode.AUTH_FAILED.value: lambda: tr("The server did not accept your sign-in."),
    NoticeCode.LOCKED.value: lambda: tr("The server has locked this account for a while."),
    NoticeCode.RATE_LIMITED.value: lambda: tr("The server asks for a slower pace."),
    NoticeCode.SERVER_ERROR.value: lambda: tr("The server has trouble of its own."),
}


def _not_known(kind: ActionKind) -> str:
    match kind:
        case ActionKind.ADD_FILE | ActionKind.REMOVE_FILE:
            return tr("No answer: it may have been done. Read the list of files again before you repeat it.")
        case ActionKind.CREATE_ORDER:
            return tr("No answer: it may have been made. Look into the list before you repeat it.")
        case ActionKind.NOTICE_READ | ActionKind.NOTICES_READ | ActionKind.NOTICE_DELETE:
            return tr("No answer: it may have been done. The notifications are being read again.")
        case ActionKind.END_CHAT | ActionKind.DELETE_CHAT | ActionKind.LEAVE_CHAT | ActionKind.START_CHAT:
            return tr("No answer: it may have been done. The conversations are being read again.")
        case _:
            return tr("No answer: it may have been done. The order is being read again.")


def _not_done(error: NotDone, keys: frozenset[str] | set[str]) -> str:
    said = error.server_words
    if said in keys:
        # An adapter names the field that the server would not take.
        title = asked_title(said)
        if error.reason is ParkReason.NOT_FOUND:
            return tr("{field}: the server knows none like this. Nothing was done.", field=title)
        return tr("{field}: the server would not take this. Nothing was done.", field=title)
    known = _OURS.get(said)
    text = known() if known is not None else _REASONS[error.reason]()
    return _with_rest(text, error, ours=known is not None)


def _with_rest(text: str, error: NotDone, *, ours: bool) -> str:
    """The sentence with how long to wait and what the server said. ours: its words are ours, not quoted."""
    said = error.server_words
    shown = "" if ours or said in _CODES else one_line(said, SAID_CHARS)
    if error.retry_after_s is not None and error.retry_after_s > 0:
        wait = countdown(round(error.retry_after_s * 1_000_000), 0)
        text = tr("{text} Try again in {time}.", text=text, time=wait)
    return tr("{text} The server says: {words}", text=text, words=shown) if shown else text


_REASONS: dict[ParkReason | None, Callable[[], str]] = {
    None: lambda: tr("The server can't be asked now. Nothing was done."),
    ParkReason.FORBIDDEN: lambda: tr("You may not do this here. Nothing was done."),
    ParkReason.NOT_FOUND: lambda: tr("The server does not have it any more. Nothing was done."),
    ParkReason.CLOSED: lambda: tr("It is closed, so nothing was done."),
    ParkReason.TOO_LONG: lambda: tr("It is too large for the server. Nothing was done."),
    ParkReason.EMPTY: lambda: tr("Something is missing. Nothing was done."),
    ParkReason.REFUSED: lambda: tr("The server refused it. Nothing was done."),
    ParkReason.CHANGED_MEANWHILE: lambda: tr(
        "It has changed meanwhile, so nothing was done. Look at it as it is now, then decide again."
    ),
    ParkReason.OLD: lambda: tr("It is too old now. Nothing was done."),
    ParkReason.STUCK: lambda: tr("It could not be got through. Nothing was done."),
    ParkReason.DISCARDED: lambda: tr("It was let go. Nothing was done."),
}
_OURS: dict[str, Callable[[], str]] = {
    NoticeCode.OFFLINE.value: lambda: tr("The server can't be reached now. Nothing was done."),
    NoticeCode.AUTH_REQUIRED.value: lambda: tr("Your sign-in has ended: sign in again. Nothing was done."),
    NoticeCode.AUTH_FAILED.value: lambda: tr("The server did not accept your sign-in. Nothing was done."),
    NoticeCode.LOCKED.value: lambda: tr("The server has locked this account for a while. Nothing was done."),
    NoticeCode.RATE_LIMITED.value: lambda: tr("The server asks for a slower pace. Nothing was done."),
    NoticeCode.SERVER_ERROR.value: lambda: tr("The server has trouble of its own. Nothing was done."),
    "disk": lambda: tr("The file could not be read or written on this computer. Nothing was done."),
    "too_large": lambda: tr("The file is too large. Nothing was done."),
}
"""Stable words of adapters and engine: they are ours, not the server's, so they are not quoted."""
_CODES = frozenset({word.value for word in (*NoticeCode, *ParkReason, *ActionKind, *FindKind)} | set(_OURS))


# -- look-ups ----------------------------------------------------------------------------------------------


def find_title(kind: FindKind) -> str:
    """A kind of thing that can be looked up, as a tab says it."""
    return _FINDS[kind]()


_FINDS: dict[FindKind, Callable[[], str]] = {
    FindKind.ORDER: lambda: tr("Orders"),
    FindKind.PACKAGE: lambda: tr("Packages"),
    FindKind.TRIP: lambda: tr("Trips"),
    FindKind.BOOKING: lambda: tr("Bookings"),
    FindKind.RFQ: lambda: tr("RFQs"),
    FindKind.PRODUCT: lambda: tr("Products"),
    FindKind.PERSON: lambda: tr("People"),
}


def scope_title(scope: FindScope) -> str:
    """Which part of what a server has."""
    return _SCOPES[scope]()


_SCOPES: dict[FindScope, Callable[[], str]] = {
    FindScope.ALL: lambda: tr("All"),
    FindScope.SENT: lambda: tr("Sent"),
    FindScope.RECEIVED: lambda: tr("Received"),
    FindScope.MINE: lambda: tr("Mine"),
}


def subject_words(on: Subject) -> str:
    """What kind of thing it is, for a screen reader's name of a group of actions."""
    return _SUBJECTS[on]()


_SUBJECTS: dict[Subject, Callable[[], str]] = {
    Subject.ACCOUNT: lambda: tr("What can be done with this account"),
    Subject.CONVERSATION: lambda: tr("What can be done with this conversation"),
    Subject.ORDER: lambda: tr("What can be done with this order"),
    Subject.HIT: lambda: tr("What can be done with this result"),
    Subject.FILE: lambda: tr("What can be done with this file"),
    Subject.NOTICE: lambda: tr("What can be done with this notification"),
}
