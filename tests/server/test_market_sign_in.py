"""Signing in at the marketplace, tokens that serve and that do not, and how much one may do with them."""

from __future__ import annotations

from pathlib import Path

import jwt
import pytest

from chatdesk.server.core.service import SECRET_NAME
from chatdesk.server.core.tokens import ALGORITHM
from chatdesk.server.demo.market import BUYER_EMAIL, EMPLOYEE_EMAIL, PENDING_EMAIL, RIVAL_EMAIL, SELLER_EMAIL
from chatdesk.server.dialect import Variant
from chatdesk.server.dialects.marketplace.vocabulary import APPROVAL
from chatdesk.wire.marketplace import names, texts
from tests.conftest import Aio
from tests.server.market import Ear, in_process, market, note, pair
from tests.server.process import ServerProcess
from tests.server.test_core import FakeClock


def test_logins_are_answered_in_words(market_server: ServerProcess, aio: Aio) -> None:
    """Every kind of account signs in as what it is; who waits for approval is told."""

    async def story() -> None:
        async with market(market_server.url) as place:
            answer = await place.login(PENDING_EMAIL)
            assert answer.status_code == 403
            assert answer.json()["message"] == texts.ERR_PENDING
            assert answer.json()["approvalStatus"] == "pending"
            for email, password in ((SELLER_EMAIL, "wrong"), ("nobody@example.test", "wrong")):
                answer = await place.login(email, password)
                assert (answer.status_code, answer.json()["message"]) == (401, texts.ERR_CREDENTIALS)
            answer = await place.http.post(names.ROUTE_LOGIN, json={"email": SELLER_EMAIL})
            assert (answer.status_code, answer.json()["message"]) == (400, texts.ERR_MISSING)
            buyer = (await place.login(BUYER_EMAIL, path=names.ROUTE_BUYER_LOGIN)).json()["data"]
            assert buyer["userType"] == "buyer"
            seller = await place.trader(SELLER_EMAIL)
            assert seller.claims["userType"] == "seller"
            assert seller.claims["exp"] - seller.claims["iat"] == 7 * 24 * 3_600
            profile = await seller.get(names.ROUTE_PROFILE)
            assert profile["user"]["companyName"] == "Ironwood Tools"
            raw = (await place.http.get(names.ROUTE_SELLER.format(person=seller.id))).json()
            assert raw["companyName"] == "Ironwood Tools"
            assert not [key for key in raw if "password" in key.lower()]

    aio(story())


def test_tokens_that_do_not_serve(market_server: ServerProcess, aio: Aio) -> None:
    """No token, garbage and another signature are told apart, as the platform does."""

    async def story() -> None:
        async with market(market_server.url) as place:
            seller = await place.trader(SELLER_EMAIL)
            head, body, _signature = seller.token.split(".")
            for header, error in (
                ("Bearer x", "jwt malformed"),
                (f"Bearer {head}.{body}.AAAA", "invalid signature"),
            ):
                answer = await place.http.get(names.ROUTE_INBOX, headers={"Authorization": header})
                assert (answer.status_code, answer.json()["error"]) == (401, error)
            answer = await place.http.get(names.ROUTE_INBOX)
            assert (answer.status_code, answer.json()["message"]) == (401, texts.ERR_NO_TOKEN)
            assert (
                (await place.http.get("/api/no-such-route")).headers["content-type"].startswith("text/html")
            )

    aio(story())


@pytest.mark.promised("marketplace", "socket sign-in")
@pytest.mark.promised("marketplace", "register user")
def test_sockets_need_a_token(market_server: ServerProcess, aio: Aio) -> None:
    """No token, garbage and other people's ids are refused in the words of the routes."""

    async def story() -> None:
        async with market(market_server.url) as place:
            assert await Ear().refused(place.url, None) == texts.ERR_NO_TOKEN
            assert await Ear().refused(place.url, {"token": "x.y.z"}) == texts.ERR_TOKEN
            seller, buyer = await pair(place)
            async with seller.socket() as ear:
                await ear.client.emit(names.EMIT_REGISTER, buyer.id)
                assert (await ear.until("error"))["success"] is False

    aio(story())


def test_an_expired_token_says_so(tmp_path: Path, aio: Aio) -> None:
    """After seven days it is 401 `jwt expired`, and a password is asked for again."""
    clock = FakeClock()

    async def story() -> None:
        async with in_process(tmp_path, Variant.PROMISED, clock) as place:
            seller = await place.trader(SELLER_EMAIL)
            clock.ms += 7 * 24 * 3_600_000 - 1
            assert (await seller.ask("GET", names.ROUTE_INBOX)).status_code == 200
            clock.ms += 1
            gone = await seller.ask("GET", names.ROUTE_INBOX)
            assert (gone.status_code, gone.json()["error"]) == (401, "jwt expired")
            assert (await place.login(SELLER_EMAIL)).status_code == 200

    aio(story())


def test_a_locked_address_says_for_how_long(tmp_path: Path, aio: Aio) -> None:
    """After too many failures for one address: 429 with the seconds to wait, for it alone."""
    clock = FakeClock()

    async def story() -> None:
        async with in_process(tmp_path, Variant.PROMISED, clock) as place:
            answers = [await place.login("nobody@example.test", "wrong") for _ in range(13)]
            assert {one.status_code for one in answers[:12]} == {401}
            assert (answers[12].status_code, answers[12].json()["message"]) == (429, texts.ERR_LOCKED)
            assert answers[12].headers["Retry-After"] == "3600"
            assert (await place.login(SELLER_EMAIL)).status_code == 200

    aio(story())


@pytest.mark.promised("marketplace", "rate limit")
def test_a_flood_is_slowed_down(tmp_path: Path, aio: Aio) -> None:
    """Above the rate a send is 429 with the seconds to wait, for its sender alone, and then passes."""
    clock = FakeClock()

    async def story() -> None:
        async with in_process(tmp_path, Variant.PROMISED, clock, messages_per_minute=2) as place:
            seller, buyer = await place.trader(SELLER_EMAIL), await place.trader(BUYER_EMAIL)
            rival = await place.trader(RIVAL_EMAIL)
            answers = [await seller.send(buyer, str(number)) for number in range(3)]
            assert [one.status_code for one in answers] == [201, 201, 429]
            assert answers[2].headers["Retry-After"] == "60"
            assert (await rival.send(buyer, "not held up")).status_code == 201
            clock.ms += 60_000
            assert (await seller.send(buyer, "later")).status_code == 201

    aio(story())


def test_a_kind_of_account_that_there_is_not(market_server: ServerProcess, aio: Aio) -> None:
    """A rightly signed token of an unknown kind is refused by routes and socket in the same words."""

    async def story() -> None:
        async with market(market_server.url) as place:
            seller, _buyer = await pair(place)
            secret = (market_server.data_dir / SECRET_NAME).read_text(encoding="ascii")
            token = jwt.encode({**seller.claims, "userType": "robot"}, secret, algorithm=ALGORITHM)
            answer = await place.http.get(names.ROUTE_INBOX, headers={"Authorization": f"Bearer {token}"})
            assert (answer.status_code, answer.json()["message"]) == (403, texts.ERR_USER_TYPE)
            assert await Ear().refused(place.url, {"token": token}) == texts.ERR_USER_TYPE

    aio(story())


@pytest.mark.parametrize("variant", list(Variant))
def test_whoever_may_not_sign_in_is_told_why(tmp_path: Path, aio: Aio, variant: Variant) -> None:
    """Sellers who are rejected or suspended, employees who are not active; their tokens serve no longer."""

    async def story() -> None:
        async with in_process(tmp_path, variant) as place:
            seller, employee = await place.trader(RIVAL_EMAIL), await place.trader(EMPLOYEE_EMAIL)
            for one, facts, text, told, barred in (
                (seller, {APPROVAL: "suspended"}, texts.ERR_SUSPENDED, {}, texts.ERR_NOT_APPROVED),
                (
                    seller,
                    {APPROVAL: "rejected", "rejectionReason": "no papers"},
                    texts.ERR_REJECTED,
                    {"rejectionReason": "no papers"},
                    texts.ERR_NOT_APPROVED,
                ),
                (employee, {"status": "inactive"}, texts.ERR_EMPLOYEE_INACTIVE, {}, texts.ERR_NOT_ACTIVE),
                (employee, {"status": "suspended"}, texts.ERR_EMPLOYEE_SUSPENDED, {}, texts.ERR_NOT_ACTIVE),
            ):
                note(tmp_path, one.email, facts)
                answer = await place.login(one.email)
                status = {key: value for key, value in facts.items() if key in {APPROVAL, "status"}}
                assert (answer.status_code, answer.json()) == (
                    403,
                    {"success": False, "message": text, **status, **told},
                )
                answer = await one.ask("GET", names.ROUTE_PROFILE)
                assert (answer.status_code, answer.json()["message"]) == (403, barred)

    aio(story())
