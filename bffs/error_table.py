"""The error table, and docs/reference/errors.md, which is written from it.

Write the page: `python -m weir.bffs.error_table > docs/reference/errors.md`.
"""

from collections.abc import Iterator
from types import ModuleType

import weir.bffs.facades.errors
import weir.bffs.facades.rest.service_errors
import weir.gateway.control.errors
import weir.gateway.edge.header_map
import weir.gateway.errors
import weir.gateway.identity.errors
import weir.gateway.limits.errors
import weir.gateway.routes.errors
import weir.gateway.transport.errors
import weir.resolvers.cost.errors
import weir.resolvers.errors
import weir.resolvers.http_errors
import weir.resolvers.operation.errors
import weir.resolvers.plan.model.errors
from weir.bffs.facades.rest.service_errors import ERROR_BY_CODE
from weir.gateway.errors import ErrorRow, Fault, WeirError

MODULES = (
    weir.gateway.errors,
    weir.gateway.edge.header_map,
    weir.gateway.limits.errors,
    weir.gateway.identity.errors,
    weir.gateway.transport.errors,
    weir.gateway.control.errors,
    weir.gateway.routes.errors,
    weir.resolvers.operation.errors,
    weir.resolvers.cost.errors,
    weir.resolvers.plan.model.errors,
    weir.resolvers.errors,
    weir.resolvers.http_errors,
    weir.bffs.facades.errors,
    weir.bffs.facades.rest.service_errors,
)
"""The modules that declare errors."""


def _rows(module: ModuleType) -> Iterator[ErrorRow]:
    for each in vars(module).values():
        if (
            isinstance(each, type)
            and issubclass(each, WeirError)
            and hasattr(each, "row")
        ):
            yield each.row


# A row appears in each module that imports its class, or shares it.
TABLE: tuple[ErrorRow, ...] = tuple(
    dict.fromkeys(row for module in MODULES for row in _rows(module))
)
"""Every error that a client can be shown."""

CLIENT_FAULTS = frozenset(row.code for row in TABLE if row.fault is Fault.CLIENT)
"""The codes of errors that clients cause."""

_HEAD = """\
# Errors

Every error has a stable code: in `extensions.code` of a GraphQL error, and in `code` of
a REST problem (RFC 9457). The `type` of a problem is `urn:weir:error:` and the code in
lower case. It is a name to compare, not an address. The gateway renders its errors from
the same table as this page
(`python -m weir.bffs.error_table > docs/reference/errors.md`).

The fault decides who has to act:

- **The client**: the request has to change. The message describes the problem.
- **An upstream**: a service failed. Clients see the details only in development mode.
- **The gateway**: a bug or an overload of the gateway itself.

A retryable request may succeed when the client sends it again. The gateway has already
retried the calls that are safe to retry.
"""
_TITLES = {
    Fault.CLIENT: "Faults of the client",
    Fault.UPSTREAM: "Faults of an upstream",
    Fault.OURS: "Faults of the gateway",
}

_SERVICE_ERRORS = """\
## Errors reported by services

In GraphQL, the errors of services keep their `extensions.code`, and name the service in
`extensions.serviceName`. Each null that a failure caused has an error with the path of
its field. A failed call gives a client at most a hundred errors, and one more above the
other nulls with their number in `extensions.count`.

In REST, partial data has status 200, and `_weir.warnings`
lists the errors. A response without any data has an error status. The client is at
fault if all errors have one of the codes below, which GraphQL servers commonly use
for requests that have to change. Several codes become the one with the lowest status.
Any other code, or none, becomes 502.

In production, clients see the message of a service's error if its code is one of
[`errors.expose`](configuration.md#upstreamsnameerrors) of the upstream, by default the
codes of this table. Of the extensions they see the code, and those of
`errors.extensions`. Other messages are masked: clients see the code, and the tables
above explain it. The messages of Python subgraphs are visible, because they are written
for the clients of the gateway.

| code of the service | code of the response | HTTP status |
|---|---|---|
"""


def page() -> str:
    """Return docs/reference/errors.md."""
    return "\n".join([_HEAD, *_sections(), _SERVICE_ERRORS]) + "".join(_mapped())


def _sections() -> Iterator[str]:
    for fault, title in _TITLES.items():
        yield f"## {title}\n"
        yield "| code | HTTP status | retryable | title |"
        yield "|---|---|---|---|"
        rows = (row for row in TABLE if row.fault is fault)
        for row in sorted(rows, key=lambda each: each.code):
            yield _line(row)
        yield ""


def _mapped() -> Iterator[str]:
    for code, error in sorted(ERROR_BY_CODE.items()):
        yield f"| `{code}` | `{error.row.code}` | {error.row.status} |\n"


def _line(row: ErrorRow) -> str:
    code = f'<a id="{row.code.lower()}"></a>`{row.code}`'
    retryable = "yes" if row.retryable else "no"
    return f"| {code} | {row.status} | {retryable} | {row.title} |"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - the page is this command's output
