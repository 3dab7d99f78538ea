"""Whose frames a recording holds: rooms, trips, people, and a desk that knows them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from chatdesk.domain.ids import RemoteId
from chatdesk.platforms.steppergo.state import with_conversation, with_trip
from tests.platforms.steppergo.paper import ME, Paper

# -- whose frames they are ---------------------------------------------------------------------------------


def rooms_of(capture: dict[str, Any]) -> dict[str, str]:
    """Trip by conversation, as the joins of the recording tell."""
    found: dict[str, str] = {}
    for frame in capture["frames"]:
        if frame["channel"] == "socket" and frame.get("event") == "conversation:joined":
            found[frame["args"][0]["conversationId"]] = frame["args"][0]["tripId"]
        if frame["channel"] == "raw":
            for event, args in packets_in([frame]):
                if event == "conversation:joined":
                    found[args[0]["conversationId"]] = args[0]["tripId"]
    return found


def packets_in(frames: list[dict[str, Any]]) -> Iterator[tuple[str, list[Any]]]:
    """The events of raw frames that came in."""
    for frame in frames:
        text = frame["args"][0] if frame["args"] else ""
        if frame["dir"] == "in" and isinstance(text, str) and text.startswith("42["):
            event, *args = json.loads(text[2:])
            yield event, args


def trips_of(capture: dict[str, Any]) -> set[str]:
    """Every trip that a push or stream of the recording names."""
    text = json.dumps(capture)
    return {part.split('"')[0].rstrip("\\") for part in text.replace('\\"', '"').split('"tripId": "')[1:]} | {
        part.split('"')[0] for part in text.replace('\\"', '"').split('"tripId":"')[1:]
    }


def user_of(capture: dict[str, Any], actor: str) -> str:
    """Who an actor is: the sender of what it has sent."""
    temps = {
        frame["args"][0].get("metadata", {}).get("tempId")
        for frame in capture["frames"]
        if frame["channel"] == "socket"
        and frame["dir"] == "out"
        and frame["actor"] == actor
        and frame["event"] == "message:send"
        and isinstance(frame["args"][0], dict)
        and isinstance(frame["args"][0].get("metadata"), dict)
    } - {None}
    for frame in capture["frames"]:
        if frame["channel"] == "socket" and frame["dir"] == "in" and frame["event"] == "message:new":
            record = frame["args"][0]
            if (record["metadata"] or {}).get("tempId") in temps:
                return str(record["senderId"])
    return ME


def desk_of(capture: dict[str, Any], actor: str = "A") -> Paper:
    """A desk that knows the trips of a recording, and has joined its conversations."""
    paper = Paper(user_id=user_of(capture, actor))
    for trip in trips_of(capture):
        paper.facts = with_trip(paper.facts, RemoteId(trip), ours=True)
    for conversation, trip in rooms_of(capture).items():
        paper.facts = with_conversation(paper.facts, RemoteId(trip), conversation)
        paper.facts = with_trip(paper.facts, RemoteId(trip), joined=paper.facts.epoch)
    return paper
