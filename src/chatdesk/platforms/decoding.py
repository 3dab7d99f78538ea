"""JSON and Socket.IO packets in and out, tolerant of whatever a server sends."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
from socketio import packet as sio_packet

CONNECT, DISCONNECT, EVENT, CONNECT_ERROR = (
    sio_packet.CONNECT,
    sio_packet.DISCONNECT,
    sio_packet.EVENT,
    sio_packet.CONNECT_ERROR,
)
MALFORMED = -1
_EVENT_LIST = f"{EVENT}["
"""How an event of our namespace begins that asks for no acknowledgement and brings no bytes apart."""
_DIGITS = 100
_LONG_NUMBER = re.compile(f"[0-9]{{{_DIGITS + 1}}}")


def encoded(value: Any) -> bytes:
    """JSON in ASCII: lone surrogates travel as escapes instead of failing."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def decoded(body: bytes) -> tuple[bool, Any]:
    """(True, value), or (False, None) where it is no JSON even with every tolerance.

    Lone surrogates and bytes that are no UTF-8 do not lose a body; numbers of absurd length and nesting
    beyond the stack do.
    """
    try:
        return True, msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass  # the strict, fast decoder gives up on what the tolerant one may read
    try:
        return True, json.loads(body.decode("utf-8", "replace"), parse_int=_whole)
    except (ValueError, RecursionError):
        return False, None


def _whole(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise ValueError("number too long")
    return int(digits)


def event_packet(event: str, args: tuple[Any, ...]) -> str:
    """One event as a Socket.IO packet; ASCII."""
    return str(sio_packet.Packet(EVENT, data=[event, *args]).encode())


def connect_packet(auth: Any) -> str:
    """The packet that asks for the namespace."""
    return str(sio_packet.Packet(CONNECT, data=auth).encode())


def disconnect_packet() -> str:
    """The packet that leaves the namespace."""
    return str(sio_packet.Packet(DISCONNECT).encode())


def packet(data: Any) -> tuple[int, Any]:
    """(type, data) of a Socket.IO packet of our namespace; (MALFORMED, None) for anything else.

    None of the platforms sends binary events or answers with acknowledgements.
    """
    if not isinstance(data, str) or not data:
        return MALFORMED, None
    if data.startswith(_EVENT_LIST) and not _LONG_NUMBER.search(data):
        try:
            return EVENT, msgspec.json.decode(data[1:])
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeError, RecursionError):
            pass  # the tolerant reader may know better
    try:
        read = sio_packet.Packet(encoded_packet=data)
    except (ValueError, TypeError, IndexError, RecursionError):
        return MALFORMED, None
    if read.namespace not in {None, "/"} or read.attachment_count:
        return MALFORMED, None
    return read.packet_type, read.data
