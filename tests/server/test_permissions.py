"""The table of permissions of every platform: role x operation x resource, asked of the core itself."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from chatdesk.server.core.access import Operation
from chatdesk.server.core.service import Ground
from chatdesk.server.dialect import Choices, Variant
from chatdesk.server.registry import DIALECTS
from tests.conftest import Aio
from tests.server.permissions import Table


def table_of(platform: str) -> Table:
    table = import_module(f"tests.server.permissions.{platform}").TABLE
    assert isinstance(table, Table)
    return table


@pytest.mark.parametrize("platform", DIALECTS)
def test_who_may_do_what(tmp_path: Path, aio: Aio, platform: str) -> None:
    """Exactly the people in the table may do it, others are told why not; no operation is left out."""

    async def story() -> None:
        table = table_of(platform)
        assert {operation for operation, _place in table.rows} == set(Operation)
        core = DIALECTS[platform].build(Ground(tmp_path), Choices(), Variant.PROMISED).core
        await core.open()
        try:
            setting = await table.build(core)
            async with core.database.reading() as session:
                for (operation, place), allowed in table.rows.items():
                    where = setting.places[place]
                    may = {
                        name
                        for name, actor in setting.people.items()
                        if await core.access.verdict(session, actor, operation, **where) is None
                    }
                    assert may == allowed, f"{operation.name} on {place}"
        finally:
            await core.close()

    aio(story())
