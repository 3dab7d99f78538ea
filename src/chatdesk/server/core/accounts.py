"""Accounts: passwords, sign-in, refresh tokens, and who is behind a token."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ColumnElement, delete, func, select, update

from chatdesk.server.core.access import Actor, actor_of
from chatdesk.server.core.common import Common
from chatdesk.server.core.database import WriteSession
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.ids import Kind
from chatdesk.server.core.ratelimit import RateLimit
from chatdesk.server.core.tables import Details, StoredToken, User
from chatdesk.server.core.text import like_pattern
from chatdesk.server.core.tokens import EXPIRED, MALFORMED, TokenExpired, TokenInvalid, Tokens

# 19 MiB and two passes are the floor commonly advised for Argon2id: tens of milliseconds per sign-in.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_POLICY = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])(?=.*[^A-Za-z0-9\s]).{8,200}", re.DOTALL)

MAX_EMAIL_CHARS = 320

OPAQUE_BYTES = 48
"""Of chance in a session token: 64 characters."""

Claims = Callable[[Actor], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPlan:
    """What tokens of a platform look like: signed ones with claims, or chance that the server remembers."""

    claims: Claims = lambda _actor: {}
    """Who somebody is, in an access token."""
    refresh_claims: Claims | None = None
    """The same in a refresh token; None = as in an access token."""
    subject: tuple[str, ...] = ()
    """Claims that may hold the account's id; the first that is there counts."""
    role_claim: str = ""
    """The claim with the role that somebody signed in as, where people have several."""
    issuer: str = ""
    audience: str = ""
    opaque: bool = False
    """Session tokens of chance instead of signed ones."""
    refresh_opens: bool = False
    """A refresh token is taken for an access token too, as some recorded servers do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What else may be known of a new account."""

    id: str = ""
    """Empty = a fresh one."""
    name: str = ""
    phone: str | None = None
    more_roles: tuple[str, ...] = ()
    active: bool = True
    profile: Details = field(default_factory=dict)
    created_ms: int | None = None
    """None = now."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a sign-in gives; `refresh_token` is empty where there is none."""

    access_token: str
    refresh_token: str
    expires_ms: int
    actor: Actor
    user: User


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
    """Everything about signing in at one platform."""

    def __init__(self, common: Common, tokens: Tokens, plan: TokenPlan) -> None:
        self._platform = common.platform
        self._database = common.database
        self._ids = common.ids
        self._clock = common.clock
        self._rules = common.rules
        self._access = common.access
        self._tokens = tokens
        self._plan = plan
        self._failed = RateLimit(
            common.rules.failed_logins_per_minute, common.rules.failed_logins_window_s, common.clock
        )

    def add(
        self,
        session: WriteSession,
        *,
        email: str,
        password_hash: str,
        role: str,
        confirmed: bool = True,
        person: Person | None = None,
    ) -> User:
        """A new account in this transaction; the e-mail must be unused at this platform."""
        person = person or Person()
        user = User(
            id=person.id or self._ids.new(Kind.USER),
            platform=self._platform,
            email=email.lower(),
            phone=person.phone,
            name=person.name,
            password_hash=password_hash,
            role=role,
            more_roles=list(person.more_roles),
            confirmed=confirmed,
            active=person.active,
            profile=person.profile,
            created_ms=self._clock.now_ms() if person.created_ms is None else person.created_ms,
            last_seen_ms=None,
        )
        session.add(user)
        return user

    async def sign_in(
        self, email: str, password: str, *, role: str = "", ttl_s: int | None = None, origin: str = ""
    ) -> SignIn:
        """Tokens for the right password, to act in `role` (empty = the main one), good for `ttl_s` if given.

        With `origin` (a client's address) failures count against that too, whoever they were for.
        Raises Refused: NO_ACCOUNT, UNCONFIRMED, WRONG_PASSWORD, TOO_MANY_LOGINS (after too many failures),
        INACTIVE, ROLE (does not have it), and whatever else the policy checks.
        """
        email = email.strip().lower()
        if wait_s := max(self._failed.wait_s(key) for key in _blamed(email, origin)):
            raise Refused(Reason.TOO_MANY_LOGINS, retry_after_s=wait_s)
        async with self._database.reading() as session:
            user = await session.scalar(
                select(User).where(User.platform == self._platform, User.email == email)
            )
        if user is None:
            self.blame(email, origin)
            raise Refused(Reason.NO_ACCOUNT)
        self._access.policy.check_before_password(user, role)
        if not await asyncio.to_thread(_matches, user.password_hash, password):
            self.blame(email, origin)
            raise Refused(Reason.WRONG_PASSWORD)
        self._access.policy.check_after_password(user, role)
        return await self.issue(user, role, ttl_s=ttl_s)

    def blame(self, email: str, origin: str = "") -> None:
        """Count one failed sign-in."""
        for key in _blamed(email.strip().lower(), origin):
            self._failed.take(key)

    async def issue(self, user: User, role: str = "", *, ttl_s: int | None = None) -> SignIn:
        """Tokens for somebody who has proved who they are."""
        actor = actor_of(user, role)
        now_ms = self._clock.now_ms()
        ttl_s = self._rules.access_ttl_s if ttl_s is None else ttl_s
        stored_s = ttl_s if self._plan.opaque else self._rules.refresh_ttl_s
        secret = secrets.token_urlsafe(OPAQUE_BYTES) if self._plan.opaque else ""
        token = StoredToken(
            id=_digest(secret) if secret else self._ids.new(),
            user_id=user.id,
            role=actor.role,
            created_ms=now_ms,
            expires_ms=now_ms + stored_s * 1_000,
        )
        if stored_s:
            async with self._database.writing() as session:
                session.add(token)
        expires_ms = now_ms + ttl_s * 1_000
        if secret:
            return SignIn(secret, "", expires_ms, actor, user)
        refresh_token = ""
        if stored_s:
            claims = (self._plan.refresh_claims or self._plan.claims)(actor)
            refresh_token = self._tokens.issue(claims, ttl_s=stored_s, refresh_id=token.id)
        access_token = self._tokens.issue(self._plan.claims(actor), ttl_s=ttl_s)
        return SignIn(access_token, refresh_token, expires_ms, actor, user)

    async def renew(self, refresh_token: str) -> str:
        """A new access token; raises Refused: REFRESH_INVALID, REFRESH_EXPIRED, USER_NOT_FOUND."""
        try:
            claims = self._tokens.read(refresh_token, refresh=True)
        except TokenExpired as exc:
            raise Refused(Reason.REFRESH_EXPIRED) from exc
        except TokenInvalid as exc:
            raise Refused(Reason.REFRESH_INVALID) from exc
        async with self._database.reading() as session:
            stored = await session.get(StoredToken, str(claims.get("jti")))
            if stored is None:
                raise Refused(Reason.REFRESH_INVALID)
            user = await session.get(User, stored.user_id)
        if user is None or user.platform != self._platform or not user.active:
            raise Refused(Reason.USER_NOT_FOUND)
        actor = actor_of(user, stored.role)
        return self._tokens.issue(self._plan.claims(actor), ttl_s=self._rules.access_ttl_s)

    async def sign_out(self, actor: Actor) -> None:
        """Forget every stored token of the account; NOTHING_TO_REVOKE when there is none."""
        await self._revoke(StoredToken.user_id == actor.id)

    async def end_session(self, token: str) -> None:
        """Forget this one session token; NOTHING_TO_REVOKE when it is not known."""
        await self._revoke(StoredToken.id == _digest(token))

    async def _revoke(self, which: ColumnElement[bool]) -> None:
        async with self._database.writing() as session:
            removed = await session.execute(delete(StoredToken).where(which).returning(StoredToken.id))
            if not removed.all():
                raise Refused(Reason.NOTHING_TO_REVOKE)

    async def holder(self, access_token: str) -> Actor:
        """Who is behind an access token, as the database knows them now.

        Raises Refused: BAD_TOKEN (garbage, expired, a refresh token; `detail` says which, see core.tokens),
        UNKNOWN_HOLDER (no such account, or switched off), or what the policy says of the account.
        """
        if self._plan.opaque:
            async with self._database.reading() as session:
                stored = await session.get(StoredToken, _digest(access_token))
            if stored is None:
                raise Refused(Reason.BAD_TOKEN, detail=MALFORMED)
            if stored.expires_ms <= self._clock.now_ms():
                raise Refused(Reason.BAD_TOKEN, detail=EXPIRED)
            return await self.by_id(stored.user_id, stored.role)
        return await self.signed_holder(access_token)

    def signed_token(self, actor: Actor, *, ttl_s: int) -> str:
        """A signed access token, also where a sign-in gives a session token instead."""
        return self._tokens.issue(self._plan.claims(actor), ttl_s=ttl_s)

    async def signed_holder(self, access_token: str) -> Actor:
        """Who is behind a signed token, also where sign-ins give session tokens; raises like `holder`."""
        claims = self.claims_of(access_token)
        user_id = next((claims[name] for name in self._plan.subject if name in claims), None)
        role = claims.get(self._plan.role_claim)
        return await self.by_id(
            str(user_id) if isinstance(user_id, int) else user_id, role if isinstance(role, str) else ""
        )

    def claims_of(self, access_token: str) -> dict[str, Any]:
        """What a signed access token says, whether or not its account exists; BAD_TOKEN like `holder`."""
        try:
            return self._tokens.read(access_token, refresh=None if self._plan.refresh_opens else False)
        except (TokenExpired, TokenInvalid) as exc:
            raise Refused(Reason.BAD_TOKEN, detail=str(exc)) from exc

    async def by_id(self, user_id: Any, role: str = "") -> Actor:
        """The account with this id, acting in this role or the main one; UNKNOWN_HOLDER without one."""
        async with self._database.reading() as session:
            user = await session.get(User, user_id) if isinstance(user_id, str) else None
        if user is None or user.platform != self._platform:
            raise Refused(Reason.UNKNOWN_HOLDER)
        self._access.policy.check_holder(user)
        return actor_of(user, role)

    async def note(self, user_id: str, facts: Details) -> User:
        """Change what is known of a person, key by key of the profile; USER_NOT_FOUND."""
        async with self._database.writing() as session:
            user = await session.get(User, user_id)
            if user is None or user.platform != self._platform:
                raise Refused(Reason.USER_NOT_FOUND)
            user.profile = {**user.profile, **facts}
            return user

    async def expiry(self, token: str) -> int:
        """When this session token ends; BAD_TOKEN for an unknown one."""
        async with self._database.reading() as session:
            stored = await session.get(StoredToken, _digest(token))
        if stored is None:
            raise Refused(Reason.BAD_TOKEN, detail=MALFORMED)
        return stored.expires_ms

    async def seen(self, user_ids: list[str], at_ms: int) -> None:
        """Remember that these people were connected until now."""
        if user_ids:
            async with self._database.writing() as session:
                await session.execute(update(User).where(User.id.in_(user_ids)).values(last_seen_ms=at_ms))

    async def listed(self, roles: Sequence[str]) -> list[User]:
        """Everybody with one of these roles, by age of their account."""
        wanted = (User.platform == self._platform, User.role.in_(roles))
        async with self._database.reading() as session:
            return list(await session.scalars(select(User).where(*wanted).order_by(User.created_ms, User.id)))

    async def find(self, *conditions: ColumnElement[bool]) -> list[User]:
        """Everybody for whom these conditions on User hold (a phone number, a field of the profile)."""
        wanted = (User.platform == self._platform, *conditions)
        async with self._database.reading() as session:
            return list(await session.scalars(select(User).where(*wanted).order_by(User.created_ms, User.id)))

    async def directory(
        self, *, roles: Sequence[str], search: str, offset: int, limit: int
    ) -> tuple[list[User], int]:
        """A page of accounts with these roles whose e-mail has the search text, and how many there are."""
        wanted = [User.platform == self._platform, User.role.in_(roles)]
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
        wanted = (User.platform == self._platform, User.id.in_(user_ids))
        async with self._database.reading() as session:
            users = await session.scalars(select(User).where(*wanted))
            return {user.id: user for user in users}

    def sweep(self) -> None:
        """Free the memory of failures that have long passed."""
        self._failed.sweep()


def _blamed(email: str, origin: str) -> list[str]:
    """Keys under which failures are counted; no e-mail address has a blank."""
    return [email, f"from {origin}"] if origin else [email]


def _digest(token: str) -> str:
    """What is stored of a session token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
