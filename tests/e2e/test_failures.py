"""Services die, and clients do not notice more than they must."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from tests.support.chaos import Stage, kill_one_of_each, stop_all

PER_SECOND = 20
"""Enough that a kill meets requests in flight; tests/verify/chaos has it in full."""


async def until_whole(http: httpx.AsyncClient, url: str) -> Any:
    for _ in range(150):
        body = (await http.get(url)).json()
        if "_weir" not in body:
            return body
        await asyncio.sleep(0.1)
    return pytest.fail("not whole after 15 s")


async def test_a_killed_instance_costs_no_answer(stage: Stage) -> None:
    report = await kill_one_of_each(stage, ["catalog", "users"], PER_SECOND)

    assert report.clean, "\n".join(report.lines())


async def test_a_service_that_is_down_costs_its_own_part_and_heals(
    stage: Stage,
) -> None:
    home = f"{stage.gateway.url}/web/v1/home"
    async with httpx.AsyncClient() as http:
        whole = (await http.get(home)).json()
        await stop_all(stage, "recommendations")
        started_s = time.monotonic()
        answer = await http.get(home)
        took_s = time.monotonic() - started_s
        partial = answer.json()
        healed = await until_whole(http, home)

    assert answer.status_code == 200
    assert answer.headers["weir-completed"] == "false"
    assert took_s < 1
    warnings = partial["_weir"]["warnings"]
    assert [each["path"] for each in warnings] == ["viewer.rows"]
    assert partial["popular"] == whole["popular"]
    assert partial["viewer"]["user"] == whole["viewer"]["user"]
    assert healed == whole
