"""The overload of one service costs requests to other services nothing.

The instances of the service take 200 ms for a response, and the gateway sends two calls
at a time, so that ten responses a second are possible. Up to ten times as many requests
are sent. The gateway rejects the rest: with 503 and Retry-After where nothing else is
left of a response, with the code of the error where a part is missing. Meanwhile the
p99 of requests to other services, and the memory of the gateway, stay as they were
under the same load without the overload.

Gateway, clients and ten service processes share two cores. Differences below a p99 of
FLOOR_MS are noise. Of the rejections, 99 in 100 must be fast, and 90 in 100 responses
that lack a part, because another service is called for the rest.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest

from examples.streaming.dataset import titles_by_id
from tests.support.chaos import Stage
from tests.support.demo import running_demo
from tests.support.gateway import Gateway, demo_config, demo_variables, running_gateway
from tests.support.honest_load import Waiting
from tests.support.light_client import LightClient, light_client
from tests.support.pace import NOT_PROVEN, Pace, measured_calls
from tests.support.served_process import Reply
from tests.support.troubles import asked_of, faulty
from weir.gateway.transport.errors import UpstreamOverloaded

TAKES_S = 0.2
IN_FLIGHT = 2
CAPACITY = IN_FLIGHT / TAKES_S
MOST_PER_SECOND = 15 * CAPACITY
"""Two thirds are sent to the service, and one to the others."""
LEAST_OVERLOAD = 3 * CAPACITY
USUAL_MS = 6.0
"""The median latency of four requests at a time on a usual machine."""
SECONDS = 10.0
LEAST_REJECTED = 0.5
"""The least share of rejected requests, of those to the service in two overloads."""
LEAST_OTHERS = 400
REJECTED = 503
QUICK_MS = 20.0
FLOOR_MS = 20.0
GROWN_MIB = 8.0

LIMITED = f"{{max_in_flight: {IN_FLIGHT}, max_waiting: 2, max_wait: 500ms}}"
TITLES = tuple(titles_by_id())
REVIEWED = "query ($id: ID!) { title(id: $id) { name reviews { id } } }"
VIEWER = "query ($id: ID!) { viewer(id: $id) { user { name } } }"


@dataclass
class Responses:
    """The kinds of responses, and their latencies."""

    latencies_ms: dict[str, list[float]] = field(default_factory=dict)
    retry_after: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, took_s: float) -> None:
        self.latencies_ms.setdefault(kind, []).append(took_s * 1000)

    @property
    def rejected(self) -> int:
        """The number of responses that are rejections, or lack a part by one."""
        return sum(
            len(each)
            for kind, each in self.latencies_ms.items()
            if kind == "503" or UpstreamOverloaded.row.code in kind
        )

    def p_ms(self, kind: str, share: float) -> float:
        ordered = sorted(self.latencies_ms[kind])
        return ordered[int(share * (len(ordered) - 1))]

    def show(self, title: str) -> None:
        print(f"\n\n{title}\n\n{'':30} responses   p50 ms   p90 ms   p99 ms")
        for kind, took_ms in sorted(self.latencies_ms.items()):
            shares = (f"{self.p_ms(kind, share):8.1f}" for share in (0.5, 0.9, 0.99))
            print(f"{kind:32} {len(took_ms):7}", *shares)


@dataclass(frozen=True)
class Load:
    """The rates of the requests that a machine can carry."""

    pace: Pace

    @property
    def others(self) -> float:
        """Requests a second to other services."""
        return self.pace.per_second / 3

    @property
    def overload(self) -> float:
        """Requests a second to the service, at most ten times its capacity."""
        return self.pace.per_second * 2 / 3


@dataclass(frozen=True)
class Measured:
    """The responses of other services alone and in the overload, and of the service."""

    load: Load
    alone: Responses
    others: Responses
    overloaded: Responses
    per_second: float
    grown_mib: float
    waited: tuple[float, float]
    """Shares of the time that the gateway waited for a core: alone, and overloaded."""

    def show(self, service: str) -> None:
        self.alone.show(f"others, {service} is healthy")
        self.others.show(f"others, {service} is overloaded")
        self.overloaded.show(f"{service}, {self.load.overload:.0f} requests/s")
        print(f"Retry-After: {dict(self.overloaded.retry_after)}")
        print(f"{self.per_second:.1f} calls/s of {CAPACITY:.1f} possible")
        print(f"memory {self.grown_mib:+.1f} MiB")
        alone, overloaded = (f"{100 * share:.0f} %" for share in self.waited)
        print(f"waited for CPU {alone} before, {overloaded} in the overload")

    def check(self) -> None:
        pace = self.load.pace
        sent = 2 * SECONDS * self.load.overload
        floor_ms = pace.allowed(FLOOR_MS)
        limit_ms = 1.5 * max(self.alone.p_ms("whole", 0.99), floor_ms)
        assert self.others.latencies_ms.keys() == {"whole"}
        assert len(self.others.latencies_ms["whole"]) >= pace.least(LEAST_OTHERS)
        assert self.others.p_ms("whole", 0.99) < limit_ms
        assert self.overloaded.rejected >= LEAST_REJECTED * sent
        assert "none" not in self.overloaded.retry_after
        assert self.per_second > 0.9 * CAPACITY
        assert self.grown_mib < GROWN_MIB


@pytest.fixture(params=["catalog", "reviews"])
async def service(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
async def limited(service: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """The demo, with a limit on one service."""
    text = demo_config()
    own = f"\n  {service}:\n"
    assert text.count(own) == 1
    config = tmp_path / "weir.yaml"
    config.write_text(text.replace(own, f"{own}    concurrency: {LIMITED}\n"))
    async with (
        running_demo() as demo,
        running_gateway(config, demo_variables(demo.base_port)) as gateway,
    ):
        yield Stage(gateway, demo.base_port)


async def send_to_overloaded(
    client: LightClient, number: int, service: str, responses: Responses
) -> None:
    """Send a request unlike all others, because equal requests share one response."""
    started_s = time.monotonic()
    title = TITLES[number]
    if service == "catalog":
        response = await client.ask(f"/web/v1/titles/{title}")
    else:
        asked = {"query": REVIEWED, "variables": {"id": title}}
        response = await client.ask("/web/graphql", orjson.dumps(asked))
    took_s = time.monotonic() - started_s
    responses.add(_kind(response, responses), took_s)


def _kind(response: Reply, responses: Responses) -> str:
    body = orjson.loads(response.body)
    if response.status == REJECTED:
        responses.retry_after[response.headers.get("retry-after", "none")] += 1
        return "503"
    told = body.get("errors") or body.get("_weir", {}).get("warnings") or ()
    codes = {one.get("code") or one["extensions"]["code"] for one in told}
    if codes:
        return "partial " + " ".join(sorted(codes))
    return str(response.status)


async def send_to_others(
    client: LightClient, number: int, responses: Responses
) -> None:
    """Send a request that needs the users service alone."""
    started_s = time.monotonic()
    asked = {"query": VIEWER, "variables": {"id": f"u{number % 200 + 1}"}}
    response = await client.ask("/web/graphql", orjson.dumps(asked))
    took_s = time.monotonic() - started_s
    whole = "errors" not in orjson.loads(response.body)
    responses.add("whole" if whole else "not whole", took_s)


def memory_mib(gateway: Gateway) -> float:
    status = Path(f"/proc/{gateway.process.pid}/status").read_text()
    kib = next(line.split()[1] for line in status.splitlines() if "VmRSS" in line)
    return int(kib) / 1024


async def at_pace(
    per_second: float, send: Callable[[int], Awaitable[None]], first: int = 0
) -> None:
    """Send at a steady rate for `SECONDS`, whether or not earlier ones have ended."""
    began_s = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for number in range(int(per_second * SECONDS)):
            pause_s = began_s + number / per_second - time.monotonic()
            await asyncio.sleep(max(0.0, pause_s))
            tasks.create_task(_wait_for(send(first + number)))


async def _wait_for(response: Awaitable[None]) -> None:
    await response


async def carried_load(client: LightClient) -> Load:
    """Measure the machine. Skips the test if it cannot overload the service."""
    responses = Responses()
    pace = await measured_calls(
        lambda number: send_to_others(client, number, responses),
        MOST_PER_SECOND,
        USUAL_MS,
    )
    assert responses.latencies_ms.keys() == {"whole"}
    load = Load(pace)
    if load.overload < LEAST_OVERLOAD:
        pytest.skip(f"{NOT_PROVEN}: only {load.overload:.0f} requests/s are possible")
    return load


@dataclass(frozen=True)
class Senders:
    """The two loads: to the users service, and to the service that is overloaded."""

    client: LightClient
    load: Load
    service: str

    async def to_others(self, responses: Responses) -> None:
        await at_pace(
            self.load.others,
            lambda number: send_to_others(self.client, number, responses),
        )

    async def to_service(self, responses: Responses, first: int = 0) -> None:
        await at_pace(
            self.load.overload,
            lambda n: send_to_overloaded(self.client, n, self.service, responses),
            first,
        )


async def measure(stage: Stage, service: str, senders: Senders) -> Measured:
    """Send the same loads while the service is healthy, and while it is slow."""
    alone, others, overloaded = Responses(), Responses(), Responses()
    waiting = Waiting(stage.gateway.process.pid)
    waiting.share()
    await asyncio.gather(senders.to_service(Responses()), senders.to_others(alone))
    waited_alone = waiting.share()
    async with faulty(stage.instances(service), "slow", TAKES_S):
        await senders.to_service(overloaded)
        before_mib = memory_mib(stage.gateway)
        await asked_of(stage, service, reset=True)
        waiting.share()
        began_s = time.monotonic()
        first = int(senders.load.overload * SECONDS)
        await asyncio.gather(
            senders.to_service(overloaded, first), senders.to_others(others)
        )
        per_second = await asked_of(stage, service) / (time.monotonic() - began_s)
        waited = waited_alone, waiting.share()
    return Measured(
        senders.load,
        alone,
        others,
        overloaded,
        per_second,
        memory_mib(stage.gateway) - before_mib,
        waited,
    )


async def test_the_overload_of_a_service_costs_only_its_own_requests(
    limited: Stage, service: str
) -> None:
    async with light_client(limited.gateway.url) as client:
        load = await carried_load(client)
        senders = Senders(client, load, service)
        await senders.to_others(Responses())
        measured = await measure(limited, service, senders)

    measured.show(service)
    measured.check()
    overloaded, at_once_ms = measured.overloaded, load.pace.allowed(QUICK_MS)
    if service == "catalog":
        assert overloaded.p_ms("503", 0.99) < at_once_ms
        assert "502" not in overloaded.latencies_ms
    else:
        kind = f"partial {UpstreamOverloaded.row.code}"
        assert overloaded.p_ms(kind, 0.9) < at_once_ms
