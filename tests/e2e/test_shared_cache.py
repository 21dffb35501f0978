"""Gateways that share a Redis: what one knows all know, and none needs it."""

import asyncio
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from tests.support.cached_graph import counted_numbers, gateways_over, number
from tests.support.redis_server import RedisServer, running_redis
from weir.bffs.cli.main import app

RESPONSES = "*:response:*"
"""The keys of responses in Redis."""


async def weir(*arguments: str) -> tuple[int, str]:
    result = await asyncio.to_thread(CliRunner().invoke, app, list(arguments))
    return result.exit_code, result.output


async def test_answers_are_shared_and_forgotten_by_all(tmp_path: Path) -> None:
    async with (
        running_redis("s3cret") as redis,
        counted_numbers() as numbers,
        gateways_over(numbers, tmp_path, redis.url) as (one, other),
        httpx.AsyncClient() as http,
    ):
        assert await number(http, one) == 1
        await redis.until_stored(RESPONSES)
        assert await number(http, other) == 1
        control = one.control.removeprefix("http://")

        outcome = await weir(
            "cache", "purge", "numbers", "--tag", "numbers", "--control", control
        )

        assert outcome == (0, "1 response purged\n")
        async with asyncio.timeout(30):
            while (renewed := await number(http, other)) == 1:
                pass
        await redis.until_stored(RESPONSES)
        assert [renewed, await number(http, one)] == [2, 2]

        metrics = (await http.get(f"{other.control}/metrics")).text
        assert 'gateway_shared_store_available{store="redis"} 1.0' in metrics
        seen = (await http.get(f"{one.control}/services/numbers/cache")).json()
        assert "not stored" not in str(seen)
        assert seen["recent"][-1]["reason"] == "uri-miss"
        config = (await http.get(f"{one.control}/config")).text
        told = [config, metrics, str(one.log), str(one.complaints)]
        assert "s3cret" not in "".join(told)


async def test_redis_killed_and_started_again_fails_nothing(tmp_path: Path) -> None:
    async with (
        running_redis() as redis,
        counted_numbers() as numbers,
        gateways_over(numbers, tmp_path, redis.url, count=1) as (gateway,),
        httpx.AsyncClient() as http,
    ):
        ending = asyncio.Event()

        async def ask() -> int:
            answered = 0
            while not ending.is_set():
                await number(http, gateway)
                answered += 1
                await http.post(
                    f"{gateway.control}/cache/purge", json={"upstream": "numbers"}
                )
            return answered

        load = [asyncio.create_task(ask()) for _ in range(4)]
        for _ in range(2):
            await asyncio.sleep(0.5)
            await redis.kill()
            gone = await gateway.logged("shared_store_changed")
            while gone["available"]:
                gone = await gateway.logged("shared_store_changed")
            assert gone["reason"]
            await asyncio.sleep(0.5)
            await redis.start()
            assert (await gateway.logged("shared_store_changed"))["available"]
        ending.set()

        assert sum(await asyncio.gather(*load)) > 20


async def test_without_redis_the_gateway_starts_and_says_so(tmp_path: Path) -> None:
    async with (
        counted_numbers() as numbers,
        gateways_over(numbers, tmp_path, RedisServer().url, count=1) as (gateway,),
        httpx.AsyncClient() as http,
    ):
        told = await gateway.logged("shared_store_changed")

        assert (told["available"], told["level"]) == (False, "warning")
        assert [await number(http, gateway) for _ in range(2)] == [1, 1]


COMPLAINTS = [
    (("unknown",), 1, "No service is registered as 'unknown'."),
    (
        ("numbers", "--control", "127.0.0.1:1"),
        2,
        "cannot reach a gateway's control port at 127.0.0.1:1",
    ),
    (("numbers", "--control", "127.0.0.1:port"), 2, "expected host:port"),
]


@pytest.mark.parametrize(("arguments", "code", "complaint"), COMPLAINTS)
async def test_what_cannot_be_purged_is_said(
    tmp_path: Path, arguments: tuple[str, ...], code: int, complaint: str
) -> None:
    async with (
        counted_numbers() as numbers,
        gateways_over(numbers, tmp_path, count=1) as (gateway,),
    ):
        control = ("--control", gateway.control.removeprefix("http://"))

        exit_code, output = await weir("cache", "purge", *control, *arguments)

    assert exit_code == code
    assert complaint in output
