"""A capture's client frames, of all actors and in order, into our server; what comes back is compared."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from typing import Any

import aiohttp
from yarl import URL

from tests.conform.clock import CaptureClock, CaptureLoop
from tests.conform.compare import Comparison, Difference, shown
from tests.conform.ears import Ears, Finding, Wanted, key_of
from tests.conform.lines import (
    OWN_CLOSE,
    PONG,
    TRANSPORT_CLOSE,
    Line,
    RawSocket,
    WebsocketTransport,
    is_saying,
)
from tests.conform.names import Names
from tests.conform.planting import Frame, Planter
from tests.conform.requests import AUTOMATIC, Answer, exchanged
from tests.conform.stage import Stage
from tests.replay.recording import Recording

PATIENCE_S = 60.0
"""Real seconds within which the server must come to rest, or answer."""
LATE_MS = 500
"""How late this machine may have begun what a timer counts from."""
AT_ONCE_MS = 30
"""Recorded emits this close, with nothing heard between them, are sent without waiting for what follows."""
IN_HANDLER_MS = 3
"""An emit this soon after its connect was made in the connect handler."""
OF_ITSELF_MS = 100
"""A connection that was lost so long after the last client frame was lost for no client's doing."""
SLICE_S = 0.5
_ENDS = re.compile(r"server process (?:stops|stopped|killed)")
_ENDED = re.compile(r"server process ended")
_STARTS = re.compile(r"server process (?:starts|started)")
LIBRARY = {"ack_timeout", "reconnect_attempt"}
"""Events that a client library makes by itself."""


class Player:
    """Plays one capture against one stage."""

    def __init__(
        self, stage: Stage, planter: Planter, recording: Recording, clock: CaptureClock, loop: CaptureLoop
    ) -> None:
        self._stage = stage
        self._socket_path = stage.server.settings.path
        self._planter = planter
        self._recording = recording
        self._clock = clock
        self._loop = loop
        self._names = Names(planter)
        self._ears = Ears(recording, planter, self._names)
        self._lines: dict[str, Line] = {}
        self._raws: dict[str, list[RawSocket]] = {}
        self._streams: dict[str, asyncio.Task[None]] = {}
        self._last: Frame | None = None
        self._drives: dict[int, str] = {}
        self._http: aiohttp.ClientSession | None = None
        self._base = f"http://127.0.0.1:{stage.port}"

    # -- the whole capture

    async def play(
        self, placeholders: Mapping[str, str], planted: list[tuple[str, str | int]]
    ) -> list[Finding]:
        """Play all of it; the findings, by frame. `planted`: kinds and names of what is there."""
        self._names.placeholders.update(placeholders)
        self._names.learn([(kind, name, name) for kind, name in planted])
        self._read()
        timeout = aiohttp.ClientTimeout(total=None, connect=None)
        connector = aiohttp.TCPConnector(force_close=True, limit=0)
        async with aiohttp.ClientSession(
            timeout=timeout, connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
        ) as session:
            self._http = session
            try:
                await self._settle()
                for frame in self._planter.sequence(self._recording):
                    await self._frame(frame)
                await self._settle()
                if self._recording.everything:
                    # What was heard after the last that anybody did: a heartbeat takes its time.
                    last = self._recording.everything[-1]
                    await self._pause({**last, "t_ms": last["t_ms"] + LATE_MS})
                self._ears.check(len(self._recording.everything), None)
                self._ears.close_accounts()
            finally:
                await self._hang_up()
        return sorted(self._ears.findings, key=lambda one: one.at)

    async def _hang_up(self) -> None:
        for line in self._lines.values():
            await line.cut()
        for raw in self._all_raws:
            await raw.close()
        for stream in self._streams.values():
            stream.cancel()
        await asyncio.gather(*self._streams.values(), return_exceptions=True)

    @property
    def _all_raws(self) -> list[RawSocket]:
        return [raw for here in self._raws.values() for raw in here]

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            raise RuntimeError("not playing")
        return self._http

    def _raw(self, frame: Frame) -> Frame:
        found: Frame = self._recording.raw["frames"][frame["at"]]
        return found

    def _read(self) -> None:
        """Note what every connection heard, and what a client library did without being told to."""
        trying: set[str] = set()
        closing: set[str] = set()
        acted_ms = 0
        for frame in self._recording.everything:
            if frame["dir"] == "out":
                acted_ms = max(frame["t_ms"], int(frame.get("response_t_ms") or 0))
            if frame["channel"] in {"http", "note"} or frame["dir"] == "note":
                continue
            key, event = key_of(frame), frame.get("event")
            if frame["channel"] == "socket" and frame["dir"] == "out":
                trying |= {key} if event == "connect" else set()
                closing |= {key} if event == "disconnect" else set()
                continue
            if frame["dir"] == "out" or event in LIBRARY:
                continue
            args = self._raw(frame).get("args") or []
            if frame["channel"] == "socket":
                if event in {"connect", "connect_error"}:
                    if key not in trying:
                        self._drives[frame["at"]] = "connect"
                    trying.discard(key)
                elif event == "disconnect":
                    if args[:1] == [OWN_CLOSE] and key not in closing:
                        self._drives[frame["at"]] = "disconnect"
                    if args[:1] == [TRANSPORT_CLOSE] and frame["t_ms"] - acted_ms > OF_ITSELF_MS:
                        self._drives[frame["at"]] = "kill"
                    closing.discard(key)
            elif frame["channel"] == "raw" and event == "close" and args[:1] == [1005]:
                self._drives[frame["at"]] = "close"
            self._ears.wants(key, Wanted(frame["at"], frame["t_ms"], str(event), args, frame))

    # -- one frame

    async def _frame(self, frame: Frame) -> None:
        if frame["channel"] == "note":
            await self._pause(frame)
            await self._remark(frame)
            return
        drive = self._drives.get(frame["at"])
        if drive is None and frame["dir"] != "out":
            return
        if not self._follows_at_once(frame):
            await self._pause(frame)
        self._ears.at = frame["at"]
        if not self._stage.is_up and self._wants_server(frame, drive):
            await self._stage.start()
        if self._stage.is_up and (frame["channel"] == "http" or frame.get("event") == "connect"):
            await self._planter.before(self._stage.server.core, self._recording, frame)
        await asyncio.wait_for(self._play(frame, drive), PATIENCE_S * 2)
        self._last = frame
        self._ears.reached_ms = max(frame["t_ms"], int(frame.get("response_t_ms") or 0))

    async def _play(self, frame: Frame, drive: str | None) -> None:
        channel = frame["channel"]
        if channel == "http":
            await self._exchange(frame)
        elif channel == "sse":
            await self._stream(frame)
        elif channel == "raw":
            await self._raw_packet(frame, drive)
        else:
            await self._socket(frame, drive)

    def _follows_at_once(self, frame: Frame) -> bool:
        """Whether a client sent this without waiting for anything that came of the frame before it."""
        last = self._last
        if (
            last is None
            or frame["channel"] != "socket"
            or frame["dir"] != "out"
            or last["channel"] != "socket"
        ):
            return False
        if frame["event"] in {"connect", "disconnect"}:
            return False
        between = self._recording.everything[last["at"] + 1 : frame["at"]]
        if last["event"] == "connect":
            mine = [one for one in between if one["dir"] == "in"]
            return (
                len(mine) == 1
                and mine[0].get("event") == "connect"
                and key_of(mine[0]) == key_of(frame) == key_of(last)
                and frame["t_ms"] - mine[0]["t_ms"] <= IN_HANDLER_MS
            )
        return not between and frame["t_ms"] - last["t_ms"] <= AT_ONCE_MS

    def _wants_server(self, frame: Frame, drive: str | None) -> bool:
        """Whether this got through on the recording, so that the server must have been up again."""
        if frame["channel"] == "http":
            return frame["status"] is not None
        if drive == "connect" or (frame["channel"] == "socket" and frame["event"] == "connect"):
            wanted = self._ears.waits_for(key_of(frame), frame["at"])
            return wanted is not None and wanted.event == "connect"
        return False

    async def _pause(self, frame: Frame) -> None:
        """Come to rest, compare what has come, let the time go by until this frame."""
        await self._settle()
        later = (int(one["t_ms"]) for one in self._recording.everything[frame["at"] + 1 :])
        ahead_s = self._clock.reach(frame["t_ms"], next(later, frame["t_ms"]))
        while ahead_s > SLICE_S:
            self._loop.put_forward(SLICE_S)
            ahead_s -= SLICE_S
            await self._settle()
        self._loop.put_forward(ahead_s)
        await self._settle()
        self._ears.reached_ms = max(self._ears.reached_ms, frame["t_ms"])
        self._ears.check(frame["at"], frame)

    async def _remark(self, frame: Frame) -> None:
        text = str(frame.get("text") or "")
        self._ears.at = frame["at"]
        if _ENDS.search(text):
            if self._stage.is_up:
                await self._stage.stop(killed="killed" in text)
        elif _ENDED.search(text):
            if self._stage.is_up:
                self._ears.findings.append(
                    Finding(frame["at"], "process", "", "recorded: it ended, ours goes on")
                )
                await self._stage.stop(killed=True)
        elif _STARTS.search(text):
            # It listens from then on when somebody got through on the recording: a process takes its time.
            pass
        elif self._stage.is_up:
            await self._planter.happens(self._stage.server.core, frame)
        self._last = frame

    # -- coming to rest

    async def _settle(self) -> None:
        """Wait until nothing is under way, here or there: what has not come by now does not come."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            before = self._ears.heard
            await self._still(end)
            await asyncio.gather(*(one.echo() for one in self._open_transports()))
            worked = await self._still(end)
            # What was still at work after the echo may have said something that is on its way.
            if not worked and self._ears.heard == before and not await self._stage.fall():
                return
        raise TimeoutError("the server does not come to rest")

    async def _still(self, end: float) -> bool:
        """Wait until nothing works; whether anything did."""
        # Twice: what has just ended may have begun something else.
        quiet, worked = 0, False
        while quiet < 2 and time.monotonic() < end:
            await asyncio.sleep(0)
            websockets = sum(isinstance(one, WebsocketTransport) for one in self._open_transports())
            busy = (
                is_saying()
                or (self._stage.is_up and self._stage.is_busy())
                or self._stage.websockets() > websockets
            )
            if busy:
                quiet, worked = 0, True
                await asyncio.sleep(0.001)
            else:
                quiet += 1
        return worked

    def _open_transports(self) -> list[Any]:
        lines = [line.transport for line in self._lines.values()]
        raws = [raw for raw in self._all_raws if raw.is_open]
        return [one for one in lines if one is not None] + raws

    # -- sockets

    async def _socket(self, frame: Frame, drive: str | None) -> None:
        key, event = key_of(frame), drive or frame["event"]
        if event == "kill":
            line = self._lines.get(key)
            if line is not None and line.connected and self._stage.is_up:
                await self._stage.stop(killed=True)
            return
        if event == "connect" and drive is None:
            wanted = self._names.translated(frame["args"][0] if frame["args"] else {})
            if key in self._lines:
                await self._lines[key].cut()
            path = wanted.get("path") or self._socket_path
            base = f"{self._base}{str(path).rstrip('/')}/"
            self._lines[key] = Line(self._session, base, wanted, self._ears.hearing(key))
        line = self._lines.get(key)
        if line is None:
            self._ears.findings.append(
                Finding(frame["at"], f"event {event}", "", "there is no connection for it")
            )
        elif event == "connect":
            if line.connected:
                self._ears.findings.append(Finding(frame["at"], event, "", "ours was connected all the time"))
            await line.connect()
        elif event == "disconnect":
            await asyncio.gather(*(one.close() for one in [line, *self._closing_too(frame)]))
        else:
            await line.emit(
                event, self._names.translated(frame["args"]), ack=bool(frame.get("ack_requested"))
            )

    def _closing_too(self, frame: Frame) -> list[Line]:
        """Connections that their clients close together with this one: none hears of the others' end."""
        found: list[Line] = []
        for one in self._recording.everything[frame["at"] + 1 :]:
            is_close = one["channel"] == "socket" and one.get("event") == "disconnect"
            if not is_close or one["t_ms"] - frame["t_ms"] > AT_ONCE_MS:
                break
            line = self._lines.get(key_of(one))
            own = one["dir"] == "out" or one["args"][:1] == [OWN_CLOSE]
            if own and line is not None and line not in found and key_of(one) != key_of(frame):
                found.append(line)
        return found

    async def _raw_packet(self, frame: Frame, drive: str | None) -> None:
        """One actor may have several at once: packets go to the newest, pongs to the oldest with a ping."""
        key, event = key_of(frame), drive or frame["event"]
        here = self._raws.setdefault(key, [])
        text = self._names.in_text(str(frame["args"][0]))
        if event == "open":
            raw = RawSocket(self._session, self._ears.hearing(key))
            here.append(raw)
            await raw.open(self._base + text, {})
        elif event == "close":
            still = [raw for raw in here if raw.is_open]
            if still:
                await still[0].close_and_tell()
        elif text == PONG and any(raw.pinged for raw in here):
            pinged = next(raw for raw in here if raw.pinged)
            pinged.pinged = False
            await pinged.send(text)
        else:
            await here[-1].send(text)

    # -- routes

    async def _exchange(self, frame: Frame) -> None:
        raw = self._raw(frame)
        kind = f"http {frame['method']} {frame['path']}"
        answer = await exchanged(self._session, self._base, frame, raw, self._names)
        if answer.status != frame["status"]:
            text = f"recorded {frame['status']}, ours {answer.status} {shown(answer.body)}"
            self._ears.findings.append(Finding(frame["at"], kind, "status", text))
            return
        if answer.status is None:
            return
        compared = Comparison(self._names, self._planter)
        for name, value in (raw.get("response_headers") or {}).items():
            self._header(compared, name, value, answer)
        # A page of the framework's that the recorder left out is no body without content.
        if raw.get("response_body") is not None or "html" not in str(raw.get("response_headers")):
            compared.of(raw.get("response_body"), answer.body, ("body",))
        compared.keep()
        self._ears.report(frame["at"], kind, compared.differences)

    def _header(self, compared: Comparison, name: str, recorded: Any, answer: Answer) -> None:
        found = answer.headers.get(name.lower())
        path = ("header", name)
        if found is None:
            compared.differences.append(Difference(path, f"missing, recorded {shown(recorded)}"))
        elif isinstance(recorded, list):
            compared.of(recorded, found, path)
        elif name.lower() == "content-type":
            if _media(recorded) != _media(found[-1]):
                text = f"recorded {shown(recorded)}, ours {shown(found[-1])}"
                compared.differences.append(Difference(path, text))
        elif recorded.isdecimal() and found[-1].isdecimal():
            compared.of(int(recorded), int(found[-1]), path)
        else:
            compared.of(recorded, found[-1], path)

    async def _stream(self, frame: Frame) -> None:
        key = key_of(frame)
        hear = self._ears.hearing(key)
        headers = {
            str(name): self._names.in_text(str(one)) for name, one in (frame.get("headers") or {}).items()
        }
        url = URL(self._base + self._names.in_text(str(frame["args"][0])), encoded=True)
        begun = asyncio.Event()

        async def read() -> None:
            async with self._session.get(url, headers=headers, skip_auto_headers=AUTOMATIC) as answer:
                about = {name.lower(): value for name, value in answer.headers.items()}
                hear("headers", [answer.status, about])
                begun.set()
                text = ""
                async for chunk in answer.content.iter_any():
                    text += chunk.decode()
                    while "\n\n" in text:
                        line, _, text = text.partition("\n\n")
                        hear("data", [f"{line}\n\n"])

        self._streams[key] = asyncio.create_task(read(), name="conform stream")
        await begun.wait()


def _media(value: str) -> str:
    return value.lower().replace(" ", "")
