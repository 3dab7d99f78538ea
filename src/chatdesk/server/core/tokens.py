"""Signed tokens: made and read with the one secret of a data folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt

from chatdesk.server.core.clock import Clock

if TYPE_CHECKING:
    from jwt.types import Options

ALGORITHM = "HS256"
SECRET_BYTES = 32
KIND_CLAIM = "tokenType"
REFRESH_KIND = "refresh"

# Expiry is checked here, by our clock; a clock that was set back must not void what was issued before.
_CHECKS: Options = {"require": ["exp"], "verify_exp": False, "verify_iat": False}


class TokenExpired(Exception):
    """The token was good once."""


class TokenInvalid(Exception):
    """Not a token of this server, or of another kind than asked for; its text is a constant below."""


MALFORMED = "malformed"
SIGNATURE = "signature"
EXPIRED = "expired"


def load_secret(path: Path) -> str:
    """The secret in this file, made on first use and readable by its owner only."""
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        secret = secrets.token_hex(SECRET_BYTES)
        # Whole or not at all: half a secret would be one that somebody can guess.
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "w", encoding="ascii") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        return secret


class Tokens:
    """Issues tokens with claims that the dialect names; `iat` and `exp` are added, in seconds.

    With `issuer` and `audience` (both or none) they are claims too, and tokens without them are refused.
    """

    def __init__(self, secret: str, clock: Clock, *, issuer: str = "", audience: str = "") -> None:
        self._secret = secret
        self._clock = clock
        self._issuer = issuer or None
        self._audience = audience or None

    def issue(self, claims: dict[str, Any], *, ttl_s: int, refresh_id: str | None = None) -> str:
        """A token; with `refresh_id` it is a refresh token, which no route takes for an access token."""
        now_s = self._clock.now_ms() // 1_000
        payload: dict[str, Any] = {**claims, "iat": now_s, "exp": now_s + ttl_s}
        if refresh_id is not None:
            payload |= {KIND_CLAIM: REFRESH_KIND, "jti": refresh_id}
        if self._issuer is not None:
            payload |= {"iss": self._issuer, "aud": self._audience}
        return jwt.encode(payload, self._secret, algorithm=ALGORITHM)

    def read(self, token: str, *, refresh: bool | None = False) -> dict[str, Any]:
        """The claims of a token of the wanted kind (None: of any); raises TokenExpired or TokenInvalid."""
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                options=_CHECKS,
                issuer=self._issuer,
                audience=self._audience,
            )
        except jwt.InvalidSignatureError as exc:
            raise TokenInvalid(SIGNATURE) from exc
        except (jwt.PyJWTError, ValueError) as exc:
            raise TokenInvalid(MALFORMED) from exc
        is_refresh = claims.get(KIND_CLAIM) == REFRESH_KIND
        if refresh is not None and is_refresh is not refresh:
            raise TokenInvalid(MALFORMED)
        expires_s = claims["exp"]
        if not isinstance(expires_s, int | float) or expires_s * 1_000 <= self._clock.now_ms():
            raise TokenExpired(EXPIRED)
        return claims
