"""Which actions an account offers on what, and what such an action says to the server; pure.

Buttons, menus and tests all ask here, so that nothing is offered in one place and absent in another.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from chatdesk.domain.actions import Action, ActionKind, Hit, Offer, Subject
from chatdesk.domain.changes import AccountStatus
from chatdesk.domain.entities import Account, Conversation, Notification, Order, OrderFile
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ConnectionState, Lifecycle, OrderKind, SignInState
from chatdesk.ui.i18n import tr

_REACHED = frozenset({ConnectionState.ONLINE, ConnectionState.POLLING})
_OVER = frozenset({Lifecycle.ENDED, Lifecycle.DELETED})
"""A conversation that has come to its end does not keep anybody from starting another."""
_NEEDS_A_FILE = frozenset({ActionKind.UPLOAD, ActionKind.ADD_FILE, ActionKind.SAVE_FILE})


class About(msgspec.Struct, frozen=True):
    """What an action would be about: one thing of one account. Made by the functions below."""

    account: Account
    on: Subject
    conversation: Conversation | None = None
    order: Order | None = None
    hit: Hit | None = None
    file: OrderFile | None = None
    notice: Notification | None = None

    @property
    def key(self) -> str:
        """The same for the same thing, whatever has changed of it."""
        match self.on:
            case Subject.CONVERSATION if self.conversation is not None:
                thing = str(self.conversation.id)
            case Subject.ORDER if self.order is not None:
                thing = str(self.order.id)
            case Subject.FILE if self.order is not None and self.file is not None:
                thing = f"{self.order.id}/{self.file.remote_name}"
            case Subject.HIT if self.hit is not None:
                thing = f"{self.hit.kind.value}/{self.hit.remote_id}"
            case Subject.NOTICE if self.notice is not None:
                thing = self.notice.remote_id
            case _:
                thing = ""
        return f"{self.account.id}/{self.on.value}/{thing}"


def about_account(account: Account) -> About:
    """The account itself."""
    return About(account, Subject.ACCOUNT)


def about_conversation(account: Account, conversation: Conversation, order: Order | None) -> About:
    """A conversation, with the order that it hangs on."""
    return About(account, Subject.CONVERSATION, conversation=conversation, order=order)


def about_order(account: Account, order: Order, conversation: Conversation | None) -> About:
    """An order, with its conversation where there is one."""
    return About(account, Subject.ORDER, conversation=conversation, order=order)


def about_hit(account: Account, hit: Hit) -> About:
    """Something that was looked up."""
    return About(account, Subject.HIT, hit=hit)


def about_file(account: Account, order: Order, file: OrderFile) -> About:
    """A file of an order."""
    return About(account, Subject.FILE, order=order, file=file)


def about_notice(account: Account, notice: Notification) -> About:
    """A notification of the platform."""
    return About(account, Subject.NOTICE, notice=notice)


def offers_for(about: About) -> tuple[Offer, ...]:
    """What may be asked for about something, in the order in which the account offers it."""
    return tuple(offer for offer in about.account.capabilities.offers if _fits(offer, about))


def offer_of(about: About, kind: ActionKind) -> Offer | None:
    """One action about something; None where it is not offered."""
    return next((offer for offer in offers_for(about) if offer.action is kind), None)


def _fits(offer: Offer, about: About) -> bool:
    if offer.on is not about.on:
        return False
    order, hit, talk = about.order, about.hit, about.conversation
    # On an account they say what is made, not what it is done to.
    if offer.order_kinds and about.on is not Subject.ACCOUNT and _order_kind(about) not in offer.order_kinds:
        return False
    if offer.find_kinds and (hit is None or hit.kind not in offer.find_kinds):
        return False
    if offer.statuses and (order is None or order.status not in offer.statuses):
        return False
    if offer.lifecycles and (talk is None or talk.lifecycle not in offer.lifecycles):
        return False
    if offer.action is ActionKind.START_CHAT:
        return talk is None or talk.lifecycle in _OVER
    if offer.action is ActionKind.NOTICE_READ:
        return about.notice is not None and about.notice.unread
    return True


def needs_file(kind: ActionKind) -> bool:
    """Whether the person has to choose a file first, so that a button alone can't do it."""
    return kind in _NEEDS_A_FILE


def reaches(status: AccountStatus | None) -> bool:
    """Whether the server of an account can be asked now."""
    return status is not None and status.connection in _REACHED and status.sign_in is SignInState.OK


def blocked_sentence(status: AccountStatus | None) -> str:
    """Why nothing can be asked of an account's server now; empty where it can."""
    if reaches(status):
        return ""
    if status is not None and status.sign_in is not SignInState.OK:
        return tr("Sign in again first: this needs the server, and nothing of it is queued.")
    return tr("You are offline. This needs the server; nothing of it is queued.")


def action_for(
    offer: Offer,
    about: About,
    values: Mapping[str, str] | None = None,
    path: str = "",
    content_type: str = "",
) -> Action:
    """The action as the adapter takes it. values: what was typed, by the keys of the offer's fields."""
    order, hit, talk = about.order, about.hit, about.conversation
    person = hit.person if hit is not None else None
    return Action(
        kind=offer.action,
        conversation=talk.remote_id if talk is not None else None,
        order=_order_id(about),
        order_kind=_order_kind(about) or made_kind(offer),
        order_number=order.number if order is not None else "",
        person=person,
        person_kind=hit.person_kind if hit is not None else "",
        person_name=hit.person_name if hit is not None else "",
        target=_target(about),
        fields=dict(values or {}),
        path=path,
        content_type=content_type,
    )


def made_kind(offer: Offer) -> OrderKind | None:
    """What an action on an account makes; None where it makes nothing, or the platform has one kind only."""
    return offer.order_kinds[0] if offer.on is Subject.ACCOUNT and offer.order_kinds else None


def _order_kind(about: About) -> OrderKind | None:
    if about.order is not None:
        return about.order.kind
    return about.hit.order_kind if about.hit is not None else None


def _order_id(about: About) -> RemoteId | None:
    if about.order is not None:
        return about.order.remote_id
    if about.hit is not None and about.hit.order_kind is not None:
        return about.hit.remote_id
    return None


def _target(about: About) -> str:
    if about.file is not None:
        return about.file.remote_name
    return about.notice.remote_id if about.notice is not None else ""
