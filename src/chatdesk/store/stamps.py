"""Stamps and versions as bytes that SQLite and Python compare alike, and the merge of stamped facts.

An engine's epochs begin anew with every start of the program, so the store puts its own number of the run
in front: what was learnt in an earlier run is older than all that comes now.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from chatdesk.domain.kinds import SOURCE_RANK, Source
from chatdesk.domain.ordering import Stamp

_RUN_BYTES: Final = 3
_EPOCH_BYTES: Final = 3
_ARRIVAL_BYTES: Final = 5
STAMP_BYTES: Final = _RUN_BYTES + _EPOCH_BYTES + _ARRIVAL_BYTES
EPOCH_BYTES: Final = _RUN_BYTES + _EPOCH_BYTES
_MOST_RUNS: Final = 1 << 8 * _RUN_BYTES
_MOST_EPOCHS: Final = 1 << 8 * _EPOCH_BYTES
_MOST_ARRIVALS: Final = 1 << 8 * _ARRIVAL_BYTES
NEVER: Final = b""
"""Before every stamp."""


def pack(run: int, stamp: Stamp) -> bytes:
    """11 bytes that compare like (run, epoch, arrival); numbers too great for their place stay at its top."""
    epoch, arrival = stamp.epoch, stamp.arrival
    if 0 <= epoch < _MOST_EPOCHS and 0 <= arrival < _MOST_ARRIVALS and 0 <= run < _MOST_RUNS:
        return ((run << 64) | (epoch << 40) | arrival).to_bytes(STAMP_BYTES, "big")
    return _place(run, _RUN_BYTES) + _place(epoch, _EPOCH_BYTES) + _place(arrival, _ARRIVAL_BYTES)


def _place(number: int, size: int) -> bytes:
    return min(max(number, 0), (1 << 8 * size) - 1).to_bytes(size, "big")


def epoch_of(stamp: bytes) -> bytes:
    """The part of a stamp that names the connection."""
    return stamp[:EPOCH_BYTES]


def first_seen(stamp: bytes, source: Source) -> bytes:
    """What `messages.first_seen` holds: the smallest wins, a push before a read of the same moment."""
    return stamp + (b"\x00" if source in {Source.PUSH, Source.RELAY} else b"\x01")


def came_by_push(first: bytes) -> bool:
    """Whether the message was first seen as it was written, not in a stored history."""
    return first[-1:] == b"\x00"


def content_version(stamp: bytes, source: Source, updated_at_us: int | None) -> bytes:
    """Rank of a message's content; the greatest wins.

    What the server stores or pushes beats relays and own guesses; then the server's version; then the source
    (a push may be cut short); then the stamp. An unversioned fact yields to a versioned one.
    """
    if not updated_at_us:
        return _UNVERSIONED[source] + stamp
    version = min(max(updated_at_us, 0), (1 << 63) - 1).to_bytes(8, "big")
    return _STRENGTH[source] + version + bytes((SOURCE_RANK[source],)) + stamp


_STRENGTH: Final = {
    source: b"\x01" if source in {Source.STORED, Source.PUSH} else b"\x00" for source in Source
}
_UNVERSIONED: Final = {
    source: strength + bytes(8) + bytes((SOURCE_RANK[source],)) for source, strength in _STRENGTH.items()
}


def is_strong(version: bytes | None) -> bool:
    """Whether the content comes from the server's own records, so that their lacking it means something."""
    return version is not None and version[:1] == b"\x01"


class Fact(msgspec.Struct, array_like=True):
    """All that is known of one field: the best fact that names a server version, and the best without one.

    The field's value is the one with the greater stamp of the two, so that a stale server version never wins
    over a newer one, and a push without a version is not ignored because a list once named one.
    """

    version: int = -1
    version_stamp: bytes = NEVER
    version_value: Any = None
    stamp: bytes = NEVER
    value: Any = None

    def add(self, value: Any, stamp: bytes, version: int | None) -> None:
        """Take in one fact; in whatever order and however often facts come, the result is the same."""
        if version is None:
            if (stamp, _tie(value)) > (self.stamp, _tie(self.value)):
                self.stamp, self.value = stamp, value
        elif (version, stamp, _tie(value)) > (self.version, self.version_stamp, _tie(self.version_value)):
            self.version, self.version_stamp, self.version_value = version, stamp, value

    def now(self) -> Any:
        """The value that holds now."""
        return self.version_value if self.version_stamp >= self.stamp else self.value


def _tie(value: Any) -> bytes:
    """Any order will do between facts of one moment, if it is always the same."""
    return msgspec.json.encode(value)


Facts = dict[str, Fact]
"""Facts of one row by field."""


def encode_facts(facts: Facts) -> bytes:
    """For the database."""
    return msgspec.msgpack.encode(facts)


def decode_facts(data: bytes) -> Facts:
    """From the database."""
    return _DECODER.decode(data)


_DECODER = msgspec.msgpack.Decoder(dict[str, Fact])
