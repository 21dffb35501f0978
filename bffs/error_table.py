"""The one error table, and docs/errors.md made of it: `python -m bffs.error_table`."""

from collections.abc import Iterator
from types import ModuleType

import bffs.errors
import bffs.service_errors
import gateway.control.errors
import gateway.errors
import gateway.transport.errors
import resolvers.errors
import resolvers.operation.errors
import resolvers.plan.errors
from bffs.service_errors import ERROR_BY_CODE
from gateway.errors import ErrorRow, Fault, WeirError

MODULES = (
    gateway.errors,
    gateway.transport.errors,
    gateway.control.errors,
    resolvers.operation.errors,
    resolvers.plan.errors,
    resolvers.errors,
    bffs.errors,
    bffs.service_errors,
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


# Imported errors and those that share a row are met more than once.
TABLE: tuple[ErrorRow, ...] = tuple(
    dict.fromkeys(row for module in MODULES for row in _rows(module))
)
"""Every error that a client can be shown."""

_HEAD = """\
# Errors

Every error has a stable code, in `extensions.code` of a GraphQL error and in `code` of
a REST problem (RFC 9457). A problem's `type` is `urn:weir:error:` and the code in lower
case: it is compared, not followed; here is what it means. This page is made from the
table that the gateway renders errors from (`python -m bffs.error_table >
docs/errors.md`), and a test keeps it so.

The fault says what to do. A **client**'s request has to change: its message says how.
An **upstream**'s error is a service's; clients see its text only in development mode.
**Ours** is a bug or an overload of the gateway. What is retryable may work when it is
sent again; the gateway has then retried what is safe already.
"""
_TITLES = {
    Fault.CLIENT: "The client's",
    Fault.UPSTREAM: "An upstream's",
    Fault.OURS: "Ours",
}


_REFUSALS = """\
## A service's own errors

In GraphQL they keep their `extensions.code`, and name the service in
`extensions.serviceName`. In REST, what came without them is 200 with `_weir.warnings`;
where nothing came at all, the status tells whose fault that is. It is the client's
where all errors have one of these codes, by which GraphQL servers say that the request
has to change; of several the lowest status. Any other code, or none, is 502.

In production the texts of services stay masked in every case: the code is what a client
gets to know, and the table above what it means. The texts of Python subgraphs are
shown, as whoever writes them writes them for the gateway's clients.

| a service's code | the answer's code | HTTP status |
|---|---|---|
"""


def page() -> str:
    """Return docs/errors.md."""
    return "\n".join([_HEAD, *_sections(), _REFUSALS]) + "".join(_refusals())


def _sections() -> Iterator[str]:
    for fault, title in _TITLES.items():
        yield f"## {title}\n"
        yield "| code | HTTP status | retryable | what it says |"
        yield "|---|---|---|---|"
        rows = (row for row in TABLE if row.fault is fault)
        for row in sorted(rows, key=lambda each: each.code):
            yield _line(row)
        yield ""


def _refusals() -> Iterator[str]:
    for code, refusal in sorted(ERROR_BY_CODE.items()):
        yield f"| `{code}` | `{refusal.row.code}` | {refusal.row.status} |\n"


def _line(row: ErrorRow) -> str:
    code = f'<a id="{row.code.lower()}"></a>`{row.code}`'
    retryable = "yes" if row.retryable else "no"
    return f"| {code} | {row.status} | {retryable} | {row.title} |"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - the page is this command's output
