from dataclasses import replace

from weir.gateway.telemetry.metrics.label_values import LabelValues, estimated_series
from weir.gateway.telemetry.metrics.series import DURATION_BOUNDS_S, MAX_SERIES
from weir.gateway.telemetry.metrics.snapshot import Labels


def values(*texts: str) -> frozenset[Labels]:
    return frozenset((each,) for each in texts)


SMALL = LabelValues(
    facades=values("web", "tv"),
    routes=frozenset(
        {
            ("GET", "/web/a", "web"),
            ("GET", "/web/b", "web"),
            ("POST", "/tv/a", "tv"),
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
    applications=frozenset({("app", "1"), ("app", "2")}),
    statuses=values("200", "404"),
    codes=values("NOT_FOUND"),
    failures=values("TIMEOUT", "other"),
)
OF_A_HISTOGRAM = len(DURATION_BOUNDS_S) + 3


def series(of: LabelValues, *dropped: str) -> dict[str, int]:
    return {each.name: each.series for each in estimated_series(of, set(dropped))}


def test_labels_that_belong_together_are_not_multiplied() -> None:
    found = series(SMALL)

    assert found["gateway_requests"] == 3 * 2
    assert found["gateway_request_duration"] == 3 * OF_A_HISTOGRAM
    assert found["gateway_client_requests"] == 2 * 2
    assert found["gateway_partial_responses"] == 3 * 2 * 2
    assert found["gateway_instance_healthy"] == 2
    assert found["gateway_errors"] == (2 + 2) * 1
    assert found["gateway_plan_duration"] == OF_A_HISTOGRAM
    assert found["gateway_config_rejections"] == 1


def test_series_that_differ_in_dropped_labels_alone_are_one() -> None:
    found = series(SMALL, "path", "instance")

    assert found["gateway_requests"] == 2 * 2
    assert found["gateway_instance_healthy"] == 1


def test_a_family_is_bounded_as_the_store_is() -> None:
    many = frozenset((str(i), "") for i in range(MAX_SERIES))

    found = series(replace(SMALL, applications=many))

    assert found["gateway_client_requests"] == MAX_SERIES + 1
