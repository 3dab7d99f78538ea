"""The same customer on several platforms: linked by hand, shown together, across accounts."""

from __future__ import annotations

import pytest

from chatdesk.domain.changes import Commit, ConversationsPut
from chatdesk.domain.errors import NotPossible
from chatdesk.domain.events import ConversationGone, ConversationSeen
from chatdesk.domain.ids import ConversationId, RemoteId
from chatdesk.domain.kinds import Lifecycle
from chatdesk.store import Store
from chatdesk.store.reader import LINKED, MOST_LINKED
from tests.store.making import CONVERSATION, OTHER, WAIT_S, Desk, message, new_account, raw, reading


def groups(store: Store) -> dict[ConversationId, int | None]:
    return {one.id: one.group for one in store.conversations().result(WAIT_S).rows}


def linked(store: Store, conversation: ConversationId) -> list[ConversationId]:
    with reading(store) as reader:
        return [one.id for one in reader.linked(conversation)]


def two_accounts(store: Store) -> tuple[Desk, Desk]:
    first = Desk(store)
    second = Desk(store)
    second.account = store.add_account(new_account("other")).result(WAIT_S)
    second.apply(5, ConversationSeen(remote_id=CONVERSATION), ConversationSeen(remote_id=OTHER))
    second.conversation, second.other = second.id_of(CONVERSATION), second.id_of(OTHER)
    return first, second


def told_rows(store: Store, done: list[Commit]) -> set[ConversationId]:
    return {
        row.id
        for commit in done
        for change in commit.changes
        if isinstance(change, ConversationsPut)
        for row in change.conversations
    }


def test_linked_conversations_know_each_other(store: Store) -> None:
    """Either names the other, most recently active first; others are not concerned; views hear of both."""
    desk, elsewhere = two_accounts(store)
    told: list[Commit] = []
    end = store.subscribe(told.append)
    store.link_customer(desk.conversation, elsewhere.other).result(WAIT_S)
    end()
    assert told_rows(store, told) == {desk.conversation, elsewhere.other}
    assert linked(store, desk.conversation) == [elsewhere.other]
    assert linked(store, elsewhere.other) == [desk.conversation]
    assert linked(store, desk.other) == []
    with reading(store) as reader:
        (row,) = reader.linked(desk.conversation)
        assert row == reader.conversation(elsewhere.other)


def test_groups_grow_together(store: Store) -> None:
    """Linking two conversations links all that each of them was linked with."""
    desk, elsewhere = two_accounts(store)
    store.link_customer(desk.conversation, desk.other).result(WAIT_S)
    store.link_customer(elsewhere.conversation, elsewhere.other).result(WAIT_S)
    assert len(set(groups(store).values())) == 2
    store.link_customer(desk.other, elsewhere.conversation).result(WAIT_S)
    assert len(set(groups(store).values())) == 1
    assert None not in groups(store).values()
    elsewhere.apply(6, message(1, conversation=OTHER))
    assert linked(store, desk.conversation)[0] == elsewhere.other
    assert len(linked(store, desk.conversation)) == 3


def test_linking_twice_changes_nothing(desk: Desk) -> None:
    """What is linked is linked; a conversation is not linked with itself, nor with one that is not there."""
    desk.store.link_customer(desk.conversation, desk.other).result(WAIT_S)
    told: list[Commit] = []
    end = desk.store.subscribe(told.append)
    desk.store.link_customer(desk.other, desk.conversation).result(WAIT_S)
    end()
    assert told == []
    for one, other in ((desk.conversation, desk.conversation), (desk.conversation, ConversationId(99))):
        with pytest.raises(NotPossible):
            desk.store.link_customer(one, other).result(WAIT_S)


def test_one_leaves_and_the_rest_stays_together(store: Store) -> None:
    """The others keep their group; the last one alone has none."""
    desk, elsewhere = two_accounts(store)
    for other in (desk.other, elsewhere.other):
        store.link_customer(desk.conversation, other).result(WAIT_S)
    store.unlink_customer(desk.conversation).result(WAIT_S)
    assert linked(store, desk.conversation) == []
    assert linked(store, desk.other) == [elsewhere.other]
    told: list[Commit] = []
    end = store.subscribe(told.append)
    store.unlink_customer(desk.other).result(WAIT_S)
    end()
    assert told_rows(store, told) == {desk.other, elsewhere.other}
    assert set(groups(store).values()) == {None}
    store.unlink_customer(desk.other).result(WAIT_S)  # in no group: nothing to do


def test_an_account_that_goes_leaves_no_group_of_one(store: Store) -> None:
    """Who is left alone is told; who is left in company stays in it."""
    desk, elsewhere = two_accounts(store)
    store.link_customer(desk.conversation, elsewhere.conversation).result(WAIT_S)
    told: list[Commit] = []
    end = store.subscribe(told.append)
    store.remove_account(elsewhere.account.id).result(WAIT_S)
    end()
    assert told_rows(store, told) == {desk.conversation}
    assert groups(store) == {desk.conversation: None, desk.other: None}


def test_a_copy_that_goes_leaves_no_group_of_one(desk: Desk) -> None:
    """Deleting a conversation here is leaving its group."""
    desk.store.link_customer(desk.conversation, desk.other).result(WAIT_S)
    desk.apply(5, ConversationGone(remote_id=OTHER, lifecycle=Lifecycle.DELETED))
    desk.store.delete_copy(desk.other).result(WAIT_S)
    assert groups(desk.store) == {desk.conversation: None}


def test_links_outlive_the_program(desk: Desk) -> None:
    """A link is on disk like anything else that a person has said."""
    desk.store.link_customer(desk.conversation, desk.other).result(WAIT_S)
    desk.store.close()
    again = Store.open(desk.store.folder)
    try:
        assert linked(again, desk.conversation) == [desk.other]
    finally:
        again.close()


def test_linked_rows_are_bounded_and_read_by_index(desk: Desk) -> None:
    """However many conversations there are and however large a group is, the read is short."""
    places = [RemoteId(f"p{number}") for number in range(MOST_LINKED + 5)]
    desk.apply(5, *(ConversationSeen(remote_id=place) for place in places))
    for place in places:
        desk.store.link_customer(desk.conversation, desk.id_of(place)).result(WAIT_S)
    assert len(linked(desk.store, desk.conversation)) == MOST_LINKED
    with raw(desk.store.folder) as con:
        plan = [
            str(row[3])
            for row in con.execute("EXPLAIN QUERY PLAN " + LINKED, (desk.conversation, MOST_LINKED))
        ]
    assert any("conversations_group" in step for step in plan), plan
    assert not any(step.startswith("SCAN") for step in plan), plan
