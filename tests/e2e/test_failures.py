"""Services die, and clients do not notice more than they must."""

import asyncio
import time
from typing import Any

import httpx

from tests.support.chaos import (
    Stage,
    kill,
    stop_all,
    until_healthy,
    until_restarted,
    without_restarts,
)
from tests.support.demo import Demo
from tests.support.steady_load import assert_clean, patient_client, steady_load

HOME = "/web/v1/home"
LEAST_TIMEOUT_S = 50
"""What any wait for a timeout would take with the configuration of these tests."""
HEALS_WITHIN_S = 60


async def until_whole(http: httpx.AsyncClient) -> Any:
    async with asyncio.timeout(HEALS_WITHIN_S):
        while True:
            body = (await http.get(HOME)).json()
            if "_weir" not in body:
                return body
            await asyncio.sleep(0.1)


async def test_a_killed_instance_costs_no_answer(stage: Stage) -> None:
    async with steady_load(stage.gateway.url) as load:
        for service in ("catalog", "users"):
            await load.responses(20)
            killed = stage.instances(service)[0]
            pid = await kill(killed)
            await load.responses(20)
            await until_restarted(killed, pid)
            await until_healthy(stage, service)
        await load.responses(20)

    assert_clean(load.report)


async def test_a_service_that_is_down_costs_its_own_part_and_heals(
    demo: Demo, stage: Stage
) -> None:
    async with patient_client(stage.gateway.url) as http:
        whole = (await http.get(HOME)).json()
        with without_restarts(demo):
            await stop_all(stage, "recommendations")
            started_s = time.monotonic()
            answer = await http.get(HOME)
            took_s = time.monotonic() - started_s
        partial = answer.json()
        healed = await until_whole(http)

    assert answer.status_code == 200
    assert answer.headers["weir-completed"] == "false"
    assert took_s < LEAST_TIMEOUT_S / 2
    warnings = partial["_weir"]["warnings"]
    assert [each["path"] for each in warnings] == ["viewer.rows"]
    assert partial["popular"] == whole["popular"]
    assert partial["viewer"]["user"] == whole["viewer"]["user"]
    assert healed == whole
