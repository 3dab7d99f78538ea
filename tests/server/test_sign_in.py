"""Signing in, renewing, signing out, and what tokens are good for."""

from __future__ import annotations

import asyncio
import time

import jwt
import pytest

from chatdesk.server.demo.cast import DESK_EMAIL, PASSWORD
from chatdesk.wire.dispatcher import names, texts
from tests.conftest import Aio
from tests.server.people import QUIET_EMAIL, STRANGER_EMAIL, Ear, Person, town, unique
from tests.server.process import ServerProcess


def test_a_token_names_its_holder(demo_server: ServerProcess, aio: Aio) -> None:
    """A login answers two tokens whose claims are the platform's, and announces what the server can do."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            body = {"email": DESK_EMAIL.upper(), "password": PASSWORD}
            answer = await place.http.post(names.ROUTE_LOGIN, json=body)
            assert answer.status_code == 200
            envelope = answer.json()
            assert (envelope["status"], envelope["success"], envelope["message"]) == (
                200,
                True,
                texts.OK_LOGIN,
            )
            assert envelope["data"]["chatdesk"] == {
                "version": 1,
                "features": ["client_id", "seq", "attachments"],
            }
            person = Person(place.http, DESK_EMAIL, envelope["data"])
            assert set(person.claims) == {"userId", "id", "role", "email", "iat", "exp"}
            assert person.claims["userId"] == person.claims["id"]
            assert (person.claims["role"], person.claims["email"]) == ("moderator", DESK_EMAIL)
            assert person.claims["exp"] - person.claims["iat"] == 3_600
            renewal = jwt.decode(person.refresh_token, options={"verify_signature": False})
            assert renewal["exp"] - renewal["iat"] == 7 * 24 * 3_600
            health = (await place.http.get(names.ROUTE_HEALTH)).json()
            assert health == {
                "status": "ok",
                "message": "Server is running",
                "chatdesk": {"version": 1, "features": ["client_id", "seq", "attachments"]},
            }

    aio(story())


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, texts.ERR_CREDENTIALS_MISSING),
        ({"email": DESK_EMAIL}, texts.ERR_CREDENTIALS_MISSING),
        ({"email": "", "password": PASSWORD}, texts.ERR_CREDENTIALS_MISSING),
        ({"email": DESK_EMAIL, "password": "short"}, texts.ERR_PASSWORD_POLICY),
        ({"email": "nobody@example.test", "password": PASSWORD}, texts.ERR_NO_ACCOUNT),
        ({"email": DESK_EMAIL, "password": "Wrong0ne!x"}, texts.ERR_WRONG_PASSWORD),
    ],
)
def test_refused_credentials_are_400(
    demo_server: ServerProcess, aio: Aio, body: dict[str, str], message: str
) -> None:
    """Every refusal of credentials is a 400 with the platform's sentence."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            answer = await place.http.post(names.ROUTE_LOGIN, json=body)
            assert answer.status_code == 400
            assert answer.json() == {"status": 400, "success": False, "message": message, "data": {}}

    aio(story())


def test_two_logins_in_one_second_both_work(demo_server: ServerProcess, aio: Aio) -> None:
    """Logins of one account at the same moment all succeed, each with a refresh token of its own."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            people = await asyncio.gather(*(place.sign_in(STRANGER_EMAIL) for _ in range(5)))
            assert len({person.refresh_token for person in people}) == 5
            for person in people:
                body = {"refreshToken": person.refresh_token}
                answer = await place.http.post(names.ROUTE_REFRESH, json=body)
                assert answer.status_code == 200, answer.text
                assert list(answer.json()["data"]) == ["accessToken"]

    aio(story())


def test_logging_out_ends_every_refresh_token_and_no_access_token(
    demo_server: ServerProcess, aio: Aio
) -> None:
    """After a logout no device can renew, a second logout is 401, and the access token lives on."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            first, second = await place.sign_in(QUIET_EMAIL), await place.sign_in(QUIET_EMAIL)
            answer = await first.post(names.ROUTE_LOGOUT)
            assert (answer.status_code, answer.json()["data"]) == (200, None)
            for person in (first, second):
                body = {"refreshToken": person.refresh_token}
                refused = await place.http.post(names.ROUTE_REFRESH, json=body)
                assert (refused.status_code, refused.json()["message"]) == (400, texts.ERR_REFRESH_INVALID)
            again = await first.post(names.ROUTE_LOGOUT)
            assert (again.status_code, again.json()["message"]) == (401, texts.ERR_NO_REFRESH_TOKENS)
            assert (await second.get(names.ROUTE_NOTIFICATIONS)).status_code == 200

    aio(story())


@pytest.mark.promised("dispatcher", "token expiry")
def test_an_expired_access_token_is_refused_and_renewed(demo_server: ServerProcess, aio: Aio) -> None:
    """REST and new sockets refuse an expired token, an open socket stays, and a renewed token works."""
    secret = (demo_server.data_dir / "token-secret").read_text()

    async def story() -> None:
        async with town(demo_server.url) as place:
            desk, owner = await place.desk(), await place.owner()
            order = (await owner.new_order())["id"]
            expires_s = int(time.time()) + 1
            short = jwt.encode({**desk.claims, "exp": expires_s}, secret, algorithm="HS256")
            desk.token = short
            async with desk.socket(order) as ear:
                while time.time() < expires_s:
                    await asyncio.sleep(0.02)
                expired = await desk.get(names.ROUTE_NOTIFICATIONS)
                assert (expired.status_code, expired.json()["message"]) == (401, texts.ERR_INVALID_TOKEN)
                assert await Ear(desk).refused(auth={"token": short}) == texts.CONNECT_INVALID_TOKEN
                await owner.send(order, unique())
                await ear.until(names.EVENT_NEW_MESSAGE)
                body = {"refreshToken": desk.refresh_token}
                renewed = await place.http.post(names.ROUTE_REFRESH, json=body)
                desk.token = renewed.json()["data"]["accessToken"]
                assert (await desk.send(order, unique())).status_code == 201
                await ear.until(names.EVENT_NEW_MESSAGE, 2)

    aio(story())


@pytest.mark.promised("dispatcher", "token for sockets")
@pytest.mark.promised("dispatcher", "connection errors")
def test_only_an_access_token_opens_anything(demo_server: ServerProcess, aio: Aio) -> None:
    """No token, garbage, a foreign signature and a refresh token are refused by REST and by the socket."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            desk = await place.desk()
            foreign = jwt.encode(desk.claims, "some other secret of thirty-two bytes", algorithm="HS256")
            unsigned = jwt.encode(desk.claims, "", algorithm="none")
            for bad in ("garbage", foreign, unsigned, desk.refresh_token):
                answer = await place.http.get(
                    names.ROUTE_NOTIFICATIONS, headers={"Authorization": f"Bearer {bad}"}
                )
                assert (answer.status_code, answer.json()["message"]) == (401, texts.ERR_INVALID_TOKEN)
                assert await Ear(desk).refused(auth={"token": bad}) == texts.CONNECT_INVALID_TOKEN
            for headers in ({}, {"Authorization": desk.token}):
                answer = await place.http.get(names.ROUTE_NOTIFICATIONS, headers=headers)
                assert (answer.status_code, answer.json()["message"]) == (401, texts.ERR_NO_TOKEN)
            assert await Ear(desk).refused() == texts.CONNECT_NO_TOKEN
            body = {"refreshToken": desk.token}
            answer = await place.http.post(names.ROUTE_REFRESH, json=body)
            assert (answer.status_code, answer.json()["message"]) == (400, texts.ERR_REFRESH_INVALID)

    aio(story())


def test_a_token_may_come_in_the_header_of_the_handshake(demo_server: ServerProcess, aio: Aio) -> None:
    """A socket without `auth` is let in by the Authorization header."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            desk = await place.desk()
            ear = Ear(desk)
            headers = {"Authorization": f"Bearer {desk.token}"}
            await ear.client.connect(place.url, headers=headers, transports=["websocket"])
            await ear.settled()
            await ear.client.disconnect()

    aio(story())
