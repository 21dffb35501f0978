"""Redis, in which the gateway keeps its cached answers, is lost under load, and back.

It is killed and started again (empty), or stopped and let go again, as often as five
services are: no read fails or is wrong, and the gateway says when it went and when it
came back, in its log and in its metrics.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from examples.streaming.load import running_load
from tests.support.chaos import Stage
from tests.support.demo import running_demo
from tests.support.gateway import demo_config, demo_variables, running_gateway
from tests.support.pace import measured_pace
from tests.support.phases import Phases
from tests.support.redis_server import RedisServer, running_redis

LEAST_READS = 1000
LOSSES = 5
GONE_S = 2.0
BACK_S = 2.0
SAYS_SO_WITHIN_S = 5.0
# So short that answers keep coming from the services, and from Redis, all the time.
CACHE = "    cache: {ttl: 2s}\n"

_ANSWERED = re.compile(
    r'gateway_cache_requests_total\{cache_type="redis",outcome="(?:hit|miss)"\} (\S+)'
)


@dataclass(frozen=True)
class CachedStage(Stage):
    """A stage whose gateway caches all services' answers in Redis."""

    redis: RedisServer

    async def lose(self, how: str) -> None:
        if how == "killed":
            await self.redis.kill()
        else:
            self.redis.freeze()

    async def bring_back(self, how: str) -> None:
        if how == "killed":
            await self.redis.start()
        else:
            self.redis.thaw()

    async def told(self, *, available: bool) -> float:
        """Seconds until the log says so; the metrics say it as well then."""
        began_s = time.monotonic()
        async with asyncio.timeout(SAYS_SO_WITHIN_S), httpx.AsyncClient() as http:
            while True:
                line = await self.gateway.logged("shared_store_changed")
                if line["available"] == available:
                    break
            took_s = time.monotonic() - began_s
            metrics = (await http.get(f"{self.gateway.control}/metrics")).text
        said = f'gateway_shared_store_available{{store="redis"}} {float(available)}'
        assert said in metrics
        return took_s

    async def answered(self) -> int:
        """How many questions Redis has answered, by what it had or by nothing."""
        async with httpx.AsyncClient() as http:
            metrics = (await http.get(f"{self.gateway.control}/metrics")).text
        return sum(int(float(each)) for each in _ANSWERED.findall(metrics))


@pytest.fixture
async def cached(tmp_path: Path) -> AsyncIterator[CachedStage]:
    async with running_redis() as redis, running_demo() as demo:
        text = demo_config()
        text, count = re.subn(r"(    instances:\n)", rf"{CACHE}\1", text)
        assert count == LOSSES
        config = tmp_path / "weir.yaml"
        config.write_text(f"{text}\nredis: {{url: '{redis.url}', timeout: 50ms}}\n")
        async with running_gateway(config, demo_variables(demo.base_port)) as gateway:
            yield CachedStage(gateway, demo.base_port, redis)


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_a_lost_redis_costs_no_answer_and_is_told(
    cached: CachedStage, how: str
) -> None:
    pace = await measured_pace(cached.gateway.url)
    async with running_load(cached.gateway.url, pace.per_second) as report:
        phases = Phases(report)
        await cached.told(available=True)
        await asyncio.sleep(2)
        phases.end("before", f"Redis answered {await cached.answered()}")
        for number in range(1, LOSSES + 1):
            await cached.lose(how)
            said_s = await cached.told(available=False)
            await asyncio.sleep(GONE_S)
            phases.end(f"{how} {number}", f"said so after {said_s:.2f} s")
            await cached.bring_back(how)
            back_s = await cached.told(available=True)
            before = await cached.answered()
            await asyncio.sleep(BACK_S)
            answered = await cached.answered() - before
            note = f"said so after {back_s:.2f} s, Redis answered {answered}"
            phases.end(f"back {number}", note)
            assert answered > 0

    print("\n".join(phases.table(f"Redis {how}, {pace}")))
    assert report.sent >= pace.least(LEAST_READS)
    assert report.clean
