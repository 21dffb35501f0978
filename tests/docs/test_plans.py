"""The examples of docs/guides/plans.md do what the page says."""

import asyncio
import json
import re
import signal
import time
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from tests.support.cached_graph import (
    CONFIG,
    FACADES,
    SDL,
    counted_numbers,
    gateway_with,
)
from tests.support.conditions import until
from tests.support.gateway import Gateway, running_gateway
from tests.support.redis_server import running_redis
from weir.bffs.cli.main import app
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.policies.identity import stored_keys
from weir.gateway.identity.api_keys.file_store import KeyFile
from weir.gateway.identity.api_keys.store import ApiKey

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "plans.md").read_text()
PLANS, COSTS, WAITING, TOKENS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
(USAGE,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
UNKNOWN, _ = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
BOOKS = """
import strawberry

@strawberry.type
class Book:
    id: int

@strawberry.type
class Query:
    @strawberry.field
    def books(self) -> list[Book]:
        return [Book(id=1), Book(id=2)]

    @strawberry.field
    def dear(self) -> list[Book]:
        return [Book(id=1)]

schema = strawberry.federation.Schema(Query)
"""
SERVER = """
server: {port: "${WEIR_PORT}", control: "${WEIR_CONTROL}", drain_delay: 0s}
subgraphs: {books: {python: "books:schema"}}
"""
QUERY = {"query": "{ number }"}
PER_DAY = 20
PATH = "/partner/graphql"
POLICY = '"rate";q=5;w=3, "day";q=20;w=86400, "month";q=300;w=2592000'


def new_key(folder: Path, owner: str, plan: str) -> str:
    config = ["--config", str(folder / "weir.yaml")]
    created = CliRunner().invoke(
        app, ["keys", "create", owner, "--plan", plan, *config]
    )
    assert created.exit_code == 0, created.stderr
    return created.stdout.strip()


def key(name: str, plan: str, *, enabled: bool = True) -> ApiKey:
    return ApiKey(
        id=name,
        sha256=sha256(name.encode()).hexdigest(),
        owner="acme",
        plan=plan,
        created=datetime(2026, 1, 1, tzinfo=UTC),
        enabled=enabled,
    )


def save(folder: Path, port: int) -> dict[str, str]:
    """Write the configuration; return the variables that it needs."""
    (folder / "numbers.graphql").write_text(SDL)
    (folder / "weir.yaml").write_text(CONFIG.replace(FACADES, PLANS))
    return {
        "NUMBERS_PORT": str(port),
        "WEIR_PORT": "1",
        "WEIR_CONTROL": "127.0.0.1:2",
        "WEIR_STATE_DIR": str(folder / "state"),
    }


async def usage(gateway: Gateway, key: str) -> dict[str, Any]:
    async with httpx.AsyncClient() as client:
        found = await client.get(
            f"{gateway.url}/partner/usage", headers={"x-api-key": key}
        )
    assert found.status_code == httpx.codes.OK, found.text
    assert found.headers["cache-control"] == "private, no-store"
    document: dict[str, Any] = found.json()
    return document


def used(document: dict[str, Any]) -> dict[str, int]:
    return {each["name"]: each["used"] for each in document["limits"]}


def timeless(document: dict[str, Any]) -> dict[str, Any]:
    """Return a usage without what changes with the time."""
    limits = [
        {key: each[key] for key in ("name", "unit", "count", "window_s", "burst")}
        for each in document["limits"]
    ]
    return {**document, "limits": limits}


async def use_up(gateway: Gateway, key: str) -> httpx.Response:
    """Send queries until the quota of the day is used; return the first refusal."""
    headers = {"x-api-key": key}
    passed = 0
    async with httpx.AsyncClient(base_url=gateway.url, timeout=60) as client:
        for count in range(1, 4):
            answer = await client.post(PATH, json=QUERY, headers=headers)
            assert answer.json()["data"], answer.text
            assert used(await usage(gateway, key))["day"] == count
            assert answer.headers["ratelimit-policy"] == POLICY
            passed += 1
        while used(await usage(gateway, key))["day"] < PER_DAY:
            answer = await client.post(PATH, json=QUERY, headers=headers)
            passed += answer.is_success
        assert passed == PER_DAY
        return await client.post(PATH, json=QUERY, headers=headers)


async def test_a_plan_limits_its_callers_and_a_restart_resets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with counted_numbers() as numbers, httpx.AsyncClient(timeout=60) as client:
        variables = save(tmp_path, numbers.port)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        config = tmp_path / "weir.yaml"
        free, gold = new_key(tmp_path, "a", "free"), new_key(tmp_path, "b", "gold")
        async with running_gateway(config, variables) as gateway:
            assert timeless(await usage(gateway, free)) == timeless(json.loads(USAGE))
            refused = await use_up(gateway, free)
            (error,) = refused.json()["errors"]
            assert error["extensions"]["code"] == "RATE_LIMITED"
            assert '"day" allows 20 requests per 86400 s' in error["message"]
            assert int(refused.headers["retry-after"]) > 3600
            answer = await client.post(
                gateway.url + PATH, json=QUERY, headers={"x-api-key": gold}
            )
            assert answer.is_success
            assert (await usage(gateway, gold))["plan"] == "gold"
            gateway.signal(signal.SIGTERM)
            assert await gateway.exit_code() == 0
        async with running_gateway(config, variables) as again:
            assert used(await usage(again, free))["day"] == PER_DAY
            anonymous = await client.get(f"{again.url}/partner/usage")
            assert anonymous.status_code == httpx.codes.UNAUTHORIZED


async def test_with_redis_the_usage_is_that_of_all_gateways(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        counted_numbers() as numbers,
        running_redis() as redis,
        httpx.AsyncClient(timeout=60) as client,
    ):
        variables = save(tmp_path, numbers.port)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        config = tmp_path / "weir.yaml"
        with config.open("a") as file:
            file.write(f'\nredis: {{url: "{redis.url}", timeout: 30s}}\n')
        key = new_key(tmp_path, "a", "free")
        async with running_gateway(config, variables) as first:
            for _ in range(3):
                await client.post(
                    first.url + PATH, json=QUERY, headers={"x-api-key": key}
                )
            assert used(await usage(first, key))["day"] == 3
        async with running_gateway(config, variables) as second:
            for _ in range(3):
                assert used(await usage(second, key))["day"] == 3


async def test_a_plan_limits_what_the_operations_of_its_callers_cost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = {"WEIR_PORT": "1", "WEIR_CONTROL": "127.0.0.1:2"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "books.py").write_text(BOOKS)
    sized = COSTS.replace("20\n", "20\n  list_sizes: {Query.dear: 6000}\n", 1)
    (tmp_path / "weir.yaml").write_text(SERVER + sized)
    free, gold = new_key(tmp_path, "a", "free"), new_key(tmp_path, "b", "gold")
    async with (
        running_gateway(tmp_path / "weir.yaml") as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=60) as client,
    ):
        dear, cheap = {"query": "{ a: dear { id } }"}, {"query": "{ books { id } }"}
        for key, code in ((free, "COST_ESTIMATED_TOO_EXPENSIVE"), (gold, "")):
            answer = await client.post(PATH, json=dear, headers={"x-api-key": key})
            assert code in answer.text
            assert bool(code) == ("errors" in answer.json())
        line = await gateway.logged("operation_cost_exceeded")
        assert (line["estimated"], line["maximum"]) == (6000, 50)
        line = await gateway.logged("operation_cost_exceeded")
        assert (line["maximum"], line["rejected"]) == (5000, False)
        for _ in range(3):
            answer = await client.post(PATH, json=cheap, headers={"x-api-key": free})
            assert len(answer.json()["data"]["books"]) == 2
        (budget,) = (await usage(gateway, free))["limits"]
        assert (budget["name"], budget["unit"]) == ("budget", "cost")
        assert budget["used"] <= 6  # of 3 times the estimate of 20


async def test_requests_beyond_a_limit_wait_for_their_turn(tmp_path: Path) -> None:
    async with (
        counted_numbers() as numbers,
        gateway_with(WAITING, numbers.port, tmp_path) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=60) as client,
    ):
        began_s = time.monotonic()
        several = [client.post("/graphql", json=QUERY) for _ in range(15)]
        answers = await asyncio.gather(*several)

        assert time.monotonic() - began_s >= 0.9
        await until(lambda: len(requests(gateway)) == len(answers))

    assert [each.status_code for each in answers] == [httpx.codes.OK] * 15
    log, config = tmp_path / "access.jsonl", tmp_path / "new.yaml"
    log.write_text("".join(f"{json.dumps(each)}\n" for each in requests(gateway)))
    config.write_text('facades: {web: {path: "", rate_limits: {a: {rate: 9 per 1h}}}}')
    command = ["limits", "rehearse", "--log", str(log), "--config", str(config)]
    rehearsed = CliRunner().invoke(app, command)
    assert rehearsed.stdout.startswith('6 refused by web "a": all clients, from 20')


def requests(gateway: Gateway) -> list[dict[str, Any]]:
    return [each for each in gateway.log if each.get("event") == "request"]


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("{rate: 1 per 1s, wait: 500ms}", "`wait` has no effect, because it is short"),
        ("{rate: 9 per 1s, wait: 31s}", "less than or equal to 30"),
        ("{rate: 9 per 1s, wait: 1s, unit: cost}", "only used with `unit: requests`"),
    ],
)
def test_a_wait_that_cannot_work_is_refused(
    tmp_path: Path, limit: str, message: str
) -> None:
    (tmp_path / "weir.yaml").write_text(f"rate_limits:\n  all: {limit}\n")

    with pytest.raises(ConfigError, match=re.escape(message)) as error:
        load_config(tmp_path / "weir.yaml", {})

    assert "weir.yaml:2" in str(error.value)


def test_the_plan_of_a_token_is_one(tmp_path: Path) -> None:
    (tmp_path / "weir.yaml").write_text(TOKENS)

    plan = load_config(tmp_path / "weir.yaml", {}).config.facades["partner"].plan

    assert plan is not None
    assert (plan.claim, plan.default) == ("customer.plan", "free")


def test_an_api_key_with_an_unknown_plan_is_refused_with_its_place(
    tmp_path: Path,
) -> None:
    (tmp_path / "weir.yaml").write_text(PLANS)
    keys = [key("k_1", "gold"), key("k_2", "silver", enabled=False)]
    file = KeyFile(keys=(*keys, key("k_3", "silver")))
    (tmp_path / "api-keys.json").write_text(file.model_dump_json(indent=2))
    loaded = load_config(tmp_path / "weir.yaml", {})

    with pytest.raises(ConfigError) as error:
        stored_keys(loaded)

    assert str(error.value) == f"{tmp_path}/{UNKNOWN.strip()}"


def test_a_new_key_needs_a_known_plan(tmp_path: Path) -> None:
    (tmp_path / "weir.yaml").write_text(PLANS)
    (tmp_path / "api-keys.json").write_text('{"keys": []}')
    config = ["--config", str(tmp_path / "weir.yaml")]

    created = CliRunner().invoke(
        app, ["keys", "create", "a", "--plan", "glod", *config]
    )

    assert created.exit_code == 1
    assert 'unknown plan "glod"; did you mean "gold"?' in created.stderr


@pytest.mark.parametrize(
    ("change", "message", "line"),
    [
        (("plan: {}", "plan: {default: glod}"), 'unknown plan "glod"; did you', 16),
        (("plan: {}", "plan: {default: x}"), 'unknown plan "x"; there are: free', 16),
        (("    plan: {}\n", ""), "`plans` has no effect, because no façade", 0),
        (('rate: "2 per 1s"', "rate: 2"), "write a rate as a number per time", 5),
        (('    rate: "2 per 1s"\n', ""), "`burst` has no effect without `rate`", 4),
        (('"1 per 1s"', '"100 per 1s"'), "`beyond` has to be slower than `rate`", 8),
        (("month:", "rate:"), "cannot have the name of another limit, 'rate'", 7),
        (('    quotas: {month: "1000000 per 30d"}\n', ""), "without `quotas`", 8),
        (('"20 per 1d"', '"0 per 1d"'), "the number of the rate is out of range", 7),
        (("  api_keys: {file: api-keys.json}", "  roles: {}"), "needs credentials", 16),
    ],
)
def test_a_plan_that_cannot_work_is_refused_with_its_place(
    tmp_path: Path, change: tuple[str, str], message: str, line: int
) -> None:
    assert change[0] in PLANS
    (tmp_path / "weir.yaml").write_text(PLANS.replace(*change, 1))

    with pytest.raises(ConfigError, match=re.escape(message)) as error:
        load_config(tmp_path / "weir.yaml", {})

    if line:
        assert f"weir.yaml:{line}:" in str(error.value)


def test_the_use_of_a_facade_with_plans_needs_them(tmp_path: Path) -> None:
    (tmp_path / "weir.yaml").write_text("facades: {web: {path: '', plan: {}}}")

    with pytest.raises(ConfigError, match="needs plans; configure `plans`"):
        load_config(tmp_path / "weir.yaml", {})
