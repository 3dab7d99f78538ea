"""What every seed of the demonstration begins with: a platform without people, and their one password."""

from __future__ import annotations

import asyncio

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chatdesk.server.core.accounts import hash_password
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import User
from chatdesk.server.demo.cast import PASSWORD


async def password_hash() -> str:
    """The hash of the demonstration's password; made beside the loop, since it takes long on purpose."""
    return await asyncio.to_thread(hash_password, PASSWORD)


async def has_people(core: Core, session: AsyncSession) -> bool:
    """Whether anybody has an account at the platform already."""
    here = User.platform == core.platform
    return bool(await session.scalar(select(func.count()).select_from(User).where(here)))
