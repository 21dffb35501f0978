"""What goes wrong while an operation becomes data, and whose fault it is.

    WeirError
    +-- BadUserInput           (client)   a variable's value does not fit its type
    +-- SubgraphError          (upstream) a fetch has no usable answer
    |   +-- HttpError            a status other than 2xx, and no GraphQL body
    |   +-- MalformedResponse    broken JSON, or JSON that is not what was asked for
    +-- ResolverTimeout        (ours)     Python code outlived the request's deadline
    +-- ResolverFailed         (ours)     Python code raised something unforeseen

Errors inside a GraphQL reply are values, not exceptions: `resolvers.execute.failures`
gives those without a code of their own that of `SubgraphError`.
"""

from dataclasses import dataclass
from math import ceil

from gateway.errors import Fault, WeirError
from resolvers.json_types import JSONObject


def extensions_of(error: WeirError) -> JSONObject:
    """Return what a GraphQL error says of `error` beside its message.

    `retryAfter` is in whole seconds, as in HTTP (RFC 9110 section 10.2.3).
    """
    if error.retry_after_s is None:
        return {"code": error.code}
    return {"code": error.code, "retryAfter": max(1, ceil(error.retry_after_s))}


@dataclass(frozen=True, slots=True)
class InputProblem:
    """One value that cannot be used: of which variable, where in it, and why."""

    variable: str
    message: str


class BadUserInput(
    WeirError,
    code="BAD_USER_INPUT",
    fault=Fault.CLIENT,
    status=400,
    title="A value of the request cannot be used.",
):
    """The variables do not fit the operation; `problems` has one entry per place."""

    def __init__(self, problems: tuple[InputProblem, ...]) -> None:
        super().__init__(" ".join(problem.message for problem in problems))
        self.problems = problems


class SubgraphError(
    WeirError,
    code="DOWNSTREAM_SERVICE_ERROR",
    fault=Fault.UPSTREAM,
    status=502,
    retryable=True,
    title="A service could not answer its part.",
):
    """A subgraph gave no usable answer."""


class HttpError(
    SubgraphError,
    code="SUBREQUEST_HTTP_ERROR",
    fault=Fault.UPSTREAM,
    status=502,
    retryable=True,
    title="A service answered with an error status.",
):
    """A service answered with a status that is no answer."""

    def __init__(self, status: int) -> None:
        super().__init__(f"The service answered with status {status}.")
        self.status = status


class MalformedResponse(
    SubgraphError,
    code="SUBREQUEST_MALFORMED_RESPONSE",
    fault=Fault.UPSTREAM,
    status=502,
    title="A service gave an answer that cannot be used.",
):
    """A service's answer is not JSON, or not of the shape that was asked for."""


class ResolverTimeout(
    WeirError,
    code="RESOLVER_TIMEOUT",
    fault=Fault.OURS,
    status=504,
    retryable=True,
    title="A part of the answer was not ready in time.",
):
    """Python code did not answer within the request's deadline."""


class ResolverFailed(
    WeirError,
    code="RESOLVER_FAILED",
    fault=Fault.OURS,
    status=500,
    title="A part of the answer could not be made.",
):
    """Python code raised an error that nobody foresaw."""
