"""A recording as one person's story: which frames are theirs, and what each of them is in a replay.

Decided by channel, route and payload alone, never by the name of a recording.
"""

from __future__ import annotations

import json
import re
from enum import Enum
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[1] / "data"
Frame = dict[str, Any]

LIBRARY_EVENTS = {"connect", "connect_error", "disconnect"}
PLACEHOLDER = re.compile(r"<[a-z][\w-]*>")


class Role(Enum):
    """What a frame is in a replay."""

    SIGN_IN = "sign in"
    SIGN_OUT = "sign out"
    SEND = "send"
    DELETE = "delete"
    STATUS = "status"
    TYPING = "typing"
    READ = "read"
    PUSH = "push"
    """Played to the client."""
    LINK_ENDS = "link ends"
    """The connection ends: the server went, or the person's device did."""
    STOPS = "stops"
    STARTS = "starts"
    AUTO = "auto"
    """The client does it by itself, as often as it likes."""
    NEVER = "never"
    """What no client of ours does: only what follows is played."""


class Recording:
    """One capture, seen by actor A and all of A's connections."""

    def __init__(self, path: Path) -> None:
        self.platform = path.parent.name
        self.name = path.stem
        raw = json.loads(path.read_text(encoding="utf-8"))
        self.everything: list[Frame] = raw["frames"]
        self.user_id: str = raw["actors"]["A"]["user_id"]
        self.login: str = raw["actors"]["A"]["email"]
        self.frames = [frame for frame in self.everything if self._is_ours(frame)]
        self.good_tokens = self._good_tokens()

    @staticmethod
    def _is_ours(frame: Frame) -> bool:
        if frame["actor"] == "-":
            return "server process" in str(frame.get("text", ""))
        return bool(re.fullmatch(r"A(-.*)?", str(frame["actor"])))

    def _good_tokens(self) -> set[str]:
        """Placeholders of tokens that the server took at least once."""
        good: set[str] = set()
        asked: dict[str, str] = {}
        for frame in self.frames:
            if frame["channel"] == "http" and 200 <= (frame["status"] or 0) < 300:
                good.update(PLACEHOLDER.findall(str(frame["headers"].get("authorization", ""))))
            elif frame.get("event") == "connect" and frame["dir"] == "out":
                asked[frame["actor"]] = json.dumps(frame["args"])
            elif frame.get("event") == "connect":
                good.update(PLACEHOLDER.findall(asked.get(frame["actor"], "")))
        return good

    # -- roles ---------------------------------------------------------------------------------------------

    def role(self, frame: Frame) -> Role:
        """What a frame is in a replay."""
        if frame["channel"] == "note":
            return Role.STOPS if "stops" in frame["text"] else Role.STARTS
        if frame["channel"] == "socket":
            return self._socket_role(frame)
        return self._http_role(frame)

    @staticmethod
    def _socket_role(frame: Frame) -> Role:
        event = frame["event"]
        if frame["dir"] == "note":
            return Role.AUTO
        if frame["dir"] == "in":
            if event == "disconnect":
                return Role.LINK_ENDS
            return Role.AUTO if event in LIBRARY_EVENTS else Role.PUSH
        return {"typing-start": Role.TYPING, "typing-stop": Role.TYPING, "mark-read": Role.READ}.get(
            event, Role.AUTO
        )

    def _http_role(self, frame: Frame) -> Role:
        method, path, body = frame["method"], frame["path"], frame["request_body"]
        if path == "/api/authorization/login":
            whole = isinstance(body, dict) and all(
                isinstance(body.get(k), str) for k in ("email", "password")
            )
            return Role.SIGN_IN if whole else Role.NEVER
        if path == "/api/authorization/refresh-token":
            return Role.AUTO
        if not self.is_ours_to_ask(frame):
            return Role.NEVER
        if path == "/api/authorization/logout":
            return Role.SIGN_OUT
        if (method, path) == ("POST", "/api/chat/messages"):
            return Role.SEND if _sendable(body) else Role.NEVER
        if method == "DELETE" and path.startswith("/api/chat/messages/"):
            return Role.DELETE
        if method == "PUT" and path.endswith("/status"):
            return Role.STATUS if isinstance(body, dict) and body.get("status") else Role.NEVER
        return Role.AUTO if method == "GET" and path.startswith("/api/") else Role.NEVER

    def is_ours_to_ask(self, frame: Frame) -> bool:
        """Whether the request carries a token as a client of ours would."""
        scheme, _, token = str(frame["headers"].get("authorization", "")).partition(" ")
        return scheme == "Bearer" and token in self.good_tokens

    # -- what is in it -------------------------------------------------------------------------------------

    def answers(self, role: Role | None = None) -> list[Frame]:
        """A's answered requests, of one role or of all."""
        return [
            frame
            for frame in self.frames
            if frame["channel"] == "http" and frame["status"] is not None and role in {None, self.role(frame)}
        ]

    def histories(self) -> list[tuple[str, Frame]]:
        """(order id, frame) of every history page that A got."""
        found = []
        for frame in self.answers(Role.AUTO):
            match = re.fullmatch(r"/api/chat/orders/([0-9a-f]+)/messages", frame["path"])
            if match and frame["status"] == 200:
                found.append((match[1], frame))
        return found

    def pushes(self) -> list[Frame]:
        """The events that A's connections got."""
        return [frame for frame in self.frames if self.role(frame) is Role.PUSH]


def _sendable(body: Any) -> bool:
    """What our wire would send: an order's id and a text with something in it, and nothing else."""
    if not isinstance(body, dict) or set(body) != {"orderId", "message"}:
        return False
    order, text = body["orderId"], body["message"]
    return isinstance(order, str) and len(order) == 24 and isinstance(text, str) and bool(text.strip())


def recordings(platform: str) -> list[Path]:
    """Every recording of a platform."""
    return sorted((DATA / platform).glob("*.json"))
