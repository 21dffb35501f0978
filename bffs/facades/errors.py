"""The errors of façades."""

from dataclasses import dataclass

from weir.bffs.facades.http.request_part import RequestPart
from weir.gateway.errors import Fault, WeirError
from weir.gateway.json_types import JSONObject
from weir.resolvers.errors import BadUserInput


class InvalidGraphQLRequest(
    WeirError,
    code="INVALID_GRAPHQL_REQUEST",
    fault=Fault.CLIENT,
    status=400,
    title="The request is not a GraphQL request.",
):
    """An HTTP request that is not JSON, or has no query or invalid members."""


class PersistedQueryNotSupported(
    WeirError,
    code="PERSISTED_QUERY_NOT_SUPPORTED",
    fault=Fault.CLIENT,
    status=400,
    title="PersistedQueryNotSupported",
):
    """A request by hash (APQ), after which clients send the query itself.

    https://www.apollographql.com/docs/apollo-server/performance/apq
    """


class PersistedQueryNotFound(
    WeirError,
    code="PERSISTED_QUERY_NOT_FOUND",
    fault=Fault.CLIENT,
    status=404,
    title="PersistedQueryNotFound",
):
    """A hash (APQ) that is not known yet, after which clients send the query too."""


class PersistedQueryHashMismatch(
    WeirError,
    code="PERSISTED_QUERY_HASH_MISMATCH",
    fault=Fault.CLIENT,
    status=400,
    title="The hash is not that of the query.",
):
    """A query beside a hash (APQ) that is not its SHA-256, in lower-case digits."""


class PersistedQueryNotInList(
    WeirError,
    code="PERSISTED_QUERY_NOT_IN_LIST",
    fault=Fault.CLIENT,
    status=404,
    title="There is no stored operation with this id.",
): ...


class PersistedQueryIdRequired(
    WeirError,
    code="PERSISTED_QUERY_ID_REQUIRED",
    fault=Fault.CLIENT,
    status=403,
    title="Only stored operations may be run here, by their ids.",
): ...


class QueryNotInSafelist(
    WeirError,
    code="QUERY_NOT_IN_SAFELIST",
    fault=Fault.CLIENT,
    status=403,
    title="Only stored operations may be run here.",
):
    """A document that is not, character by character, that of a stored operation."""


class InvalidParameter(
    WeirError,
    code="INVALID_PARAMETER",
    fault=Fault.CLIENT,
    status=400,
    title="A parameter of the request is invalid.",
):
    """A REST parameter that is unknown, or malformed; `at` is where it is."""

    def __init__(self, detail: str, at: RequestPart | None = None) -> None:
        super().__init__(detail)
        self.at = at

    @property
    def problem_members(self) -> JSONObject:
        if self.at is None:
            return {}
        return {"errors": [{"detail": self.detail, **self.at.reference}]}


@dataclass(frozen=True, slots=True)
class InvalidValue:
    """An invalid value, and where the request has it, or should have it."""

    detail: str
    at: RequestPart


class InvalidValues(WeirError):
    """Values of REST parameters that are not of their types."""

    row = BadUserInput.row

    def __init__(self, values: tuple[InvalidValue, ...]) -> None:
        super().__init__(" ".join(each.detail for each in values))
        self.values = values

    @property
    def problem_members(self) -> JSONObject:
        errors = [{"detail": each.detail, **each.at.reference} for each in self.values]
        return {"errors": errors}


class ResourceNotFound(
    WeirError,
    code="RESOURCE_NOT_FOUND",
    fault=Fault.CLIENT,
    status=404,
    title="The resource does not exist.",
):
    """An endpoint that exists, for a resource that does not."""


class IncompleteData(
    WeirError,
    code="INCOMPLETE_DATA",
    fault=Fault.UPSTREAM,
    status=502,
    retryable=True,
    title="The services behind this endpoint returned no data.",
): ...


class ServicesUnavailable(
    WeirError,
    code="SERVICES_UNAVAILABLE",
    fault=Fault.UPSTREAM,
    status=503,
    retryable=True,
    title="The services behind this endpoint are temporarily unavailable.",
):
    """Services to which no call was sent: overloaded, or behind an open breaker."""

    def __init__(self, detail: str, retry_after_s: float) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s
