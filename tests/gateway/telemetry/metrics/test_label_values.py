from dataclasses import replace

from tests.support.known_labels import values
from weir.gateway.telemetry.metrics.label_values import (
    OUTCOMES,
    STATUSES,
    LabelValues,
    estimated_series,
)
from weir.gateway.telemetry.metrics.series import DURATION_BOUNDS_S, MAX_SERIES

SMALL = LabelValues(
    facades=values("web", "tv"),
    routes=frozenset(
        {
            ("web", "/web/a", "GET"),
            ("web", "/web/b", "GET"),
            ("tv", "/tv/a", "POST"),
        }
    ),
    operations=frozenset({("web", ""), ("web", "Home"), ("tv", "")}),
    services=values("books", "users"),
    subgraphs=values("books", "users"),
    endpoints=frozenset({("books", "POST /graphql")}),
    instances=frozenset({("books", "http://a"), ("books", "http://b")}),
    breakers=frozenset(),
    limits=frozenset(),
    objectives=frozenset(),
    codes=values("NOT_FOUND"),
    route_names=frozenset(),
    backends=frozenset(),
)
OF_A_HISTOGRAM = len(DURATION_BOUNDS_S) + 3


def series(of: LabelValues, *dropped: str) -> dict[str, int]:
    return {each.name: each.series for each in estimated_series(of, set(dropped))}


def test_labels_that_belong_together_are_not_multiplied() -> None:
    found = series(SMALL)

    # Each place has one more value, which is `other`.
    statuses, codes = len(STATUSES) + 1, 101
    assert found["gateway_requests"] == (3 + 1) * statuses
    assert found["gateway_request_duration"] == (3 + 1) * OF_A_HISTOGRAM
    assert found["gateway_client_requests"] == (200 + 1) * (2 + 1)
    assert found["gateway_response_errors"] == (2 + 1) * (2 + 1) * codes
    assert found["gateway_instance_healthy"] == 2 + 1
    assert found["gateway_errors"] == (2 + 2 + 1) * (1 + len(OUTCOMES) + 1)
    assert found["gateway_plan_duration"] == OF_A_HISTOGRAM
    assert found["gateway_config_rejections"] == 1


def test_series_that_differ_in_dropped_labels_alone_are_one() -> None:
    found = series(SMALL, "path", "instance")

    assert found["gateway_requests"] == (2 + 1) * (len(STATUSES) + 1)
    assert found["gateway_instance_healthy"] == 1 + 1


def test_a_family_is_bounded_as_the_store_is() -> None:
    many = frozenset((str(i), "") for i in range(MAX_SERIES))

    found = series(replace(SMALL, operations=many))

    assert found["gateway_partial_responses"] == MAX_SERIES + 1
