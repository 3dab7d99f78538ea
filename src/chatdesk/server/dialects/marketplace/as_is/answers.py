"""Envelopes of the recorded servers: what they could not make sense of is their own internal error."""

from __future__ import annotations

from starlette.responses import Response

from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.dialects.marketplace import answers
from chatdesk.server.dialects.marketplace.context import ERR_JSON
from chatdesk.server.dialects.marketplace.vocabulary import ERR_PRODUCT_NOT_FOUND, Refusal, refusal
from chatdesk.server.web import BadRequest
from chatdesk.wire.marketplace import names, texts

OF_EVERY_ROUTE = frozenset({ERR_JSON, texts.ERR_TOO_LARGE, texts.ERR_ORIGIN})
"""Said before a route is even looked for."""
OF_THE_SIGN_IN = frozenset(
    {Reason.NO_TOKEN, Reason.BAD_TOKEN, Reason.UNKNOWN_HOLDER, Reason.INACTIVE, Reason.ROLE}
)
"""Said before a route is entered."""


class Recorded(answers.Envelope):
    """Routes of messages and of people; `success` stands in every error."""

    def bad(self, problem: BadRequest) -> Response:
        """A request that made no sense."""
        if problem.text in OF_EVERY_ROUTE:
            return answers.failure(500, problem.text)
        return self.senseless(problem)

    def senseless(self, problem: BadRequest) -> Response:
        """The same, once a route has been entered."""
        return answers.failure(problem.status, problem.text, **problem.more)


class _Messages(Recorded):
    """Ids that are none and pages that are none go to the database as they are."""

    def senseless(self, problem: BadRequest) -> Response:
        if problem.text in {texts.ERR_VALIDATION, texts.ERR_PARTY_KIND}:
            return super().senseless(problem)
        return answers.failure(500, texts.ERR_INTERNAL)


class _Requests(Recorded):
    """Routes of requests for quotation: without `success`, but for what is said before they are entered."""

    def refused(self, problem: Refused) -> Response:
        if problem.reason in OF_THE_SIGN_IN:
            return super().refused(problem)
        words = refusal(problem)
        if words.status == 400:
            words = Refusal(500, texts.ERR_SERVER)
        return answers.bare({"message": words.text}, words.status)

    def senseless(self, problem: BadRequest) -> Response:
        if problem.text == texts.ERR_QUOTE:
            return answers.bare({"message": problem.text}, problem.status)
        return answers.bare({"message": texts.ERR_SERVER}, 500)

    def broken(self) -> Response:
        return answers.bare({"message": texts.ERR_SERVER}, 500)


class _Products(_Requests):
    """Routes of products."""

    def senseless(self, problem: BadRequest) -> Response:
        if problem.text in {texts.ERR_PRODUCT_ID, ERR_PRODUCT_NOT_FOUND}:
            return answers.bare({"message": problem.text}, problem.status)
        return super().senseless(problem)


class _Images(Recorded):
    """Every refusal of a file is an internal error with its reason."""

    def refused(self, problem: Refused) -> Response:
        if problem.reason in OF_THE_SIGN_IN:
            return super().refused(problem)
        return answers.failure(500, refusal(problem).text)

    def senseless(self, problem: BadRequest) -> Response:
        return answers.failure(500, problem.text)


class _Login(Recorded):
    """The login, where a waiting account is told what it waits for; a lock does not say how long it lasts."""

    def refused(self, problem: Refused) -> Response:
        answer = answers.LOGIN_ENVELOPE.refused(problem)
        if names.HEADER_RETRY_AFTER in answer.headers:
            del answer.headers[names.HEADER_RETRY_AFTER]
        return answer


PEOPLE = Recorded()
LOGIN = _Login()
MESSAGES = _Messages()
REQUESTS = _Requests()
PRODUCTS = _Products()
IMAGES = _Images()
