"""Database files of every released version are brought forward, and only forward."""

from __future__ import annotations

import gzip
import re
from importlib import resources
from pathlib import Path

import apsw
import pytest

from chatdesk.domain.actions import NO_EXTRAS
from chatdesk.domain.kinds import ClosedWhy, DeliveryState
from chatdesk.store import Store
from chatdesk.store.connection import FILE_NAME
from chatdesk.store.migrate import migrate, migrations, newest_version
from tests.store.make_version import fixture
from tests.store.making import EXTRAS, WAIT_S, raw, reading, texts

RELEASED = 3
"""Raised with every migration, together with a fixture."""
FIRST_WITH_FILES = 3
"""Older databases know of no file that waits to be sent."""


def schema(con: apsw.Connection) -> dict[str, str]:
    """Every table and index as SQL, without comments and spacing."""
    found = con.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
    return {str(name): re.sub(r"\s+", " ", re.sub(r"--[^\n]*", "", str(sql))).strip() for name, sql in found}


def test_migrations_are_numbered_without_a_hole() -> None:
    """There are as many migrations as releases of the database, numbered from 1."""
    folder = resources.files("chatdesk.store") / "migrations"
    names = sorted(one.name for one in folder.iterdir() if one.name.endswith(".sql"))
    assert [name[:4] for name in names] == [f"{number:04}" for number in range(1, RELEASED + 1)]
    assert len(migrations()) == newest_version() == RELEASED


@pytest.mark.parametrize("version", range(1, RELEASED + 1))
def test_a_file_of_each_version_is_opened(profile_dir: Path, version: int) -> None:
    """What a released version has written is all there, and the schema is that of a new file."""
    (profile_dir / FILE_NAME).write_bytes(gzip.decompress(fixture(version).read_bytes()))
    store = Store.open(profile_dir)
    try:
        places = {str(one.remote_id): one for one in store.conversations().result(WAIT_S).rows}
        files = ["a.txt"] if version >= FIRST_WITH_FILES else []
        assert texts(store, places["c1"].id)[-2 - len(files) :] == ["sent", "in flight", *files]
        assert len(texts(store, places["c1"].id)) == 44 + len(files)
        assert places["c2"].draft == "a draft"
        assert places["c2"].closed_why is ClosedWhy.ACCESS_WITHDRAWN
        assert places["c1"].group == places["c2"].group is not None
        (account,) = store.accounts().result(WAIT_S).rows
        assert account.settings == {"keep_completed": "yes"}
        assert places["c1"].order_number == "ORD-1"
        states = {item.text: item.state for item in store.outbox().result(WAIT_S).rows}
        waiting = dict.fromkeys(files, DeliveryState.PARKED)  # without its journal: it asks
        assert states == {"in flight": DeliveryState.IN_FLIGHT, "parked": DeliveryState.PARKED, **waiting}
        assert [bool(item.staged) for item in store.outbox().result(WAIT_S).rows if item.text in files] == [
            True for _ in files
        ]
        assert store.verify_ledger().result(WAIT_S).first_bad is None
        with reading(store) as reader:
            assert reader.setting("theme") == "dark"
            assert not reader.newest_page(places["c1"].id, 1).gap_before
            assert [one.extras for one in reader.newest_page(places["c2"].id).messages] == [EXTRAS, NO_EXTRAS]
    finally:
        store.close()
    new = apsw.Connection(":memory:")
    migrate(new)
    with raw(profile_dir) as con:
        assert con.pragma("user_version") == newest_version()
        assert con.pragma("foreign_key_check") is None
        assert schema(con) == schema(new)
    new.close()


def test_migrating_twice_changes_nothing() -> None:
    """A file that is up to date is left alone."""
    con = apsw.Connection(":memory:")
    assert migrate(con) == newest_version()
    before = con.total_changes()
    assert migrate(con) == 0
    assert con.total_changes() == before
    con.close()


def test_a_migration_that_fails_leaves_the_version_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each migration is one transaction: what it began is undone, what was done before stays."""
    whole = migrations()
    monkeypatch.setattr(
        "chatdesk.store.migrate.migrations",
        lambda: (*whole, "CREATE TABLE half (a); INSERT INTO nowhere VALUES (1)"),
    )
    con = apsw.Connection(":memory:")
    with pytest.raises(apsw.SQLError):
        migrate(con)
    assert con.pragma("user_version") == len(whole)
    assert "half" not in schema(con)
    con.close()
