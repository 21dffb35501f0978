"""What is done to single instances of the demo: stopped, made slow, made to fail."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from examples.streaming.ports import Address
from tests.support.chaos import Stage


async def pid_of(address: Address) -> int:
    async with httpx.AsyncClient() as http:
        pid: int = (await http.get(f"{address.url}/health")).json()["pid"]
        return pid


@asynccontextmanager
async def frozen(*instances: Address) -> AsyncIterator[None]:
    """Stop the processes in the middle of what they do (SIGSTOP)."""
    pids = [await pid_of(each) for each in instances]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@asynccontextmanager
async def faulty(
    instances: Iterable[Address], mode: str, delay_s: float = 1.0
) -> AsyncIterator[None]:
    """Make the instances fail, hang, or take longer; their health checks pass."""
    instances = list(instances)
    await _set_fault(instances, {"mode": mode, "delay_s": delay_s})
    try:
        yield
    finally:
        await _set_fault(instances, {"mode": "none"})


async def _set_fault(instances: Iterable[Address], fault: dict[str, Any]) -> None:
    async with httpx.AsyncClient() as http:
        for address in instances:
            answer = await http.post(f"{address.url}/_fault", json=fault)
            answer.raise_for_status()


async def until_ejected(stage: Stage, instance: Address, within_s: float) -> float:
    """Seconds until the gateway leaves `instance` alone."""

    async def left_alone(http: httpx.AsyncClient) -> bool:
        url = f"{stage.gateway.control}/services/{instance.service}/endpoints"
        endpoints = (await http.get(url)).json()["endpoints"]
        return any(
            each["url"] == instance.url and each["health"] != "healthy"
            for each in endpoints
        )

    return await _until(left_alone, within_s)


async def until_breaker(
    stage: Stage, service: str, state: str, within_s: float
) -> float:
    """Seconds until the circuit breaker of `service` is in `state`."""

    async def there(http: httpx.AsyncClient) -> bool:
        shown = (await http.get(f"{stage.gateway.control}/circuit-breakers")).json()
        return any(
            each["service"] == service and each["state"] == state
            for each in shown["circuit_breakers"]
        )

    return await _until(there, within_s)


async def _until(
    condition: Callable[[httpx.AsyncClient], Awaitable[bool]], within_s: float
) -> float:
    started_s = time.monotonic()
    async with asyncio.timeout(within_s), httpx.AsyncClient() as http:
        while not await condition(http):  # noqa: ASYNC110 - it polls
            await asyncio.sleep(0.01)
    return time.monotonic() - started_s


async def asked_of(stage: Stage, service: str, *, reset: bool = False) -> int:
    """How many requests its instances answered since they were last asked to forget."""
    return sum(await asked_of_each(stage, service, reset=reset))


async def asked_of_each(
    stage: Stage, service: str, *, reset: bool = False
) -> list[int]:
    """How many requests each instance answered since it was last asked to forget."""
    counts: list[int] = []
    async with httpx.AsyncClient() as http:
        for address in stage.instances(service):
            counts.append((await http.get(f"{address.url}/_log")).json()["requests"])
            if reset:
                await http.post(f"{address.url}/_log/reset")
    return counts
