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
from typing import ClassVar

from gateway.errors import ErrorRow, Fault, WeirError
from resolvers.json_types import JSONObject

BAD_USER_INPUT = ErrorRow(
    code="BAD_USER_INPUT",
    fault=Fault.CLIENT,
    status=400,
    retryable=False,
    message="A value of the request cannot be used.",
)
DOWNSTREAM_SERVICE_ERROR = ErrorRow(
    code="DOWNSTREAM_SERVICE_ERROR",
    fault=Fault.UPSTREAM,
    status=502,
    retryable=True,
    message="A service could not answer its part.",
)
SUBREQUEST_HTTP_ERROR = ErrorRow(
    code="SUBREQUEST_HTTP_ERROR",
    fault=Fault.UPSTREAM,
    status=502,
    retryable=True,
    message="A service answered with an error status.",
)
SUBREQUEST_MALFORMED_RESPONSE = ErrorRow(
    code="SUBREQUEST_MALFORMED_RESPONSE",
    fault=Fault.UPSTREAM,
    status=502,
    retryable=False,
    message="A service gave an answer that cannot be used.",
)
RESOLVER_TIMEOUT = ErrorRow(
    code="RESOLVER_TIMEOUT",
    fault=Fault.OURS,
    status=504,
    retryable=True,
    message="A part of the answer was not ready in time.",
)
RESOLVER_FAILED = ErrorRow(
    code="RESOLVER_FAILED",
    fault=Fault.OURS,
    status=500,
    retryable=False,
    message="A part of the answer could not be made.",
)


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


class BadUserInput(WeirError):
    """The variables do not fit the operation; `problems` has one entry per place."""

    row: ClassVar[ErrorRow] = BAD_USER_INPUT

    def __init__(self, problems: tuple[InputProblem, ...]) -> None:
        super().__init__(" ".join(problem.message for problem in problems))
        self.problems = problems


class SubgraphError(WeirError):
    """A subgraph gave no usable answer."""

    row: ClassVar[ErrorRow] = DOWNSTREAM_SERVICE_ERROR


class HttpError(SubgraphError):
    """A service answered with a status that is no answer."""

    row: ClassVar[ErrorRow] = SUBREQUEST_HTTP_ERROR

    def __init__(self, status: int) -> None:
        super().__init__(f"The service answered with status {status}.")
        self.status = status


class MalformedResponse(SubgraphError):
    """A service's answer is not JSON, or not of the shape that was asked for."""

    row: ClassVar[ErrorRow] = SUBREQUEST_MALFORMED_RESPONSE


class ResolverTimeout(WeirError):
    """Python code did not answer within the request's deadline."""

    row: ClassVar[ErrorRow] = RESOLVER_TIMEOUT


class ResolverFailed(WeirError):
    """Python code raised an error that nobody foresaw."""

    row: ClassVar[ErrorRow] = RESOLVER_FAILED


ROWS: tuple[ErrorRow, ...] = (
    BAD_USER_INPUT,
    DOWNSTREAM_SERVICE_ERROR,
    SUBREQUEST_HTTP_ERROR,
    SUBREQUEST_MALFORMED_RESPONSE,
    RESOLVER_TIMEOUT,
    RESOLVER_FAILED,
)
