"""What an account offers on what, and what the action says: the same for buttons, menus and pages."""

from __future__ import annotations

import msgspec
import pytest

from chatdesk.domain.actions import ActionKind, FindKind, Offer, Subject
from chatdesk.domain.changes import AccountStatus
from chatdesk.domain.entities import Conversation, Notification, Order, OrderFile
from chatdesk.domain.ids import AccountId, ConversationId, OrderId, RemoteId
from chatdesk.domain.kinds import ConnectionState, Lifecycle, OrderKind, Progress, SignInState
from chatdesk.ui.asking.offers import (
    About,
    about_account,
    about_conversation,
    about_file,
    about_hit,
    about_notice,
    about_order,
    action_for,
    blocked_sentence,
    needs_file,
    offer_of,
    offers_for,
)
from tests.ui.asking.made import OFFERS, a_hit, able

ONE = AccountId(1)
START = Offer(action=ActionKind.START_CHAT, on=Subject.ORDER, order_kinds=(OrderKind.BOOKING,))
ACCEPT = Offer(action=ActionKind.ACCEPT, on=Subject.ORDER, statuses=("pending",))


def order(status: str = "pending", kind: OrderKind = OrderKind.BOOKING, **parts: object) -> Order:
    return Order(
        id=OrderId(7),
        account_id=ONE,
        remote_id=RemoteId("b-7"),
        kind=kind,
        number="BK-7",
        title="Boiler",
        customer="Ada",
        status=status,
        status_label=status,
        progress=Progress.OPEN,
        created_at_us=1,
        updated_at_us=1,
        **parts,  # type: ignore[arg-type]
    )


def talk(lifecycle: Lifecycle = Lifecycle.OPEN) -> Conversation:
    return Conversation(
        id=ConversationId(3), account_id=ONE, remote_id=RemoteId("s-3"), title="Ada", lifecycle=lifecycle
    )


def kinds(about: About) -> list[ActionKind]:
    return [offer.action for offer in offers_for(about)]


class TestWhatIsOffered:
    def test_by_subject_kind_and_status(self) -> None:
        """An action is there for its own subject, kind of order and status only."""
        account = able(offers=(START, ACCEPT))
        assert kinds(about_order(account, order(), None)) == [ActionKind.START_CHAT, ActionKind.ACCEPT]
        assert kinds(about_order(account, order("arrived"), None)) == [ActionKind.START_CHAT]
        assert kinds(about_order(account, order(kind=OrderKind.TRIP), None)) == [ActionKind.ACCEPT]
        assert kinds(about_account(account)) == []
        assert kinds(about_hit(account, a_hit("1"))) == []
        assert kinds(about_conversation(account, talk(), order())) == []

    def test_no_second_conversation(self) -> None:
        """An order that has a conversation offers no other one, except after it has come to its end."""
        account = able(offers=(START,))
        for lifecycle in Lifecycle:
            found = kinds(about_order(account, order(), talk(lifecycle)))
            over = lifecycle in {Lifecycle.ENDED, Lifecycle.DELETED}
            assert found == ([ActionKind.START_CHAT] if over else []), lifecycle

    def test_by_lifecycle(self) -> None:
        """What needs an open conversation is gone once it is closed."""
        end = Offer(action=ActionKind.END_CHAT, on=Subject.CONVERSATION, lifecycles=(Lifecycle.OPEN,))
        account = able(offers=(end,))
        assert kinds(about_conversation(account, talk(), None)) == [ActionKind.END_CHAT]
        assert kinds(about_conversation(account, talk(Lifecycle.ENDED), None)) == []

    def test_by_kind_of_result(self) -> None:
        """What was found offers what its kind allows."""
        account = able(offers=OFFERS)
        assert kinds(about_hit(account, a_hit("1"))) == [ActionKind.START_CHAT]
        assert kinds(about_hit(account, a_hit("1", FindKind.TRIP))) == []

    def test_a_read_notification_is_not_marked_read(self) -> None:
        """Marking as read is offered while it is unread only."""
        account = able(offers=OFFERS)
        one = Notification(account_id=ONE, remote_id=RemoteId("n"), title="t", text="", at_us=1, unread=True)
        assert kinds(about_notice(account, one)) == [ActionKind.NOTICE_READ, ActionKind.NOTICE_DELETE]
        read = msgspec.structs.replace(one, unread=False)
        assert kinds(about_notice(account, read)) == [ActionKind.NOTICE_DELETE]

    def test_what_is_made_is_no_condition(self) -> None:
        """The kind of an offer on the account says what is made: it is offered, and the server is told it."""
        make = Offer(action=ActionKind.CREATE_ORDER, on=Subject.ACCOUNT, order_kinds=(OrderKind.RFQ,))
        about = about_account(able(offers=(make,)))
        assert kinds(about) == [ActionKind.CREATE_ORDER]
        assert action_for(make, about).order_kind is OrderKind.RFQ
        packages = Offer(action=ActionKind.ACCEPT, on=Subject.HIT, order_kinds=(OrderKind.PACKAGE,))
        account = able(offers=(packages,))
        assert kinds(about_hit(account, a_hit("1"))) == [ActionKind.ACCEPT]
        assert kinds(about_hit(account, a_hit("1", FindKind.PERSON))) == []

    def test_nothing_without_offers(self) -> None:
        """An account that offers nothing has no dead buttons."""
        account = able()
        assert kinds(about_order(account, order(), None)) == []
        assert offer_of(about_account(account), ActionKind.CREATE_ORDER) is None

    def test_files_are_chosen_first(self) -> None:
        """What needs a file is never a button that does it at once."""
        assert {kind for kind in ActionKind if needs_file(kind)} == {
            ActionKind.UPLOAD,
            ActionKind.ADD_FILE,
            ActionKind.SAVE_FILE,
        }


class TestTheAction:
    def test_of_an_order(self) -> None:
        """It names the order, its kind and number, its conversation, and what was typed."""
        action = action_for(ACCEPT, about_order(able(), order(), talk()), {"code": "12"})
        assert (action.kind, action.order, action.order_kind) == (
            ActionKind.ACCEPT,
            "b-7",
            OrderKind.BOOKING,
        )
        assert (action.order_number, action.conversation) == ("BK-7", "s-3")
        assert action.fields == {"code": "12"}
        assert "12" not in repr(action)

    def test_of_a_package_and_of_a_person(self) -> None:
        """A result that is an order names it; a person alone is no order."""
        start = Offer(action=ActionKind.START_CHAT, on=Subject.HIT)
        package = action_for(start, about_hit(able(), a_hit("9", person_kind="sender")))
        assert (package.order, package.order_kind) == ("h-9", OrderKind.PACKAGE)
        assert (package.person, package.person_kind, package.person_name) == ("u-9", "sender", "Person 9")
        person = action_for(start, about_hit(able(), a_hit("9", FindKind.PERSON)))
        assert (person.order, person.order_kind, person.person) == (None, None, "u-9")

    def test_of_a_file(self) -> None:
        """A file is named by what addresses it, never by what it is called; the path is ours."""
        file = OrderFile(remote_name="f-1", name="../evil", content_type="", size_bytes=1)
        save = Offer(action=ActionKind.SAVE_FILE, on=Subject.FILE)
        action = action_for(save, about_file(able(), order(), file), path="/tmp/x")
        assert (action.target, action.path, action.order) == ("f-1", "/tmp/x", "b-7")

    def test_of_a_notification(self) -> None:
        """A notification is named by its id."""
        one = Notification(account_id=ONE, remote_id=RemoteId("n-4"), title="", text="", at_us=1, unread=True)
        read = Offer(action=ActionKind.NOTICE_READ, on=Subject.NOTICE)
        assert action_for(read, about_notice(able(), one)).target == "n-4"

    def test_keys_tell_things_apart(self) -> None:
        """Two things never share a key; the same thing keeps its own, whatever has changed of it."""
        account, file = able(), OrderFile(remote_name="f", name="", content_type="", size_bytes=1)
        keys = {
            about_account(account).key,
            about_order(account, order(), None).key,
            about_conversation(account, talk(), order()).key,
            about_file(account, order(), file).key,
            about_hit(account, a_hit("7")).key,
            about_hit(account, a_hit("7", FindKind.PERSON)).key,
        }
        assert len(keys) == 6
        changed = about_order(account, order("done"), talk())
        assert changed.key == about_order(account, order(), None).key


class TestWhetherNow:
    @pytest.mark.parametrize("state", ConnectionState)
    def test_needs_the_server(self, state: ConnectionState) -> None:
        """Online and polling accounts can be asked; for all others a sentence says why not."""
        sentence = blocked_sentence(AccountStatus(account_id=ONE, connection=state))
        if state in {ConnectionState.ONLINE, ConnectionState.POLLING}:
            assert not sentence
        else:
            assert sentence == "You are offline. This needs the server; nothing of it is queued."

    def test_needs_a_sign_in(self) -> None:
        """Who has to sign in again is told so, not that they are offline."""
        status = AccountStatus(
            account_id=ONE, connection=ConnectionState.ONLINE, sign_in=SignInState.NEEDS_PASSWORD
        )
        assert blocked_sentence(status).startswith("Sign in again")
        assert blocked_sentence(None).startswith("You are offline")
