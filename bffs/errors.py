"""The errors that façades contribute to the table.

WeirError
+-- (client)   InvalidGraphQLRequest, InvalidParameter, ResourceNotFound
+-- (upstream) IncompleteData, ServicesUnavailable
"""

from gateway.errors import Fault, WeirError


class InvalidGraphQLRequest(
    WeirError,
    code="INVALID_GRAPHQL_REQUEST",
    fault=Fault.CLIENT,
    status=400,
    title="The request is not a GraphQL request.",
):
    """The HTTP request is no GraphQL request: not JSON, no query, wrong members."""


class InvalidParameter(
    WeirError,
    code="INVALID_PARAMETER",
    fault=Fault.CLIENT,
    status=400,
    title="A parameter of the request is wrong.",
):
    """A REST parameter is unknown or malformed, or does not fit its type."""


class ResourceNotFound(
    WeirError,
    code="RESOURCE_NOT_FOUND",
    fault=Fault.CLIENT,
    status=404,
    title="There is no such resource.",
):
    """The endpoint exists; what it was asked for does not."""


class IncompleteData(
    WeirError,
    code="INCOMPLETE_DATA",
    fault=Fault.UPSTREAM,
    status=502,
    retryable=True,
    title="The services behind this endpoint did not answer.",
):
    """Nothing of what was asked for could be had from the services."""


class ServicesUnavailable(
    WeirError,
    code="SERVICES_UNAVAILABLE",
    fault=Fault.UPSTREAM,
    status=503,
    retryable=True,
    title="The services behind this endpoint take no more requests for now.",
):
    """The services were not asked: they have too much work, or a rest."""

    def __init__(self, detail: str, retry_after_s: float) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s
