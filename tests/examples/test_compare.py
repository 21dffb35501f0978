"""What the façades save against an app that calls the services itself, pinned.

And where it is saved: the services' own logs show that nothing was fetched to be
thrown away.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from examples.streaming.compare import (
    compare,
    missed_goals,
    table,
)
from examples.streaming.service_logs import ServiceLogs
from tests.support.demo import Demo
from tests.support.gateway import demo_variables, patient_demo_config, running_gateway

SERVICES = ("catalog", "playback", "recommendations", "reviews", "users")


@pytest.fixture
async def ports(demo: Demo, tmp_path: Path) -> AsyncIterator[tuple[str, int]]:
    """The gateway's address and the services' base port."""
    file = tmp_path / "weir.yaml"
    file.write_text(patient_demo_config())
    async with running_gateway(file, demo_variables(demo.base_port)) as gateway:
        yield gateway.url, demo.base_port


async def test_the_facades_save_what_they_promise(ports: tuple[str, int]) -> None:
    gateway, base_port = ports

    comparison = await compare(gateway, base_port)

    assert list(missed_goals(comparison)) == [], "\n".join(table(comparison))
    mobile = comparison.screen("home", "mobile")
    assert mobile.saved >= 0.9
    assert mobile.upstream.services == SERVICES
    assert mobile.baseline.requests == 5
    assert comparison.saved_by_profile >= 0.75
    assert [each.upstream.services for each in comparison.screens[:3]] == [SERVICES] * 3
    await device_arguments_reach_the_services(gateway, base_port)


async def device_arguments_reach_the_services(gateway: str, base_port: int) -> None:
    async with httpx.AsyncClient() as http:
        logs = ServiceLogs(http, base_port)
        await logs.reset()
        (await http.get(f"{gateway}/mobile/v1/home")).raise_for_status()
        entries = (await logs.asked()).entries

    passed = values(entries, "catalog")
    assert {320, "AVIF"} <= passed
    assert 640 not in passed
    (rows,) = (e["path"] for e in entries if e["service"] == "recommendations")
    assert rows == "/users/u1/rows?rows=4&titles=8"
    assert {entry["client_type"] for entry in entries} == {"mobile"}


def values(entries: tuple[dict[str, Any], ...], service: str) -> set[object]:
    """The scalar variables that `service` was sent."""
    return {
        value
        for entry in entries
        if entry["service"] == service
        for value in entry["variables"].values()
        if isinstance(value, int | str)
    }
