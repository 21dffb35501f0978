"""One instance of each service breaks what it says, in turn, under the façades' reads.

A proxy stands before it and spoils a fifth of the pieces of its replies: the connection
is reset at a random byte, or the reply is none of HTTP. Health checks pass through it
as well. What was only asked is asked again of the other instance, so nobody notices.
Balancing is round robin here, as the demo's own leaves alone what is a little slower.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from examples.streaming.ports import OFFSETS
from tests.support.chaos import Stage, until_healthy
from tests.support.demo import running_demo
from tests.support.fault_proxy import FaultProxy, Trouble, fault_proxies
from tests.support.gateway import demo_config, demo_variables, running_gateway
from tests.support.honest_load import DEADLINE_S, honest_load
from tests.support.pace import measured_pace

LEAST_READS = 1500
LEAST_SPOILED = 5
COMPLETE = 0.995
SECONDS = 6.0
SEED = 20241123


@dataclass(frozen=True)
class ProxiedStage(Stage):
    """A stage with a proxy before the first instance of each service."""

    proxies: dict[str, FaultProxy]


@pytest.fixture
async def proxied(tmp_path: Path) -> AsyncIterator[ProxiedStage]:
    rng = Random(SEED)  # noqa: S311 - no secret
    text = demo_config()
    config = tmp_path / "weir.yaml"
    config.write_text(text.replace("power_of_two", "round_robin"))
    async with running_demo() as demo:
        proxies = {
            service: FaultProxy(demo.base_port + offset + 1, rng)
            for service, offset in OFFSETS.items()
        }
        async with fault_proxies(*proxies.values()):
            instead = {f"{name.upper()}_1": each.url for name, each in proxies.items()}
            variables = {**demo_variables(demo.base_port), **instead}
            async with running_gateway(config, variables) as gateway:
                yield ProxiedStage(gateway, demo.base_port, proxies)


@pytest.mark.parametrize("trouble", ["reset", "broken"])
async def test_a_broken_reply_costs_no_answer(
    proxied: ProxiedStage, trouble: Trouble
) -> None:
    spoiled: dict[str, int] = {}
    pace = await measured_pace(proxied.gateway.url)
    async with honest_load(proxied, pace) as load:
        await asyncio.sleep(2)
        load.end("before")
        for service, proxy in proxied.proxies.items():
            with proxy.spoiling(trouble):
                await asyncio.sleep(SECONDS)
            spoiled[service] = proxy.spoiled
            load.end(service, f"{proxy.spoiled} replies spoiled")
            await until_healthy(proxied, service)
            load.end(f"{service} back")

    print(load.table(f"replies {trouble}, one instance in turn, {pace}"))
    assert load.report.sent >= pace.least(LEAST_READS)
    assert min(spoiled.values()) >= LEAST_SPOILED
    assert load.report.wrong == load.report.failed == 0
    assert load.complete_share >= COMPLETE
    assert load.report.latency_ms(1) < pace.allowed(DEADLINE_S * 1000)
