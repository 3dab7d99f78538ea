"""What there is to say of one account: its short name, its health, and what it can't do and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from chatdesk.domain.changes import AccountStatus
from chatdesk.domain.entities import Account, Capabilities
from chatdesk.domain.kinds import ConnectionState, Feature, Platform, SignInState, Support, Why
from chatdesk.domain.text import one_line
from chatdesk.ui.i18n import countdown, full_time, tr, trn
from chatdesk.ui.paint import initials
from chatdesk.ui.words import connection_word, platform_name

NAME_CHARS = 60
_LETTERS = {
    Platform.FAKOMAME: "FK",
    Platform.STEPPERGO: "SG",
    Platform.DISPATCHER: "DP",
    Platform.OMW: "OM",
    Platform.MARKETPLACE: "MK",
}


def account_name(account: Account) -> str:
    """Who it is, on one line."""
    return one_line(account.name or account.login, NAME_CHARS)


def account_label(account: Account, accounts: Sequence[Account]) -> str:
    """As short as it stays plain which account is meant: the platform, or the person where two are alike."""
    alike = [one for one in accounts if one.platform is account.platform]
    if len(alike) <= 1:
        return platform_name(account.platform)
    name = account_name(account)
    if sum(1 for one in alike if account_name(one) == name) == 1:
        return name
    # One person twice on one platform: as somebody else, with another login, or at another server.
    for part in (account.seat, account.login, account.server_url.partition("://")[2]):
        if part and sum(1 for one in alike if part in {one.seat, one.login, one.server_url}) <= 1:
            return tr("{name} ({part})", name=name, part=one_line(part, NAME_CHARS))
    return tr("{name} ({part})", name=name, part=one_line(account.server_url.partition("://")[2], NAME_CHARS))


def account_letters(account: Account, accounts: Sequence[Account]) -> str:
    """Two letters for a tile; no two accounts have the same."""
    alike = [one for one in accounts if one.platform is account.platform]
    if len(alike) <= 1:
        return _LETTERS[account.platform]
    own = initials(account_name(account))
    taken = [initials(account_name(one)) for one in alike] + [
        _LETTERS[one.platform] for one in accounts if one.platform is not account.platform
    ]
    if taken.count(own) == 1:
        return own
    return f"{_LETTERS[account.platform][0]}{alike.index(account) + 1}"


def platform_letters(platform: Platform) -> str:
    """Two letters for a platform."""
    return _LETTERS[platform]


def standing(status: AccountStatus, now_us: int) -> str:
    """How an account stands, in a few words."""
    match status.sign_in:
        case SignInState.OK:
            return connection_word(status, now_us)
        case SignInState.LOCKED if status.retry_at_us is not None and status.retry_at_us > now_us:
            return tr("locked for {time}", time=countdown(status.retry_at_us, now_us))
        case SignInState.LOCKED:
            return tr("locked by the server")
        case SignInState.REFUSED:
            return tr("refused by the server")
        case SignInState.NEEDS_PASSWORD:
            return tr("sign in again")


def connection_sentence(status: AccountStatus, now_us: int) -> str:
    """How an account is connected and what that means for who writes with it."""
    if status.sign_in is not SignInState.OK:
        return tr(
            "Not connected: {why}. You can read and write on; messages wait.", why=standing(status, now_us)
        )
    if status.connection is ConnectionState.POLLING:
        return tr(
            "This server has no live connection for us now. chatdesk asks it for news regularly, "
            "so messages come with a delay."
        )
    words = connection_word(status, now_us)
    return words[:1].upper() + words[1:]


def synced_sentence(status: AccountStatus) -> str:
    """When it was last in step with its server."""
    if not status.synced_at_us:
        return tr("not since the start of chatdesk")
    return full_time(status.synced_at_us)


def dropped_sentences(dropped: Mapping[str, int]) -> tuple[str, ...]:
    """What of the server's packets was not used, by reason; the other people's first."""
    order = sorted(dropped, key=lambda reason: (reason != "foreign", reason))
    return tuple(_dropped(reason, dropped[reason]) for reason in order if dropped[reason] > 0)


def _dropped(reason: str, count: int) -> str:
    known = _DROPPED.get(reason)
    if known is not None:
        return known(count)
    return trn("1 packet was not used", "{n} packets were not used", count) + _why_dropped(reason)


def _why_dropped(reason: str) -> str:
    words = one_line(reason.replace("_", " "), NAME_CHARS)
    return tr(" ({reason})", reason=words) if words else ""


_DROPPED: dict[str, Callable[[int], str]] = {
    "foreign": lambda count: trn(
        "1 message of other people dropped: neither stored nor shown",
        "{n} messages of other people dropped: neither stored nor shown",
        count,
    ),
    "malformed": lambda count: trn(
        "1 packet could not be read and was left out",
        "{n} packets could not be read and were left out",
        count,
    ),
    "bad": lambda count: trn(
        "1 packet could not be stored and was left out",
        "{n} packets could not be stored and were left out",
        count,
    ),
    "late_answer": lambda count: trn(
        "1 answer came too late to be used", "{n} answers came too late to be used", count
    ),
    "unreadable_order": lambda count: trn(
        "1 order could not be read and was left out",
        "{n} orders could not be read and were left out",
        count,
    ),
    "unknown_event": lambda count: trn(
        "1 packet of a kind that chatdesk does not know was left out",
        "{n} packets of kinds that chatdesk does not know were left out",
        count,
    ),
    "too_many_strangers": lambda count: trn(
        "1 message of an unknown sender was left out: too many wait to be looked up",
        "{n} messages of unknown senders were left out: too many wait to be looked up",
        count,
    ),
    "changed_copy": lambda count: trn(
        "1 copy of a message differed from the one that is kept and was left out",
        "{n} copies of messages differed from those that are kept and were left out",
        count,
    ),
    "fault": lambda count: trn(
        "1 packet met a fault of chatdesk; the log has the details",
        "{n} packets met a fault of chatdesk; the log has the details",
        count,
    ),
}


def knows_drop(reason: str) -> bool:
    """Whether a reason has words of its own; for the test over all adapters."""
    return reason in _DROPPED


def feature_name(feature: Feature) -> str:
    """What a feature is called in a list."""
    return _FEATURES[feature]()


_FEATURES: dict[Feature, Callable[[], str]] = {
    Feature.TYPING: lambda: tr("Seeing who is typing"),
    Feature.PRESENCE: lambda: tr("Seeing who is online"),
    Feature.READ_RECEIPTS: lambda: tr("Seeing what was read"),
    Feature.DELETE_OWN: lambda: tr("Deleting a message for everyone"),
    Feature.EDIT_OWN: lambda: tr("Changing a message that was sent"),
    Feature.ATTACHMENTS: lambda: tr("Files with messages"),
    Feature.ORDER_LIST: lambda: tr("A list of orders"),
    Feature.ORDER_FILES: lambda: tr("Files of an order"),
    Feature.CHANGE_STATUS: lambda: tr("Changing a status"),
    Feature.TAKE_OVER: lambda: tr("Taking over an order"),
    Feature.NOTIFICATIONS: lambda: tr("The platform's notifications"),
    Feature.MESSAGE_SEARCH: lambda: tr("Searching messages at the server"),
    Feature.SERVER_UNREAD: lambda: tr("Unread numbers of the server"),
    Feature.STORED_READ: lambda: tr("Telling the server what was read"),
    Feature.CHAT_LIST: lambda: tr("A list of conversations"),
    Feature.REPORT: lambda: tr("Reporting a message"),
    Feature.LAST_SEEN: lambda: tr("Seeing when somebody was last there"),
    Feature.DELIVERED: lambda: tr("Seeing what was delivered"),
    Feature.STATUS_PUSH: lambda: tr("Status changes at once"),
    Feature.LIVE_POSITION: lambda: tr("The driver's position"),
    Feature.FIND: lambda: tr("Looking things up at the server"),
    Feature.STORED_MESSAGES: lambda: tr("Messages kept by the server"),
}


def why_words(why: Why) -> str:
    """Why a feature is absent, in a few words."""
    return _WHY[why]()


_WHY: dict[Why, Callable[[], str]] = {
    Why.NOT_ON_PLATFORM: lambda: tr("the platform does not have it"),
    Why.NOT_ON_SERVER: lambda: tr("this server does not offer it"),
    Why.NOT_FOR_ROLE: lambda: tr("not for your role"),
    Why.OUT_OF_REACH: lambda: tr("the server has it, but lets no ordinary sign-in use it"),
}


def absent_sentence(feature: Feature, why: Why) -> str:
    """A feature that is not there, and why, as one line."""
    return tr("{feature}: {why}", feature=feature_name(feature), why=why_words(why))


def absent_features(capabilities: Capabilities) -> tuple[tuple[Feature, Why], ...]:
    """What an account can't do and why, in the order of the features."""
    return tuple(
        (feature, capabilities.why[feature])
        for feature in Feature
        if feature in capabilities.why and capabilities.features.get(feature, Support.NO) is Support.NO
    )


def is_live_only(capabilities: Capabilities) -> bool:
    """Whether the server is known to keep no messages."""
    return capabilities.features.get(Feature.STORED_MESSAGES) is Support.NO


def live_only_sentence() -> str:
    """What it means that a server keeps no messages."""
    return tr(
        "Messages are not stored by this server: they reach only who is online at this moment. "
        "What passes while chatdesk runs is kept on this computer; what passed before can't be fetched."
    )
