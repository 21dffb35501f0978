"""The one error table, and docs/errors.md made of it: `python -m bffs.error_table`."""

from collections.abc import Iterator

import bffs.errors
import gateway.control.errors
import gateway.errors
import gateway.upstreams.errors
import resolvers.errors
import resolvers.operation.errors
import resolvers.plan.errors
from gateway.errors import ErrorRow, Fault

TABLE: tuple[ErrorRow, ...] = (
    *gateway.errors.ROWS,
    *gateway.upstreams.errors.ROWS,
    *gateway.control.errors.ROWS,
    *resolvers.operation.errors.ROWS,
    *resolvers.plan.errors.ROWS,
    *resolvers.errors.ROWS,
    *bffs.errors.ROWS,
)
"""Every error that a client can be shown, by the package that raises it."""

_HEAD = """\
# Errors

Every error has a stable code, in `extensions.code` of a GraphQL error and in `code` of
a REST problem. This page is made from the table that the gateway renders them from
(`python -m bffs.error_table > docs/errors.md`), and a test keeps it so.

The fault says what to do. A **client**'s request has to change: its message says how.
An **upstream**'s error is a service's; clients see its text only in development mode.
**Ours** is a bug or an overload of the gateway. What is retryable may work when it is
sent again; the gateway has then retried what is safe already.

A service's own GraphQL errors keep their `extensions.code`, and name the service in
`extensions.serviceName`.
"""
_TITLES = {
    Fault.CLIENT: "The client's",
    Fault.UPSTREAM: "An upstream's",
    Fault.OURS: "Ours",
}


def page() -> str:
    """Return docs/errors.md."""
    return "\n".join([_HEAD, *_sections()])


def _sections() -> Iterator[str]:
    for fault, title in _TITLES.items():
        yield f"## {title}\n"
        yield "| code | HTTP status | retryable | what it says |"
        yield "|---|---|---|---|"
        rows = (row for row in TABLE if row.fault is fault)
        for row in sorted(rows, key=lambda each: each.code):
            yield _line(row)
        yield ""


def _line(row: ErrorRow) -> str:
    code = f'<a id="{row.code.lower()}"></a>`{row.code}`'
    retryable = "yes" if row.retryable else "no"
    return f"| {code} | {row.status} | {retryable} | {row.message} |"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - the page is this command's output
