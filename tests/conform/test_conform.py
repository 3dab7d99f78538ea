"""Every recorded client gets from our servers what it got from the platform's own, but for what is listed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from chatdesk.server.dialect import Variant
from chatdesk.server.registry import DIALECTS
from tests.conform.listed import read
from tests.conform.run import Outcome, hall
from tests.replay.recording import DATA, PLATFORMS, Recording, captures

HERE = Path(__file__).parent
SIGN_IN, LISTS, HISTORY, SENDING, TYPING, READING, PRESENCE, MALFORMED = (
    "sign-in",
    "lists",
    "history",
    "send and receive",
    "typing",
    "read",
    "presence",
    "malformed",
)
NAMED: dict[str, dict[str, tuple[str, ...]]] = {
    "dispatcher": {
        SIGN_IN: ("login", "connect_auth"),
        LISTS: ("orders_list", "directory"),
        HISTORY: ("history_newest_first", "open_and_history"),
        SENDING: ("send_receive_joined", "send_receive_not_joined"),
        TYPING: ("typing",),
        READING: ("read_receipts",),
        PRESENCE: ("presence",),
        MALFORMED: ("malformed_http_payloads",),
    },
    "fakomame": {
        SIGN_IN: ("login", "login_errors", "connect_auth_failures"),
        LISTS: ("list_conversations", "packages_list_detail"),
        HISTORY: ("history_pages",),
        SENDING: ("send_both_joined", "send_recipient_not_joined", "rest_send"),
        TYPING: ("typing",),
        READING: ("read_receipts_absent",),
        PRESENCE: ("presence",),
        MALFORMED: ("malformed_rest", "malformed_socket_crash_typing_null"),
    },
    "marketplace": {
        SIGN_IN: ("login", "login_locked", "connect_no_auth"),
        LISTS: ("directory", "rfqs_and_products"),
        HISTORY: ("conversations_and_history",),
        SENDING: ("socket_send_online", "socket_send_recipient_offline", "rest_messages_as_is"),
        TYPING: ("typing",),
        READING: ("read_receipts_rest", "read_receipts_socket"),
        PRESENCE: ("presence",),
        MALFORMED: ("malformed_payload_stops_server",),
    },
    "omw": {
        SIGN_IN: ("login", "connect_accepted_variants", "connect_rejected"),
        LISTS: ("sessions_list", "customer_bookings", "worker_bookings"),
        HISTORY: ("history_rest_pages", "history_socket_pages"),
        SENDING: ("send_text_both_joined", "send_peer_offline", "rest_send"),
        TYPING: ("typing",),
        READING: ("read_receipts_ids",),
        PRESENCE: ("presence",),
        MALFORMED: ("malformed_send",),
    },
    "steppergo": {
        SIGN_IN: ("login", "login_errors", "connect_auth_failures"),
        LISTS: ("trips_list_detail", "driver_trips"),
        HISTORY: ("history",),
        SENDING: ("send_both_joined", "send_recipient_not_joined", "rest_send"),
        TYPING: ("typing", "typing_two_conversations"),
        READING: ("read_receipts",),
        PRESENCE: ("presence_absent",),
        MALFORMED: ("malformed_rest", "malformed_socket_crash_typing_null"),
    },
}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_capture_conforms(platform: str) -> None:
    """Nothing but listed differences; the named kinds of captures have none at all, and no entry is stale."""
    assert Variant.AS_IS in DIALECTS[platform].variants
    table = read()
    outcomes: dict[str, Outcome] = {}
    with hall() as place:
        for path in captures(DATA / platform):
            recording = Recording(path)
            outcomes[recording.name] = place.outcome(recording, table)
    told = [line for one in outcomes.values() if one.unlisted for line in (one.line, *one.told(6))]
    assert not told, "\n".join(told)
    for kind, scenarios in NAMED[platform].items():
        for name in scenarios:
            assert outcomes[name].line == f"{platform}/{name}: conforms", kind
    assert table.stale((platform, name) for name in outcomes) == []


def test_the_kinds_that_must_conform_are_named_for_every_platform() -> None:
    kinds = {SIGN_IN, LISTS, HISTORY, SENDING, TYPING, READING, PRESENCE, MALFORMED}
    assert set(NAMED) == set(PLATFORMS)
    assert all(set(named) == kinds for named in NAMED.values())


def test_nothing_here_shares_the_wire_with_the_server() -> None:
    """Otherwise a misreading of a name there would be on both sides, and not be seen."""
    files = [*HERE.rglob("*.py"), HERE.parent / "replay" / "recording.py"]
    assert len(files) > 10
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [one.name for one in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{one.name}" for one in node.names]
            for name in names:
                assert not name.startswith(("chatdesk.wire", "chatdesk.platforms")), file
                assert not name.startswith("chatdesk.server.dialects"), file
