"""Bad input at every route and event of every platform, promised and as recorded: tables in `bad`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route as Served

from chatdesk.server.chat_server import ChatServer
from chatdesk.server.core.service import Ground
from chatdesk.server.dialect import Choices, Variant
from chatdesk.server.registry import DIALECTS
from tests.conftest import Aio
from tests.server.bad import CRASH, CRASH_TOO, SILENT, Answer, Bad, Scene
from tests.server.bad.asking import Line, http_of
from tests.server.bad.cases import MISSING, Asked, Emitted, events, good_request, is_alike, requests
from tests.server.conftest import MakeServer
from tests.server.process import ServerProcess

PATIENCE_S = 240
"""Thousands of requests, on a machine that may do other things besides."""


def bad_of(platform: str) -> Bad:
    bad = import_module(f"tests.server.bad.{platform}").BAD
    assert isinstance(bad, Bad)
    return bad


def built(folder: Path, platform: str, variant: Variant) -> ChatServer:
    return DIALECTS[platform].build(Ground(folder), Choices(), variant)


def routes_of(server: ChatServer) -> set[tuple[str, str]]:
    found = set()
    for route in server.routes:
        assert isinstance(route, Served), route
        found |= {(method, route.path) for method in route.methods or () if method != "HEAD"}
    return found


@pytest.fixture(scope="session", params=list(DIALECTS))
def promised_server(
    request: pytest.FixtureRequest, demo_server: ServerProcess, server_of: Callable[[str], ServerProcess]
) -> ServerProcess:
    """The shared server of each platform in turn."""
    return demo_server if request.param == demo_server.platform else server_of(request.param)


@pytest.mark.parametrize("platform", DIALECTS)
def test_every_route_and_event_has_its_row(tmp_path: Path, platform: str) -> None:
    """What an application of either variant serves can't be left out, and no row is about nothing."""
    bad = bad_of(platform)
    servers = [built(tmp_path, platform, variant) for variant in DIALECTS[platform].variants]
    assert set().union(*(routes_of(server) for server in servers)) == set(bad.routes)
    assert set().union(*(server.sockets.handlers() for server in servers)) == set(bad.events)


def test_bad_input_is_refused_in_the_platforms_words(
    promised_server: ServerProcess, aio: Aio, tmp_path: Path
) -> None:
    """Promised: an error in the platform's own envelope, never a 500, silence, or a word on stderr.

    Afterwards the server lives, and everything that it has stored can be read.
    """
    bad = bad_of(promised_server.platform)
    served = built(tmp_path, bad.platform, Variant.PROMISED)

    async def story() -> None:
        async with http_of(promised_server.url) as http:
            scene = await bad.scene(http, promised_server)
            problems: list[Any] = []
            told_before = len(promised_server.log.read_text("utf-8"))
            for method, template in sorted(routes_of(served)):
                for asked in requests(bad, template, bad.routes[method, template], scene):
                    answer = await http.ask(method, asked.path, **_request(asked))
                    if bad.routes[method, template].unavailable and answer.status == 503:
                        answer = replace(answer, status=400)
                    if problem := _problem(bad, asked, answer):
                        problems.append((method, template, asked.name, problem))
            problems += await _refused_connections(bad, promised_server.url, scene)
            for event in sorted(served.sockets.handlers()):
                problems += await _events(bad, promised_server.url, event, scene)
            for method, template in sorted(routes_of(served)):
                row = bad.routes[method, template]
                if method == "GET" and not row.endless:
                    good = good_request(template, row, scene)
                    answer = await http.ask(method, good.path, **_request(good))
                    if answer.status >= 500:
                        problems.append((method, template, "afterwards", answer))
            problems += promised_server.log.read_text("utf-8")[told_before:].splitlines()
            assert problems == [], "\n".join(map(str, problems))

    aio(story(), timeout_s=PATIENCE_S)


@pytest.mark.parametrize(
    "platform", [one.platform for one in DIALECTS.values() if Variant.AS_IS in one.variants]
)
def test_bad_input_does_what_was_recorded(
    platform: str, make_server: MakeServer, aio: Aio, tmp_path: Path
) -> None:
    """As recorded: the answers of the table, an end of the process only where it was seen; no bug of ours."""
    bad = bad_of(platform)
    served = built(tmp_path / "other", platform, Variant.AS_IS)
    server = make_server(platform=platform, seed="demo", as_is=True)

    async def story() -> None:
        async with http_of(server.url) as http:
            scene = await bad.scene(http, server)
            problems, seen = [], set()
            for method, template in sorted(routes_of(served)):
                for asked in requests(bad, template, bad.routes[method, template], scene):
                    key = (method, template, asked.name)
                    seen.add(key)
                    if is_alike(asked.name) and key not in bad.recorded:
                        continue
                    answer = await http.ask(method, asked.path, **_request(asked))
                    status, text = bad.recorded.get(key, (answer.status, ""))
                    if answer.status != status or text not in str(answer.body):
                        problems.append((*key, answer))
            assert set(bad.recorded) <= seen, "a row of something that is not asked"
            for event in sorted(served.sockets.handlers()):
                problems += await _recorded_events(bad, server, event, scene)
            assert (await http.ask("GET", bad.health)).status < 500
            assert problems == [], "\n".join(map(str, problems))

    aio(story(), timeout_s=PATIENCE_S)
    server.stop()
    assert server.log.read_text("utf-8") == ""


def _request(asked: Asked) -> dict[str, Any]:
    if asked.parts is not None:
        return {"token": asked.token, "parts": asked.parts}
    return {"token": asked.token, "content": asked.content}


def _problem(bad: Bad, asked: Asked, answer: Answer) -> str:
    if answer.status >= 500:
        return f"{answer}"[:300]
    if answer.status >= 400:
        return "" if bad.is_error(answer) else f"no envelope: {answer}"[:300]
    return f"not refused: {answer}"[:300] if asked.refused else ""


async def _refused_connections(bad: Bad, url: str, scene: Scene) -> list[Any]:
    problems = []
    for name, token in (("no token", None), ("garbage", "garbage"), ("expired", scene.expired)):
        line = Line(bad, url, token)
        if await line.open():
            problems.append(("connect", name, "let in"))
        elif not line.refusal:
            problems.append(("connect", name, "no reason"))
        await line.close()
    return problems


async def _events(bad: Bad, url: str, event: str, scene: Scene) -> list[Any]:
    row = bad.events[event]
    line = Line(bad, url, scene.tokens[row.who])
    assert await line.open(), line.refusal
    problems = []
    try:
        for emitted in events(bad, row, scene):
            before = len(line.errors)
            await line.emit(event, *_arguments(emitted))
            if emitted.refused:
                error = await line.error(before + 1)
                if not bad.is_error_event(error):
                    problems.append((event, emitted.name, error))
            if line.gone.is_set():
                problems.append((event, emitted.name, "the connection ended"))
                await line.open()
    finally:
        await line.close()
    return problems


async def _recorded_events(bad: Bad, server: ServerProcess, event: str, scene: Scene) -> list[Any]:
    row, token = bad.events[event], scene.tokens[bad.events[event].who]
    problems: list[Any] = []
    made = list(events(bad, row, scene))
    assert set(row.recorded) <= {one.name for one in made}, "a row of something that is not sent"
    line = await _opened(bad, server, token)
    silent = set(row.recorded.values()) == {SILENT}
    for emitted in made:
        outcome = row.recorded.get(emitted.name, "")
        if outcome == CRASH:
            await line.emit(event, *_arguments(emitted))
            await asyncio.wait_for(line.gone.wait(), 10)
            assert server.wait() == 1
            server.start()
            line = await _opened(bad, server, token)
        elif outcome not in {"", SILENT, CRASH_TOO}:
            # On a connection of its own: what is answered to the others is nobody's business.
            alone = await _opened(bad, server, token)
            await alone.emit(event, *_arguments(emitted))
            error = await alone.error(1)
            if outcome not in str(error):
                problems.append((event, emitted.name, error))
            await alone.close()
        elif outcome != CRASH_TOO:
            await line.emit(event, *_arguments(emitted))
    if line.gone.is_set():
        problems.append((event, "the connection ended"))
    if silent and line.errors:
        problems.append((event, "not silent", line.errors))
    await line.close()
    return problems


async def _opened(bad: Bad, server: ServerProcess, token: str) -> Line:
    line = Line(bad, server.url, token)
    assert await line.open(), line.refusal
    if bad.wakes is not None:
        event, payload = bad.wakes
        for _ in range(20):
            await line.emit(event, payload)
            if await line.error(1, within_s=0.5) is not None:
                break
        line.errors.clear()
    return line


def _arguments(emitted: Emitted) -> tuple[Any, ...]:
    return () if emitted.payload is MISSING else (emitted.payload,)
