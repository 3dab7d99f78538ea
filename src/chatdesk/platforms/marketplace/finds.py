"""Looking things up: products, requests for quotation, people. A hit is shown and kept nowhere.

The public directory gives full records with addresses and telephone numbers: name, company and id are picked
out, the rest is dropped before anything else sees it. Source: wire specification, section 9.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from chatdesk.domain.actions import FindKind, FindOffer, FindScope, Hit, Lookup, Result
from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictStored
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import Find
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import OrderKind, ParkReason
from chatdesk.domain.steps import Next, Parked
from chatdesk.domain.text import js_trim, well_formed
from chatdesk.platforms import loose, routes
from chatdesk.platforms.marketplace import calls, limits, orders, translate
from chatdesk.platforms.marketplace.translate import remote_id
from chatdesk.platforms.memory import at_stage, ended, progress_of
from chatdesk.wire.marketplace import names

NOTE_PRODUCTS = "products"
NOTE_RFQS = "find-rfqs"
NOTE_SELLERS = "find-sellers"
NOTE_BUYERS = "find-buyers"
_LISTS = ("data", "products", "sellers", "buyers", "rfqs")
_WORDS_CHARS = 200


class Found(msgspec.Struct, frozen=True):
    """Sellers that were found; buyers come next."""

    hits: tuple[Hit, ...] = ()
    more: bool = False


def offers(role: str) -> tuple[FindOffer, ...]:
    """What an account of a kind may look up."""
    own = (FindScope.ALL, FindScope.MINE) if role == names.ROLE_SELLER else (FindScope.ALL,)
    found = [FindOffer(kind=FindKind.PRODUCT, scopes=own, words=True)]
    if orders.may_change(role):
        scope = FindScope.MINE if role == names.ROLE_BUYER else FindScope.ALL
        found.append(FindOffer(kind=FindKind.RFQ, scopes=(scope,), words=True))
    return (*found, FindOffer(kind=FindKind.PERSON, words=True))


def _words(lookup: Lookup) -> str:
    return js_trim(well_formed(lookup.words))[:_WORDS_CHARS]


# -- next --------------------------------------------------------------------------------------------------


def next_find(goal: Find, token: int, facts: Facts) -> Next:
    """The next request for what is looked for."""
    lookup = goal.lookup
    match lookup.kind:
        case FindKind.PRODUCT:
            return _products(lookup, facts)
        case FindKind.RFQ if orders.may_change(facts.account.role):
            return orders.list_call(facts, NOTE_RFQS)
        case FindKind.PERSON:
            stage = progress_of(facts, token).stage
            return _people(_words(lookup), stage or NOTE_SELLERS, facts)
        case _:
            return Parked(ParkReason.FORBIDDEN)


def _products(lookup: Lookup, facts: Facts) -> Next:
    page = ("page", str(max(lookup.page, 0) + 1)), ("limit", str(limits.PRODUCTS_PAGE))
    if lookup.scope is FindScope.MINE:
        if facts.account.role != names.ROLE_SELLER:
            return Parked(ParkReason.FORBIDDEN)
        return routes.get(names.ROUTE_OWN_PRODUCTS, facts, NOTE_PRODUCTS, page)
    words = _words(lookup)
    search = (("search", words),) if words else ()
    return routes.get(names.ROUTE_PRODUCTS, facts, NOTE_PRODUCTS, (*page, *search))


def _people(words: str, stage: str, facts: Facts) -> Next:
    """An id is asked for by itself; for words there is nothing but the whole directory."""
    single = remote_id(words)
    sellers = stage == NOTE_SELLERS
    if single is not None:
        template = names.ROUTE_SELLER if sellers else names.ROUTE_BUYER
        return routes.get(routes.path(template, person=single), facts, stage)
    return routes.get(names.ROUTE_SELLERS if sellers else names.ROUTE_BUYERS, facts, stage)


# -- read --------------------------------------------------------------------------------------------------


def _records(answer: Answer) -> list[Any] | None:
    """The records of an answer: a bare list, a list in an object, or one bare record."""
    if answer.status == HTTPStatus.NOT_FOUND and answer.is_json:
        return []
    if answer.status != HTTPStatus.OK or not answer.is_json:
        return None
    if isinstance(answer.body, list):
        return answer.body
    fields = loose.mapping(answer.body)
    listed = next((fields[key] for key in _LISTS if isinstance(fields.get(key), list)), None)
    if listed is not None:
        return list(listed)
    return [fields] if "_id" in fields else None


def read_products(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """One page of products; our own are narrowed here, since that list can't be searched."""
    goal = opened.goal.kind
    records = _records(answer)
    if not isinstance(goal, Find) or records is None:
        return calls.failed(opened, answer, facts)
    words = _words(goal.lookup) if goal.lookup.scope is FindScope.MINE else ""
    hits = tuple(
        hit for one in records[: limits.HITS] if (hit := _product(one, facts)) and _speaks_of(hit, words)
    )
    pages = loose.whole(loose.mapping(loose.mapping(answer.body).get("pagination")).get("pages"))
    return _found(opened, answer.step_id, hits, pages is not None and goal.lookup.page + 1 < pages, facts)


def read_rfqs(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The account's requests, narrowed here."""
    goal = opened.goal.kind
    records = _records(answer)
    if not isinstance(goal, Find) or records is None:
        return calls.failed(opened, answer, facts)
    hits = [hit for one in records if (hit := _rfq(one, facts)) and _speaks_of(hit, _words(goal.lookup))]
    return _paged(opened, answer.step_id, hits, goal.lookup.page, facts)


def read_people(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """Sellers, then buyers: of each record its id and names, and nothing else."""
    goal, token = opened.goal.kind, opened.goal.token
    records = _records(answer)
    if not isinstance(goal, Find) or records is None:
        return calls.failed(opened, answer, facts)
    words = _words(goal.lookup)
    sellers = opened.step.note == NOTE_SELLERS
    kind = names.KIND_SELLER if sellers else names.KIND_BUYER
    narrowed = "" if remote_id(words) else words
    me = facts.account.user_id
    wanted = (max(goal.lookup.page, 0) + 1) * limits.HITS + 1
    before = progress_of(facts, token).data
    found = list(before.hits) if isinstance(before, Found) else []
    for one in records:
        hit = _person(one, kind)
        if hit is not None and hit.remote_id != me and _speaks_of(hit, narrowed):
            found.append(hit)
        if len(found) >= wanted:
            break
    if sellers and len(found) < wanted:
        facts = at_stage(facts, token, NOTE_BUYERS, Found(tuple(found)))
        return Reading(facts, (), (VerdictStored(answer.step_id),))
    return _paged(opened, answer.step_id, found, goal.lookup.page, facts)


def _paged(opened: OpenStep, step_id: int, hits: list[Hit], page: int, facts: Facts) -> Reading:
    start = max(page, 0) * limits.HITS
    shown = tuple(hits[start : start + limits.HITS])
    return _found(opened, step_id, shown, len(hits) > start + limits.HITS, facts)


def _found(opened: OpenStep, step_id: int, hits: tuple[Hit, ...], more: bool, facts: Facts) -> Reading:
    verdict = VerdictStored(step_id, result=Result(hits=hits, more=more))
    return Reading(ended(facts, opened.goal.token), (), (verdict,))


def _speaks_of(hit: Hit, words: str) -> bool:
    """Whether every word stands in what is shown of a hit."""
    shown = f"{hit.title} {hit.detail} {hit.person_name}".casefold()
    return all(word in shown for word in words.casefold().split())


# -- hits --------------------------------------------------------------------------------------------------


def _product(value: object, facts: Facts) -> Hit | None:
    fields: Mapping[str, Any] = loose.mapping(value)
    found = remote_id(fields.get("_id"))
    if found is None:
        return None
    seller = translate.person(fields.get("sellerId"))
    if seller == facts.account.user_id:
        seller = None
    company = loose.line(loose.mapping(fields.get("sellerId")).get("companyName"), 120)
    price, text = loose.line(fields.get("price"), 40), loose.line(fields.get("description"), 200)
    return Hit(
        kind=FindKind.PRODUCT,
        remote_id=found,
        title=loose.line(fields.get("name"), 120) or found,
        detail=" · ".join(one for one in (price, company, text) if one),
        status_label=loose.line(fields.get("status"), 40),
        at_us=loose.moment_us(fields.get("createdAt")) or 0,
        person=seller,
        person_kind=names.KIND_SELLER if seller else "",
        person_name=translate.name_of(fields.get("sellerId")) if seller else "",
    )


def _rfq(value: object, facts: Facts) -> Hit | None:
    seen = orders.order(value)
    if seen is None:
        return None
    partner = orders.partner(seen, facts.account.user_id)
    who = next((one for one in seen.participants or () if one.remote_id == partner), None)
    description = next((line.value for line in seen.fields or () if line.key == "description"), "")
    return Hit(
        kind=FindKind.RFQ,
        remote_id=seen.remote_id,
        title=seen.title or seen.number or seen.remote_id,
        detail=loose.line(description, 200),
        status_label=seen.status_label or "",
        at_us=seen.created_at_us or 0,
        order_kind=OrderKind.RFQ,
        person=RemoteId(partner) if partner else None,
        person_kind="" if who is None else _KINDS.get(who.role, ""),
        person_name="" if who is None else who.name,
    )


_KINDS = {"buyer": names.KIND_BUYER, "seller": names.KIND_SELLER, "admin": names.KIND_ADMIN}


def _person(value: object, kind: str) -> Hit | None:
    fields = loose.mapping(value)
    found = remote_id(fields.get("_id"))
    if found is None:
        return None
    name = loose.line(fields.get("name"), 120)
    return Hit(
        kind=FindKind.PERSON,
        remote_id=found,
        title=name or found,
        detail=loose.line(fields.get("companyName"), 120),
        status_label=kind,
        person=found,
        person_kind=kind,
        person_name=name,
    )
