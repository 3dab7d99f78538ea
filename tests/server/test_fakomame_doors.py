"""Who gets in at Fakomame, with what, and how far: tokens, their renewal, and other people's chats."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from chatdesk.server.core.clock import SystemClock
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.service import SECRET_NAME, Ground
from chatdesk.server.demo.fakomame import seed_fakomame
from chatdesk.server.demo.fakomame_cast import (
    DESK_EMAIL,
    GONE_EMAIL,
    MARGOT_EMAIL,
    NOOR_EMAIL,
    WREN_EMAIL,
)
from chatdesk.server.dialect import Choices, Variant
from chatdesk.server.dialects.fakomame.app import DIALECT
from chatdesk.server.dialects.fakomame.vocabulary import REFUSALS, connect_refusal, refusal
from chatdesk.wire.fakomame import names, texts
from tests.conftest import Aio
from tests.server.parcels import Ear, parcels
from tests.server.people import unique
from tests.server.process import ServerProcess

OTHER_SECRET = "fedcba9876543210" * 4


class _Later(SystemClock):
    """A clock that can be put forward."""

    ahead_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.ahead_ms


def forged(token: str, secret: str = OTHER_SECRET, **changes: Any) -> str:
    """The claims of a token under another signature, or changed."""
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode({**claims, **changes}, secret, algorithm="HS256")


@pytest.mark.promised("fakomame", "verified tokens")
def test_a_socket_connects_with_a_good_token_alone(fakomame_server: ServerProcess, aio: Aio) -> None:
    """In the handshake or its header; everything else is refused in one of the platform's sentences."""

    async def story() -> None:
        async with parcels(fakomame_server.url) as place:
            desk = await place.person(DESK_EMAIL)
            secret = (fakomame_server.data_dir / SECRET_NAME).read_text("ascii")
            bad: list[tuple[dict[str, Any] | None, str]] = [
                (None, texts.CONNECT_NO_TOKEN),
                ({}, texts.CONNECT_NO_TOKEN),
                ({"token": ""}, texts.CONNECT_NO_TOKEN),
                ({"token": "garbage"}, texts.CONNECT_INVALID_TOKEN),
                ({"token": forged(desk.token)}, texts.CONNECT_INVALID_TOKEN),
                # A refresh token opens nothing, and a token without its audience is none of ours.
                ({"token": desk.refresh_token}, texts.CONNECT_INVALID_TOKEN),
                ({"token": forged(desk.token, secret, aud="others")}, texts.CONNECT_INVALID_TOKEN),
            ]
            for auth, sentence in bad:
                assert await Ear().refused(place.url, auth) == sentence
            ear = Ear()
            headers = {"Authorization": f"Bearer {desk.token}"}
            await ear.client.connect(place.url, headers=headers, transports=["websocket"])
            await ear.settled()
            await ear.client.disconnect()

    aio(story())


@pytest.mark.promised("fakomame", "one token")
def test_one_token_says_who_somebody_is_and_ends(tmp_path: Path, aio: Aio) -> None:
    """The claims of the platform, for seven days, everywhere; then, and for who is switched off, nothing."""

    async def story() -> None:
        clock = _Later()
        server = DIALECT.build(Ground(tmp_path, clock), Choices(), Variant.PROMISED)
        await server.open()
        try:
            await seed_fakomame(server.core)
            transport = httpx.ASGITransport(app=server.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://here.example") as client:
                answer = await client.post(
                    names.ROUTE_LOGIN, json={"email": DESK_EMAIL, "password": "Permits#2026"}
                )
                data = answer.json()["data"]
                claims = jwt.decode(data["accessToken"], options={"verify_signature": False})
                assert claims["exp"] - claims["iat"] == 7 * 24 * 3_600
                user = data["user"]
                assert {key: claims[key] for key in ("userId", "email", "role", "iss", "aud")} == {
                    "userId": user["id"],
                    "email": DESK_EMAIL,
                    "role": names.ROLE_SENDER,
                    "iss": "amenade",
                    "aud": "amenade-users",
                }
                assert "password" not in user
                cookies = answer.headers.get_list("set-cookie")
                assert [one.split("=")[0] for one in cookies] == ["accessToken", "refreshToken"]
                assert all("; Secure; HttpOnly; SameSite=strict" in one for one in cookies)
                headers = {"Authorization": f"Bearer {data['accessToken']}"}

                async def statuses() -> set[int]:
                    paths = (names.ROUTE_ME, names.ROUTE_CHATS, names.ROUTE_NOTIFICATIONS)
                    return {(await client.get(path, headers=headers)).status_code for path in paths}

                assert await statuses() == {200}
                by_cookie = await client.get(
                    names.ROUTE_CHATS, headers={"Cookie": f"accessToken={data['accessToken']}"}
                )
                assert by_cookie.status_code == 200
                clock.ahead_ms = 7 * 24 * 3_600_000
                assert await statuses() == {401}
                with pytest.raises(Refused) as refused:
                    await server.core.accounts.holder(data["accessToken"])
                assert connect_refusal(refused.value) == texts.CONNECT_INVALID_TOKEN
                expired = await client.post(
                    names.ROUTE_REFRESH, headers={"Cookie": f"refreshToken={data['refreshToken']}"}
                )
                assert (expired.status_code, expired.json()) == (401, {"error": texts.ERR_REFRESH})
        finally:
            await server.close()

    aio(story())


@pytest.mark.promised("fakomame", "token refresh")
def test_a_refresh_token_of_the_cookie_gives_a_new_access_token(
    fakomame_server: ServerProcess, aio: Aio
) -> None:
    """And nothing else does; who it is comes with it, and the old token stays good until it ends."""

    async def story() -> None:
        async with parcels(fakomame_server.url) as place:
            wren = await place.person(WREN_EMAIL)

            async def renewed(token: str | None, **more: Any) -> tuple[int, dict[str, Any]]:
                headers = {} if token is None else {"Cookie": f"refreshToken={token}"}
                answer = await place.http.post(names.ROUTE_REFRESH, headers=headers, **more)
                return answer.status_code, answer.json()

            missing = {"error": texts.ERR_REFRESH_MISSING}
            assert await renewed(None) == (401, missing)
            assert await renewed(None, json={"refreshToken": wren.refresh_token}) == (401, missing)
            assert await renewed(wren.token) == (401, {"error": texts.ERR_REFRESH_TYPE})
            assert await renewed("garbage") == (401, {"error": texts.ERR_REFRESH})
            assert await renewed(forged(wren.refresh_token)) == (401, {"error": texts.ERR_REFRESH})
            status, body = await renewed(wren.refresh_token)
            assert (status, body["success"], body["data"]["user"]["id"]) == (200, True, wren.id)
            for token in (body["data"]["accessToken"], wren.token):
                headers = {"Authorization": f"Bearer {token}"}
                assert (await place.http.get(names.ROUTE_ME, headers=headers)).json()["data"]["id"] == wren.id
            out = await wren.ask("POST", names.ROUTE_LOGOUT)
            assert out.json() == {"success": True, "data": None, "message": texts.OK_LOGOUT}
            assert all("1970" in one for one in out.headers.get_list("set-cookie"))

    aio(story())


def test_a_login_is_refused_in_the_platforms_words_and_locked_after_five_failures(
    fakomame_server: ServerProcess, aio: Aio
) -> None:
    """One problem at a time, with its kind in a header; a lock of one address says how long it lasts."""

    async def story() -> None:
        async with parcels(fakomame_server.url) as place:
            bad: list[tuple[Any, int, str, str]] = [
                ({"email": "x", "password": "p"}, 400, texts.ERR_EMAIL, names.ERROR_CODE_VALIDATION),
                ({"email": DESK_EMAIL}, 422, "Required", names.ERROR_CODE_VALIDATION),
                ({"password": "p"}, 422, "Required", names.ERROR_CODE_VALIDATION),
                ({"email": 1, "password": "p"}, 422, "Expected string, received number", "VALIDATION_ERROR"),
                ([], 422, "Expected object, received array", names.ERROR_CODE_VALIDATION),
                ({"email": GONE_EMAIL, "password": "Permits#2026"}, 403, texts.ERR_DEACTIVATED, "API_ERROR"),
            ]
            for body, status, sentence, code in bad:
                answer = await place.http.post(names.ROUTE_LOGIN, json=body)
                assert (answer.status_code, answer.json()) == (status, {"success": False, "error": sentence})
                assert answer.headers[names.HEADER_ERROR_CODE] == code
            broken = await place.http.post(
                names.ROUTE_LOGIN, content=b'{"email":', headers={"content-type": "application/json"}
            )
            assert (broken.status_code, broken.json()["error"]) == (400, texts.ERR_JSON)
            nobody = f"nobody-{time.time_ns()}@example.test"
            for _ in range(names.LOGIN_ATTEMPTS):
                answer = await place.login(nobody, "wrong")
                assert (answer.status_code, answer.json()["error"]) == (401, texts.ERR_CREDENTIALS)
            locked = await place.login(nobody, "wrong")
            assert (locked.status_code, locked.json()["error"]) == (429, texts.ERR_LOCKED)
            assert 1 <= int(locked.headers[names.HEADER_RETRY_AFTER]) <= 60
            assert (await place.login(DESK_EMAIL)).status_code == 200

    aio(story())


@pytest.mark.promised("fakomame", "access control")
def test_other_peoples_chats_are_closed_on_every_way(fakomame_server: ServerProcess, aio: Aio) -> None:
    """Read, joined, written into or typed in by a stranger: not found, and those inside hear nothing."""

    async def story() -> None:
        async with parcels(fakomame_server.url) as place, AsyncExitStack() as stack:
            desk, noor, margot = [await place.person(one) for one in (DESK_EMAIL, NOOR_EMAIL, MARGOT_EMAIL)]
            chat = (await desk.chat_with(noor))["id"]
            ear = await stack.enter_async_context(noor.socket())
            stranger = await stack.enter_async_context(margot.socket())
            body = {"chatId": chat, "content": "let me in"}
            hidden = (404, texts.ERR_SEND_ACCESS)
            assert await margot.refused("GET", names.ROUTE_MESSAGES, params={"chatId": chat}) == hidden
            assert await margot.refused("POST", names.ROUTE_MESSAGES, json=body) == hidden
            one = names.ROUTE_CHAT.format(chat_id=chat)
            assert await margot.refused("GET", one) == (404, texts.ERR_NO_CHAT)
            for number, (event, sentence) in enumerate(
                {
                    names.EMIT_JOIN: texts.ERR_JOIN_ACCESS,
                    names.EMIT_SEND: texts.ERR_SEND_ACCESS,
                    names.EMIT_TYPING_START: texts.ERR_JOIN_ACCESS,
                    names.EMIT_TYPING_STOP: texts.ERR_JOIN_ACCESS,
                    names.EMIT_LEAVE: texts.ERR_JOIN_ACCESS,
                }.items(),
                1,
            ):
                await stranger.emit(event, body)
                assert (await stranger.until(names.EVENT_ERROR, number))["message"] == sentence
            await ear.settled()
            assert ear.texts(chat) == ear.all(names.EVENT_TYPING_START) == []
            # Nobody begins a chat about what is neither's business.
            package = (await desk.chat_with(noor))["package"]["id"]
            trip = (await desk.chat_with(noor))["trip"]["id"]
            start = {"participantId": desk.id, "itemType": "trip", "itemId": trip, "chatType": "CHAT"}
            assert (await margot.refused("POST", names.ROUTE_CHATS, json=start))[0] == 403
            theirs = {**start, "participantId": noor.id, "itemType": "package", "itemId": package}
            assert (await margot.refused("POST", names.ROUTE_CHATS, json=theirs))[0] == 404
            for broken, sentence in (
                ({**start, "chatType": "GROUP"}, "Invalid chatType"),
                ({**start, "itemType": "parcel"}, "Invalid itemType"),
                ({**start, "participantId": None}, "Missing required fields"),
            ):
                status, told = await margot.refused("POST", names.ROUTE_CHATS, json=broken)
                assert (status, told[: len(sentence)]) == (400, sentence)
            for path in (names.ROUTE_CHATS, names.ROUTE_MESSAGES, names.ROUTE_NOTIFICATIONS, names.ROUTE_ME):
                for headers in ({}, {"Authorization": "Bearer garbage"}):
                    answer = await place.http.get(path, headers=headers)
                    assert (answer.status_code, answer.json()["error"]) == (401, texts.ERR_TOKEN)

    aio(story())


def test_who_is_switched_off_is_out_at_once(tmp_path: Path, aio: Aio) -> None:
    """The next request and the next event are refused, whatever the token still says."""

    async def story() -> None:
        server = DIALECT.build(Ground(tmp_path), Choices(), Variant.PROMISED)
        await server.open()
        try:
            core = server.core
            await seed_fakomame(core)
            signed = await core.accounts.sign_in(DESK_EMAIL, "Permits#2026")
            async with core.database.writing() as session:
                user = await session.get_one(type(signed.user), signed.user.id)
                user.active = False
            with pytest.raises(Refused) as refused:
                await core.accounts.holder(signed.access_token)
            assert refused.value.reason is Reason.UNKNOWN_HOLDER
            assert connect_refusal(refused.value) == texts.CONNECT_NO_USER
        finally:
            await server.close()

    aio(story())


def test_every_refusal_has_a_status_and_a_sentence() -> None:
    """Nothing that the core refuses is left to the envelope of mistakes."""
    assert set(REFUSALS) == set(Reason)
    assert all(400 <= refusal(Refused(reason)).status < 500 for reason in Reason)


def test_unknown_routes_are_a_page_and_wrong_methods_say_nothing(
    fakomame_server: ServerProcess, aio: Aio
) -> None:
    """As the platform's framework has it; the probe of a trip that is none answers in words."""

    async def story() -> None:
        async with parcels(fakomame_server.url) as place:
            page = await place.http.get(f"/api/<b>{unique('x')}")
            assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
            assert "<b>" not in page.text
            wrong = await place.http.delete(names.ROUTE_CHATS)
            assert (wrong.status_code, wrong.content) == (405, b"")
            probe = await place.http.get(names.ROUTE_TRIP.format(item_id=names.NO_TRIP))
            assert (probe.status_code, probe.json()["error"]) == (404, texts.ERR_NO_TRIP)

    aio(story())
