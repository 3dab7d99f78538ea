"""Searching against the plainest search there is: every message, split into words and looked through."""

from __future__ import annotations

import random
import re
import unicodedata
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatdesk.domain.desk import Search
from chatdesk.domain.events import MessageDeleted, MessageSeen
from chatdesk.domain.ids import ConversationId, RemoteId
from chatdesk.domain.kinds import Source
from chatdesk.store import Store, search
from tests.store.making import CONVERSATION, OTHER, Desk, message, short_lived_folder
from tests.store.test_search import check_index, settled

WORDS = (
    "permit",
    "Permits",
    "per",
    "PÉRMIT",
    "ohio",
    "Ohio",
    "é",
    "e",
    "a1",
    "straße",
    "truck",
    "trucks",
    "许可证",
    "许可",
    "证到了",
)
said = st.lists(st.sampled_from(WORDS), min_size=0, max_size=6).flatmap(
    lambda words: st.sampled_from([" ", ", ", "\n", "-"]).map(lambda between: between.join(words))
)
typed = st.lists(
    st.sampled_from([*WORDS, "pe", "tru", "oh", "p", "str", "可证"]), min_size=1, max_size=3
).map(" ".join)
NUMBERS = 12


class Put(NamedTuple):
    """A message comes, or says something else."""

    number: int
    room: RemoteId
    text: str


class Delete(NamedTuple):
    """A message is deleted."""

    number: int
    room: RemoteId


class Ask(NamedTuple):
    """Somebody searches, in one conversation or everywhere; the index has caught up before, or not."""

    text: str
    room: RemoteId | None
    caught_up: bool


rooms = st.sampled_from([CONVERSATION, OTHER])
numbers = st.integers(1, NUMBERS)
steps = st.lists(
    st.builds(Put, numbers, rooms, said)
    | st.builds(Put, numbers, rooms, said)
    | st.builds(Delete, numbers, rooms)
    | st.builds(Ask, typed, st.none() | rooms, st.booleans()),
    min_size=1,
    max_size=25,
)


def plain(text: str) -> str:
    apart = unicodedata.normalize("NFD", text.casefold())
    return "".join(char for char in apart if not unicodedata.combining(char))


def split(text: str) -> list[str]:
    """Words and runs: Han characters side by side are one run, letters and digits one word."""
    return re.findall("[\u4e00-\u9fff]+|[0-9a-z]+", plain(text))


def has(text: str, query: str) -> bool:
    """Every word of the query is one of the text, the last one may be begun; runs are parts of runs."""
    there, asked = split(text), split(query)
    for at, word in enumerate(asked):
        is_run = "\u4e00" <= word[0] <= "\u9fff"
        if is_run:
            found = any(word in other for other in there)
        elif at == len(asked) - 1 and len(word) > 1:
            found = any(other.startswith(word) for other in there)
        else:
            found = word in there
        if not found:
            return False
    return bool(asked)


class Plain:
    """The messages of now, in a dictionary."""

    def __init__(self) -> None:
        self.texts: dict[tuple[RemoteId, int], str] = {}
        self.gone: set[tuple[RemoteId, int]] = set()

    def put(self, step: Put) -> None:
        if (step.room, step.number) not in self.gone:
            self.texts[step.room, step.number] = step.text

    def delete(self, step: Delete) -> None:
        # A message that was never seen may be deleted, too: it does not come back.
        self.gone.add((step.room, step.number))
        self.texts.pop((step.room, step.number), None)

    def found(self, step: Ask) -> list[tuple[RemoteId, int]]:
        there = [
            key for key, text in self.texts.items() if step.room in {None, key[0]} and has(text, step.text)
        ]
        return sorted(there, key=lambda key: (-key[1], key[0]))


def apply(desk: Desk, arrival: int, step: Put | Delete) -> None:
    event: MessageSeen | MessageDeleted
    if isinstance(step, Put):
        event = message(
            step.number,
            step.text,
            conversation=step.room,
            source=Source.STORED,
            updated_at_us=arrival,
            edited_at_us=arrival,
        )
    else:
        event = MessageDeleted(conversation=step.room, remote_id=RemoteId(f"m{step.number}"))
    desk.apply(arrival, event)


def ask(desk: Desk, step: Ask, rooms_by_id: dict[ConversationId, RemoteId]) -> list[tuple[RemoteId, int]]:
    """What the store finds, in pages of three."""
    room = next((one for one, remote in rooms_by_id.items() if remote == step.room), None)
    found: list[tuple[RemoteId, int]] = []
    place: Any = None
    while True:
        page = desk.store.search(Search(text=step.text, conversation=room), place, 3).result(10)
        for hit in page.hits:
            found.append((rooms_by_id[hit.conversation], hit.sent_at_us // 1_000_000))
            marked = "".join(_part(hit.snippet, begin, length) for begin, length in hit.marks)
            assert split(marked), "a hit shows what was found"
        place = page.next
        if place is None:
            return sorted(found, key=lambda key: (-key[1], key[0])) if _is_newest_first(found) else found


def _is_newest_first(found: list[tuple[RemoteId, int]]) -> bool:
    """Messages of one moment stand in the order in which they came."""
    times = [second for _room, second in found]
    return times == sorted(times, reverse=True)


def _part(text: str, begin: int, length: int) -> str:
    return text.encode("utf-16-le")[2 * begin : 2 * (begin + length)].decode("utf-16-le")


@settings(max_examples=40)
@given(steps)
def test_the_index_finds_what_a_look_at_every_message_finds(story: list[Put | Delete | Ask]) -> None:
    """Whatever came, changed and went before, in whatever order, caught up or not, in pages of any length."""
    with short_lived_folder() as folder:
        store = Store.open(folder)
        try:
            desk, plainest = Desk(store), Plain()
            by_id = {desk.conversation: CONVERSATION, desk.other: OTHER}
            for arrival, step in enumerate([*story, Ask("permit", None, True), Ask("tru", OTHER, True)], 3):
                if isinstance(step, Ask):
                    if step.caught_up:
                        settled(store)
                    assert ask(desk, step, by_id) == plainest.found(step), step
                else:
                    apply(desk, arrival, step)
                    plainest.put(step) if isinstance(step, Put) else plainest.delete(step)
            settled(store)
            check_index(store)
        finally:
            store.close()


ALIKE = ("contract", "contracts", "contraband", "container", "contact", "permit", "许可证", "许可", "证到了")


@pytest.mark.parametrize(("looked_at", "together"), [(32, 24), (4, 3), (1, 1)])
def test_whatever_the_index_is_asked_first(
    profile_dir: Path, monkeypatch: pytest.MonkeyPatch, looked_at: int, together: int
) -> None:
    """Beginnings that are alike, places with many and with few messages: no way to ask leaves out a hit."""
    monkeypatch.setattr(search, "ROUGH_ROWS", looked_at)
    monkeypatch.setattr(search, "READ_TOGETHER", together)
    chance = random.Random(7)
    store = Store.open(profile_dir)
    try:
        desk, plainest = Desk(store), Plain()
        by_id = {desk.conversation: CONVERSATION, desk.other: OTHER}
        puts = [
            Put(
                number, CONVERSATION if chance.random() < 0.9 else OTHER, " ".join(chance.choices(ALIKE, k=2))
            )
            # Long stretches of one word, so that what was quick for the newest is not for the older ones.
            if number % 100 < 60
            else Put(number, CONVERSATION, ALIKE[number // 100])
            for number in range(1, 501)
        ]
        for step in puts:
            plainest.put(step)
        desk.apply(3, *(_message(step) for step in puts))
        settled(store)
        for text in (*ALIKE, "contra", "conta", "cont", "contract permit", "许可证到", "permit contra"):
            for room in (None, CONVERSATION, OTHER):
                asked = Ask(text, room, caught_up=True)
                assert ask(desk, asked, by_id) == plainest.found(asked), asked
    finally:
        store.close()


def _message(step: Put) -> MessageSeen:
    return message(step.number, step.text, conversation=step.room, source=Source.STORED)
