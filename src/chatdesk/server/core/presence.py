"""Who is connected, in which rooms, and typing where; in memory, for one process."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class _Session:
    user_id: str
    role: str
    rooms: set[str] = field(default_factory=set)
    typing: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Departure:
    """What a connection's end means to the others."""

    user_id: str
    left_rooms: tuple[str, ...]
    """Rooms in which the person has no connection left."""
    stopped_typing: tuple[str, ...]
    offline: bool
    """It was the person's last connection."""


class Presence:
    """Connections by session id, as the socket server numbers them."""

    def __init__(self) -> None:
        self._sessions: dict[str, _Session] = {}
        self._of_user: dict[str, set[str]] = {}

    def connect(self, sid: str, user_id: str, role: str = "") -> bool:
        """Note a connection, and what the person acts as on it; whether it is the person's first."""
        self._sessions[sid] = _Session(user_id, role)
        mine = self._of_user.setdefault(user_id, set())
        mine.add(sid)
        return len(mine) == 1

    def disconnect(self, sid: str) -> Departure | None:
        """Forget a connection; None when it was not known."""
        session = self._sessions.pop(sid, None)
        if session is None:
            return None
        mine = self._of_user[session.user_id]
        mine.discard(sid)
        if not mine:
            del self._of_user[session.user_id]
        return Departure(
            user_id=session.user_id,
            left_rooms=tuple(sorted(r for r in session.rooms if not self.in_room(session.user_id, r))),
            stopped_typing=tuple(sorted(session.typing)),
            offline=not mine,
        )

    def user_of(self, sid: str) -> str | None:
        """Whose connection this is."""
        session = self._sessions.get(sid)
        return session.user_id if session else None

    def role_of(self, sid: str) -> str:
        """What the person of this connection acts as; empty = their main role."""
        session = self._sessions.get(sid)
        return session.role if session else ""

    def connections_of(self, user_id: str) -> list[str]:
        """Session ids of somebody's connections, the oldest first."""
        return [sid for sid in self._sessions if sid in self._of_user.get(user_id, ())]

    def is_online(self, user_id: str) -> bool:
        """Whether somebody has a connection."""
        return user_id in self._of_user

    def connections(self, user_id: str) -> int:
        """How many connections somebody has."""
        return len(self._of_user.get(user_id, ()))

    def online(self) -> list[str]:
        """Ids of everybody connected."""
        return list(self._of_user)

    def join(self, sid: str, room: str) -> None:
        """Note that a connection is in a room."""
        if session := self._sessions.get(sid):
            session.rooms.add(room)

    def leave(self, sid: str, room: str) -> bool:
        """Note that a connection left a room; whether the person has no other connection there."""
        session = self._sessions.get(sid)
        if session is None:
            return False
        session.rooms.discard(room)
        session.typing.discard(room)
        return not self.in_room(session.user_id, room)

    def in_room(self, user_id: str, room: str) -> bool:
        """Whether somebody has a connection in this room."""
        return any(room in self._sessions[sid].rooms for sid in self._of_user.get(user_id, ()))

    def people_in(self, room: str) -> set[str]:
        """Ids of everybody with a connection in this room."""
        return {one.user_id for one in self._sessions.values() if room in one.rooms}

    def types(self, sid: str, room: str) -> bool:
        """Whether this connection is noted as typing there."""
        session = self._sessions.get(sid)
        return session is not None and room in session.typing

    def typing(self, sid: str, room: str, *, is_typing: bool) -> None:
        """Note who types where, so that a lost connection can end it."""
        if session := self._sessions.get(sid):
            if is_typing:
                session.typing.add(room)
            else:
                session.typing.discard(room)
