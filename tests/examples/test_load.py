"""The load notices every kind of bad answer."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from examples.streaming.load import Load, Read, all_reads, take_references

READS = (Read("GET", "/a"), Read("POST", "/b", "{}"))

Handler = Callable[[httpx.Request], httpx.Response]


def good(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"path": request.url.path})


def wrong(request: httpx.Request) -> httpx.Response:
    del request
    return httpx.Response(200, json={"path": "/elsewhere"})


def failing(request: httpx.Request) -> httpx.Response:
    del request
    return httpx.Response(503, json={})


def broken(request: httpx.Request) -> httpx.Response:
    message = "reset"
    raise httpx.ReadError(message, request=request)


def http(handler: Handler) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.MockTransport(handler), base_url="http://weir"
    )


@pytest.mark.parametrize(
    ("handler", "failed", "wrongs"),
    [
        (good, False, False),
        (wrong, False, True),
        (failing, True, False),
        (broken, True, False),
    ],
)
async def test_the_load_distinguishes_failed_from_wrong_responses(
    handler: Handler, *, failed: bool, wrongs: bool
) -> None:
    async with http(good) as before, http(handler) as now:
        load = Load(now, await take_references(before, READS), per_second=1000)
        running = asyncio.create_task(load.run())
        while load.report.sent < len(READS):  # noqa: ASYNC110 - of another task
            await asyncio.sleep(0.001)
        load.stop()
        await running

    report = load.report
    assert (report.failed > 0, report.wrong > 0) == (failed, wrongs)
    assert report.clean is not (failed or wrongs)


async def test_a_partial_response_is_not_a_reference() -> None:
    def partial(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"_weir": {"warnings": [str(request.url)]}})

    async with http(partial) as client:
        with pytest.raises(ValueError, match="no reference"):
            await take_references(client, READS)


def test_the_load_runs_every_operation_of_every_facade() -> None:
    reads = all_reads()

    assert len(set(reads)) == len(reads) == 5 * 3 * 4
