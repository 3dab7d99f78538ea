"""Bad requests and events, made out of good ones: each has a name and says what must follow."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.server.bad import ME, Bad, Event, Route, Scene


class Missing:
    """In place of a value: nothing."""


MISSING = Missing()
LONG = "x" * 60_000
STRANGE: dict[str, Any] = {
    "missing": MISSING,
    "null": None,
    "list": [],
    "object": {},
    "operator": {"$ne": None},
    "deep": [[["deep"]]],
    "true": True,
    "zero": 0,
    "negative": -1,
    "huge": 10**400,
    "float": 1e308,
    "empty": "",
    "nul": "a\0b",
    "long": LONG,
    "half a surrogate": "\ud800",
    "text": "'; DROP TABLE users; -- \u202e(",
}
NEVER_GOOD = frozenset({"missing", "null", "list", "object", "operator", "deep", "half a surrogate"})
"""What no field can hold that is needed; the others may be taken for texts."""
NEVER_IDS = frozenset(STRANGE)
ALIKE = frozenset({"deep", "true", "negative", "float", "zero", "empty", "list", "text", "nul", "oversize"})
"""What the recorded servers treat like another of these: sent to them only where that was recorded."""

BODIES: dict[str, bytes] = {
    "no body": b"",
    "null": b"null",
    "number": b"7",
    "text": b'"text"',
    "list": b"[]",
    "broken": b"{broken",
    "no text": b"\xff\xfe\x00",
    "deep": b'{"a":' * 5_000,
}
PAGES = ("", "0", "-1", "1.5", "x", "9" * 30, "%00", "%ED%A0%80", "(", "%F0%9F%9A%9A", "0001-01-01")
TOKENS = {
    "no token": None,
    "garbage": "garbage",
    "half a token": "a.b.c",
    "no ASCII": "ÿ",
    "huge token": "x" * 6_000,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One bad request."""

    name: str
    path: str
    token: str | None = None
    content: bytes | None = None
    parts: Mapping[str, tuple[str, bytes, str]] | None = None
    refused: bool = False
    """Must be answered with an error; otherwise an error may be right and a success too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Emitted:
    """One bad event; MISSING = without an argument."""

    name: str
    payload: Any
    refused: bool = False


def filled(value: Any, places: Mapping[str, str | int]) -> Any:
    """A good value with the ids of a scene in it."""
    if isinstance(value, str):
        return places.get(value, value)
    if isinstance(value, list):
        return [filled(one, places) for one in value]
    if isinstance(value, dict):
        return {key: filled(one, places) for key, one in value.items()}
    return value


def good_request(template: str, route: Route, scene: Scene) -> Asked:
    """The good one."""
    body = None if route.body is None else filled(dict(route.body), scene.own)
    return Asked(
        name="good",
        path=_path(template, route, scene.own) + _query(route.query, scene.own),
        token=scene.tokens[route.who] if route.who else None,
        content=None if body is None else json.dumps(body).encode(),
        parts=route.parts or None,
    )


def requests(bad: Bad, template: str, route: Route, scene: Scene) -> Iterator[Asked]:
    """Every bad request that can be made of this route."""
    good = good_request(template, route, scene)
    if route.who:
        yield from _strangers(good, scene)
    if route.spends:
        return
    yield from _paths(bad, template, route, scene, good)
    for name in route.query:
        for value in PAGES:
            path = good.path.partition("?")[0] + _query({**route.query, name: value}, scene.own)
            yield _changed(good, f"?{name}={value[:10]}", path=path)
    if route.body is not None:
        body = filled(dict(route.body), scene.own)
        yield from _bodies(bad, route, good, body)
        yield from _fields(bad, route, scene, good, body)
    if route.parts:
        yield from _parts(bad, route, good)


def events(bad: Bad, event: Event, scene: Scene) -> Iterator[Emitted]:
    """Every bad payload that can be made of this event."""
    good = filled(event.payload, scene.own)
    for name, value in STRANGE.items():
        if name not in {"half a surrogate", "huge"}:
            yield Emitted(name=name, payload=value, refused=not event.lenient)
    yield Emitted(name="bytes", payload=b"\x00\xff", refused=not event.lenient)
    if isinstance(good, dict):
        for key in good:
            for name, value in STRANGE.items():
                if name in {"half a surrogate", "huge"}:
                    continue
                is_bad = key in event.ids or (key in event.needs and name in NEVER_GOOD)
                yield Emitted(name=f"{key}: {name}", payload=_with(good, key, value), refused=is_bad)
    for name, wrong in _wrong_ids(bad, scene, event.who):
        if isinstance(event.payload, dict):
            for key in event.ids:
                value = wrong.get(event.payload[key], wrong[""])
                if value is not None:
                    yield Emitted(name=f"{key}: {name}", payload={**good, key: value}, refused=True)
        elif not event.lenient:
            value = wrong.get(event.payload, wrong[""])
            if value is not None:
                yield Emitted(name=name, payload=value, refused=True)


@functools.cache
def _pad(count: int) -> bytes:
    return b"x" * count


def is_alike(name: str) -> bool:
    """Whether a case says little that another one does not say."""
    return name.rpartition(": ")[2] in ALIKE


def _strangers(good: Asked, scene: Scene) -> Iterator[Asked]:
    for name, token in {**TOKENS, "expired": scene.expired}.items():
        yield _changed(good, name, token=token, refused=True)


def _paths(bad: Bad, template: str, route: Route, scene: Scene, good: Asked) -> Iterator[Asked]:
    query = _query(route.query, scene.own)
    for parameter, place in route.path.items():
        refused = parameter not in route.free
        for malformed in (*bad.malformed, "..%2F..%2Fetc%2Fpasswd"):
            path = _path(template, route, scene.own, {parameter: malformed}) + query
            yield _changed(good, f"{parameter}: {malformed[:20]}", path=path, refused=refused)
        for name, wrong in _wrong_ids(bad, scene, route.who):
            value = wrong.get(place, wrong[""])
            if value is not None:
                path = _path(template, route, scene.own, {parameter: value}) + query
                yield _changed(good, f"{parameter}: {name}", path=path, refused=refused)


def _bodies(bad: Bad, route: Route, good: Asked, body: dict[str, Any]) -> Iterator[Asked]:
    yield _changed(good, "nothing at all", content=None, refused=not route.bodiless)
    for name, content in BODIES.items():
        says_nothing = route.bodiless and name in {"no body", "null", "number", "text", "list"}
        yield _changed(good, f"body: {name}", content=content, refused=not says_nothing)
    large = json.dumps(body)[:-1].encode() + b', "pad": "' + _pad(bad.oversize_bytes) + b'"}'
    yield _changed(good, "body: oversize", content=large, refused=True)


def _fields(bad: Bad, route: Route, scene: Scene, good: Asked, body: dict[str, Any]) -> Iterator[Asked]:
    for key in body:
        for name, value in STRANGE.items():
            is_bad = (key in route.ids and name in NEVER_IDS) or (key in route.needs and name in NEVER_GOOD)
            content = json.dumps(_with(body, key, value)).encode()
            refused = is_bad and key not in route.free
            yield _changed(good, f"{key}: {name}", content=content, refused=refused)
        if key in route.ids:
            for name, wrong in _wrong_ids(bad, scene, route.who):
                place = (route.body or {})[key]
                value = wrong.get(place, wrong[""]) if isinstance(place, str) else wrong[""]
                if value is not None:
                    content = json.dumps({**body, key: value}).encode()
                    yield _changed(good, f"{key}: {name}", content=content, refused=key not in route.free)


def _parts(bad: Bad, route: Route, good: Asked) -> Iterator[Asked]:
    part, (name, _content, kind) = next(iter(route.parts.items()))
    yield _changed(good, "no form", parts=None, content=b"{}", refused=True)
    yield _changed(good, "no file", parts={}, refused=True)
    large = b"\0" * (bad.file_limit_bytes + 1)
    yield _changed(good, "file: oversize", parts={part: (name, large, kind)}, refused=True)
    yield _changed(good, "file: another part", parts={"another": (name, b"x", kind)}, refused=True)
    yield _changed(good, "file: a path", parts={part: ("../../" + name, b"x", kind)})
    yield _changed(good, "file: a long name", parts={part: ("x" * 500 + name, b"x", kind)})


def _wrong_ids(bad: Bad, scene: Scene, who: str) -> Iterator[tuple[str, Mapping[str, str | int | None]]]:
    """By `{place}`; under the empty one what stands for all others."""
    yield "unknown", {"": bad.unknown}
    if who == ME:
        yield "somebody else's", {"": None, **scene.foreign}


def _with(body: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    if isinstance(value, Missing):
        return {other: one for other, one in body.items() if other != key}
    return {**body, key: value}


def _path(
    template: str,
    route: Route,
    places: Mapping[str, str | int],
    instead: Mapping[str, str | int] | None = None,
) -> str:
    path = template
    for parameter, place in route.path.items():
        value = (instead or {}).get(parameter) or quote(str(filled(place, places)), safe="")
        path = path.replace("{" + parameter + "}", str(value))
    assert "{" not in path, (template, path)
    return path


def _query(query: Mapping[str, str], places: Mapping[str, str | int]) -> str:
    pairs = [f"{quote(name)}={filled(value, places)}" for name, value in query.items()]
    return "?" + "&".join(pairs) if pairs else ""


def _changed(good: Asked, name: str, **changes: Any) -> Asked:
    made = {
        "path": good.path,
        "token": good.token,
        "content": good.content,
        "parts": good.parts,
        "refused": False,
        **changes,
    }
    return Asked(name=name, **made)
