"""Made-up facts of a small world, for properties that must hold whatever happens in whatever order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import strategies as st

from chatdesk.domain.actions import NO_EXTRAS, Extras
from chatdesk.domain.events import (
    ConversationGone,
    ConversationSeen,
    ListsRead,
    MessageDeleted,
    MessageSeen,
    NotificationSeen,
    OrderSeen,
    ReadSeen,
    Stamped,
    StoredEvent,
    WindowRead,
)
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ClosedWhy, Lifecycle, MessageKind, OrderKind, Progress, Source
from chatdesk.domain.ordering import Stamp
from tests.store.making import CONVERSATION, CUSTOMER, EXTRAS, ME, ORDER, OTHER, cursor, message

PLACES = (CONVERSATION, OTHER)
PEOPLE = (CUSTOMER, RemoteId("colleague"))
NUMBERS = range(1, 9)
OWN = frozenset({3, 6, 7})
SYSTEM = frozenset({5})

places = st.sampled_from(PLACES)
numbers = st.sampled_from(NUMBERS)
some_times = st.one_of(st.none(), st.integers(1, 9))


def sight(
    number: int,
    place: RemoteId,
    text: str,
    source: Source,
    updated: int | None,
    *,
    edited: bool = False,
    deleted: bool = False,
    extras: Extras = NO_EXTRAS,
) -> MessageSeen:
    """A message of the world; who wrote it, where and when is settled by its number."""
    return message(
        number,
        text,
        own=number in OWN,
        source=source,
        conversation=place,
        kind=MessageKind.SYSTEM if number in SYSTEM else MessageKind.TEXT,
        updated_at_us=updated,
        edited_at_us=updated if edited else None,
        deleted=deleted,
        extras=extras,
    )


sights = st.builds(
    sight,
    numbers,
    places,
    st.sampled_from(["one", "two"]),
    st.sampled_from(list(Source)),
    some_times,
    edited=st.booleans(),
    deleted=st.sampled_from([False, False, False, True]),
    extras=st.sampled_from([NO_EXTRAS, EXTRAS, Extras(subject="Wood")]),
)
deletions = st.builds(
    MessageDeleted, conversation=places, remote_id=numbers.map(lambda number: RemoteId(f"m{number}"))
)
reads_by_others = st.builds(
    ReadSeen,
    conversation=places,
    person_id=st.sampled_from(PEOPLE),
    by_self=st.just(False),
    cursor=st.one_of(st.none(), numbers.map(cursor)),
    up_to_us=st.one_of(st.none(), numbers.map(lambda number: number * 1_000_000)),
)
reads_by_self = st.builds(
    ReadSeen,
    conversation=places,
    person_id=st.just(ME),
    by_self=st.just(True),
    cursor=st.one_of(st.none(), numbers.map(cursor)),
    up_to_us=st.one_of(st.none(), numbers.map(lambda number: number * 1_000_000)),
)
named = st.lists(st.sampled_from(NUMBERS), max_size=4).map(
    lambda numbers: tuple(RemoteId(f"m{number}") for number in numbers)
)
reads_by_name = st.builds(
    ReadSeen, conversation=places, person_id=st.just(CUSTOMER), by_self=st.booleans(), ids=named
)
orders = st.builds(
    OrderSeen,
    remote_id=st.just(ORDER),
    kind=st.just(OrderKind.ORDER),
    title=st.one_of(st.none(), st.sampled_from(["Steel", "Wood"])),
    status=st.one_of(st.none(), st.sampled_from(["pending", "processing", "charged"])),
    progress=st.sampled_from(list(Progress)),
    updated_at_us=some_times,
)
promises = st.sampled_from([None, 5, 9])
conversations = st.builds(
    ConversationSeen,
    remote_id=places,
    title=st.one_of(st.none(), st.sampled_from(["Carl", "Carla"])),
    order_remote_id=st.one_of(st.none(), st.just(ORDER)),
    lifecycle=st.one_of(st.none(), st.sampled_from(list(Lifecycle))),
    closed_why=st.one_of(st.none(), st.sampled_from(list(ClosedWhy))),
    delete_after_us=promises,
    unread=st.one_of(st.none(), st.integers(0, 4)),
    activity_at_us=some_times,
)
endings = st.builds(
    ConversationGone,
    remote_id=places,
    lifecycle=st.sampled_from([Lifecycle.READ_ONLY, Lifecycle.ENDED, Lifecycle.DELETED]),
    why=st.one_of(st.none(), st.sampled_from(list(ClosedWhy))),
    delete_after_us=promises,
)
notices = st.builds(
    NotificationSeen,
    remote_id=st.sampled_from([RemoteId("n1"), RemoteId("n2")]),
    title=st.sampled_from(["New", "News"]),
    text=st.just(""),
    at_us=st.just(5),
    unread=st.booleans(),
)


@st.composite
def windows(draw: st.DrawFn) -> tuple[StoredEvent, ...]:
    """A reading of history as one unit: the messages that it shows and what it proves."""
    place = draw(places)
    lo, hi = sorted((draw(numbers), draw(numbers)))
    reaches_start, reaches_head = draw(st.booleans()), draw(st.booleans())
    inside = [n for n in range(lo, hi + 1) if n in {lo, hi} or draw(st.booleans())]
    read = WindowRead(
        conversation=place,
        ids=tuple(RemoteId(f"m{n}") for n in inside),
        oldest=cursor(lo),
        newest=cursor(hi),
        complete=draw(st.booleans()),
        reaches_start=reaches_start,
        reaches_head=reaches_head,
        pages=draw(st.sampled_from([1, 2])),
    )
    text = draw(st.sampled_from(["one", "two"]))
    return (*(sight(n, place, text, Source.STORED, draw(some_times)) for n in inside), read)


units: st.SearchStrategy[tuple[StoredEvent, ...]] = st.one_of(
    st.tuples(sights),
    st.tuples(sights),
    st.tuples(sights),
    windows(),
    st.tuples(deletions),
    st.tuples(reads_by_others),
    st.tuples(reads_by_self),
    st.tuples(reads_by_name),
    st.tuples(orders),
    st.tuples(conversations),
    st.tuples(endings),
    st.tuples(notices),
    st.tuples(st.builds(ListsRead)),
)

MOST_WINDOWS = 8
"""As many complete readings of a conversation as the store remembers."""


@st.composite
def happenings(draw: st.DrawFn, *, most: int = 20) -> list[Stamped]:
    """Some stamped units, in the order of their stamps; every unit has a stamp of its own."""
    found: list[Stamped] = []
    windows_left = MOST_WINDOWS
    for arrival, unit in enumerate(draw(st.lists(units, min_size=1, max_size=most)), start=10):
        if any(isinstance(event, WindowRead) for event in unit):
            windows_left -= 1
            if windows_left < 0:
                continue
        found += (Stamped(Stamp(1, arrival), event) for event in unit)
    return found


def batches(events: Sequence[Stamped], cuts: Sequence[int]) -> list[list[Stamped]]:
    """The events cut into batches at some places."""
    places = [0, *sorted(cut % (len(events) + 1) for cut in cuts), len(events)]
    return [list(events[one:other]) for one, other in pairwise(places)]
