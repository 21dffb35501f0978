"""What weir.yaml says of an upstream reaches the traffic layer."""

from pathlib import Path
from typing import Any

import pytest

from weir.bffs.config.decode import LoadedConfig, load_config
from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.model.root import Config
from weir.bffs.config.model.upstream.upstream import UpstreamSection
from weir.bffs.config.policies.upstream import upstream_policies, upstream_policy
from weir.gateway.discovery.policy import InstanceSpec
from weir.gateway.upstreams.model.policy import (
    BreakerPolicy,
    FallbackPolicy,
    HealthPolicy,
    OperationPolicy,
    RetryPolicy,
    StaticResponse,
    UpstreamPolicy,
)

URL = "http://127.0.0.1:5101"


def policy(**settings: Any) -> UpstreamPolicy:
    upstream = UpstreamSection.model_validate({"instances": [URL], **settings})
    return upstream_policy("catalog", upstream, Path())


def test_the_defaults_of_the_file_are_those_of_the_traffic_layer() -> None:
    assert policy() == UpstreamPolicy(name="catalog", instances=(InstanceSpec(URL),))


def test_health() -> None:
    health = policy(
        health={
            "path": "/up",
            "interval": "1s",
            "timeout": "2s",
            "statuses": [200, 204],
            "active": False,
            "unhealthy_after": 3,
            "recheck": "5s",
            "passive_failures": 6,
            "ejected_for": "7s",
            "max_ejected": "8s",
        }
    ).health

    assert health == HealthPolicy(
        path="/up",
        interval_s=1.0,
        timeout_s=2.0,
        statuses=(200, 204),
        active=False,
        unhealthy_after=3,
        recheck_s=5.0,
        passive_failures=6,
        ejected_for_s=7.0,
        max_ejected_s=8.0,
    )


def test_retry() -> None:
    retry = policy(
        retry={
            "attempts": 1,
            "statuses": [429, 500],
            "budget": "30%",
            "backoff": "4ms",
        }
    ).retry

    assert retry == RetryPolicy(
        attempts=1,
        statuses=frozenset({429, 500}),
        budget=0.3,
        backoff_s=0.004,
    )


def test_operations() -> None:
    (search, home) = policy(
        operations={
            "GET /search?q={q}": {
                "timeout": {"attempt": "1s", "total": "2s"},
                "breaker": {"failures": 3},
                "fallback": {
                    "response": {
                        "status": 206,
                        "headers": {"Content-Type": "text/plain"},
                        "body": "ü",
                    }
                },
            },
            "Home": {},
        },
    ).operations

    assert search == OperationPolicy(
        name="GET /search?q={q}",
        attempt_s=1.0,
        total_s=2.0,
        breaker=BreakerPolicy(failures=3),
        fallback=FallbackPolicy(
            response=StaticResponse(
                status=206,
                headers=((b"content-type", b"text/plain"),),
                body="ü".encode(),
            )
        ),
    )
    assert home == OperationPolicy(name="Home")


def test_fallback() -> None:
    fallback = policy(cache={"ttl": "1s"}, fallback={"stale": "5m"}).fallback

    assert fallback == FallbackPolicy(stale_s=300.0)


@pytest.mark.parametrize(
    "settings",
    [
        {"health": {"statuses": []}},
        {"health": {"statuses": [99]}},
        {"retry": {"statuses": [200]}},
        {"retry": {"budget": "-1%"}},
        {"fallback": {"stale": "1s"}},
        {"operations": {"Home": {"fallback": {"stale": "1s"}}}},
        {"operations": {"": {}}},
        {"fallback": {"response": {"headers": {"a b": "c"}}}},
        {"fallback": {"response": {"headers": {"a": "b\r\nc: d"}}}},
    ],
)
def test_contradictory_settings_are_rejected(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        policy(**settings)


def test_a_tls_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "weir.yaml"
    (tmp_path / "folder").mkdir()
    file.write_text(
        "upstreams:\n  a: {instances: [http://h], tls: {ca: no.pem, key: folder}}\n"
    )

    with pytest.raises(ConfigError) as refused:
        upstream_policies(load_config(file, {}))

    assert [
        each.message.replace(f"{tmp_path}/", "") for each in refused.value.problems
    ] == [
        "upstreams.a.tls.ca: no.pem cannot be read: No such file or directory",
        "upstreams.a.tls.key: folder cannot be read: Is a directory",
    ]


def test_the_checks_of_a_subgraphs_service_go_to_its_graphql_endpoint() -> None:
    data = {
        "upstreams": {
            "books": {"instances": ["http://a"]},
            "search": {"instances": ["http://b"]},
        },
        "subgraphs": {"books": {"upstream": "books", "path": "/api"}},
    }
    config = Config.model_validate(data)
    policies = upstream_policies(LoadedConfig(config, ConfigDocument("", {}, {})))

    assert policies["books"].health.graphql_path == "/api"
    assert policies["search"].health.graphql_path is None
