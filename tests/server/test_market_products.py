"""Products and requests of the marketplace: lists, filters, quotes, and images that everybody may see."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from chatdesk.server.demo.market import BUYER_EMAIL, OTHER_BUYER_EMAIL, RIVAL_EMAIL, SELLER_EMAIL
from chatdesk.wire.marketplace import names, texts
from tests.conftest import Aio
from tests.server.market import Trader, market, pair
from tests.server.people import unique
from tests.server.process import ServerProcess

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
JPEG = b"\xff\xd8\xff\xe0" + bytes(64)
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(16)


def part(name: str, content: bytes = PNG, field: str = names.IMAGES_PART) -> Any:
    return field, (name, content, "application/octet-stream")


async def add(one: Trader, product: str, *parts: Any) -> httpx.Response:
    return await one.ask("POST", names.ROUTE_PRODUCT_IMAGES.format(product=product), files=list(parts))


async def own_product(one: Trader) -> str:
    return str((await one.get(names.ROUTE_OWN_PRODUCTS))["products"][0]["_id"])


@pytest.mark.promised("marketplace", "product images")
def test_images_of_a_product_are_public(market_server: ServerProcess, aio: Aio) -> None:
    """What the seller adds stands in the product's record, and is given back byte for byte, typed by us."""

    async def story() -> None:
        async with market(market_server.url) as place:
            seller = await place.trader(SELLER_EMAIL)
            product = await own_product(seller)
            sent = {"image/png": PNG, "image/jpeg": JPEG, "image/webp": WEBP}
            parts = [part("Drill näher.png", PNG), part("b.JPEG", JPEG), part("c.webp", WEBP)]
            answer = await add(seller, product, *parts)
            assert answer.status_code == 200, answer.text
            images = answer.json()["data"]["images"]
            record = (await place.http.get(names.ROUTE_PRODUCT.format(product=product))).json()
            assert record["images"] == images
            found = [await place.http.get(path) for path in images[-3:]]
            assert {one.headers["content-type"]: one.content for one in found} == sent
            assert {one.headers["x-content-type-options"] for one in found} == {"nosniff"}
            other = names.ROUTE_PRODUCT_IMAGE.format(product="0" * 24, name=images[0].rsplit("/", 1)[1])
            for path in (other, images[0] + "x", images[0].replace(product, "no-id")):
                assert (await place.http.get(path)).status_code in {400, 404}

    aio(story())


BAD_PARTS = [
    ([part("a.svg", b"<svg/>")], 400, texts.ERR_IMAGE_TYPE),
    ([part("a.png", b"<svg/>")], 400, texts.ERR_IMAGE_TYPE),
    ([part("png")], 400, texts.ERR_IMAGE_TYPE),
    ([part("a.png", field="image")], 400, texts.ERR_IMAGE_FIELD),
    ([part(f"{number}.png") for number in range(11)], 400, texts.ERR_IMAGE_FIELD),
    ([part("a.png", PNG + bytes(names.IMAGE_LIMIT_BYTES))], 413, texts.ERR_IMAGE_TOO_LARGE),
    ([part("good.png"), part("a.gif")], 400, texts.ERR_IMAGE_TYPE),
]


@pytest.mark.parametrize(("parts", "status", "text"), BAD_PARTS, ids=range(len(BAD_PARTS)))
def test_what_is_no_image_is_refused(
    market_server: ServerProcess, aio: Aio, parts: list[Any], status: int, text: str
) -> None:
    """By name, bytes, field, number and size; and one bad one means that none is added."""

    async def story() -> None:
        async with market(market_server.url) as place:
            seller = await place.trader(SELLER_EMAIL)
            product = await own_product(seller)
            path = names.ROUTE_PRODUCT.format(product=product)
            before = (await place.http.get(path)).json()["images"]
            answer = await add(seller, product, *parts)
            assert (answer.status_code, answer.json()["message"]) == (status, text)
            assert (await place.http.get(path)).json()["images"] == before

    aio(story())


@pytest.mark.promised("marketplace", "product images")
def test_nobody_adds_images_to_what_is_not_theirs(market_server: ServerProcess, aio: Aio) -> None:
    """Another seller, a buyer, a request for quotation, nothing, and a body without any image."""

    async def story() -> None:
        async with market(market_server.url) as place:
            seller, rival = await place.trader(SELLER_EMAIL), await place.trader(RIVAL_EMAIL)
            buyer = await place.trader(BUYER_EMAIL)
            product = await own_product(seller)
            request = (await buyer.get(names.ROUTE_BUYER_RFQS))[0]["_id"]
            for one, where, status in (
                (rival, product, 403),
                (buyer, product, 403),
                (seller, request, 403),
                (seller, "0" * 24, 404),
                (seller, "no-id", 400),
            ):
                answer = await add(one, where, part("a.png"))
                assert answer.status_code == status, (one.email, where, answer.text)
                assert answer.json()["success"] is False
            path = names.ROUTE_PRODUCT_IMAGES.format(product=product)
            assert (await place.http.post(path, files=[part("a.png")])).status_code == 401
            bodies: list[dict[str, Any]] = [{"json": {"images": []}}, {"content": b""}]
            for body in bodies:
                assert (await seller.ask("POST", path, **body)).status_code == 400

    aio(story())


@pytest.mark.promised("marketplace", "products")
def test_products_by_category_seller_and_price(market_server: ServerProcess, aio: Aio) -> None:
    """Each filter leaves what fits, together they leave what fits all; nonsense is refused."""

    async def story() -> None:
        async with market(market_server.url) as place:
            every = (await place.http.get(names.ROUTE_PRODUCTS, params={"limit": 100})).json()["data"]
            one = next(found for found in every if found["categories"])
            category = one["categories"][0]["_id"]

            async def asked(**query: Any) -> set[str]:
                answer = await place.http.get(names.ROUTE_PRODUCTS, params={"limit": 100, **query})
                assert answer.status_code == 200, answer.text
                return {found["_id"] for found in answer.json()["data"]}

            def those(fits: Any) -> set[str]:
                return {found["_id"] for found in every if fits(found)}

            in_category = those(lambda found: category in [group["_id"] for group in found["categories"]])
            assert await asked(category=category) == in_category
            assert 0 < len(in_category) < len(every)
            assert await asked(min_price=40) == those(lambda found: found["price"] >= 40)
            assert await asked(max_price="39.5") == those(lambda found: found["price"] <= 39.5)
            seller = one["sellerId"]["_id"]
            assert await asked(seller_id=seller, category=category, min_price=one["price"]) == those(
                lambda found: found["_id"] in in_category and found["price"] >= one["price"]
            )
            for query in ({"category": "x"}, {"min_price": "-1"}, {"max_price": "1e9"}, {"min_price": "nan"}):
                assert (await place.http.get(names.ROUTE_PRODUCTS, params=query)).status_code == 400

    aio(story())


@pytest.mark.promised("marketplace", "products")
def test_products_are_public(market_server: ServerProcess, aio: Aio) -> None:
    """Anybody lists and searches products; requests are not among them."""

    async def story() -> None:
        async with market(market_server.url) as place:
            found = (await place.http.get(names.ROUTE_PRODUCTS, params={"search": "DRILL"})).json()
            assert [one["name"] for one in found["data"]] == ["Impact drill"], found
            assert found["pagination"] == {"page": 1, "limit": 20, "total": 1, "pages": 1}
            one = (await place.http.get(names.ROUTE_PRODUCT.format(product=found["data"][0]["_id"]))).json()
            assert found["data"][0]["sellerId"]["companyName"] == "Ironwood Tools"
            assert one["sellerId"]["_id"] == found["data"][0]["sellerId"]["_id"]
            buyer = await place.trader(BUYER_EMAIL)
            request = (await buyer.get(names.ROUTE_BUYER_RFQS))[0]["_id"]
            answers = [
                await place.http.get(names.ROUTE_PRODUCT.format(product=product))
                for product in (request, "0" * 24, "not-an-id")
            ]
            assert [one.status_code for one in answers] == [404, 404, 400]

    aio(story())


@pytest.mark.promised("marketplace", "requests")
def test_requests_and_quotes(market_server: ServerProcess, aio: Aio) -> None:
    """A buyer asks some sellers; only these see it and may quote; the second quote replaces the first."""

    async def story() -> None:
        async with market(market_server.url) as place:
            seller, buyer = await pair(place)
            rival, other = await place.trader(RIVAL_EMAIL), await place.trader(OTHER_BUYER_EMAIL)
            title = unique("Need drills")
            body = {"title": title, "description": "Bulk", "quantity": 100, "targetSellerIds": [seller.id]}
            answer = await buyer.ask("POST", names.ROUTE_RFQS, json=body)
            assert answer.status_code == 201, answer.text
            rfq = answer.json()["rfq"]
            assert (rfq["status"], rfq["distributionType"], rfq["quantity"]) == ("open", "specific", 100)
            for one, path, sees in (
                (seller, names.ROUTE_SELLER_RFQS, True),
                (rival, names.ROUTE_SELLER_RFQS, False),
                (buyer, names.ROUTE_BUYER_RFQS, True),
                (other, names.ROUTE_BUYER_RFQS, False),
            ):
                assert (rfq["_id"] in [found["_id"] for found in await one.get(path)]) is sees, one.email
            quote = names.ROUTE_QUOTE.format(rfq=rfq["_id"])
            for price in (245.5, 240):
                answer = await seller.ask("POST", quote, json={"quotePrice": price, "deliveryTime": 7})
                assert answer.json()["response"]["quoteQuantity"] == 100
            answer = await rival.ask("POST", quote, json={"quotePrice": 1, "deliveryTime": 1})
            assert (answer.status_code, answer.json()["message"]) == (403, texts.ERR_QUOTE)
            path = names.ROUTE_RFQ.format(rfq=rfq["_id"])
            assert (await other.ask("PUT", path, json={"status": "closed"})).status_code == 403
            assert (await buyer.ask("PUT", path, json={"status": "nonsense"})).status_code == 400
            changed = (await buyer.ask("PUT", path, json={"status": "closed"})).json()["rfq"]
            assert (changed["status"], [one["quotePrice"] for one in changed["responses"]]) == (
                "closed",
                [240],
            )
            assert (
                await seller.ask("POST", quote, json={"quotePrice": 1, "deliveryTime": 1})
            ).status_code == 403
            assert (await seller.ask("DELETE", path)).status_code == 403
            assert (await buyer.ask("DELETE", path)).status_code == 200
            assert (await buyer.ask("PUT", path, json={"status": "open"})).status_code == 404

    aio(story())
