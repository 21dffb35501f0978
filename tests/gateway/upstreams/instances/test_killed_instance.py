"""Processes that die under load, over real sockets."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from tests.support.calls import request_context, upstream_request
from tests.support.processes import Process, running
from tests.support.upstreams import instances, runtime
from weir.gateway.transport.errors import (
    CircuitOpen,
    UpstreamError,
    UpstreamUnavailable,
)
from weir.gateway.upstreams.model.policy import (
    BreakerPolicy,
    HealthPolicy,
    UpstreamPolicy,
)
from weir.gateway.upstreams.model.upstream import Upstream
from weir.gateway.upstreams.registry import Registry

SERVER = Path(__file__).parents[3] / "support" / "slow_body_server.py"


def two_processes() -> tuple[Process, Process]:
    return Process(SERVER), Process(SERVER)


def policy(*processes: Process) -> UpstreamPolicy:
    return UpstreamPolicy(
        name="catalog",
        instances=instances(*(process.url for process in processes)),
        health=HealthPolicy(recheck_s=0.1),
        breaker=BreakerPolicy(open_for_s=5.0),
    )


async def ask(upstream: Upstream, number: int) -> bool:
    """Say whether the answer to a safe call is the right one, whole."""
    request = upstream_request("POST", "/", body=str(number).encode())
    answer = await upstream.call(request, request_context())
    return answer.status == 200 and json.loads(answer.body)["echo"] == number


async def load(upstream: Upstream, calls: list[bool], until: asyncio.Event) -> None:
    while not until.is_set():
        calls.append(await ask(upstream, len(calls)))


async def all_healthy(registry: Registry) -> None:
    async with asyncio.timeout(5):
        while not is_healthy(registry):  # noqa: ASYNC110 - there is no event to await
            await asyncio.sleep(0.02)


def is_healthy(registry: Registry) -> bool:
    endpoints = registry.snapshot()[0].endpoints
    return all(one.health == "healthy" for one in endpoints)


async def test_killing_one_instance_after_the_other_fails_no_safe_call() -> None:
    processes = two_processes()
    async with running(*processes):
        registry = Registry({"catalog": policy(*processes)}, runtime())
        registry.start()
        calls: list[bool] = []
        enough = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for _ in range(8):
                group.create_task(load(registry.upstream("catalog"), calls, enough))
            for process in processes * 2:
                await asyncio.sleep(0.2)
                await process.kill()
                await asyncio.sleep(0.3)
                await process.start()
                await all_healthy(registry)
            enough.set()
        await registry.close()

    assert all(calls)
    assert len(calls) > 200


async def test_with_all_killed_answers_are_quick_and_recovery_comes_by_itself() -> None:
    processes = two_processes()
    async with running(*processes):
        registry = Registry({"catalog": policy(*processes)}, runtime())
        registry.start()
        upstream = registry.upstream("catalog")
        assert await ask(upstream, 1)
        for process in processes:
            await process.kill()
        for _ in range(5):
            with pytest.raises(UpstreamError):
                await ask(upstream, 1)

        started_s = time.monotonic()
        with pytest.raises((UpstreamUnavailable, CircuitOpen)):
            await ask(upstream, 1)
        assert time.monotonic() - started_s < 4

        for process in processes:
            await process.start()
        await all_healthy(registry)
        assert await ask(upstream, 1)
        await registry.close()
