"""What the window knows of a platform before anybody has signed in to it: plain descriptions, handed over."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from chatdesk.domain.actions import FieldAsked
from chatdesk.domain.kinds import Platform
from chatdesk.domain.ports import SignInForm

NO_FORM = SignInForm()


class PlatformEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One platform that an account can be added for.

    default_port: where its servers usually listen. settings: asked once per account, beside the sign-in.
    forgets_completed: it promises to delete chats after completion, so the copies here go too.
    """

    platform: Platform
    default_port: int = 443
    sign_in: SignInForm = NO_FORM
    settings: tuple[FieldAsked, ...] = ()
    forgets_completed: bool = False


def entry_of(entries: Iterable[PlatformEntry], platform: Platform) -> PlatformEntry:
    """The entry of a platform; one that asks for nothing where this program does not offer the platform."""
    return next((entry for entry in entries if entry.platform is platform), PlatformEntry(platform=platform))
