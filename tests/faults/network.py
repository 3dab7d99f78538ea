"""A network in memory: ordered bytes with a delay, and everything that may happen to them on the way.

A connection is a pair of ends. Each direction has a `Flow`, which says what happens to its bytes by their
number: they may be slow, end in a reset, vanish while both sides believe in the connection, or be held by
something in the middle that delivers them later, whatever the sender does meanwhile.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Address = tuple[str, int]
LATENCY_S = 0.002
APART_S = 1e-7
LONG_S = 0.1
"""Bytes that take longer are noted: what they do, the one who sent them decided that much earlier."""
NEVER = 1 << 62
CROWD = 64
"""From so many on, handles of what has arrived are forgotten."""


@dataclass(slots=True)
class Flow:
    """What happens to the bytes of one direction; numbers count from the first byte of the connection."""

    latency_s: float = LATENCY_S
    reset_at: int = NEVER
    """The connection breaks in both directions before this byte arrives."""
    silent_from: int = NEVER
    """From this byte on nothing arrives, and nobody is told."""
    held_from: int = NEVER
    held_s: float = 0
    """Bytes from `held_from` on arrive so much later, also when their sender has gone meanwhile."""
    piece: int = NEVER
    """Most bytes that arrive at once."""
    held_arrivals: list[float] = field(default_factory=list)
    """When held bytes arrive, on the loop's clock."""
    long_ways: list[tuple[float, float]] = field(default_factory=list)
    """When bytes that were long on their way left and came, on the loop's clock."""


@dataclass(slots=True)
class Course:
    """Both directions of a connection, as seen by the client."""

    up: Flow = field(default_factory=Flow)
    down: Flow = field(default_factory=Flow)


Weather = Callable[[Address, int], Course]
"""What happens to the n-th connection to an address."""


def fair(_address: Address, _number: int) -> Course:
    """Nothing happens."""
    return Course()


class Trap:
    """Counts the bytes that one side writes, over all connections from now on, and springs once at one.

    up: the clients' bytes, else the servers'. at: how many pass before it springs; NEVER: it only counts.
    spring: called with the end that writes, and the number of the byte on its own connection.
    """

    def __init__(
        self, *, up: bool, at: int = NEVER, spring: Callable[[End, int], None] | None = None
    ) -> None:
        self.up = up
        self.at = at
        self.passed = 0
        self.sprung = False
        self._spring = spring

    def passing(self, end: End, count: int) -> None:
        """So many bytes are about to be written."""
        if not self.sprung and self.passed + count > self.at:
            self.sprung = True
            if self._spring is not None:
                self._spring(end, end.sent + self.at - self.passed)
        self.passed += count


class Network:
    """Who listens where, and the connections between them."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.latency_s = LATENCY_S
        self.weather: Weather = fair
        self.unreachable: set[Address] = set()
        """Nobody answers there, although somebody may listen: a cable is out."""
        self.made: dict[Address, int] = {}
        self.traps: list[Trap] = []
        self._listening: dict[Address, Callable[[], asyncio.Protocol]] = {}
        self._pairs: dict[Address, list[tuple[End, End]]] = {}

    def listen(self, address: Address, factory: Callable[[], asyncio.Protocol]) -> None:
        """Somebody serves here."""
        self._listening[address] = factory

    def silence(self, address: Address) -> None:
        """Nobody serves here any more; connections that stand are broken without a word."""
        self._listening.pop(address, None)
        self.cut(address)

    def cut(self, address: Address) -> None:
        """Every connection to this address breaks."""
        for client, server in self._pairs.pop(address, []):
            client.break_off()
            server.break_off()

    def stall(self, address: Address, *, up: bool = True, down: bool = True) -> None:
        """Every connection to this address stands, and carries nothing any more, or not in one direction."""
        for client, server in self._pairs.get(address, []):
            if up:
                client.flow.silent_from = client.sent
            if down:
                server.flow.silent_from = server.sent

    def pairs(self, address: Address) -> list[tuple[End, End]]:
        """The ends (client, server) of the connections that stand."""
        return [pair for pair in self._pairs.get(address, []) if not pair[0].gone and not pair[1].gone]

    def heal(self, address: Address) -> None:
        """The weather is fair; what stands and is spoilt breaks, as routers forget what they have lost."""
        self.weather = fair
        for client, server in self.pairs(address):
            if client.flow.silent_from != NEVER or server.flow.silent_from != NEVER:
                client.break_off()
                server.break_off()
                continue
            for flow in (client.flow, server.flow):
                flow.latency_s, flow.piece, flow.held_from, flow.reset_at = LATENCY_S, NEVER, NEVER, NEVER

    def check(self, address: Address) -> None:
        """Raises OSError where nobody can be reached."""
        if address in self.unreachable:
            raise OSError("network is unreachable")
        if address not in self._listening:
            raise ConnectionRefusedError("nobody listens there")

    def connect(
        self, address: Address, factory: Callable[[], asyncio.Protocol], sock: socket.socket | None
    ) -> tuple[asyncio.Transport, asyncio.Protocol]:
        """A new connection; raises OSError."""
        self.check(address)
        number = self.made[address] = self.made.get(address, 0) + 1
        course = self.weather(address, number)
        here = ("127.0.0.1", 40_000 + number % 20_000)
        client = End(self.loop, course.up, sock or StandIn(here, address), here, address)
        server = End(self.loop, course.down, StandIn(address, here), address, here)
        client.peer, server.peer = server, client
        client.passing, server.passing = self._passing_up, self._passing_down
        self._pairs.setdefault(address, []).append((client, server))
        self._pairs[address] = [pair for pair in self._pairs[address] if not pair[0].gone or not pair[1].gone]
        served, asked = self._listening[address](), factory()
        server.start(served)
        client.start(asked)
        return client, asked

    def _passing_up(self, end: End, count: int) -> None:
        for trap in self.traps:
            if trap.up:
                trap.passing(end, count)

    def _passing_down(self, end: End, count: int) -> None:
        for trap in self.traps:
            if not trap.up:
                trap.passing(end, count)


class StandIn:
    """Where a library asks a transport for its socket: takes options, and is readable once it is closed."""

    family = socket.AF_INET
    type = socket.SOCK_STREAM
    proto = socket.IPPROTO_TCP
    _quiet_fd, _keep_fd = os.pipe()

    def __init__(self, name: Address, peer: Address) -> None:
        self.hard = False
        self._name = name
        self._peer = peer
        self._open = True

    def getsockname(self) -> Address:
        return self._name

    def getpeername(self) -> Address:
        return self._peer

    def setsockopt(self, level: int, option: int, value: Any) -> None:
        if (level, option) == (socket.SOL_SOCKET, socket.SO_LINGER):
            self.hard = struct.unpack("ii", value)[0] != 0

    def fileno(self) -> int:
        return self._quiet_fd if self._open else -1

    def close(self) -> None:
        self._open = False


class End(asyncio.Transport):
    """One end of a connection."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        flow: Flow,
        sock: socket.socket | StandIn,
        name: Address,
        peer_name: Address,
    ) -> None:
        super().__init__({"socket": sock, "peername": peer_name, "sockname": name})
        self.flow = flow
        self.name = name
        self.sent = 0
        self.gone = False
        """Its protocol has been told that the connection is lost, or will be in a moment."""
        self.peer: End
        self.passing: Callable[[End, int], None] | None = None
        """Hears of bytes before they are written."""
        self._loop = loop
        self._sock = sock
        self._protocol: asyncio.Protocol
        self._reading = True
        self._inbox: list[bytes] = []
        self._ended = False
        self._next_at = 0.0
        self._under_way: list[asyncio.TimerHandle] = []
        self._crowd = CROWD

    def start(self, protocol: asyncio.Protocol) -> None:
        self._protocol = protocol
        protocol.connection_made(self)

    # -- asyncio.Transport

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.gone:
            return
        data = bytes(data)
        if self.passing is not None:
            self.passing(self, len(data))
        first, self.sent = self.sent, self.sent + len(data)
        data = data[: max(0, min(self.flow.reset_at, self.flow.silent_from) - first)]
        late = max(0, self.flow.held_from - first)
        for part, is_held in ((data[:late], False), (data[late:], True)):
            for at in range(0, len(part), min(self.flow.piece, len(part) or 1)):
                self._travel(part[at : at + self.flow.piece], held=is_held)
        if self.sent >= self.flow.reset_at:
            self._at(self._arrival(), self._reset)

    def close(self) -> None:
        if not self.gone:
            self._leave(None)

    def abort(self) -> None:
        if not self.gone:
            self._leave(None)

    def is_closing(self) -> bool:
        return self.gone

    def can_write_eof(self) -> bool:
        return False

    def write_eof(self) -> None:
        raise OSError("not here")

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def pause_reading(self) -> None:
        self._reading = False

    def resume_reading(self) -> None:
        self._reading = True
        if self._inbox or self._ended:
            self._loop.call_soon(self._drain)

    def is_reading(self) -> bool:
        return self._reading

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        assert isinstance(protocol, asyncio.Protocol)
        swap = getattr(self._protocol, "swap", None)
        if swap is not None:
            swap(protocol)  # who stands before a server's protocol stays there
        else:
            self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol

    # -- on the way

    def break_off(self, *, arrives: bool = False) -> None:
        """The connection is gone, and the protocol is told; what is under way is lost, or arrives."""
        if not arrives:
            self._forget()
        if not self.gone:
            self._lose(ConnectionResetError("connection reset"))

    def _travel(self, data: bytes, *, held: bool) -> None:
        if not data:
            return
        self._next_at = self._arrival(self.flow.held_s if held else 0)
        if held:
            self.flow.held_arrivals.append(self._next_at)
        self._at(self._next_at, self.peer._receive, data, self._loop.time(), held=held)

    def _arrival(self, held_s: float = 0) -> float:
        # A loop calls what is due at the same moment in any order; bytes have one. What is held together
        # arrives together, however many writes it was.
        return max(self._next_at + APART_S, self._loop.time() + self.flow.latency_s + held_s)

    def _at(self, when: float, what: Callable[..., object], *values: object, held: bool = False) -> None:
        handle = self._loop.call_at(when, what, *values)
        if held:
            return
        if len(self._under_way) >= self._crowd:
            now_s = self._loop.time()
            self._under_way = [one for one in self._under_way if not one.cancelled() and one.when() >= now_s]
            self._crowd = 2 * len(self._under_way) + CROWD
        self._under_way.append(handle)

    def _forget(self) -> None:
        for handle in self._under_way:
            handle.cancel()
        self._under_way.clear()

    def _leave(self, exc: Exception | None) -> None:
        """We go. Closed hard, nothing that is under way arrives, but what is held in the middle does."""
        if self._is_hard():
            self._forget()
            self._at(self._loop.time() + self.flow.latency_s, self.peer._on_reset)
        elif self.sent < self.flow.silent_from:
            self._at(self._arrival(), self.peer._on_end)
        self._lose(exc)

    def _is_hard(self) -> bool:
        if isinstance(self._sock, StandIn):
            return self._sock.hard
        if self._sock.fileno() == -1:
            return True
        value = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.calcsize("ii"))
        return bool(struct.unpack("ii", value)[0])

    def _reset(self) -> None:
        self.break_off()
        self.peer.break_off()

    def _on_reset(self) -> None:
        if not self.gone:
            self._lose(ConnectionResetError("connection reset by peer"))

    def _on_end(self) -> None:
        self._ended = True
        if self._reading:
            self._drain()

    def _receive(self, data: bytes, left_at: float) -> None:
        if self.gone:
            return
        now_s = self._loop.time()
        if now_s - left_at > LONG_S:
            self.peer.flow.long_ways.append((left_at, now_s))
        if self._reading:
            self._protocol.data_received(data)
        else:
            self._inbox.append(data)

    def _drain(self) -> None:
        while self._inbox and self._reading and not self.gone:
            self._protocol.data_received(self._inbox.pop(0))
        if self._ended and self._reading and not self._inbox and not self.gone:
            self._ended = False
            if not self._protocol.eof_received():
                self.close()

    def _lose(self, exc: Exception | None) -> None:
        self.gone = True
        self._inbox.clear()
        self._loop.call_soon(self._tell_lost, exc)

    def _tell_lost(self, exc: Exception | None) -> None:
        self._protocol.connection_lost(exc)
        self._sock.close()
