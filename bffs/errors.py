"""The errors that façades contribute to the table.

WeirError
+-- (client)   InvalidGraphQLRequest, InvalidParameter, ResourceNotFound
+-- (upstream) IncompleteData, ServicesResting
"""

from gateway.errors import ErrorRow, Fault, WeirError


class InvalidGraphQLRequest(WeirError):
    """The HTTP request is no GraphQL request: not JSON, no query, wrong members."""

    row = ErrorRow(
        code="INVALID_GRAPHQL_REQUEST",
        fault=Fault.CLIENT,
        status=400,
        retryable=False,
        message="The request is not a GraphQL request.",
    )


class InvalidParameter(WeirError):
    """A REST parameter is unknown or malformed, or does not fit its type."""

    row = ErrorRow(
        code="INVALID_PARAMETER",
        fault=Fault.CLIENT,
        status=400,
        retryable=False,
        message="A parameter of the request is wrong.",
    )


class ResourceNotFound(WeirError):
    """The endpoint exists; what it was asked for does not."""

    row = ErrorRow(
        code="RESOURCE_NOT_FOUND",
        fault=Fault.CLIENT,
        status=404,
        retryable=False,
        message="There is no such resource.",
    )


class IncompleteData(WeirError):
    """Nothing of what was asked for could be had from the services."""

    row = ErrorRow(
        code="INCOMPLETE_DATA",
        fault=Fault.UPSTREAM,
        status=502,
        retryable=True,
        message="The services behind this endpoint did not answer.",
    )


class ServicesResting(WeirError):
    """The services were not asked: they have too much work, or a rest."""

    row = ErrorRow(
        code="SERVICES_RESTING",
        fault=Fault.UPSTREAM,
        status=503,
        retryable=True,
        message="The services behind this endpoint take no more requests for now.",
    )

    def __init__(self, detail: str, retry_after_s: float) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


ROWS: tuple[ErrorRow, ...] = (
    InvalidGraphQLRequest.row,
    InvalidParameter.row,
    ResourceNotFound.row,
    IncompleteData.row,
    ServicesResting.row,
)
