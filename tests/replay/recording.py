"""A capture as read from its file: one person's frames, shortened texts restored, placeholders made tokens.

Everything is decided by the form of what stands in the file, never by its name.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import re
from pathlib import Path
from typing import Any

Frame = dict[str, Any]
DATA = Path(__file__).resolve().parents[1] / "data"
PLATFORMS = ("dispatcher", "fakomame", "marketplace", "omw", "steppergo")
CHANNELS = {"socket", "http", "note", "sse", "raw"}

PLACEHOLDER = re.compile(r"<[A-Za-z][A-Za-z0-9 +-]*>")
RIGHT_TOKEN = re.compile(r"<token-([A-Z])\d*(?:-(\d+)s)?>")
"""The token of a person, perhaps with the seconds that it lives; whatever has another form is a bad one."""
REFRESH_TOKEN = re.compile(r"<refresh-([A-Z])\d*>")
PASSWORD = "<password>"

_TIMES = re.compile(r"^<(\d+) times (.)>$", re.DOTALL)
_OF_ONE = re.compile(r"^(.)\1*(?:\.\.\.|…) ?(\d+) characters$", re.DOTALL)
_JSON = re.compile(r"^\[JSON of (\d+)[^\]]*\]$")
_CUT = re.compile(r"^(.*?)\s*\[(?:\.\.\.|…) ?(\d+) characters in all\]$", re.DOTALL)
ISO = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$")
DEFAULT_WALL_US = 1_795_161_600_000_000
"""Where a capture names no time: a morning of November 2026."""


class Unreadable(Exception):
    """A file, or a frame of it, is not in the format of a capture."""


def expanded(value: Any) -> Any:
    """A JSON value with shortened texts at their stated length, and without the marks of left-out rows."""
    if isinstance(value, str):
        return _long(value)
    if isinstance(value, list):
        return [expanded(one) for one in value if not (isinstance(one, dict) and set(one) == {"omitted"})]
    if isinstance(value, dict):
        return {key: expanded(one) for key, one in value.items()}
    return value


def _long(text: str) -> str:
    found = _TIMES.match(text)
    if found:
        return found[2] * int(found[1])
    found = _OF_ONE.match(text)
    if found:
        return found[1] * int(found[2])
    found = _JSON.match(text)
    if found:
        return "j" * int(found[1])
    found = _CUT.match(text)
    if found:
        begun, length = found[1], int(found[2])
        return (begun + (begun[-1:] or "x") * length)[:length]
    return text


def walk(value: Any) -> Any:
    """Every value inside a JSON value, the value itself included."""
    yield value
    if isinstance(value, dict):
        for one in value.values():
            yield from walk(one)
    elif isinstance(value, list):
        for one in value:
            yield from walk(one)


def iso_us(text: str) -> int:
    """Microseconds since 1970 of an ISO time."""
    moment = dt.datetime.fromisoformat(text)
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def us_iso(us: int) -> str:
    """An ISO time with milliseconds, as all five platforms write it."""
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=us)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def made_up(kind: str, *parts: object) -> str:
    """An id of a form: hex24, cuid or int; the same parts give the same id."""
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()
    if kind == "int":
        return str(900_000 + int(digest[:4], 16))
    return digest[:24] if kind == "hex24" else "c" + digest[:24]


class Recording:
    """One capture, seen by one person on one device."""

    def __init__(self, path: Path) -> None:
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as exc:
            raise Unreadable(f"not a capture: {type(exc).__name__}") from exc
        self.path = path
        self.take(raw)

    def take(self, raw: Any) -> None:
        """Read the content of a capture file. Raises Unreadable."""
        if not isinstance(raw, dict) or not isinstance(raw.get("frames"), list):
            raise Unreadable("no list of frames")
        self.raw: dict[str, Any] = raw
        self.platform = str(raw.get("platform") or self.path.parent.name)
        if self.platform not in PLATFORMS:
            raise Unreadable("an unknown platform")
        self.name = str(raw.get("scenario") or self.path.stem)
        self.variant = str(raw.get("server_variant") or "")
        self.everything = [_frame(one, at) for at, one in enumerate(raw["frames"])]
        self.actor = self._actor()
        self.device = self._device()
        self.frames = [frame for frame in self.everything if self._is_ours(frame)]
        self.letter = self._letter()
        actors = raw.get("actors")
        about = actors.get(self.actor) if isinstance(actors, dict) else None
        self.about: dict[str, Any] = about if isinstance(about, dict) else {}
        self.wall_us = self._wall_us()

    # -- whose frames --------------------------------------------------------------------------------------

    def _actor(self) -> str:
        """A, or A's first device, or whoever has the most frames."""
        names: list[str] = [frame["actor"] for frame in self.everything if frame["channel"] != "note"]
        if "A" in names:
            return "A"
        devices = [name for name in names if re.fullmatch(r"A[#-]?\w+", name)]
        if devices:
            return devices[0]
        people = sorted(set(names) - {"-"}, key=lambda name: -names.count(name))
        if not people:
            raise Unreadable("nobody does anything")
        return people[0]

    def _device(self) -> str | None:
        """The first connection of the person, where connections have names."""
        for frame in self.everything:
            if frame["actor"] == self.actor and frame["channel"] != "http" and frame["dir"] != "note":
                conn = frame.get("conn")
                return None if conn is None else str(conn)
        return None

    def _is_ours(self, frame: Frame) -> bool:
        if frame["actor"] == "-" or frame["channel"] == "note":
            return True
        if frame["actor"] != self.actor:
            return False
        return frame.get("conn") == self.device or (frame["channel"] == "http" and "conn" not in frame)

    def others(self) -> list[Frame]:
        """Everything that is not of the played device, remarks apart."""
        mine = {frame["at"] for frame in self.frames}
        return [frame for frame in self.everything if frame["at"] not in mine]

    # -- tokens --------------------------------------------------------------------------------------------

    def _letter(self) -> str:
        """The letter in the tokens that the person uses."""
        for frame in self.frames:
            if frame["dir"] == "note":
                continue
            shown = json.dumps([frame.get("headers"), frame.get("args"), frame.get("response_body")])
            found = RIGHT_TOKEN.search(shown)
            if found:
                return found[1]
        return self.actor[:1]

    def is_right(self, token: Any) -> bool:
        """Whether a placeholder is the person's own good token."""
        found = RIGHT_TOKEN.fullmatch(token) if isinstance(token, str) else None
        return found is not None and found[1] == self.letter

    def lives_s(self) -> int | None:
        """How long the person's token lives, where its name says so."""
        for frame in self.frames:
            for found in RIGHT_TOKEN.finditer(json.dumps(frame.get("args"))):
                if found[1] == self.letter and found[2]:
                    return int(found[2])
        return None

    def bearer(self, frame: Frame) -> str | None:
        """The placeholder in the Authorization header of a request; None: there is none of that form."""
        headers = {str(name).lower(): value for name, value in (frame.get("headers") or {}).items()}
        scheme, _, token = str(headers.get("authorization", "")).partition(" ")
        return token if scheme == "Bearer" and token else None

    # -- time ----------------------------------------------------------------------------------------------

    def _wall_us(self) -> int:
        """Wall clock of the first moment of the capture, from the first event that names one."""
        for frame in self.everything:
            if frame["channel"] == "socket" and frame["dir"] == "in":
                times = [v for v in walk(frame["args"]) if isinstance(v, str) and ISO.match(v)]
                if times:
                    return max(iso_us(text) for text in times) - int(frame["t_ms"]) * 1000
        return DEFAULT_WALL_US


def _frame(raw: Any, at: int) -> Frame:
    """A frame with every field that the replay reads; raises Unreadable."""
    if not isinstance(raw, dict):
        raise Unreadable(f"frame {at} is no object")
    channel, way = raw.get("channel"), raw.get("dir")
    if channel not in CHANNELS or way not in {"in", "out", "note"}:
        raise Unreadable(f"frame {at} has no known channel and direction")
    if not isinstance(raw.get("t_ms"), int | float) or isinstance(raw.get("t_ms"), bool):
        raise Unreadable(f"frame {at} has no time")
    frame = {"actor": "-", **raw, "at": at, "t_ms": int(raw["t_ms"])}
    if not isinstance(frame["actor"], str):
        raise Unreadable(f"frame {at} has no actor")
    if channel == "http" and way != "note":
        _exchange(frame, at)
    elif channel == "socket" and way != "note":
        if not isinstance(raw.get("event"), str) or not isinstance(raw.get("args", []), list):
            raise Unreadable(f"frame {at} is no event")
        frame["args"] = expanded(raw.get("args", []))
    return frame


def _exchange(frame: Frame, at: int) -> None:
    if not isinstance(frame.get("method"), str) or not isinstance(frame.get("path"), str):
        raise Unreadable(f"frame {at} is no request")
    status = frame.get("status")
    if status is not None and (not isinstance(status, int) or isinstance(status, bool)):
        raise Unreadable(f"frame {at} has no status")
    path, _, inside = frame["path"].partition("?")
    query = dict(frame.get("query") or {})
    for part in inside.split("&") if inside else ():
        name, _, value = part.partition("=")
        query[name] = value
    duration = frame.get("response_t_ms")
    if duration is None:
        duration = frame["t_ms"] + int(frame.get("duration_ms") or 0)
    frame.update(
        path=path,
        query=query,
        headers=frame.get("headers") or {},
        status=status,
        request_body=expanded(frame.get("request_body")),
        response_body=expanded(frame.get("response_body")),
        response_headers=frame.get("response_headers") or {},
        response_t_ms=int(duration),
    )


def jwt(claims: dict[str, Any]) -> str:
    """A token in the form of a JWT; nobody checks its signature."""
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "HS256", "typ": "JWT"}, claims)
    ]
    return ".".join([*parts, "signature"])


def captures(folder: Path) -> list[Path]:
    """Every capture below a folder."""
    return sorted(folder.rglob("*.json"))
