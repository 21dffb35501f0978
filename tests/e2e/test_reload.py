"""Reloads under load: nothing fails, and no answer is of two generations."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from examples.streaming.load import Accepted, all_reads, merged, take_references
from tests.support.chaos import Alternating, Stage
from tests.support.demo import Demo
from tests.support.gateway import (
    Gateway,
    demo_variables,
    patient_demo_config,
    running_gateway,
)
from tests.support.steady_load import assert_clean, patient_client, steady_load


def alternating(folder: Path) -> Alternating:
    """Two configurations that differ in what every façade's home screen shows."""
    one = patient_demo_config()
    other = one.replace("default: 6, max: 12", "default: 3, max: 12")
    other = other.replace("default: 320, max: 640", "default: 240, max: 640")
    other = other.replace("default: 1920, max: 3840", "default: 1280, max: 3840")
    assert other.count("240, max: 640") == 1
    config = Alternating(folder / "weir.yaml", (one, other))
    config.put(0)
    return config


@pytest.fixture
def config(tmp_path: Path) -> Alternating:
    return alternating(tmp_path)


@pytest.fixture
async def reloadable(demo: Demo, config: Alternating) -> AsyncIterator[Stage]:
    variables = demo_variables(demo.base_port)
    async with running_gateway(config.file, variables) as gateway:
        yield Stage(gateway, demo.base_port)


async def reload(gateway: Gateway, config: Alternating, index: int) -> None:
    config.put(index)
    gateway.signal(signal.SIGHUP)
    await gateway.logged("generation_changed", within_s=60)


async def references_of_both(gateway: Gateway, config: Alternating) -> Accepted:
    found: list[Accepted] = []
    await gateway.logged("generation_changed")
    async with patient_client(gateway.url) as http:
        for index in (1, 0):
            await reload(gateway, config, index)
            found.append(await take_references(http, all_reads()))
    return merged(*found)


async def test_reloads_under_load_fail_nothing(
    reloadable: Stage, config: Alternating
) -> None:
    gateway = reloadable.gateway
    accepted = await references_of_both(gateway, config)
    async with steady_load(gateway.url, accepted) as load:
        for index in (1, 2, 3):
            await reload(gateway, config, index)
            await load.responses(20)

    assert_clean(load.report)


async def test_a_broken_configuration_changes_nothing_and_says_why(
    reloadable: Stage, config: Alternating
) -> None:
    gateway = reloadable.gateway
    async with httpx.AsyncClient(base_url=gateway.control, timeout=30) as control:
        before = (await control.get("/generation")).json()["id"]
        config.file.write_text("upstreams: {catalog: {}}")
        gateway.signal(signal.SIGHUP)
        rejected = await gateway.logged("config_rejected")
        answer = await control.post("/config/reload")
        after = (await control.get("/generation")).json()["id"]

    assert "1:13: upstreams.catalog: expected either `instances`" in rejected["reason"]
    assert answer.status_code == 422
    assert "upstreams.catalog: expected" in answer.json()["detail"]
    assert after == before
    async with httpx.AsyncClient(base_url=gateway.url) as http:
        assert (await http.get("/web/v1/home")).status_code == 200
