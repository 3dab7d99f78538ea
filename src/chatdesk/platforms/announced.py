"""What our own servers announce beside their platform: above all that a client id makes a send idempotent.

A recorded server is never asked: the question at the health route follows only from a login answer that
announced something, once per connection, before its socket. What both have said counts until the link is
lost. Source: sync rules, 1.3, and docs/server.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from chatdesk.domain.arrivals import Answer, NoAnswer, OpenStep, Reading, VerdictLater, VerdictStored
from chatdesk.domain.facts import Facts
from chatdesk.domain.steps import Call
from chatdesk.platforms import loose
from chatdesk.platforms.memory import Memory, learnt, with_learnt, with_own
from chatdesk.wire import ours

NOTE = "announcement"
TIMEOUT_MS = 5_000
LEARNT = "announced"
"""What the last login answer announced, in words; kept with what else was learnt of the server."""
_NO = "no"
_HOLDS_US = 400 * 24 * 3_600 * 1_000_000
"""A login answer counts this long; each connection asks again anyway."""


def features(value: object) -> frozenset[str]:
    """The features of an announcement; none where there is no announcement of a version that we know."""
    fields = loose.mapping(value)
    if fields.get("version") != ours.ANNOUNCEMENT_VERSION:
        return frozenset()
    named = loose.listing(fields.get("features"))
    return frozenset(one for one in named if isinstance(one, str)) & frozenset(ours.FEATURES)


def at_login(facts: Facts, fields: Mapping[str, Any]) -> Facts:
    """The facts after a sign-in, whose answer has the announcement among these fields, or has none."""
    found = features(fields.get(ours.ANNOUNCEMENT_FIELD))
    if found:
        facts = with_learnt(facts, LEARNT, " ".join(sorted(found)), _HOLDS_US)
    elif learnt(facts, LEARNT) is not None:
        facts = with_learnt(facts, LEARNT, _NO)
    return with_own(facts, announced=None)


def question(facts: Facts, path: str) -> Call | None:
    """What is to be asked before a new connection; None: nothing."""
    told = learnt(facts, LEARNT)
    if told is None or told == _NO or _of(facts) is not None:
        return None
    return Call(method="GET", path=path, timeout_ms=TIMEOUT_MS, note=NOTE)


def read(_opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The answer of the health route. Whatever it is, the connection goes on."""
    told = answer.status == HTTPStatus.OK and answer.is_json
    found = features(loose.mapping(answer.body).get(ours.ANNOUNCEMENT_FIELD)) if told else frozenset()
    known = frozenset((learnt(facts, LEARNT) or "").split())
    return Reading(with_own(facts, announced=found & known), (), (VerdictStored(answer.step_id),))


def unanswered(lost: NoAnswer, facts: Facts) -> Reading:
    """Nobody answered: nothing is promised on this connection."""
    return Reading(with_own(facts, announced=frozenset()), (), (VerdictLater(lost.step_id, 0, lost.reason),))


def forgotten(facts: Facts) -> Facts:
    """The facts after the link was lost: another server may answer next."""
    return facts if _of(facts) is None else with_own(facts, announced=None)


def has(facts: Facts, feature: str) -> bool:
    """Whether this server has announced a feature, at the login and on this connection."""
    return feature in (_of(facts) or frozenset())


def dedupes(facts: Facts) -> bool:
    """Whether a send under a client id can be repeated without harm."""
    return has(facts, ours.FEATURE_CLIENT_ID)


def named(body: Any, client_id: str, facts: Facts) -> dict[str, Any]:
    """The body of a send, with its client id where this server dedupes by it."""
    return {**body, ours.CLIENT_ID_FIELD: client_id} if dedupes(facts) else dict(body)


def client_id(fields: Mapping[str, Any], *, own: bool) -> str | None:
    """The client id that an own message carries; what others write there means nothing."""
    return loose.identifier(fields.get(ours.CLIENT_ID_FIELD)) if own else None


def _of(facts: Facts) -> frozenset[str] | None:
    return facts.own.announced if isinstance(facts.own, Memory) else None
