"""Messages of a websocket, taken one after the other for as long as some are there.

The library reads each through a task and two timers of its own, and tries to read every event as JSON twice:
in a burst that is most of the work. Here its read loop is given only what it must answer itself (pings, the
end).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiohttp

_MESSAGE: Final = "4"
"""The first character of an Engine.IO packet that carries a message of the layer above."""

Take = Callable[[str], Awaitable[None]]


class Messages(aiohttp.ClientWebSocketResponse):
    """A websocket that hands Engine.IO messages to `take`, once it is set, and the rest to who receives."""

    take: Take | None = None

    async def receive(self, *args: Any, **options: Any) -> aiohttp.WSMessage:
        """The next packet that is no message. Raises what aiohttp raises."""
        while True:
            received: Any = await super().receive(*args, **options)
            data = received.data
            if self.take is None or not isinstance(data, str) or not data.startswith(_MESSAGE):
                return received  # type: ignore[no-any-return]
            await self.take(data[1:])
