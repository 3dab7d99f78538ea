"""No quiet time: a send counts as absent as soon as a history lacks it, however late it may still arrive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from chatdesk.platforms import registry
from tests.faults.mutants.defect import replaced


@contextmanager
def plant() -> Iterator[None]:
    """Bytes that something on the way still holds are not waited for."""
    adapters = [type(one.load()) for one in registry.PLUGINS]
    with replaced(
        *((one, "limits", msgspec.structs.replace(vars(one)["limits"], quiet_ms=0)) for one in adapters)
    ):
        yield
