"""Reloads under load: nothing fails, and no answer is of two generations."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.chaos import Alternating, Stage, reload_under_load
from tests.support.demo import running_demo
from tests.support.gateway import demo_config, demo_variables, running_gateway


def alternating(folder: Path) -> Alternating:
    """Two configurations that differ in what every façade's home screen shows."""
    one = demo_config()
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
async def reloadable(config: Alternating) -> AsyncIterator[Stage]:
    async with (
        running_demo() as demo,
        running_gateway(config.file, demo_variables(demo.base_port)) as gateway,
    ):
        yield Stage(gateway, demo.base_port)


async def test_reloads_under_load_fail_nothing(
    reloadable: Stage, config: Alternating
) -> None:
    report = await reload_under_load(
        reloadable.gateway, config, reloads=3, per_second=20
    )

    assert report.clean, "\n".join(report.lines())


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
