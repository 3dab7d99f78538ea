"""Accounts: passwords, sign-in, refresh tokens, and who is behind a token."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select, update

from chatdesk.server.core.access import Actor, actor_of
from chatdesk.server.core.clock import Clock
from chatdesk.server.core.database import Database, WriteSession
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.ids import Ids
from chatdesk.server.core.ratelimit import RateLimit
from chatdesk.server.core.rules import Rules
from chatdesk.server.core.tables import Details, RefreshToken, Role, User
from chatdesk.server.core.text import like_pattern
from chatdesk.server.core.tokens import TokenExpired, TokenInvalid, Tokens

# 19 MiB and two passes are the floor commonly advised for Argon2id: tens of milliseconds per sign-in.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_POLICY = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])(?=.*[^A-Za-z0-9\s]).{8,200}", re.DOTALL)

MAX_EMAIL_CHARS = 320

Claims = Callable[[Actor], dict[str, str]]


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a sign-in gives."""

    access_token: str
    refresh_token: str


def keeps_policy(password: str) -> bool:
    """Upper and lower case, a digit, a special character, 8 to 200 characters."""
    return _POLICY.fullmatch(password) is not None


def hash_password(password: str) -> str:
    """The Argon2id hash to store; takes tens of milliseconds."""
    return _HASHER.hash(password)


def _matches(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


class Accounts:
    """Everything about signing in. `claims` names a person in a token, in the dialect's words."""

    def __init__(
        self, database: Database, tokens: Tokens, ids: Ids, clock: Clock, rules: Rules, claims: Claims
    ) -> None:
        self._database = database
        self._tokens = tokens
        self._ids = ids
        self._clock = clock
        self._rules = rules
        self._claims = claims
        self._failed = RateLimit(rules.failed_logins_per_minute, 60, clock)

    def add(
        self,
        session: WriteSession,
        *,
        email: str,
        password_hash: str,
        role: Role,
        confirmed: bool = True,
        profile: Details | None = None,
        created_ms: int | None = None,
    ) -> User:
        """A new account in this transaction; the e-mail must be unused."""
        user = User(
            id=self._ids.new(),
            email=email.lower(),
            password_hash=password_hash,
            role=role,
            confirmed=confirmed,
            profile=profile or {},
            created_ms=self._clock.now_ms() if created_ms is None else created_ms,
            last_seen_ms=None,
        )
        session.add(user)
        return user

    async def sign_in(self, email: str, password: str) -> SignIn:
        """Tokens for the right password.

        Raises Refused: NO_ACCOUNT, UNCONFIRMED, WRONG_PASSWORD, TOO_MANY_LOGINS (after too many failures).
        """
        email = email.strip().lower()
        if wait_s := self._failed.wait_s(email):
            raise Refused(Reason.TOO_MANY_LOGINS, retry_after_s=wait_s)
        async with self._database.reading() as session:
            user = await session.scalar(select(User).where(User.email == email))
        if user is None:
            self._failed.take(email)
            raise Refused(Reason.NO_ACCOUNT)
        if not user.confirmed:
            raise Refused(Reason.UNCONFIRMED)
        if not await asyncio.to_thread(_matches, user.password_hash, password):
            self._failed.take(email)
            raise Refused(Reason.WRONG_PASSWORD)
        now_ms = self._clock.now_ms()
        ttl_s = self._rules.refresh_ttl_s
        token = RefreshToken(
            id=self._ids.new(), user_id=user.id, created_ms=now_ms, expires_ms=now_ms + ttl_s * 1_000
        )
        async with self._database.writing() as session:
            session.add(token)
        claims = self._claims(actor_of(user))
        return SignIn(
            access_token=self._tokens.issue(claims, ttl_s=self._rules.access_ttl_s),
            refresh_token=self._tokens.issue(claims, ttl_s=ttl_s, refresh_id=token.id),
        )

    async def renew(self, refresh_token: str) -> str:
        """A new access token; raises Refused: REFRESH_INVALID, REFRESH_EXPIRED, USER_NOT_FOUND."""
        try:
            claims = self._tokens.read(refresh_token, refresh=True)
        except TokenExpired as exc:
            raise Refused(Reason.REFRESH_EXPIRED) from exc
        except TokenInvalid as exc:
            raise Refused(Reason.REFRESH_INVALID) from exc
        async with self._database.reading() as session:
            stored = await session.get(RefreshToken, str(claims.get("jti")))
            if stored is None:
                raise Refused(Reason.REFRESH_INVALID)
            user = await session.get(User, stored.user_id)
        if user is None:
            raise Refused(Reason.USER_NOT_FOUND)
        return self._tokens.issue(self._claims(actor_of(user)), ttl_s=self._rules.access_ttl_s)

    async def sign_out(self, actor: Actor) -> None:
        """Forget every refresh token of the account; NOTHING_TO_REVOKE when there is none."""
        async with self._database.writing() as session:
            removed = await session.execute(
                delete(RefreshToken).where(RefreshToken.user_id == actor.id).returning(RefreshToken.id)
            )
            if not removed.all():
                raise Refused(Reason.NOTHING_TO_REVOKE)

    async def holder(self, access_token: str, user_id_claim: str) -> Actor:
        """Who is behind an access token, as the database knows them now.

        Raises Refused: BAD_TOKEN (garbage, expired, a refresh token), UNKNOWN_HOLDER (no such account).
        """
        try:
            claims = self._tokens.read(access_token)
        except (TokenExpired, TokenInvalid) as exc:
            raise Refused(Reason.BAD_TOKEN) from exc
        return await self.by_id(claims.get(user_id_claim))

    async def by_id(self, user_id: Any) -> Actor:
        """The account with this id; UNKNOWN_HOLDER when there is none."""
        async with self._database.reading() as session:
            user = await session.get(User, user_id) if isinstance(user_id, str) else None
        if user is None:
            raise Refused(Reason.UNKNOWN_HOLDER)
        return actor_of(user)

    async def seen(self, user_ids: list[str], at_ms: int) -> None:
        """Remember that these people were connected until now."""
        if user_ids:
            async with self._database.writing() as session:
                await session.execute(update(User).where(User.id.in_(user_ids)).values(last_seen_ms=at_ms))

    async def customers(self, actor: Actor) -> list[User]:
        """Customers by age of their account: all for staff, a customer sees only themself."""
        mine = User.role == Role.CUSTOMER if actor.is_staff else User.id == actor.id
        async with self._database.reading() as session:
            return list(await session.scalars(select(User).where(mine).order_by(User.created_ms, User.id)))

    async def directory(
        self, *, roles: list[Role], search: str, offset: int, limit: int
    ) -> tuple[list[User], int]:
        """A page of accounts with these roles whose e-mail has the search text, and how many there are."""
        wanted = [User.role.in_(roles)]
        if search:
            wanted.append(User.email.like(like_pattern(search), escape="\\"))
        async with self._database.reading() as session:
            total = await session.scalar(select(func.count()).select_from(User).where(*wanted)) or 0
            users = await session.scalars(
                select(User).where(*wanted).order_by(User.created_ms, User.id).offset(offset).limit(limit)
            )
            return list(users), total

    async def by_ids(self, user_ids: set[str]) -> dict[str, User]:
        """Accounts by id; unknown ids are missing."""
        async with self._database.reading() as session:
            users = await session.scalars(select(User).where(User.id.in_(user_ids)))
            return {user.id: user for user in users}

    def sweep(self) -> None:
        """Free the memory of failures that have long passed."""
        self._failed.sweep()
