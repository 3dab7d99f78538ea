"""Tokens of the first state: good ones, for as long as a capture says, and bad ones of every kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jwt
from sqlalchemy import select

from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import User
from chatdesk.server.core.tokens import ALGORITHM

OTHER_SECRET = "0123456789abcdef" * 4


async def _user(core: Core, user_id: str) -> User:
    async with core.database.reading() as session:
        return (await session.scalars(select(User).where(User.id == user_id))).one()


async def pair(core: Core, user_id: str, *, role: str = "", ttl_s: int | None = None) -> tuple[str, str]:
    """An access token and its refresh token (empty where the platform has none) as a sign-in gives them."""
    found = await core.accounts.issue(await _user(core, user_id), role, ttl_s=ttl_s)
    return found.access_token, found.refresh_token


async def good(core: Core, user_id: str, *, role: str = "", ttl_s: int | None = None) -> str:
    """A token that works, for `ttl_s` seconds of the capture if given."""
    return (await pair(core, user_id, role=role, ttl_s=ttl_s))[0]


async def expired(core: Core, user_id: str, *, role: str = "") -> str:
    """A token that worked until ten seconds ago."""
    return await good(core, user_id, role=role, ttl_s=-10)


async def badly_signed(core: Core, user_id: str, *, role: str = "") -> str:
    """The right claims under somebody else's signature; only where tokens are signed."""
    return jwt.encode(claims(await good(core, user_id, role=role)), OTHER_SECRET, algorithm=ALGORITHM)


async def rewritten(core: Core, user_id: str, changes: Mapping[str, Any], *, role: str = "") -> str:
    """A token of this person with other claims (None = without it), rightly signed."""
    found = {**claims(await good(core, user_id, role=role)), **changes}
    found = {name: value for name, value in found.items() if value is not None}
    return jwt.encode(found, core._ground.secret, algorithm=ALGORITHM)


async def of_nobody(core: Core, user_id: str, nobody_id: str | int, *, role: str = "") -> str:
    """A rightly signed token of an account that does not exist, made after somebody's."""
    found = claims(await good(core, user_id, role=role))
    changes = {name: nobody_id for name, value in found.items() if str(value) == user_id}
    return await rewritten(core, user_id, changes, role=role)


def claims(token: str) -> dict[str, Any]:
    """What a signed token says."""
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


GARBAGE = "garbage.token.text"
