"""The errors of plain routes that aggregate, change or validate."""

from collections.abc import Sequence

from weir.gateway.errors import Fault, WeirError
from weir.gateway.headers import Headers
from weir.gateway.json_types import JSONObject
from weir.gateway.routes.violation import Violation

_UNAUTHORIZED = 401
_ERRORS = range(400, 600)


class PartFailed(
    WeirError,
    code="PART_FAILED",
    fault=Fault.UPSTREAM,
    status=502,
    title="A service did not return its part of the response.",
):
    """A part whose service responded with an error, or with a redirect.

    The response has the `status` of a required part that is an error.
    """

    def __init__(self, detail: str, status: int) -> None:
        super().__init__(detail)
        self.status = status if status in _ERRORS else self.row.status

    @property
    def problem_members(self) -> JSONObject:
        return {"status": self.status}

    @property
    def response_headers(self) -> Headers:
        # RFC 9110 §15.5.2 requires a challenge.
        challenge = ((b"www-authenticate", b"Bearer"),)
        own = challenge if self.status == _UNAUTHORIZED else ()
        return (*super().response_headers, *own)


class PartMalformed(
    WeirError,
    code="PART_MALFORMED",
    fault=Fault.UPSTREAM,
    status=502,
    title="A service sent a malformed part of the response.",
):
    """A part that is not JSON, or not of the form that its use needs."""


class PartInputInvalid(
    WeirError,
    code="PART_INPUT_INVALID",
    fault=Fault.UPSTREAM,
    status=502,
    title="A request to a service cannot be made of the response of another.",
):
    """A value of a part that is missing, too long, or not a single value."""


class TooManyCalls(
    WeirError,
    code="PART_TOO_MANY_CALLS",
    fault=Fault.UPSTREAM,
    status=502,
    title="A part of the response needs more requests than the limit.",
): ...


class UnknownApiVersion(
    WeirError,
    code="API_VERSION_UNKNOWN",
    fault=Fault.CLIENT,
    status=400,
    title="The request does not name one version of the API that exists.",
):
    """A request with an unknown version, with two, or with none where it needs one."""

    def __init__(self, detail: str, known: Sequence[str]) -> None:
        super().__init__(f"{detail} There are: {', '.join(known)}.")
        self.known = tuple(known)

    @property
    def problem_members(self) -> JSONObject:
        return {"versions": list(self.known)}


class RequestInvalid(
    WeirError,
    code="REQUEST_INVALID",
    fault=Fault.CLIENT,
    status=400,
    title="The request does not have the required form.",
):
    """A request with violations, which the problem lists as `errors`."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        first = violations[0]
        more = f" (and {len(violations) - 1} more)" if violations[1:] else ""
        super().__init__(f"{first.described}{more}")
        self.violations = tuple(violations)

    @property
    def problem_members(self) -> JSONObject:
        return {"errors": [each.as_member() for each in self.violations]}


class ResponseInvalid(
    WeirError,
    code="RESPONSE_INVALID",
    fault=Fault.UPSTREAM,
    status=502,
    title="A service sent a response that does not have the described form.",
): ...


class TransformationFailed(
    WeirError,
    code="TRANSFORMATION_FAILED",
    fault=Fault.UPSTREAM,
    status=502,
    title="A response of a service cannot be transformed.",
): ...


class ServiceError(
    WeirError,
    code="SERVICE_ERROR",
    fault=Fault.UPSTREAM,
    status=502,
    title="A service responded with an error.",
):
    """An error of a service whose body is replaced; the response has its status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"The service responded with {status}.")
        self.status = status

    @property
    def problem_members(self) -> JSONObject:
        return {"status": self.status}


class AggregateTooLarge(
    WeirError,
    code="AGGREGATE_TOO_LARGE",
    fault=Fault.UPSTREAM,
    status=502,
    title="The parts of the response are together above the size limit.",
): ...
