"""The errors of executing an operation.

Errors inside a GraphQL response are values, not exceptions. Those without a code of
their own get the code of `SubgraphError` (`resolvers.execute.error_report`).
"""

from dataclasses import dataclass
from math import ceil

from weir.gateway.errors import Fault, WeirError
from weir.gateway.headers import Headers
from weir.gateway.json_types import JSONObject


def extensions_of(error: WeirError) -> JSONObject:
    """Return the `extensions` of `error` as a GraphQL error.

    `retryAfter` is in whole seconds, as in HTTP (RFC 9110 §10.2.3).
    """
    if error.retry_after_s is None:
        return {"code": error.code}
    return {"code": error.code, "retryAfter": max(1, ceil(error.retry_after_s))}


@dataclass(frozen=True, slots=True)
class InputProblem:
    """An invalid value of a variable, and a message with its path and the reason.

    `steps` are the names and indexes that lead from the variable to the value.
    """

    variable: str
    message: str
    path: str
    reason: str
    steps: tuple[str | int, ...]


class BadUserInput(
    WeirError,
    code="BAD_USER_INPUT",
    fault=Fault.CLIENT,
    status=400,
    title="A value in the request is invalid.",
):
    """Variables that do not fit the operation, with one problem per invalid value."""

    def __init__(self, problems: tuple[InputProblem, ...]) -> None:
        super().__init__(" ".join(problem.message for problem in problems))
        self.problems = problems


class SubgraphError(
    WeirError,
    code="DOWNSTREAM_SERVICE_ERROR",
    fault=Fault.UPSTREAM,
    status=502,
    retryable=True,
    title="A service failed to return its part of the data.",
):
    """A fetch without a usable response."""


class HttpError(
    SubgraphError,
    code="SUBREQUEST_HTTP_ERROR",
    fault=Fault.UPSTREAM,
    status=502,
    retryable=True,
    title="A service responded with an error status.",
):
    """A response of `status` other than 2xx, which is not a GraphQL response.

    Clients never see its `headers` and its `body`.
    """

    def __init__(self, status: int, headers: Headers = (), body: bytes = b"") -> None:
        super().__init__(f"The service responded with status {status}.")
        self.status = status
        self.headers = headers
        self.body = body


class MalformedResponse(
    SubgraphError,
    code="SUBREQUEST_MALFORMED_RESPONSE",
    fault=Fault.UPSTREAM,
    status=502,
    title="A service sent a malformed response.",
):
    """A response that is not JSON, or not of the requested shape."""


class PlannerOverloaded(
    WeirError,
    code="PLANNER_OVERLOADED",
    fault=Fault.OURS,
    status=503,
    retryable=True,
    title="The gateway is at its limit of new operations that wait to be planned.",
):
    """An operation that would be planned last, while too many wait to be planned."""

    # The cost of the others is not known. One second is the smallest value.
    retry_after_s = 1.0


class ResolverTimeout(
    WeirError,
    code="RESOLVER_TIMEOUT",
    fault=Fault.OURS,
    status=504,
    retryable=True,
    title="A resolver did not finish in time.",
):
    """Python code that did not finish within the request's deadline."""


class ResolverFailed(
    WeirError,
    code="RESOLVER_FAILED",
    fault=Fault.OURS,
    status=500,
    title="A resolver failed.",
):
    """Python code that raised an unexpected exception."""


class TooManyContexts(
    SubgraphError,
    code="CONTEXT_LIMIT_EXCEEDED",
    fault=Fault.CLIENT,
    status=422,
    title="The objects of a list have too many different values of their ancestors.",
):
    """A fetch with `@fromContext` that would make too many requests."""


class ResponseTooLarge(
    WeirError,
    code="RESPONSE_TOO_LARGE",
    fault=Fault.CLIENT,
    status=422,
    title="The response would exceed a limit.",
):
    """A response beyond a limit of its size or its structure.

    `excess` is what it would do, such as "be larger than 100 bytes". A mutation may
    have been executed.
    """

    def __init__(self, excess: str) -> None:
        super().__init__(
            f"The response would {excess}. "
            "Select fewer fields, or fewer items of lists."
        )
