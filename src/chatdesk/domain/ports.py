"""The adapter contract: what the engine needs from a platform, and what a platform may assume.

An adapter is pure but for its client. The engine asks `next` what to do for a goal, has the client do the
step, hands what arrives to `read`, takes over the facts and events of the reading, and asks again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import Protocol

import msgspec

from chatdesk.domain.actions import FieldAsked
from chatdesk.domain.arrivals import (
    Arrived,
    Moved,
    OpenStep,
    Reading,
)
from chatdesk.domain.entities import Capabilities
from chatdesk.domain.facts import AccountFacts, Facts, Learnt, Secrets
from chatdesk.domain.goals import (
    Goal,
)
from chatdesk.domain.kinds import KeyGrade, Platform
from chatdesk.domain.steps import (
    Next,
    Step,
)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of one platform; each adapter fills them in its limits.py. All times in milliseconds."""

    step_timeout_ms: int = 15_000
    connect_timeout_ms: int = 10_000
    quiet_ms: int = 10_000
    """Time after a hard close before a read may prove that a send did not arrive."""
    typing_repeat_ms: int = 3_000
    typing_stop_ms: int = 3_000
    typing_expire_ms: int = 6_000
    presence_expire_ms: int = 300_000
    watchdog_margin_ms: int = 5_000
    """No packet for the server's ping interval plus this: the link is dead."""
    ping_interval_ms: int = 25_000
    poll_ms: int = 30_000
    refresh_lists_ms: int = 300_000
    token_margin_ms: int = 600_000
    """Refresh a token this long before it expires."""
    head_page: int = 50
    message_limit_chars: int = 4_000
    sends_per_minute: int | None = None
    max_repeats: int = 1
    """Automatic repeats of one send after its absence was proved."""
    read_marks_all: bool = True
    """A read mark tells the server that everything was read: it goes only once the conversation is caught
    up on this connection and nothing newer from others is known.
    """


class Adapter(Protocol):
    """One platform, pure. Never touches the store, the clock, the network or the window."""

    @property
    def platform(self) -> Platform:
        """Which of the five it is."""
        ...

    @property
    def limits(self) -> Limits:
        """Its numbers."""
        ...

    def facts(self, account: AccountFacts, learnt: Mapping[str, Learnt]) -> Facts:
        """The facts to start with."""
        ...

    def capabilities(self, facts: Facts) -> Capabilities:
        """What works here, now."""
        ...

    def key_grade(self, facts: Facts) -> KeyGrade:
        """What a client id on a send is worth at this server."""
        ...

    def next(self, goal: Goal, facts: Facts) -> Next:
        """The next thing to do for a goal; asked again after each reading.

        At most one step of a goal commits.
        """
        ...

    def read(self, arrived: Arrived, open_steps: tuple[OpenStep, ...], facts: Facts) -> Reading:
        """What something that arrived means. Never raises: what it can't use becomes a `Dropped`.

        Every step gets exactly one verdict: from its Answer, NoAnswer, HandedOver, Accepted or
        ConnectRefused, or from a Packet that answers it. A lost answer to a committing step is unknown, to
        any other later.
        """
        ...

    def normalise(self, text: str) -> str:
        """The text as this server stores it; two texts are the same message when these are equal."""
        ...


Listener = Callable[[Arrived | Moved], object]
"""A true answer means that much waits already: what reads from a socket then reads slower, and so the server
waits, too."""


class Client(Protocol):
    """Moves bytes for one account and decides nothing. Lives on the network loop.

    Everything that happens is handed to `listener` in the order in which it happened, on the loop, also the
    results of `perform`. Never raises for the world's doing.
    """

    listener: Listener | None

    async def perform(self, step_id: int, step: Step) -> None:
        """Do one step; its result goes to the listener before this returns.

        For an Emit with timeout_ms > 0 there is nothing to hand over (but NoAnswer(left=False) if the socket
        is down): a Packet answers it. Cancelled when the engine's time is up: release what the step used.
        """
        ...

    def last_heard_ms(self) -> int | None:
        """When the socket last brought an Engine.IO packet of any kind, pings and pongs included.

        On the running loop's monotonic clock (`int(loop.time() * 1000)`), so its age is that clock's now less
        this. None: no socket is up. For the watchdog of half-open links: the listener sees no pings.
        """
        ...

    async def drop_link(self) -> None:
        """Close the socket, if any; LinkLost goes to the listener if it was up."""
        ...

    async def abort_commits(self) -> None:
        """Close every connection that carried a committing step hard (SO_LINGER 1,0), the socket included.

        Nothing of it is delivered later; steps under way on them end with NoAnswer. Such connections carry
        the option from their first byte, so that the death of the process closes them hard too.
        """
        ...

    async def close(self) -> None:
        """Release everything; nothing reaches the listener afterwards."""
        ...


class SignInForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the sign-in dialog asks for.

    roles: (value of SignInRequest.role, stable English word) where a login has several roles; empty: none is
    asked, and a `seat` stays empty. otp: a code sent to a phone may be used instead of the password; the
    login is then the phone number.
    """

    roles: tuple[tuple[str, str], ...] = ()
    otp: bool = False


class PlatformPlugin(msgspec.Struct, frozen=True, dict=True):
    """What `platforms.registry` offers main for one platform: all that the window asks is here at once.

    `load` imports the platform's rules, `make_client` the network stack: both late, on the network thread.
    """

    platform: Platform
    title: str
    default_port: int
    load: Callable[[], Adapter]
    """Makes the adapter; use `adapter`, which calls it once."""
    make_client: Callable[[str, Limits], Client]
    """(server_url, limits) -> client; called on the network thread only."""
    sign_in: SignInForm = SignInForm()
    settings: tuple[FieldAsked, ...] = ()
    """Settings of one account, beside its sign-in; keys of Account.settings."""
    forgets_completed: bool = False
    """The platform promises that chats are deleted after completion: the copy here is deleted too, unless
    the person has set otherwise.
    """

    @cached_property
    def adapter(self) -> Adapter:
        """The platform's rules; the first use loads them, so not before the window stands."""
        return self.load()


class Vault(Protocol):
    """Where tokens live. Implemented over the keyring in `desktop`; may keep them in memory only."""

    def load(self, key: str) -> Awaitable[Secrets | None]:
        """The secrets under a key, or None; never blocks a loop, at most 2 s."""
        ...

    def save(self, key: str, secrets: Secrets) -> Awaitable[bool]:
        """Keep them. False: no keyring answered in time, they are kept until the program quits."""
        ...

    def delete(self, key: str) -> Awaitable[None]:
        """Forget them."""
        ...


class Vouched(msgspec.Struct, frozen=True):
    """Number and seal of the newest row of the ledger that a witness stands for; number 0: for none yet."""

    number: int
    seal: bytes


class Witness(Protocol):
    """Vouches for anchors of the ledger with a key that is not in the data folder. No call ever waits.

    Implemented over the keyring in `desktop`. Called on any thread.
    """

    def newest(self) -> Vouched | None:
        """What it has vouched for. None: it does not answer (yet), so nothing can be told."""
        ...

    def mark(self, number: int, seal: bytes) -> bytes:
        """A keyed hash over both; empty while it does not answer."""
        ...

    def confirms(self, number: int, seal: bytes, mark: bytes) -> bool:
        """Whether the mark was made by `mark` over the same two."""
        ...

    def keep(self, number: int, seal: bytes) -> None:
        """The anchor of this mark is on disk: it is the newest from now on."""
        ...


def vault_key(server_url: str, platform: Platform, login: str, seat: str = "") -> str:
    """The name under which an account's secrets are kept."""
    return f"{platform.value}|{server_url}|{login}" + (f"|{seat}" if seat else "")
