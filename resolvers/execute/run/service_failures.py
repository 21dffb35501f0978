"""The failures of an operation for the operator: services, codes and details."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from weir.gateway.events import ServiceFailure
from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.errors import SubgraphError
from weir.resolvers.execute.run.failures import Failed, Failure, Reported

MAX_FAILURES: Final = 20
"""The limit of failures in the log line of one request."""
_MAX_DETAIL: Final = 200
_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def service_failures(
    failures: Sequence[Failure], found: Iterable[JSONObject]
) -> tuple[ServiceFailure, ...]:
    """Return the failures by service and code, each with its first detail.

    `found` are the errors that the projection found, which do not belong to a service.
    Details are not masked, because they are only logged, and not sent to a client.
    """
    counts: dict[tuple[str, str], int] = {}
    details: dict[tuple[str, str], str] = {}
    for service, code, count, detail in _parts(failures, found):
        key = (service, code)
        if key in counts or len(counts) < MAX_FAILURES:
            counts[key] = counts.get(key, 0) + count
            details.setdefault(key, detail[:_MAX_DETAIL])
    return tuple(
        ServiceFailure(service=key[0], code=key[1], count=count, detail=details[key])
        for key, count in counts.items()
    )


def first_code(failure: Failure) -> str:
    """Return the code of the first error of a failure, or ""."""
    return next((code for _, code, _, _ in _parts((failure,), ())), "")


def _parts(
    failures: Sequence[Failure], found: Iterable[JSONObject]
) -> Iterator[tuple[str, str, int, str]]:
    for failure in failures:
        if isinstance(failure, Failed):
            error = failure.error
            yield failure.step.fetch.subgraph, error.code, 1, error.detail
        elif isinstance(failure, Reported):
            service = failure.step.fetch.subgraph
            for raw in failure.errors:
                yield service, _code(raw), 1, str(raw.get("message", ""))
            if failure.omitted:
                yield service, SubgraphError.row.code, failure.omitted, ""
    for raw in found:
        yield "", _code(raw), 1, str(raw.get("message", ""))


def _code(raw: JSONObject) -> str:
    extensions: JSONValue = raw.get("extensions")
    code: JSONValue = extensions.get("code") if extensions.__class__ is dict else None
    if isinstance(code, str) and _CODE.fullmatch(code):
        return code
    return SubgraphError.row.code
