"""What weir.yaml says of an upstream reaches the traffic layer."""

from pathlib import Path
from typing import Any

import pytest

from bffs.config.upstream import Upstream
from bffs.config.upstream_policies import upstream_policy
from gateway.upstreams.policy import (
    HealthPolicy,
    InstanceSpec,
    RetryPolicy,
    UpstreamPolicy,
)

URL = "http://127.0.0.1:5101"


def policy(**settings: Any) -> UpstreamPolicy:
    upstream = Upstream.model_validate({"instances": [URL], **settings})
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
            "healthy_after": 4,
            "recheck": "5s",
            "passive_failures": 6,
            "ejected_for": "7s",
            "max_ejected": "8s",
            "max_ejected_share": "9%",
            "panic_below": "10%",
        }
    ).health

    assert health == HealthPolicy(
        path="/up",
        interval_s=1.0,
        timeout_s=2.0,
        statuses=(200, 204),
        active=False,
        unhealthy_after=3,
        healthy_after=4,
        recheck_s=5.0,
        passive_failures=6,
        ejected_for_s=7.0,
        max_ejected_s=8.0,
        max_ejected_share=0.09,
        panic_below=0.1,
    )


def test_retry() -> None:
    retry = policy(
        retry={
            "attempts": 1,
            "statuses": [429, 500],
            "budget": "30%",
            "budget_floor": 2.5,
            "backoff": "4ms",
        }
    ).retry

    assert retry == RetryPolicy(
        attempts=1,
        statuses=frozenset({429, 500}),
        budget=0.3,
        budget_floor_per_s=2.5,
        backoff_s=0.004,
    )


@pytest.mark.parametrize(
    "settings",
    [
        {"health": {"statuses": []}},
        {"health": {"statuses": [99]}},
        {"retry": {"statuses": [200]}},
        {"retry": {"budget_floor": -1}},
    ],
)
def test_what_makes_no_sense_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        policy(**settings)
