"""The examples of docs/guides/rate-limits.md do what the page says."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.cached_graph import SDL, counted_numbers, gateway_with, gateways_over
from tests.support.gateway import running_gateway
from tests.support.ports import free_port
from tests.support.redis_server import running_redis
from tests.support.routed_gateway import generation_of
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.policies.rate_limits import facade_limits
from weir.gateway.context import Identity
from weir.gateway.limits.caller import Caller

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "rate-limits.md").read_text()
(
    LIMITS,
    EXPRESSION,
    OF_OPERATIONS,
    GOING_ON,
    OF_SERVICE,
    ADAPTIVE,
    ADDRESSES,
    SHARED,
) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
BURST, PER_SECOND = 50, 10
"""The limit of an address in the page's configuration."""
CONNECTIONS = httpx.Limits(max_connections=10)
QUERY = {"query": "{ number }"}
SERVER = """
server: {port: "${WEIR_PORT}", control: "${WEIR_CONTROL}", drain_delay: 0s}
"""
(FIELDS,) = re.findall(r"```\n(ratelimit.*?)```", PAGE, re.DOTALL)


def test_the_configuration_is_one(tmp_path: Path) -> None:
    (tmp_path / "weir.yaml").write_text(LIMITS)

    limits = facade_limits(load_config(tmp_path / "weir.yaml", {}).config)

    assert [each.name for each in limits["web"]] == ["everybody", "address"]
    assert [each.name for each in limits["partner"]] == ["everybody", "application"]


def test_the_longest_back_off_is_that_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "weir.yaml").write_text(GOING_ON)
    (own,) = facade_limits(load_config(tmp_path / "weir.yaml", {}).config)["web"]
    (tmp_path / "weir.yaml").write_text(LIMITS)
    shared, address = facade_limits(load_config(tmp_path / "weir.yaml", {}).config)[
        "web"
    ]

    assert [each.max_backoff_s for each in (own, shared, address)] == [30, 0, 60]


def test_the_key_of_an_expression_is_its_text(tmp_path: Path) -> None:
    (tmp_path / "weir.yaml").write_text(EXPRESSION)
    (own,) = facade_limits(load_config(tmp_path / "weir.yaml", {}).config)["web"]
    names = ["ada@example.com", "bob@example.com", "eve@other.example"]
    ada, bob, eve = (
        own.key.digest(Caller("192.0.2.1", {}, Identity(method="jwt", subject=each)))
        for each in names
    )

    assert own.key.needs_identity
    assert ada == bob != eve


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ('{rate: "0 per 1m"}', "the number of the rate is out of range"),
        ('{rate: "10 per 1y"}', "write a duration with its unit"),
        ('{rate: "10/s"}', "write a rate as a number per time"),
        ('{rate: "10 per 1s", key: ip}', "unknown part 'ip'; expected address"),
        ('{rate: "10 per 1s", key: [address, "claim:"]}', "unknown part 'claim:'"),
        ('{rate: "10 per 1s", key: "cel:identity."}', "cannot be used"),
        ('{rate: "10 per 1s", key: "cel:1 + 1"}', "it reads nothing of a request"),
        (
            '{rate: "10 per 1s", key: "cel:identity.authenticated"}',
            "the result is not a text, but False",
        ),
        ('{rate: "10 per 1s", key: subject}', "`subject` needs credentials"),
        ('{rate: "10 per 1s", key: [address, client_id]}', "configure `identity`"),
        ('{rate: "10 per 1s", key: "claim:tenant"}', "configure `identity`"),
        ('{rate: "10 per 1s", key: api_key}', "configure `identity.api_keys`"),
        ('{rate: "10 per 1s", key: plan}', "only for limits of a façade with `plan`"),
        ('{rate: "10 per 1s", burst: 0}', "greater than or equal to 1"),
        ("{burst: 1}", "missing required key"),
        ('{rate: "10 per 1s", wait: 10s}', "a request ends after 10 s"),
    ],
)
def test_a_limit_that_cannot_work_is_refused_with_its_place(
    tmp_path: Path, limit: str, message: str
) -> None:
    (tmp_path / "weir.yaml").write_text(f"rate_limits:\n  all: {limit}\n")

    with pytest.raises(ConfigError, match=re.escape(message)) as error:
        load_config(tmp_path / "weir.yaml", {})

    assert "weir.yaml:2" in str(error.value)


def test_limits_of_several_workers_need_redis(tmp_path: Path) -> None:
    config, workers = tmp_path / "weir.yaml", "server: {workers: 2}\n"
    config.write_text(workers + LIMITS)
    with pytest.raises(ConfigError, match="configure `redis`"):
        load_config(config, {})

    config.write_text(workers + SHARED)
    assert load_config(config, {}).config.redis is not None


async def until_refused(
    client: httpx.AsyncClient,
) -> tuple[list[httpx.Response], list[httpx.Response]]:
    """Send queries until some are refused; return those, and those that passed."""
    passed = list[httpx.Response]()
    refused = list[httpx.Response]()
    async with asyncio.timeout(60):
        while not refused:
            several = [client.post("/graphql", json=QUERY) for _ in range(BURST)]
            for each in await asyncio.gather(*several):
                is_refused = each.status_code == httpx.codes.TOO_MANY_REQUESTS
                (refused if is_refused else passed).append(each)
    return refused, passed


async def test_a_client_sees_its_limits_and_what_is_beyond_them(
    tmp_path: Path,
) -> None:
    (tmp_path / "api-keys.json").write_text('{"keys": []}')
    async with (
        counted_numbers() as numbers,
        gateway_with(LIMITS, numbers.port, tmp_path) as gateway,
        httpx.AsyncClient(base_url=gateway.url, limits=CONNECTIONS) as client,
    ):
        started_s = time.monotonic()
        first = await client.post("/graphql", json=QUERY)
        for name, value in re.findall(r"(\S+): (.*)", FIELDS):
            # Tokens come back while the response is on its way.
            shape = re.sub(r"([rt]=|^)\d+", r"\1N", value)
            assert re.sub(r"([rt]=|^)\d+", r"\1N", first.headers[name]) == shape

        refused, passed = await until_refused(client)
        most = BURST + PER_SECOND * (time.monotonic() - started_s)

        assert 1 + len(passed) <= most
        for each in refused:
            (error,) = each.json()["errors"]
            assert error["extensions"]["code"] == "RATE_LIMITED"
            assert int(each.headers["retry-after"]) >= 1
            assert each.headers["x-ratelimit-limit"] == "50"
        health = await client.get("/health")
        assert health.status_code == httpx.codes.OK
        assert "ratelimit" not in health.headers


async def test_the_limits_of_a_service_count_the_calls_of_all_endpoints(
    tmp_path: Path,
) -> None:
    (tmp_path / "operations").mkdir()
    stored = 'query Number @rest(path: "/number") { number }'
    (tmp_path / "operations" / "number.graphql").write_text(stored)
    (tmp_path / "catalog.graphql").write_text(SDL)
    rest = "facades:\n  rest: {path: /rest, operations: operations}"
    config = SERVER + OF_SERVICE.replace("facades:", rest)
    async with counted_numbers() as numbers:
        config = config.replace("5101", str(numbers.port))
        (tmp_path / "weir.yaml").write_text(config)
        async with (
            running_gateway(tmp_path / "weir.yaml") as gateway,
            httpx.AsyncClient(base_url=gateway.url, limits=CONNECTIONS) as client,
        ):
            started_s = time.monotonic()
            (graph, rest_of, route) = await until_all_are_rejected(client)
            most = 10 + 1 + time.monotonic() - started_s
            metrics = (await client.get(f"{gateway.control}/metrics")).text

    (error,) = graph.json()["errors"]
    assert graph.status_code == httpx.codes.OK
    assert error["path"] == ["number"]
    assert error["extensions"]["code"] == "UPSTREAM_RATE_LIMITED"
    assert error["extensions"]["retryAfter"] >= 1
    for each in (rest_of, route):
        assert each.status_code == httpx.codes.TOO_MANY_REQUESTS
        assert each.json()["code"] == "UPSTREAM_RATE_LIMITED"
        assert 'The limit "address" allows 60 requests' in each.json()["detail"]
        assert int(each.headers["retry-after"]) >= 1
    assert 1 <= numbers.number <= most
    name = "gateway_rate_limit_refusals_total"
    assert f'{name}{{limit="address",scope="upstreams.catalog"}}' in metrics


STORED = """
query Search @rest(path: "/search") { number }
query Title @rest(path: "/title") { number other: number }
"""


@asynccontextmanager
async def gateway_with_operations(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Run a gateway with the limits of the page, whose tokens come back later."""
    (tmp_path / "operations").mkdir()
    (tmp_path / "operations" / "all.graphql").write_text(STORED)
    slow = OF_OPERATIONS.replace("100 per 1s", "3 per 1h").replace("1m", "1h")
    slow = slow.replace("burst: 5", "burst: 2").replace("path:", "batch: 9\n    path:")
    async with (
        counted_numbers() as numbers,
        gateway_with(slow, numbers.port, tmp_path) as gateway,
        httpx.AsyncClient(base_url=gateway.url) as client,
    ):
        yield client
        metrics = (await client.get(f"{gateway.control}/metrics")).text
        assert 'gateway_rate_limit_refusals_total{limit="each",scope="web"}' in metrics


async def test_operations_are_limited_by_both_endpoints(tmp_path: Path) -> None:
    async with gateway_with_operations(tmp_path) as client:
        first = await client.get("/search")
        await client.post("/graphql", json={"documentId": "Search"})
        refused = await client.post("/graphql", json={"documentId": "Search"})
        titles = [await client.get("/title") for _ in range(4)]

    policy = '"each";q=3;w=3600, "search";q=2;w=120'
    for each in (first, refused):
        assert each.headers["ratelimit-policy"] == policy
    assert '"each";r=2' in first.headers["ratelimit"]
    assert '"search";r=0' in refused.headers["ratelimit"]
    (error,) = refused.json()["errors"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert int(refused.headers["retry-after"]) > 1
    assert [each.status_code for each in titles] == [200, 200, 200, 429]
    assert titles[-1].headers["content-type"] == "application/problem+json"
    assert titles[-1].json()["code"] == "RATE_LIMITED"


async def test_operations_that_are_not_stored_are_one(tmp_path: Path) -> None:
    own = [{"query": f"query Own{n} {{ number }}"} for n in range(4)]
    async with gateway_with_operations(tmp_path) as client:
        named = [await client.post("/graphql", json=each) for each in own[:2]]
        batch = await client.post("/graphql", json=own[2:])
        stored = await client.get("/title")

    assert [each.status_code for each in (*named, stored)] == [200, 200, 200]
    passed, beyond = batch.json()
    assert "errors" not in passed
    assert beyond["errors"][0]["extensions"]["code"] == "RATE_LIMITED"


@pytest.mark.parametrize(
    ("facade", "limit", "message"),
    [
        ("access: anonymous", "key: operation", "with stored operations"),
        ("access: anonymous", "operations: [A]", "with stored operations"),
        ("operations: o", "operations: []", "at least 1 item"),
        ("operations: o", "key: operation, unit: cost", "`unit: requests`"),
        ("operations: o", "operations: [A], unit: cost", "`unit: requests`"),
        ("operations: o", "key: operation, max_backoff: 1s", "key` of each client"),
    ],
)
def test_a_limit_of_operations_that_cannot_work_is_refused_with_its_place(
    tmp_path: Path, facade: str, limit: str, message: str
) -> None:
    (tmp_path / "weir.yaml").write_text(f"""\
facades:
  web:
    path: ""
    {facade}
    rate_limits:
      each: {{rate: "1 per 1s", {limit}}}
""")

    with pytest.raises(ConfigError, match=re.escape(message)) as error:
        load_config(tmp_path / "weir.yaml", {})

    assert "weir.yaml:6" in str(error.value)


async def test_an_operation_that_is_not_stored_is_refused_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "operations").mkdir()
    (tmp_path / "operations" / "all.graphql").write_text(STORED)
    (tmp_path / "numbers.graphql").write_text(SDL)
    config = (
        OF_OPERATIONS.replace("[Search]", "[Title, Serach]")
        + "upstreams: {numbers: {instances: [http://127.0.0.1:9]}}\n"
        "subgraphs: {numbers: {upstream: numbers, sdl: numbers.graphql}}\n"
    )

    with pytest.raises(ConfigError) as error:
        await generation_of(config)

    assert str(error.value) == (
        "weir.yaml:7:79: facades.web.rate_limits.search.operations: unknown operation"
        ' "Serach"; did you mean "Search"?'
    )


async def until_all_are_rejected(client: httpx.AsyncClient) -> list[httpx.Response]:
    """Send queries, calls of an endpoint, and requests of a route, at the same time."""
    async with asyncio.timeout(60):
        while True:
            requests = [
                [client.post("/graphql", json=QUERY) for _ in range(5)],
                [client.get("/rest/number") for _ in range(5)],
                [client.post("/catalog/1", content=b"1") for _ in range(10)],
            ]
            found = [await asyncio.gather(*several) for several in requests]
            last = [each[-1] for each in found]
            if all(b"UPSTREAM_RATE_LIMITED" in each.content for each in last):
                return last


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ("key: address, unit: cost", "unit: only for limits of façades"),
        ("key: address, max_backoff: 1s", "max_backoff: only for limits of façades"),
        (
            'key: address, adaptive: {service: catalog, floor: "9 per 1m"}',
            "adaptive: only for limits of façades",
        ),
        ("key: plan", "key: `plan` is only for limits of a façade"),
    ],
)
def test_a_key_that_limits_of_a_service_do_not_have_is_an_error_with_its_place(
    tmp_path: Path, changed: str, message: str
) -> None:
    config = OF_SERVICE.replace("key: address", changed)
    (tmp_path / "weir.yaml").write_text(config)
    place = f"upstreams.catalog.rate_limits.address.{message}"

    with pytest.raises(ConfigError, match=re.escape(place)) as error:
        load_config(tmp_path / "weir.yaml", {})

    assert "weir.yaml:6" in str(error.value)


async def test_an_adaptive_limit_follows_its_service(tmp_path: Path) -> None:
    patient = ADAPTIVE.replace("5101", str(free_port()))
    (tmp_path / "weir.yaml").write_text(SERVER + patient)
    async with (
        running_gateway(tmp_path / "weir.yaml") as gateway,
        AsyncExitStack() as stack,
    ):
        clients = [
            await stack.enter_async_context(
                httpx.AsyncClient(
                    base_url=gateway.url,
                    transport=httpx.AsyncHTTPTransport(local_address=f"127.0.0.{each}"),
                )
            )
            for each in range(2, 6)
        ]
        client = clients[0]

        async def share() -> tuple[float, str]:
            (service,) = (await client.get(f"{gateway.control}/services")).json()[
                "services"
            ]
            (limit,) = service["limits"]
            assert (limit["scope"], limit["name"]) == ("routes.catalog", "address")
            return limit["share"], limit["trouble"]

        async def until_share(condition: Callable[[float], bool]) -> str:
            async with asyncio.timeout(60):
                while not condition((found := await share())[0]):
                    for each in clients:
                        await each.get("/catalog/1")
            return found[1]

        assert await share() == (1, "")
        assert await until_share(lambda found: found == 0.1) == "breaker"
        metrics = (await client.get(f"{gateway.control}/metrics")).text
        forced = f"{gateway.control}/circuit-breakers/catalog/forced"
        await client.put(forced, json={"state": "closed"})
        await until_share(lambda found: found > 0.1)

    name = 'gateway_rate_limit_share{limit="address",scope="routes.catalog"'
    assert f'{name},service="catalog"}} 0.1' in metrics


@pytest.mark.parametrize(
    ("adaptive", "message"),
    [
        ('{service: catlog, floor: "10 per 1s"}', 'did you mean "catalog"?'),
        ('{service: catalog, floor: "100 per 1s"}', "lower than `rate`"),
        ('{service: catalog, floor: "7000 per 1m"}', "lower than `rate`"),
        ("{service: catalog}", "missing required key"),
        ('{service: catalog, floor: "1 per 1s"}, unit: cost', "`unit: requests`"),
    ],
)
def test_an_adaptive_limit_that_cannot_work_is_refused_with_its_place(
    tmp_path: Path, adaptive: str, message: str
) -> None:
    (tmp_path / "weir.yaml").write_text(
        "upstreams: {catalog: {instances: [http://127.0.0.1:5101]}}\n"
        'facades: {web: {path: ""}}\n'
        f'rate_limits:\n  all: {{rate: "100 per 1s", adaptive: {adaptive}}}\n'
    )

    with pytest.raises(ConfigError, match=re.escape(message)) as error:
        load_config(tmp_path / "weir.yaml", {})

    assert "weir.yaml:4" in str(error.value)


async def test_addresses_are_allowed_and_denied(tmp_path: Path) -> None:
    facades = (
        ADDRESSES
        + """\
  local:
    path: /local
    addresses: {allow: [127.0.0.0/8], deny: [10.0.0.0/8]}
  closed:
    path: /closed
    addresses: {deny: ["127.0.0.1"]}
    cors: {origins: ["https://shop.example"]}
"""
    )
    async with (
        counted_numbers() as numbers,
        gateway_with(facades, numbers.port, tmp_path) as gateway,
        httpx.AsyncClient(base_url=gateway.url) as client,
    ):
        headers = {"origin": "https://shop.example"}
        local = await client.post("/local/graphql", json=QUERY)
        internal = await client.post("/internal/graphql", json=QUERY)
        closed = await client.post("/closed/graphql", json=QUERY, headers=headers)

    assert local.status_code == httpx.codes.OK
    for each in (internal, closed):
        assert each.status_code == httpx.codes.FORBIDDEN
        (error,) = each.json()["errors"]
        assert error["extensions"]["code"] == "ADDRESS_NOT_ALLOWED"
    allowed = closed.headers["access-control-allow-origin"]
    assert allowed == "https://shop.example"
    assert numbers.number == 1


async def test_gateways_with_a_common_redis_count_together(tmp_path: Path) -> None:
    patient = SHARED.replace("\nrate_limits", "\n  timeout: 30s\nrate_limits")
    async with (
        running_redis() as redis,
        counted_numbers() as numbers,
        gateways_over(numbers, tmp_path, redis.url, facades=patient) as gateways,
        httpx.AsyncClient(headers={"x-tenant": "a"}) as client,
    ):
        started_s = time.monotonic()
        statuses = [
            (await client.post(f"{each.url}/graphql", json=QUERY)).status_code
            for _ in range(20)
            for each in gateways
        ]
        most = 20 + 2 * (time.monotonic() - started_s)

    assert 20 <= statuses.count(200) <= most
    assert set(statuses) == {200, 429}
