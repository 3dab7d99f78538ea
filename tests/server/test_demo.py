"""The demonstration: its customers are alive, come back after a restart, and what arrived can be counted."""

from __future__ import annotations

import asyncio
import json
import random
import re
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chatdesk.server.core.accounts import keeps_policy
from chatdesk.server.demo import count
from chatdesk.server.demo.cast import CARRIERS, CUSTOMER_EMAILS, DESK_EMAIL, HAULS, PASSWORD, STATE_CODES
from chatdesk.server.demo.customers import Credentials, Script, run_customers
from chatdesk.server.demo.phrases import Phrases
from chatdesk.server.demo.talk import history
from chatdesk.wire.dispatcher import names, shapes
from tests.conftest import Aio
from tests.server.conftest import MakeServer
from tests.server.people import town, unique
from tests.server.process import ROOT


def is_about_weight(sender: str, push: dict[str, Any]) -> bool:
    return push["message"]["user"]["email"] == sender and " lb " in push["message"]["message"]


def counted(*arguments: str) -> dict[str, int]:
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


def test_customers_live_through_a_restart_and_everything_is_counted(
    make_server: MakeServer, aio: Aio, tmp_path: Path
) -> None:
    """They join, type, read, answer and ask; after the server was away they come back and answer again."""
    server = make_server(seed="demo")
    begun_ms = time.time_ns() // 1_000_000
    presses: list[dict[str, object]] = []

    async def story() -> None:
        stop, ready = asyncio.Event(), asyncio.Event()
        script = Script(lines_per_minute=30, haste=10, luck=1)
        async with town(server.url) as place:
            desk = await place.desk()
            customers = asyncio.create_task(
                run_customers(server.url, Credentials(), script, stop, ready), name="customers"
            )
            await asyncio.wait_for(ready.wait(), 15)

            async def press(order_id: str, text: str) -> None:
                answer = await desk.send(order_id, text)
                assert answer.status_code == 201
                presses.append(
                    {"text": text, "conversation": order_id, "pressed_at": time.time(), "offline": False}
                )

            for round_number in range(2):
                chats = {chat["orderNumber"]: chat["orderId"] for chat in await place.desk_orders()}
                for haul in (HAULS[0], HAULS[3]):
                    order_id = chats[haul.number]
                    async with desk.socket(order_id) as ear:
                        await press(order_id, unique("Which axle weight does the permit need?"))
                        await ear.until(names.EVENT_MESSAGE_READ)
                        await ear.until(names.EVENT_USER_TYPING, email=haul.carrier, isTyping=True)
                        await ear.until(names.EVENT_NEW_MESSAGE, where=partial(is_about_weight, haul.carrier))
                if round_number == 0:
                    await asyncio.to_thread(server.restart)
            stop.set()
            await asyncio.wait_for(customers, 5)

    aio(story(), timeout_s=60)
    log = tmp_path / "presses.jsonl"
    log.write_text("".join(json.dumps(press) + "\n" for press in presses))
    arguments = ["--presses", str(log), "--desk", DESK_EMAIL, "--since", str(begun_ms)]
    while_up = counted("--database", str(server.data_dir), *arguments)
    assert server.stop() == 0
    assert counted("--database", str(server.data_dir / "server.sqlite3"), *arguments) == while_up
    assert while_up["received"] >= 4
    assert while_up | {"received": 0} == {
        "sent": 4,
        "sent_offline": 0,
        "accepted": 4,
        "received": 0,
        "lost": 0,
        "duplicated": 0,
    }
    log.write_text(
        log.read_text() + json.dumps({**presses[0], "text": "never arrived", "offline": True}) + "\n"
    )
    missing = counted("--database", str(server.data_dir), *arguments)
    assert (missing["sent"], missing["sent_offline"], missing["lost"]) == (5, 1, 1)
    log.write_text("".join(json.dumps(press) + "\n" for press in presses[1:]))
    extra = counted("--database", str(server.data_dir), *arguments)
    assert (extra["sent"], extra["accepted"], extra["duplicated"]) == (3, 3, 1)


def test_the_count_refuses_what_it_cannot_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing database or a broken log is one sentence and status 1, never a figure."""
    log = tmp_path / "presses.jsonl"
    log.write_text('{"text": "x"}\n')
    arguments = [
        "--database",
        str(tmp_path / "none.sqlite3"),
        "--presses",
        str(log),
        "--desk",
        "x",
        "--since",
        "0",
    ]
    assert count.main(arguments) == 1
    assert "line 1 is no press" in capsys.readouterr().err
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


def test_no_phrase_is_said_twice() -> None:
    """A thousand lines and answers are a thousand texts, and none that was remembered."""
    order = shapes.OrderDetail(id="0" * 24, order_number="ORD-100001", commodity="Crane", height_ft=14)
    phrases, twin = Phrases(random.Random(3)), Phrases(random.Random(3))
    twin.remember([phrases.line(order)])
    said = [twin.line(order) for _ in range(500)]
    said += [twin.answer(order, question) for question in ("axle?", "when?", "ok", "route", "pay") * 100]
    assert len(set(said)) == 1_000
    assert all("{" not in text for text in said)
    assert phrases.on_status(order, names.STATUS_FINISHED) is None
    assert "ORD-100001" in (phrases.on_status(order, names.STATUS_PENDING) or "")
