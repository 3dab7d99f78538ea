"""The five platforms as the window is told of them: what each asks for at sign-in, and its settings."""

from __future__ import annotations

from chatdesk.domain.actions import FieldAsked
from chatdesk.domain.kinds import Platform
from chatdesk.domain.ports import SignInForm
from chatdesk.ui.entries import PlatformEntry

ENTRIES = (
    PlatformEntry(platform=Platform.DISPATCHER, default_port=3000),
    PlatformEntry(platform=Platform.MARKETPLACE, default_port=5000),
    PlatformEntry(platform=Platform.STEPPERGO, default_port=3000),
    PlatformEntry(
        platform=Platform.OMW,
        default_port=5001,
        sign_in=SignInForm(roles=(("worker", "worker"), ("customer", "customer")), otp=True),
        settings=(
            FieldAsked(key="api_prefix", required=False, default="/api", limit_chars=60),
            FieldAsked(key="time_offset", required=False, limit_chars=10),
        ),
        forgets_completed=True,
    ),
    PlatformEntry(platform=Platform.FAKOMAME, default_port=3000),
)
