"""The sentences for everything that can happen: what happened, what is safe, and the next step."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from chatdesk.domain.changes import AccountStatus
from chatdesk.domain.desk import ServerCheck
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.errors import (
    DamagedDatabase,
    DiskTrouble,
    FileRefused,
    ForeignDatabase,
    NewerDatabase,
    NotDone,
    NotKnown,
    NotPossible,
    ProfileInUse,
    SignInRefused,
    StaleDraft,
    StoreProblem,
)
from chatdesk.domain.kinds import (
    ConnectionState,
    DeliveryState,
    DiskIll,
    NoticeCode,
    OutgoingKind,
    ParkReason,
    Platform,
    PresenceState,
)
from chatdesk.domain.outbox import REPEATING, is_scheduled
from chatdesk.domain.text import one_line
from chatdesk.services.addresses import AddressProblem
from chatdesk.ui.i18n import coming_time, countdown, list_time, number, span, tr

SHOWN_REASON_CHARS = 200


class Sentences(msgspec.Struct, frozen=True):
    """A trouble in words: a short title, and what happened, what is safe and what to do."""

    title: str
    text: str


def platform_name(platform: Platform) -> str:
    """The platform as people call it."""
    match platform:
        case Platform.FAKOMAME:
            return tr("Fakomame")
        case Platform.STEPPERGO:
            return tr("StepperGO")
        case Platform.DISPATCHER:
            return tr("Dispatcher")
        case Platform.OMW:
            return tr("OMW")
        case Platform.MARKETPLACE:
            return tr("Marketplace")


def parked_sentence(reason: ParkReason, detail: str = "") -> str:
    """Why an own message was not sent, that its text is safe, and what helps."""
    return _with_detail(_PARKED[reason](), "" if detail == REPEATING else detail)


_PARKED = {
    ParkReason.FORBIDDEN: lambda: tr(
        "Not sent: you have no access to this conversation. Your text is safe here. "
        "Ask for access, then press Retry."
    ),
    ParkReason.NOT_FOUND: lambda: tr(
        "Not sent: the server does not have this conversation any more. Your text is safe here to copy."
    ),
    ParkReason.CLOSED: lambda: tr(
        "Not sent: this conversation takes no more messages. Your text is safe here to copy."
    ),
    ParkReason.TOO_LONG: lambda: tr(
        "Not sent: the server finds it too long. Your text is safe here. Edit it, then send it again."
    ),
    ParkReason.EMPTY: lambda: tr("Not sent: there was nothing to read in it. Edit it or delete it."),
    ParkReason.REFUSED: lambda: tr(
        "Not sent: the server refused it. Your text is safe here. Edit it, or press Retry."
    ),
    ParkReason.CHANGED_MEANWHILE: lambda: tr(
        "Not done: somebody else changed it meanwhile. Look at the order, then decide again."
    ),
    ParkReason.OLD: lambda: tr(
        "Waiting for you: it is older than 12 hours, or came back after an accident. "
        "Press Retry if it should still go."
    ),
    ParkReason.STUCK: lambda: tr(
        "Not sent: chatdesk could not get it through and stopped trying. Your text is safe here. Press Retry."
    ),
    ParkReason.DISCARDED: lambda: tr("You have let this one go."),
}


def uncertain_sentence() -> str:
    """What an uncertain message is and what can be done."""
    return tr(
        "May have arrived. The link dropped after sending. "
        "Check looks at the history; Send again may make it arrive twice."
    )


def notice_sentence(code: NoticeCode, detail: str = "") -> str:
    """What an account has to tell its person."""
    return _with_detail(_NOTICES[code](), detail)


_NOTICES = {
    NoticeCode.AUTH_REQUIRED: lambda: tr(
        "Your sign-in has ended. You can read and write on; messages wait until you sign in again."
    ),
    NoticeCode.AUTH_FAILED: lambda: tr("The e-mail or the password is wrong."),
    NoticeCode.LOCKED: lambda: tr("The server has locked this account for a while. Wait, then try again."),
    NoticeCode.FORBIDDEN: lambda: tr("The server says that you may not do this. Nothing was changed."),
    NoticeCode.NOT_FOUND: lambda: tr("The server does not have this any more."),
    NoticeCode.CLOSED: lambda: tr("This conversation takes no more messages."),
    NoticeCode.TOO_LONG: lambda: tr("The server finds this too long. Shorten it, then try again."),
    NoticeCode.RATE_LIMITED: lambda: tr(
        "The server asks for a slower pace. Your messages are queued and go in order."
    ),
    NoticeCode.SERVER_ERROR: lambda: tr(
        "The server has trouble of its own. Your messages are safe here; chatdesk keeps trying."
    ),
    NoticeCode.OFFLINE: lambda: tr("The server can't be reached. You can read and write on; messages wait."),
    NoticeCode.LIVE_ONLY: lambda: tr(
        "This server stores no messages: they reach only who is online at this moment."
    ),
    NoticeCode.FOREIGN_DROPPED: lambda: tr(
        "The server sent messages of other people. They were dropped: neither stored nor shown."
    ),
    NoticeCode.MALFORMED_DROPPED: lambda: tr(
        "The server sent something that could not be read. It was left out; the rest is complete."
    ),
}


def connection_word(status: AccountStatus, now_us: int) -> str:
    """How a connection stands, as short as the status bar needs it; with latency or countdown."""
    match status.connection:
        case ConnectionState.ONLINE if status.latency_ms is not None:
            return tr("online {ms} ms", ms=number(status.latency_ms))
        case ConnectionState.RECONNECTING if status.retry_at_us is not None and status.retry_at_us > now_us:
            return tr("reconnecting in {time}", time=countdown(status.retry_at_us, now_us))
        case ConnectionState.OFFLINE if status.retry_at_us is not None and status.retry_at_us > now_us:
            return tr("offline, trying in {time}", time=countdown(status.retry_at_us, now_us))
        case state:
            return _CONNECTION[state]()


_CONNECTION = {
    ConnectionState.OFF: lambda: tr("not connected"),
    ConnectionState.CONNECTING: lambda: tr("connecting"),
    ConnectionState.ONLINE: lambda: tr("online"),
    ConnectionState.POLLING: lambda: tr("online, checks regularly"),
    ConnectionState.RECONNECTING: lambda: tr("reconnecting"),
    ConnectionState.OFFLINE: lambda: tr("offline"),
}


def connection_state_word(state: ConnectionState) -> str:
    """A connection state by itself."""
    return _CONNECTION[state]()


def presence_words(state: PresenceState, as_of_us: int, now_us: int) -> str:
    """Whether the other side is there, or when it was last; empty where nothing is known."""
    match state:
        case PresenceState.ONLINE:
            return tr("online")
        case PresenceState.OFFLINE if as_of_us > 0:
            return tr("last seen {time}", time=list_time(as_of_us, now_us))
        case PresenceState.OFFLINE:
            return tr("offline")
        case PresenceState.UNKNOWN if as_of_us > 0:
            return tr("online as of {time}", time=list_time(as_of_us, now_us))
        case PresenceState.UNKNOWN:
            return ""


def delivery_word(state: DeliveryState) -> str:
    """How far an own message has come, in one word."""
    return _DELIVERY[state]()


_DELIVERY = {
    DeliveryState.DRAFT: lambda: tr("draft"),
    DeliveryState.QUEUED: lambda: tr("queued"),
    DeliveryState.IN_FLIGHT: lambda: tr("sending"),
    DeliveryState.ACCEPTED: lambda: tr("sent"),
    DeliveryState.DELIVERED: lambda: tr("delivered"),
    DeliveryState.READ: lambda: tr("read"),
    DeliveryState.UNCERTAIN: lambda: tr("uncertain"),
    DeliveryState.PARKED: lambda: tr("not sent"),
    DeliveryState.CANCELLED: lambda: tr("cancelled"),
}


def parked_word(reason: ParkReason) -> str:
    """Why something is parked, in a few words for a table."""
    return _PARKED_SHORT[reason]()


_PARKED_SHORT = {
    ParkReason.FORBIDDEN: lambda: tr("no access"),
    ParkReason.NOT_FOUND: lambda: tr("conversation gone"),
    ParkReason.CLOSED: lambda: tr("chat closed"),
    ParkReason.TOO_LONG: lambda: tr("too long"),
    ParkReason.EMPTY: lambda: tr("empty"),
    ParkReason.REFUSED: lambda: tr("refused"),
    ParkReason.CHANGED_MEANWHILE: lambda: tr("changed meanwhile"),
    ParkReason.OLD: lambda: tr("asks before it goes"),
    ParkReason.STUCK: lambda: tr("stuck"),
    ParkReason.DISCARDED: lambda: tr("let go"),
}


def intention_words(item: Outgoing, statuses: Mapping[str, str] | None = None) -> str:
    """What an item of the outbox wants, in one line; a send is its own text.

    statuses: the platform's labels by value.
    """
    match item.kind:
        case OutgoingKind.SEND:
            return one_line(item.text, SHOWN_REASON_CHARS)
        case OutgoingKind.MARK_READ:
            return tr("Mark as read")
        case OutgoingKind.DELETE:
            return tr("Delete a message")
        case OutgoingKind.EDIT:
            return tr("Edit: {text}", text=one_line(item.text, SHOWN_REASON_CHARS))
        case OutgoingKind.UPLOAD:
            return tr("File for the order: {name}", name=one_line(item.text, SHOWN_REASON_CHARS))
        case OutgoingKind.REPORT:
            return tr("Report a message")
        case OutgoingKind.CHANGE_STATUS:
            labels = statuses or {}
            old, new = (labels.get(part, part) for part in item.target.partition(">")[::2])
            return tr("Status: {old} → {new}", old=one_line(old, 60), new=one_line(new, 60))


def next_step_words(item: Outgoing, now_us: int, *, online: bool) -> str:
    """What happens next with an item of the outbox, or who has to decide."""
    match item.state:
        case DeliveryState.PARKED:
            return tr("yours to decide")
        case DeliveryState.UNCERTAIN:
            return tr("checking the history") if online else tr("checked when online")
        case DeliveryState.IN_FLIGHT:
            return tr("on its way")
        case DeliveryState.QUEUED if is_scheduled(item):
            return coming_time(item.not_before_us, now_us)
        case DeliveryState.QUEUED if not online:
            return tr("when online")
        case DeliveryState.QUEUED if item.not_before_us > now_us:
            return tr("in {time}", time=countdown(item.not_before_us, now_us))
        case DeliveryState.QUEUED:
            return tr("first") if item.urgent else tr("next")
        case _:
            return ""


def age_words(since_us: int, now_us: int) -> str:
    """How old something is."""
    return span(max(0, now_us - since_us))


def check_sentence(check: ServerCheck) -> str:
    """What a connection test found."""
    if check.reachable:
        if check.latency_ms is None:
            return tr("reachable")
        return tr("reachable, {ms} ms", ms=number(check.latency_ms))
    return _CHECKS.get(check.problem, _CHECKS["unreachable"])()


_CHECKS = {
    "unreachable": lambda: tr("Nothing answers at this address. Check the address and your connection."),
    "timeout": lambda: tr("The server did not answer in time. Try again, or check the address."),
    "tls": lambda: tr("The server's certificate is not valid, so the connection would not be safe."),
    "redirect": lambda: tr("The server sends us to another address. Type that address if you trust it."),
    "not_this_platform": lambda: tr("Something answers there, but it is not a server of this platform."),
}


def address_sentence(problem: AddressProblem) -> str:
    """What is wrong with an address as typed."""
    return _ADDRESSES[problem]()


_ADDRESSES = {
    AddressProblem.EMPTY: lambda: tr("Type the address of the server, such as https://dispatch.example.com"),
    AddressProblem.NO_HOST: lambda: tr("The address has no server name."),
    AddressProblem.BAD_SCHEME: lambda: tr("The address must begin with https://"),
    AddressProblem.BAD_PORT: lambda: tr("The port must be a number from 1 to 65535."),
    AddressProblem.BAD_HOST: lambda: tr("This is not a server name."),
    AddressProblem.HAS_SECRETS: lambda: tr("Leave out name and password; there are fields for them below."),
    AddressProblem.HAS_PATH: lambda: tr("Only the server is needed: leave out what follows its name."),
}


def error_sentences(error: BaseException) -> Sentences:
    """A trouble in words, by its type; for what is no one's doing but ours, where to look."""
    if isinstance(error, NotDone):
        return _not_done(error)
    if isinstance(error, DiskTrouble) and error.ill is not None:
        return disk_sentences(error.ill)
    for kind in type(error).__mro__:
        if kind in _ERRORS:
            return _ERRORS[kind]()
    return Sentences(
        tr("Something went wrong in chatdesk"),
        tr("Your messages and drafts are safe on disk. Please try again; the log has the details."),
    )


def disk_sentences(ill: DiskIll) -> Sentences:
    """What is wrong with the disk, before the window is there and in it."""
    return _DISK[ill]()


def looking_sentences(ill: DiskIll | None) -> Sentences:
    """Why a window only shows what is there, from its start on."""
    if ill is DiskIll.FULL:
        return Sentences(
            tr("The disk is full"),
            tr(
                "You can read what is here, and nothing of it is lost. Nothing is sent or saved now, "
                "and what you type is gone when you close chatdesk. Free some space, then try again."
            ),
        )
    return Sentences(
        tr("The data folder is read-only"),
        tr(
            "You can read what is here, and nothing of it is lost. Nothing is sent or saved now, "
            "and what you type is gone when you close chatdesk. "
            "Make the folder and its files writable, then try again."
        ),
    )


_DISK: dict[DiskIll, Callable[[], Sentences]] = {
    DiskIll.FULL: lambda: Sentences(
        tr("The disk is full"),
        tr("Nothing that you have sent or typed is lost. Free some space, then try again."),
    ),
    DiskIll.READ_ONLY: lambda: Sentences(
        tr("The data folder is read-only"),
        tr(
            "Nothing that you have sent or typed is lost. "
            "Make the folder or its disk writable, then try again."
        ),
    ),
    DiskIll.FAILING: lambda: Sentences(
        tr("The disk reports errors"),
        tr(
            "Nothing that you have sent or typed is lost. "
            "Try again; if it stays, check the disk before you go on."
        ),
    ),
    DiskIll.DAMAGED: lambda: Sentences(
        tr("The database is damaged"),
        tr(
            "Nothing that you have sent is lost. Close chatdesk and start it again: "
            "it makes a new database of what can be read."
        ),
    ),
}

_ERRORS: dict[type, Callable[[], Sentences]] = {
    ProfileInUse: lambda: Sentences(
        tr("chatdesk is already open"),
        tr(
            "Another window uses this data. Nothing was changed. "
            "Switch to that window, or close it and try again."
        ),
    ),
    NewerDatabase: lambda: Sentences(
        tr("This data is from a newer chatdesk"),
        tr(
            "It was left untouched, so your messages and drafts are safe. "
            "Open it with the newer version, or update this one."
        ),
    ),
    ForeignDatabase: lambda: Sentences(
        tr("The database is another program's"),
        tr(
            "The file in the data folder was not made by chatdesk and was left as it is. "
            "Move it away, or start chatdesk with another data folder."
        ),
    ),
    DamagedDatabase: lambda: Sentences(
        tr("The database is damaged"),
        tr(
            "The file was left as it is. Messages on the servers are safe. "
            "Try again; if it stays, restore a backup of the data folder."
        ),
    ),
    DiskTrouble: lambda: Sentences(
        tr("The disk can't be written to"),
        tr("It is full, read-only or failing. Your drafts are safe. Free some space, then try again."),
    ),
    StoreProblem: lambda: Sentences(
        tr("The database can't be used"),
        tr("Nothing was changed. Try again; if it stays, restart chatdesk."),
    ),
    StaleDraft: lambda: Sentences(
        tr("This draft has changed meanwhile"),
        tr("It was sent or changed in another place. What you typed is still in the composer."),
    ),
    NotPossible: lambda: Sentences(
        tr("That is not possible now"),
        tr("It has moved on meanwhile. Nothing was changed; look at its state and decide again."),
    ),
    SignInRefused: lambda: Sentences(
        tr("Not signed in"),
        tr("The server did not let you in. What is here stays as it was."),
    ),
    FileRefused: lambda: Sentences(
        tr("The file was not taken"),
        tr("Nothing of it was sent or kept. Check the file, then choose it again."),
    ),
    NotKnown: lambda: Sentences(
        tr("No answer came"),
        tr("It may have been done, or not. Look at its state before you try again."),
    ),
}


def _not_done(error: NotDone) -> Sentences:
    """What a server definitely did not do."""
    said = one_line(error.server_words, SHOWN_REASON_CHARS)
    if error.reason is None:
        text = tr("The server can't be asked now. Nothing was changed; try again when you are online.")
    else:
        text = tr("The server refused it. Nothing was changed.")
    if error.retry_after_s is not None and error.retry_after_s > 0:
        wait = countdown(round(error.retry_after_s * 1_000_000), 0)
        text = tr("{text} It wants you to wait {time}.", text=text, time=wait)
    return Sentences(tr("Not done"), _with_detail(text, said))


def _with_detail(text: str, detail: str) -> str:
    said = one_line(detail, SHOWN_REASON_CHARS)
    return tr("{text} The server says: {words}", text=text, words=said) if said else text
