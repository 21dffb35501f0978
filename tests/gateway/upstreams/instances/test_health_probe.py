"""The request of a health check suits the service, and tells a running process."""

import pytest

from weir.gateway.headers import header
from weir.gateway.upstreams.instances.health_probe import HealthProbe, health_probe
from weir.gateway.upstreams.model.policy import HealthPolicy

GRAPHQL = HealthPolicy(graphql_path="/graphql")
OTHER = HealthPolicy()
OWN_PATH = HealthPolicy(path="/up", graphql_path="/graphql")


def test_a_graphql_service_gets_a_query() -> None:
    probe = health_probe(GRAPHQL)

    assert (probe.method, probe.path) == ("POST", "/graphql")
    assert probe.body == b'{"query":"{__typename}"}'
    assert header(probe.headers, b"content-type") == b"application/json"


def test_another_service_gets_a_get_of_health() -> None:
    probe = health_probe(OTHER)

    assert (probe.method, probe.path, probe.body) == ("GET", "/health", b"")


def test_a_configured_path_is_used_for_every_service() -> None:
    assert health_probe(OWN_PATH) == HealthProbe(
        method="GET", path="/up", statuses=(200,)
    )


@pytest.mark.parametrize("policy", [GRAPHQL, OTHER])
@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 403, 404, 405, 415, 429])
def test_any_response_below_500_passes_a_default_check(
    policy: HealthPolicy, status: int
) -> None:
    assert health_probe(policy).failure(status) is None


@pytest.mark.parametrize(
    ("policy", "status", "failure"),
    [
        (GRAPHQL, 500, "status 500, expected less than 500"),
        (OTHER, 503, "status 503, expected less than 500"),
        (OWN_PATH, 404, "status 404, expected 200"),
        (HealthPolicy(statuses=(200, 401)), 404, "status 404, expected 200 or 401"),
    ],
)
def test_other_responses_fail_with_their_status(
    policy: HealthPolicy, status: int, failure: str
) -> None:
    assert health_probe(policy).failure(status) == failure


@pytest.mark.parametrize(
    ("policy", "status", "missing"),
    [
        (OTHER, 404, True),
        (OTHER, 405, True),
        (OTHER, 400, True),
        (OTHER, 401, False),
        (GRAPHQL, 404, False),
        (OWN_PATH, 404, False),
        (HealthPolicy(statuses=(404,)), 404, False),
    ],
)
def test_a_missing_endpoint_is_noticed_at_the_default_path_only(
    policy: HealthPolicy,
    status: int,
    missing: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert health_probe(policy).finds_nothing(status) is missing
