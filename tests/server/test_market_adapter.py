"""The marketplace adapter and its client against the reference server, over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chatdesk.domain.arrivals import VerdictStored
from chatdesk.domain.events import (
    ConversationSeen,
    ListsRead,
    MessageSeen,
    OrderSeen,
    PresenceSeen,
    ReadSeen,
    TypingSeen,
    WindowRead,
)
from chatdesk.domain.goals import (
    ChangeStatus,
    Connected,
    FreshHead,
    FreshLists,
    Joined,
    MarkRead,
    Probe,
    SendText,
    SignIn,
    Typing,
)
from chatdesk.domain.ids import RemoteId, new_outgoing_id
from chatdesk.domain.kinds import Assurance, Feature, Platform, PresenceState, Support
from chatdesk.domain.steps import Done
from chatdesk.platforms.registry import plugin
from chatdesk.server.demo.cast import PASSWORD
from chatdesk.server.demo.market import BUYER_EMAIL, SELLER_EMAIL
from tests.conftest import Aio
from tests.platforms.desk import Desk, until
from tests.server.people import unique
from tests.server.process import ServerProcess


@asynccontextmanager
async def signed_in(server: ServerProcess, *logins: str) -> AsyncIterator[list[Desk]]:
    spoken = plugin(Platform.MARKETPLACE)
    assert spoken is not None
    desks = []
    try:
        for login in logins:
            client = spoken.make_client(server.url, spoken.adapter.limits)
            desk = Desk(spoken.adapter, client, server.url, login)
            desks.append(desk)
            for goal in (SignIn(PASSWORD), Connected(), FreshLists(), Probe()):
                assert await desk.reach(goal) == Done(), goal
        yield desks
    finally:
        for desk in desks:
            await desk.client.close()


def say(party: RemoteId, text: str) -> SendText:
    outgoing_id = new_outgoing_id()
    return SendText(party, outgoing_id, outgoing_id, text)


def test_a_seller_and_a_buyer_talk(market_server: ServerProcess, aio: Aio) -> None:
    """Lists, history, send, receipt, typing and presence between two real desks, stored by the server."""

    async def story() -> None:
        async with signed_in(market_server, SELLER_EMAIL, BUYER_EMAIL) as (seller, buyer):
            them, us = (RemoteId(str(desk.facts.account.user_id)) for desk in (buyer, seller))
            assert them in {seen.remote_id for seen in seller.of(ConversationSeen)}
            assert seller.of(ListsRead) == [ListsRead()]
            for desk, party in ((seller, them), (buyer, us)):
                assert await desk.reach(Joined(party)) == Done()
            await until(lambda: seller.of(PresenceSeen), "that the buyer is there")
            assert seller.of(PresenceSeen)[-1].state is PresenceState.ONLINE
            await seller.reach(Typing(them, True))
            await until(lambda: buyer.of(TypingSeen), "typing")
            assert (buyer.of(TypingSeen)[-1].conversation, buyer.of(TypingSeen)[-1].on) == (us, True)
            text = unique("Fifty are on their way \U0001f69a <b>")
            await seller.reach(say(them, text))
            verdict = seller.verdicts[-1]
            assert isinstance(verdict, VerdictStored)
            assert verdict.assurance is Assurance.STORED
            await until(lambda: [one for one in buyer.of(MessageSeen) if one.text == text], "the message")
            got = next(one for one in buyer.of(MessageSeen) if one.text == text)
            assert (got.remote_id, got.conversation, got.own) == (verdict.remote_id, us, False)
            assert await buyer.reach(MarkRead(us, got.cursor)) == Done()
            await until(
                lambda: [one for one in seller.of(ReadSeen) if verdict.remote_id in (one.ids or ())],
                "the receipt",
            )
            assert await seller.reach(FreshHead(them)) == Done()
            window = seller.of(WindowRead)[-1]
            assert window.ids[0] == verdict.remote_id or window.ids[-1] == verdict.remote_id
            features = seller.adapter.capabilities(seller.facts).features
            assert features[Feature.TYPING] is Support.YES

    aio(story())


def test_a_buyer_closes_a_request(market_server: ServerProcess, aio: Aio) -> None:
    """The buyer's requests are the orders of the desk, and change their status at the server."""

    async def story() -> None:
        async with signed_in(market_server, BUYER_EMAIL) as (buyer,):
            request = next(order for order in buyer.of(OrderSeen) if order.status == "open")
            change = ChangeStatus(request.remote_id, request.number or "", "open", "cancelled")
            assert await buyer.reach(change) == Done()
            assert buyer.of(OrderSeen)[-1].status == "cancelled"
            back = ChangeStatus(request.remote_id, request.number or "", "cancelled", "open")
            assert await buyer.reach(back) == Done()

    aio(story())


def test_a_seller_sees_the_requests_that_reach_it(market_server: ServerProcess, aio: Aio) -> None:
    """What the recorded servers always answer empty, is filled here as promised."""

    async def story() -> None:
        async with signed_in(market_server, SELLER_EMAIL) as (seller,):
            titles = {order.title for order in seller.of(OrderSeen)}
            assert "50 impact drills" in {str(title) for title in titles}, titles

    aio(story())
