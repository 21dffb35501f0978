"""Limits that depend on the stored operation: what they count, apart and together."""

from collections.abc import Mapping
from contextlib import suppress

import pytest
from msgspec import structs

from tests.support.calls import request_context
from tests.support.fake_clock import FakeClock
from weir.gateway.context import Identity
from weir.gateway.limits.errors import RateLimited
from weir.gateway.limits.key import LimitKey
from weir.gateway.limits.limiter import RateLimiter, limit_buckets
from weir.gateway.limits.operations import OperationLimits, StatesByOperation
from weir.gateway.limits.policy import RateLimit

STORED = {"Search": "query Search { a }", "Title": "query Title { b }"}
UNKNOWN = ""


def limit(name: str, *operations: str, key: tuple[str, ...] = ()) -> RateLimit:
    return RateLimit(
        name=name,
        count=1,
        window_s=60,
        burst=1,
        key=LimitKey(key),
        operations=operations,
    )


def limits_of(
    *limits: RateLimit, documents: Mapping[str, str] = STORED
) -> OperationLimits:
    states = StatesByOperation(limit_buckets(limits, {}).values(), documents)
    return OperationLimits(states, RateLimiter, None, FakeClock())


def passed(limits: OperationLimits, *operations: str) -> list[str]:
    """Return the operations that pass, each sent in turn."""
    found: list[str] = []
    for operation in operations:
        with suppress(RateLimited):
            assert limits.take(operation, request_context()) is None
            found.append(operation)
    return found


@pytest.mark.parametrize(
    ("limit", "sent", "expected"),
    [
        (limit("a", "Search"), ["Search", "Search", "Title"], ["Search", "Title"]),
        (limit("a", "Search"), [UNKNOWN, UNKNOWN], [UNKNOWN, UNKNOWN]),
        (limit("a", "Search", "Title"), ["Search", "Title"], ["Search"]),
        (
            limit("a", key=("operation",)),
            ["Search", "Title", UNKNOWN, "Search", "Title", UNKNOWN],
            ["Search", "Title", UNKNOWN],
        ),
        (
            limit("a", "Search", "Title", key=("operation",)),
            ["Search", "Title", "Title", UNKNOWN, UNKNOWN],
            ["Search", "Title", UNKNOWN, UNKNOWN],
        ),
    ],
)
def test_a_limit_counts_its_operations(
    limit: RateLimit, sent: list[str], expected: list[str]
) -> None:
    assert passed(limits_of(limit), *sent) == expected


def test_names_of_the_same_document_are_limited_alike() -> None:
    documents = {"v1.Title": "query Title { b }", "v2.Title": "query Title { b }"}
    limits = limits_of(limit("a", "v1.Title"), documents=documents)

    assert passed(limits, "v2.Title", "v1.Title") == ["v2.Title"]


def test_all_limits_of_an_operation_have_to_allow_it() -> None:
    limits = limits_of(limit("each", key=("operation",)), limit("both", *STORED))

    assert passed(limits, "Search", "Title") == ["Search"]
    # A refused request takes nothing: Title has its own token still.
    assert limits.states.of("Title")[0].peek(b"", 0).remaining == 1


def test_a_key_with_the_caller_counts_each_caller_apart() -> None:
    limits = limits_of(limit("a", key=("operation", "subject")))

    for subject in ("ada", "bob"):
        identity = Identity(method="jwt", subject=subject)
        context = structs.replace(request_context(), identity=identity)
        assert limits.take("Search", context) is None
        with pytest.raises(RateLimited):
            limits.take("Search", context)
