"""Samples for the fuzz harness: a platform's goals, pursued on paper with its recorded answers and events."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from chatdesk.domain.arrivals import (
    Accepted,
    Answer,
    Arrived,
    HandedOver,
    NoAnswer,
    OpenStep,
    Packet,
    VerdictStored,
)
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import GoalKind
from chatdesk.domain.steps import Call, Connect, Emit, Listen, Unlisten, Wait
from tests.platforms.paper import PaperDesk

MOST_ITEMS = 4
MOST_CHARS = 600
"""Recorded lists and texts are cut to this: what is damaged is the shape, and speed is wanted."""


class Sample(msgspec.Struct, frozen=True):
    """Something recorded, with the facts and open steps that it met. The open step has id 1."""

    facts: Facts
    opened: tuple[OpenStep, ...]
    arrived: Arrived


_WITH_DIGIT = re.compile(r"/[^/]*\d[^/]*")


def _shape(method: str, path: str) -> tuple[str, str]:
    return method, _WITH_DIGIT.sub("/*", path)


def trimmed(value: Any) -> Any:
    """A recorded value with long lists and texts cut."""
    if isinstance(value, dict):
        return {key: trimmed(one) for key, one in value.items()}
    if isinstance(value, list):
        return [trimmed(one) for one in value[:MOST_ITEMS]]
    return value[:MOST_CHARS] if isinstance(value, str) else value


def recorded_answer(frame: Mapping[str, Any]) -> Answer:
    """A recorded HTTP exchange as the answer to step 1."""
    headers = {name.lower(): str(value) for name, value in (frame.get("response_headers") or {}).items()}
    is_json = "json" in headers.get("content-type", "")
    return Answer(1, frame["status"], is_json, trimmed(frame.get("response_body")), headers)


class _Recorded:
    """What the frames hold, each thing once."""

    def __init__(self, frames: Iterable[Mapping[str, Any]]) -> None:
        self.answers: dict[tuple[str, str], dict[str, Answer]] = {}
        self.packets: dict[str, Packet] = {}
        for frame in frames:
            if frame["channel"] == "http" and frame.get("status") is not None:
                answer = recorded_answer(frame)
                key = json.dumps([answer.status, answer.body])
                self.answers.setdefault(_shape(frame["method"], frame["path"]), {})[key] = answer
            if frame["channel"] == "socket" and frame["dir"] == "in":
                args = trimmed(frame.get("args") or [])
                self.packets[json.dumps([frame["event"], args])] = Packet(frame["event"], tuple(args))

    def of(self, call: Call, most: int) -> list[Answer]:
        """Answers to such a request: successes first, then every other status once before any twice."""
        found = list(self.answers.get(_shape(call.method, call.path), {}).values())
        seen: dict[int, int] = {}
        ranks = []
        for answer in found:
            seen[answer.status] = seen.get(answer.status, 0) + 1
            ranks.append((answer.status // 100 != 2, seen[answer.status]))
        order = sorted(range(len(found)), key=lambda at: (ranks[at][1] > 3, ranks[at]))
        return [found[at] for at in order][:most]


def samples_of(
    make: Callable[[], PaperDesk],
    goals: Sequence[GoalKind],
    frames: Iterable[Mapping[str, Any]],
    *,
    most_steps: int = 12,
    most_answers: int = 10,
) -> list[Sample]:
    """Samples of every goal's steps under the recorded answers, and of every recorded event."""
    recorded = _Recorded(frames)
    packets = list(recorded.packets.values())
    samples = [Sample(make().facts, (), packet) for packet in packets]
    for goal in goals:
        desk = make()
        step = desk.want(goal)
        for turn in range(most_steps):
            opened = desk.opened()
            match step:
                case Call():
                    answers = recorded.of(step, most_answers) or [Answer(1, 200, True, {})]
                    samples += [Sample(desk.facts, opened, answer) for answer in answers]
                    desk.read(answers[0])
                case Emit():
                    beside = packets if turn == 0 else packets[turn % 7 :: 7]
                    samples += [Sample(desk.facts, opened, packet) for packet in beside]
                    desk.read(_answering(desk, packets) or _silence(step))
                case Connect() | Listen():
                    samples.append(Sample(desk.facts, opened, Accepted(1)))
                    desk.accepted() if isinstance(step, Connect) else desk.streams()
                case Unlisten():
                    desk.handed_over()
                case Wait(ms=ms):
                    desk.later(ms)
                case _:
                    break
            step = desk.again()
    return samples


def _answering(desk: PaperDesk, packets: list[Packet]) -> Packet | None:
    """An event that the open step has waited for."""
    for packet in packets:
        verdicts = desk.adapter.read(packet, desk.opened(), desk.facts).verdicts
        if any(isinstance(verdict, VerdictStored) for verdict in verdicts):
            return packet
    return None


def _silence(step: Emit) -> Arrived:
    return NoAnswer(1, True, "timeout") if step.timeout_ms else HandedOver(1)
