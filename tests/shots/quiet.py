"""Engines that reach nobody: they note what they are asked and say what a test lets them say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from types import MappingProxyType
from typing import Any

from chatdesk.domain.actions import Action, Lookup, Result
from chatdesk.domain.changes import News
from chatdesk.domain.desk import ServerCheck, SignedIn, SignInRequest
from chatdesk.domain.ids import AccountId, Cursor, OutgoingId, RemoteId
from chatdesk.domain.kinds import Platform, SignInState

NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


class QuietEngines:
    """The network's side of the window while there is no network; the store beside it is real."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.checks: dict[str, ServerCheck | Exception] = {}
        self.on_sign_in: Callable[[SignInRequest], SignedIn | Exception] | None = None
        self.codes: dict[str, Exception] = {}
        """Why no code is sent to a login; one that is not here gets one."""
        self.on_act: Callable[[Action], Result | Exception] | None = None
        self.on_find: Callable[[Lookup], Result | Exception] | None = None
        self._listeners: list[Callable[[News], None]] = []

    def asked(self, name: str) -> list[tuple[Any, ...]]:
        """The arguments of every call of a method."""
        return [call[1:] for call in self.calls if call[0] == name]

    def tell(self, *news: News) -> None:
        """Announce news to whoever listens."""
        for listener in tuple(self._listeners):
            for piece in news:
                listener(piece)

    def start(self) -> None:
        self.calls.append(("start",))

    def stop(self, timeout_s: float = 5.0) -> None:
        self.calls.append(("stop",))

    def subscribe_news(self, listener: Callable[[News], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def check_server(
        self, platform: Platform, server_url: str, settings: Mapping[str, str] = NO_SETTINGS
    ) -> Future[ServerCheck]:
        asked = ("check_server", platform, server_url)
        self.calls.append((*asked, dict(settings)) if settings else asked)
        future: Future[ServerCheck] = Future()
        answer = self.checks.get(server_url)
        if isinstance(answer, Exception):
            future.set_exception(answer)
        elif answer is not None:
            future.set_result(answer)
        return future

    def sign_in(self, request: SignInRequest) -> Future[SignedIn]:
        self.calls.append(("sign_in", request))
        future: Future[SignedIn] = Future()
        answer = self.on_sign_in(request) if self.on_sign_in else None
        if isinstance(answer, Exception):
            future.set_exception(answer)
        elif answer is not None:
            future.set_result(answer)
        return future

    def ask_for_otp(
        self,
        platform: Platform,
        server_url: str,
        login: str,
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> Future[None]:
        self.calls.append(("ask_for_otp", platform, server_url, login))
        future: Future[None] = Future()
        if login in self.codes:
            future.set_exception(self.codes[login])
        else:
            future.set_result(None)
        return future

    def act(self, account: AccountId, action: Action) -> Future[Result]:
        self.calls.append(("act", account, action))
        return _answered(self.on_act(action) if self.on_act else None)

    def find(self, account: AccountId, lookup: Lookup) -> Future[Result]:
        self.calls.append(("find", account, lookup))
        return _answered(self.on_find(lookup) if self.on_find else None)

    def look_away(self, account: AccountId) -> None:
        self.calls.append(("look_away", account))

    def sign_out(self, account: AccountId) -> Future[None]:
        self.calls.append(("sign_out", account))
        future: Future[None] = Future()
        future.set_result(None)
        return future

    def retry_now(self, account: AccountId | None = None) -> None:
        self.calls.append(("retry_now", account))

    def opened(self, account: AccountId, conversation: RemoteId, order: RemoteId | None, number: str) -> None:
        self.calls.append(("opened", account, conversation, order, number))

    def load_older(self, account: AccountId, conversation: RemoteId, before: Cursor, held: int) -> None:
        self.calls.append(("load_older", account, conversation, before, held))

    def load_whole(self, account: AccountId, conversation: RemoteId, wanted: bool) -> None:
        self.calls.append(("load_whole", account, conversation, wanted))

    def typing(self, account: AccountId, conversation: RemoteId, text_changed: bool) -> None:
        self.calls.append(("typing", account, conversation, text_changed))

    def check_uncertain(self, outgoing: OutgoingId, account: AccountId) -> None:
        self.calls.append(("check_uncertain", outgoing, account))

    def restart(self, account: AccountId) -> None:
        self.calls.append(("restart", account))

    def refresh(self, account: AccountId) -> None:
        self.calls.append(("refresh", account))

    def sign_in_state(self, account: AccountId) -> SignInState:
        return SignInState.OK


def _answered(answer: Result | Exception | None) -> Future[Result]:
    """None: no answer comes."""
    future: Future[Result] = Future()
    if isinstance(answer, Exception):
        future.set_exception(answer)
    elif answer is not None:
        future.set_result(answer)
    return future
