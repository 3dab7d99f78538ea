"""What every connection has heard beside what it had heard on the recording: pairs, lost, surplus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.conform.align import aligned
from tests.conform.compare import Comparison, Difference, shape, shown
from tests.conform.lines import PING, POLL_ERROR, WEBSOCKET_ERROR
from tests.conform.names import Names
from tests.conform.planting import Frame, Path, Planter
from tests.replay.recording import Recording


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference, and where: frame number, what kind of frame, path of the value in it ('' = all of it)."""

    at: int
    frame: str
    path: str
    text: str


@dataclass(slots=True)
class Wanted:
    """An event of the recording."""

    at: int
    t_ms: int
    event: str
    args: list[Any]
    frame: Frame


@dataclass(slots=True)
class Got:
    """An event of ours, and during which frame it came."""

    at: int
    event: str
    args: list[Any]


@dataclass(slots=True)
class Ear:
    """What one connection has heard, and what it had on the recording."""

    name: str
    wanted: list[Wanted] = field(default_factory=list)
    got: list[Got] = field(default_factory=list)
    lost: list[Wanted] = field(default_factory=list)
    surplus: list[Got] = field(default_factory=list)


def key_of(frame: Frame) -> str:
    """The connection that a frame belongs to."""
    conn = frame.get("conn")
    name = frame["actor"] if conn is None else f"{frame['actor']}/{conn}"
    return name if frame["channel"] == "socket" else f"{name} ({frame['channel']})"


def dotted(path: Path) -> str:
    """A path as one text."""
    return ".".join(str(one) for one in path)


class Ears:
    """All connections of one capture."""

    def __init__(self, recording: Recording, planter: Planter, names: Names) -> None:
        self._recording = recording
        self._planter = planter
        self._names = names
        self._ears: dict[str, Ear] = {}
        self.findings: list[Finding] = []
        self.heard = 0
        """How many events of ours have come."""
        self.at = -1
        """The frame that is being played."""
        self.reached_ms = 0
        """How far the recording had come when what was played so far was done."""

    def wants(self, key: str, wanted: Wanted) -> None:
        """This was heard on the recording."""
        self._ears.setdefault(key, Ear(key)).wanted.append(wanted)

    def waits_for(self, key: str, at: int) -> Wanted | None:
        """What a connection heard next, from this frame on."""
        return next((one for one in self._ears[key].wanted if one.at >= at), None)

    def hearing(self, key: str) -> Callable[[str, list[Any]], None]:
        """Where a connection of ours tells what it hears."""

        def hear(event: str, args: list[Any]) -> None:
            self.heard += 1
            self._ears.setdefault(key, Ear(key)).got.append(Got(self.at, event, args))

        return hear

    def report(self, at: int, kind: str, differences: list[Difference]) -> None:
        self.findings += [Finding(at, kind, dotted(one.path), one.text) for one in differences]

    def check(self, at: int, frame: Frame | None) -> None:
        """Compare what every connection has heard with what it had heard before this frame."""
        for ear in self._ears.values():
            if not ear.got and not ear.wanted:
                continue
            due = 0
            for one in ear.wanted:
                # What stands beside a request may have come of it.
                beside = frame is not None and frame["channel"] == "http" and one.t_ms >= frame["t_ms"]
                if one.at >= at or beside:
                    break
                due += 1
            window = due
            until = self.reached_ms + self._planter.early_ms
            while window < len(ear.wanted) and (
                ear.wanted[window].at < at or ear.wanted[window].t_ms <= until
            ):
                window += 1
            if not due and not ear.got:
                continue
            self._pair(ear, window, due)
            ear.got = []

    def _pair(self, ear: Ear, window: int, due: int) -> None:
        """Pair what has come with what is wanted up to `window`, of which only `due` must have come."""
        recorded, got = ear.wanted[:window], ear.got
        done: set[int] = set()
        used: set[int] = set()
        for theirs, one in enumerate(recorded):
            if not self._planter.in_any_order(self._recording, one.event):
                continue
            rest = (ours for ours in range(len(got)) if ours not in used)
            found = next((ours for ours in rest if self._differ(one, got[ours]) == 0), None)
            if found is not None:
                self._paired(ear, one, got[found])
                done.add(theirs)
                used.add(found)
        left = [theirs for theirs in range(window) if theirs not in done]
        came = [ours for ours in range(len(got)) if ours not in used]
        must = sum(theirs < due for theirs in left)
        row = aligned([recorded[one] for one in left], must, [got[one] for one in came], self._differ)
        for theirs, ours in row.pairs:
            self._paired(ear, recorded[left[theirs]], got[came[ours]])
        # A pair with a later one means that those before it will not come any more in their place.
        last = max((theirs for theirs, _ in row.pairs), default=-1)
        gone = [left[one] for one in row.lost if one < max(must, last)]
        ear.lost += [recorded[one] for one in gone]
        ear.surplus += [got[came[one]] for one in row.surplus]
        done |= {left[theirs] for theirs, _ in row.pairs} | set(gone)
        ear.wanted = [one for number, one in enumerate(ear.wanted) if number not in done]

    def _paired(self, ear: Ear, theirs: Wanted, ours: Got) -> None:
        compared = self._compared(theirs, ours)
        compared.keep()
        self.report(theirs.at, _kind(theirs.event, ear.name), compared.differences)

    def _compared(self, theirs: Wanted, ours: Got) -> Comparison:
        compared = Comparison(self._names, self._planter)
        if theirs.frame["channel"] == "socket" and theirs.event in {"connect", "connect_error"}:
            recorded = {
                name: value
                for name, value in (theirs.args[0] if theirs.args else {}).items()
                if name != "transport"
            }
            mine = dict(ours.args[0] or {}) if ours.args else {}
            if "active" in recorded:
                # A client library goes on trying when the transport has failed, not when it was refused.
                mine["active"] = mine.get("message") in {WEBSOCKET_ERROR, POLL_ERROR}
            if theirs.event == "connect" and "sid" not in recorded:
                mine.pop("sid", None)
            return compared.of(recorded, mine)
        if theirs.frame["channel"] == "sse" and theirs.event == "headers":
            wanted = theirs.args[1]
            return compared.of(theirs.args, [ours.args[0], {name: ours.args[1].get(name) for name in wanted}])
        if theirs.frame["channel"] == "sse":
            return compared.of(_sse(theirs.args), _sse(ours.args))
        return compared.of(theirs.args, ours.args)

    def _differ(self, theirs: Wanted, ours: Got) -> int | None:
        if theirs.event != ours.event:
            return None
        count = len(self._compared(theirs, ours).differences)
        # Another one of those that come by chance is not this one.
        return None if count and self._planter.may_lack(self._recording, theirs.frame) else count

    def close_accounts(self) -> None:
        """Tell what never came, what came too much, and what came in another place."""
        for ear in self._ears.values():
            surplus = list(ear.surplus)
            for theirs in ear.lost:
                kind = _kind(theirs.event, ear.name)
                found = next((one for one in surplus if self._differ(theirs, one) == 0), None)
                if found is not None:
                    surplus.remove(found)
                    if self._has_a_place(theirs, found):
                        text = f"{ear.name} got it elsewhere, during frame {found.at}: {shown(found.args)}"
                        self.findings.append(Finding(theirs.at, kind, "order", text))
                elif not self._planter.may_lack(self._recording, theirs.frame):
                    text = f"{ear.name} never got it: {shown(theirs.args)}"
                    self.findings.append(Finding(theirs.at, kind, "lost", text))
            for ours in surplus:
                if (ours.event, shape(ours.args)) not in self._chances(ear.name):
                    text = f"{ear.name} was told, not recorded: {shown(ours.args)}"
                    self.findings.append(Finding(ours.at, _kind(ours.event, ear.name), "surplus", text))

    def _has_a_place(self, theirs: Wanted, ours: Got) -> bool:
        """Whether it matters that ours came when it did, and not where it was recorded."""
        if theirs.frame["channel"] == "raw" and theirs.args == [PING]:
            return False  # Nobody but a clock has caused it.
        planter, recording = self._planter, self._recording
        apart_ms = abs(int(recording.everything[max(ours.at, 0)]["t_ms"]) - theirs.t_ms)
        loose = planter.in_any_order(recording, theirs.event) and apart_ms <= planter.early_ms
        return not (loose or planter.may_lack(recording, theirs.frame))

    def _chances(self, key: str) -> set[tuple[str, Any]]:
        """What came by chance on a connection: names and shapes of events."""
        return {
            (str(frame.get("event")), shape(frame.get("args")))
            for frame in self._recording.everything
            if frame["dir"] == "in" and key_of(frame) == key
            if self._planter.may_lack(self._recording, frame)
        }


def _kind(event: str, key: str) -> str:
    if key.endswith(("(raw)", "(sse)")):
        return f"{key[-4:-1]} {event}"
    return event if event in {"connect", "connect_error", "disconnect"} else f"event {event}"


def _sse(args: list[Any]) -> list[Any]:
    """The lines of a server-sent event without their `data: `, so that JSON is compared as such."""
    return [str(one).strip().removeprefix("data: ") for one in args]
