"""The demonstration: its customers answer once, whatever happens, and what arrived can be counted."""

from __future__ import annotations

import asyncio
import json
import random
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatdesk.server.core.access import Actor
from chatdesk.server.core.accounts import keeps_policy
from chatdesk.server.core.ids import ObjectIds
from chatdesk.server.core.service import Core, Ground
from chatdesk.server.demo import count, town
from chatdesk.server.demo.books import BOOKS
from chatdesk.server.demo.cast import CARRIERS, CUSTOMER_EMAILS, HAULS, PASSWORD, STATE_CODES
from chatdesk.server.demo.customers import Crew, Customer, Tempo
from chatdesk.server.demo.phrases import Phrases
from chatdesk.server.demo.seats import SEATS
from chatdesk.server.demo.talk import history
from chatdesk.server.demo.tongue import Ear, Heard, Talk, Tongue
from chatdesk.server.registry import DIALECTS
from chatdesk.wire.dispatcher import names
from tests.conftest import Aio
from tests.server.process import ROOT
from tests.server.toy import person, say, talk, toy_at, words

FACTS = {"number": "N-1", "item": "crane", "origin": "Here", "destination": "There", "height": "14"}
DESK = "desk@example.test"


def counted(*arguments: str) -> dict[str, Any]:
    """What the counting program prints, run by itself, without chatdesk on its path."""
    script = ROOT / "src/chatdesk/server/demo/count.py"
    done = subprocess.run(
        [sys.executable, "-I", str(script), *arguments],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    return dict(json.loads(done.stdout))


def press(text: str, *conversation: str, platform: str = "toy", **more: Any) -> dict[str, Any]:
    return {"platform": platform, "text": text, "conversation": list(conversation), **more}


def write_lines(file: Path, entries: Sequence[dict[str, Any]]) -> str:
    file.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    return str(file)


async def some_talk(core: Core) -> tuple[Actor, Actor, str]:
    desk, guest = await person(core, "desk"), await person(core, "guest")
    return desk, guest, await talk(core, desk, guest)


def test_every_platform_is_counted_by_itself(aio: Aio, tmp_path: Path) -> None:
    """What was pressed, stored, answered and read stands under its platform, and in the total."""

    async def story() -> dict[str, str]:
        places = {}
        ground = Ground(tmp_path)
        for platform in ("toy", "other"):
            async with toy_at(ground, replace(words(platform), ids=ObjectIds)) as core:
                desk, guest, where = await some_talk(core)
                sent = await say(core, desk, where, "hello, ref. A-1")
                await say(core, guest, where, "yes (your ref. A-1)")
                await core.receipts.mark_messages(guest, where, [sent.shown.message.id], push=in_silence)
                places[platform] = guest.id if platform == "toy" else where
                if platform == "other":
                    await say(core, desk, where, "twice")
                    await say(core, desk, where, "twice")
        return places

    places = aio(story())
    presses = [
        press("hello, ref. A-1", places["toy"], reference="A-1"),
        press("never arrived", places["toy"], offline=True, reference="A-2"),
        press("hello, ref. A-1", places["other"], platform="other"),
        press("twice", places["other"], platform="other"),
        press("hello, ref. A-1", "elsewhere", platform="other"),
    ]
    noticed = [{"platform": "toy", "what": what} for what in ("typing", "typing", "read", "message")]
    figures = counted(
        *("--database", str(tmp_path), "--presses", write_lines(tmp_path / "presses.jsonl", presses)),
        *("--notes", write_lines(tmp_path / "notes.jsonl", noticed), "--since", "0"),
        *("--desk", f"toy={DESK}", "--desk", f"other={DESK}"),
    )
    blank = dict.fromkeys(figures["total"], 0)
    toy = {"sent": 2, "sent_offline": 1, "accepted": 1, "lost": 1, "received": 1, "answered": 1, "seen": 1}
    assert figures["platforms"]["toy"] == blank | toy | {"typing_noticed": 2, "reading_noticed": 1}
    other = {"sent": 3, "accepted": 2, "lost": 1, "duplicated": 1, "received": 1, "seen": 1}
    assert figures["platforms"]["other"] == blank | other
    assert figures["total"] == {
        name: figures["platforms"]["toy"][name] + figures["platforms"]["other"][name] for name in blank
    }


async def in_silence(_news: object) -> None:
    """Nobody is connected."""


def test_what_the_desk_has_read_is_counted(aio: Aio, tmp_path: Path) -> None:
    """Up to a number, or one by one; only what was written since."""

    async def story() -> int:
        async with toy_at(Ground(tmp_path)) as core:
            desk, guest, where = await some_talk(core)
            one = await say(core, guest, where, "one")
            await say(core, guest, where, "two")
            await core.receipts.mark_messages(desk, where, [one.shown.message.id], push=in_silence)
            return one.shown.message.created_ms

    began_ms = aio(story())
    [figures] = count.count(tmp_path / count.DATABASE_NAME, [], [], {"toy": DESK}, began_ms).values()
    assert (figures.received, figures.read, figures.seen) == (2, 1, 0)
    [later] = count.count(tmp_path / count.DATABASE_NAME, [], [], {"toy": DESK}, began_ms + 60_000).values()
    assert later == count.Figures()


def test_the_count_refuses_what_it_cannot_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing database or a broken log is one sentence and status 1, never a figure."""
    log = tmp_path / "presses.jsonl"
    log.write_text('{"text": "x"}\n')
    arguments = ["--database", str(tmp_path / "none.sqlite3"), "--presses", str(log)]
    arguments += ["--desk", "toy=x", "--since", "0"]
    assert count.main(arguments) == 1
    assert "presses.jsonl: line 1 is none of conversation, platform, text" in capsys.readouterr().err
    log.write_text("")
    assert count.main(arguments) == 1
    assert "cannot count" in capsys.readouterr().err


def test_the_count_imports_nothing_of_chatdesk() -> None:
    """The counting program stands on the standard library alone."""
    text = Path(count.__file__).read_text(encoding="utf-8")
    imported = re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE)
    assert set(imported) <= set(sys.stdlib_module_names) | {"__future__"}


def test_the_cast_fits_together() -> None:
    """Orders have known owners, states and statuses; addresses are reserved ones; the password is good."""
    emails = {carrier.email for carrier in CARRIERS}
    assert keeps_policy(PASSWORD)
    assert all(email.endswith(".example") for email in emails)
    assert len({haul.number for haul in HAULS}) == len(HAULS)
    for haul in HAULS:
        assert haul.carrier in emails
        assert haul.status in names.STATUS_LABELS
        assert haul.states[-1] in STATE_CODES
        assert re.fullmatch(names.ORDER_NUMBER_PATTERN, haul.number)
        lines = history(haul)
        assert [line.before_ms for line in lines] == sorted((line.before_ms for line in lines), reverse=True)
        assert all(line.from_carrier for line in lines[len(lines) - haul.unread :])
    assert {haul.status for haul in HAULS} == set(names.STATUS_LABELS)
    assert set(CUSTOMER_EMAILS) < emails


def test_every_platform_has_a_seat_customers_words_and_a_tongue() -> None:
    """Nobody is forgotten, and nobody sits at two places."""
    assert set(SEATS) == set(BOOKS) == set(town.TONGUES) == set(DIALECTS)
    assert all(dialect.seed is not None for dialect in DIALECTS.values())
    everybody = [login for seat in SEATS.values() for login in (seat.desk, *seat.customers)]
    assert len(set(everybody)) == len(everybody)
    assert all(login.endswith(".example") for login in everybody)
    assert all(seat.customers for seat in SEATS.values())


@pytest.mark.parametrize("platform", BOOKS)
def test_no_phrase_is_said_twice(platform: str) -> None:
    """Hundreds of lines and answers are as many texts, and none that was remembered."""
    book = BOOKS[platform]
    phrases, twin = Phrases(book, random.Random(3)), Phrases(book, random.Random(3))
    twin.remember([phrases.line(FACTS)])
    said = [twin.line(FACTS) for _ in range(300)]
    said += [twin.answer(FACTS, question) for question in ("axle?", "when?", "ok", "route", "pay") * 40]
    assert len(set(said)) == 500
    assert all("{" not in text for text in said)
    assert phrases.on_status(FACTS, "no such status") is None


def test_an_answer_repeats_the_reference() -> None:
    """So it is known which of several messages was answered."""
    phrases = Phrases(BOOKS["dispatcher"], random.Random(5))
    assert phrases.answer(FACTS, "The permit is filed, ref. PD-3.").endswith("(your ref. PD-3)")
    assert "ref" not in phrases.answer(FACTS, "The permit is filed.")
    assert "N-1" in (phrases.on_status(FACTS, names.STATUS_PENDING) or "")


class Paper(Tongue):
    """A server in memory: one conversation, whose connection breaks when the test says so."""

    platform = "paper"
    events = ()

    def __init__(self, story: list[Heard], breaks: Callable[[str], bool] = lambda _text: False) -> None:
        super().__init__("http://paper.example", "guest@example.test", "")
        self.story = story
        self.breaks = breaks
        self.visits = 0
        self.read_up_to = ""

    async def sign_in(self) -> None:
        self.visits += 1
        self.user_id = "guest"

    async def talks(self) -> list[Talk]:
        return [Talk(id="talk", facts=FACTS, is_open=False)]

    async def history(self, talk: Talk) -> list[Heard]:
        assert talk.id == "talk"
        return list(self.story)

    def listening(self, ear: Ear, gone: asyncio.Event) -> Any:
        return _Line(self, ear)

    async def enter(self, talks: Sequence[Talk]) -> None:
        assert len(talks) == 1

    def take(self, event: str, payload: Any, ear: Ear) -> None:
        raise AssertionError(event)

    async def typing(self, talk: str, *, is_typing: bool) -> None:
        assert talk == "talk"

    async def say(self, talk: str, text: str) -> None:
        self.story.append(heard(len(self.story), text, "guest"))
        if self.breaks(text):
            raise ConnectionError

    async def mark_read(self, message: Heard) -> None:
        self.read_up_to = message.id


class _Line:
    def __init__(self, paper: Paper, ear: Ear) -> None:
        self._paper = paper
        self._ear = ear

    async def __aenter__(self) -> None:
        """Nothing is in the way."""

    async def __aexit__(self, *_reason: object) -> None:
        """Nothing is left."""


def heard(number: int, text: str, author: str) -> Heard:
    return Heard(talk="talk", id=str(number), text=text, author=author, at="2999-01-01T00:00:00Z")


def a_customer(paper: Paper, stop: asyncio.Event) -> Customer:
    crew = Crew(Phrases(BOOKS["omw"], random.Random(1)), ids={"neighbour"})
    return Customer(paper, crew, random.Random(2), Tempo(pause_s=3_600, haste=1_000), stop)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0)


def answers(paper: Paper) -> list[str]:
    return [message.text for message in paper.story if message.author == "guest"]


def test_a_customer_answers_the_desk_and_nobody_else(aio: Aio) -> None:
    """Neither the platform nor another customer, and each message of the desk once."""

    async def story() -> Paper:
        paper = Paper(
            [
                heard(0, "ends soon", ""),
                heard(1, "hello, ref. X-1", "desk"),
                heard(2, "me too", "neighbour"),
                heard(3, "really? ref. X-2", "desk"),
            ]
        )
        stop = asyncio.Event()
        running = asyncio.create_task(a_customer(paper, stop).run())
        await until(lambda: len(answers(paper)) == 2)
        stop.set()
        await running
        return paper

    paper = aio(story())
    assert ["X-1" in answers(paper)[0], "X-2" in answers(paper)[1]] == [True, True]
    assert paper.read_up_to == "3"


def test_what_passed_before_the_line_broke_is_not_said_again(aio: Aio) -> None:
    """After coming back the history tells whether a text has arrived."""

    async def story() -> Paper:
        messages = [heard(0, "hello, ref. X-1", "desk"), heard(1, "and? ref. X-2", "desk")]
        paper = Paper(messages, breaks=lambda text: "X-1" in text)
        stop = asyncio.Event()
        running = asyncio.create_task(a_customer(paper, stop).run())
        await until(lambda: any("X-2" in text for text in answers(paper)))
        stop.set()
        await running
        return paper

    paper = aio(story())
    assert paper.visits == 2
    assert [("X-1" in text, "X-2" in text) for text in answers(paper)] == [(True, False), (False, True)]
