"""How long to wait before the next try: full jitter, so that a thousand clients don't come back at once."""

from __future__ import annotations

BASE_MS = 1_000
CAP_MS = 30_000
FLOOR_MS = 50
"""Never less, or a jitter of zero would spin."""


def delay_ms(attempt: int, jitter: float, *, base_ms: int = BASE_MS, cap_ms: int = CAP_MS) -> int:
    """Milliseconds to wait after the `attempt`-th failure in a row (1 is the first).

    jitter: a number of [0, 1), from a source that the caller owns. The wait is that part of
    min(cap_ms, base_ms * 2 ** (attempt - 1)), but at least FLOOR_MS.
    """
    ceiling = min(cap_ms, base_ms << min(max(attempt - 1, 0), 20))
    return max(FLOOR_MS, int(ceiling * jitter))
