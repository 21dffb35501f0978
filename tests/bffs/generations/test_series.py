"""The series that metrics can have by a configuration, and their limit."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs
from typer.testing import CliRunner

from tests.support import events
from tests.support.controlled_app import CONFIG, ControlledApp, controlled_app
from tests.support.known_labels import KNOWN
from tests.support.known_labels import values as known_values
from tests.support.memory_exchange import MemoryBody, MemoryExchange, request_head
from weir.bffs.cli.draft import generation_of
from weir.bffs.cli.main import app as command
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.model.telemetry.metrics import SeriesSection
from weir.bffs.generations import series
from weir.gateway.clock import SystemClock
from weir.gateway.edge.route import NO_CLIENT
from weir.gateway.telemetry.metrics.label_registry import LabelRegistry
from weir.gateway.telemetry.metrics.label_values import estimated_series
from weir.gateway.telemetry.metrics.sink import MetricsSink
from weir.gateway.telemetry.metrics.store import MetricsStore

SAMPLE = re.compile(r"(gateway_\w+?)(?:_total|_bucket|_sum|_count)?[{ ]")


def limited(most: int, dropped: str) -> str:
    section = f"metrics:\n  max_series: {most}\n  drop_labels: [{dropped}]\n"
    return CONFIG + section


async def send(served: ControlledApp, path: str, method: str = "GET") -> None:
    head = request_head(path, method=method)
    head = structs.replace(head, arrived_s=SystemClock.monotonic_s())
    await MemoryExchange(head, MemoryBody([])).run(served.app.handler)


async def test_a_configuration_above_the_limit_is_rejected_with_the_label_to_drop(
    tmp_path: Path,
) -> None:
    config = limited(100, "code")

    with pytest.raises(ConfigError) as rejected:
        async with controlled_app(tmp_path, config):
            pass

    message = str(rejected.value)
    assert "weir.yaml:9" in message
    assert "series, more than 100; with `" in message
    assert "` in `metrics.drop_labels` there are " in message


async def test_metrics_are_without_dropped_labels(tmp_path: Path) -> None:
    config = limited(200_000, "path")
    async with controlled_app(tmp_path, config) as served:
        for path in ("/web/graphql", "/web/other"):
            await send(served, path)
        text = (await served.control.get("/metrics")).text

    assert 'gateway_requests_total{client_type="web",' in text
    assert "path=" not in text


async def test_no_metric_has_more_series_than_its_estimate(tmp_path: Path) -> None:
    async with controlled_app(tmp_path) as served:
        for method in ("GET", "POST", "PUT", "LOCK"):
            for path in ("/web/graphql", "/web/other", "/else", "/health"):
                await send(served, path, method)
        text = (await served.control.get("/metrics")).text
        loaded = load_config(served.file, {})
    async with generation_of(loaded) as generation:
        families = estimated_series(generation.label_values)

    estimated = {each.name: each.series for each in families}
    found: dict[str, int] = {}
    for line in text.splitlines():
        if match := SAMPLE.match(line):
            name = match[1]
            found[name] = found.get(name, 0) + 1
    found.pop("gateway_cache_hit_rate", None)
    assert found["gateway_requests"] > 3
    assert {name: n for name, n in found.items() if n > estimated[name]} == {}


ROUTES = """\
routes:
  split:
    path: /split
    methods: [GET, QUERY]
    proxy: {backends: {a: {upstream: books}, b: {upstream: others}}}
  both:
    path: /both
    aggregate:
      parts: {one: {upstream: books, path: /1}, two: {upstream: books, path: /2}}
"""


async def test_calls_of_plain_routes_are_series_of_their_services(
    tmp_path: Path,
) -> None:
    others = "upstreams:\n  others: {instances: [http://127.0.0.1:1]}\n"
    (tmp_path / "books.graphql").write_text("type Query { book: String }")
    file = tmp_path / "weir.yaml"
    file.write_text(CONFIG.replace("upstreams:\n", others) + ROUTES)
    async with generation_of(load_config(file, {})) as generation:
        endpoints = generation.label_values.endpoints

    split = {(u, f"{m} split") for u in ("books", "others") for m in ("GET", "QUERY")}
    assert endpoints >= split | {("books", "GET /1"), ("books", "GET /2")}


async def test_a_backend_is_another_operation_of_the_client_type_of_its_route(
    tmp_path: Path,
) -> None:
    others = "upstreams:\n  others: {instances: [http://127.0.0.1:1]}\n"
    (tmp_path / "books.graphql").write_text("type Query { book: String }")
    file = tmp_path / "weir.yaml"
    routes = ROUTES.replace("path: /split", "path: /split\n    client_type: tv")
    file.write_text(CONFIG.replace("upstreams:\n", others) + routes)
    store = MetricsStore()
    async with generation_of(load_config(file, {})) as generation:
        LabelRegistry(store).follow(generation.label_values)
    failed = structs.replace(events.REQUEST, operation="a", status=503)
    for client_type in ("tv", NO_CLIENT):
        MetricsSink(store).emit(structs.replace(failed, client_type=client_type))

    counted = {("tv", "other"), (NO_CLIENT, "other")}
    assert {labels for labels, _ in store.failed_requests.counts()} == counted
    assert {labels for labels, _ in store.operation_duration.rows()} == counted


LIMITED = """\
upstreams:
  books:
    instances: [http://127.0.0.1:1]
    health: {active: false}
    rate_limits: {calls: {rate: 1 per 1s}}
subgraphs:
  books: {upstream: books, sdl: books.graphql}
identity: {api_keys: {file: api-keys.json}}
facades:
  web: {path: /web, access: authenticated, plan: {}, rate_limits: {own: RATE}}
routes:
  old: {path: /old, respond: {status: 204}, rate_limits: {own: RATE}}
rate_limits: {all: RATE}
plans: {basic: RATE}
""".replace("RATE", "{rate: 1 per 1s}")


async def test_the_limits_of_all_places_have_series(tmp_path: Path) -> None:
    (tmp_path / "books.graphql").write_text("type Query { book: String }")
    (tmp_path / "api-keys.json").write_text('{"keys": []}')
    file = tmp_path / "weir.yaml"
    file.write_text(LIMITED)
    async with generation_of(load_config(file, {})) as generation:
        limits = generation.label_values.limits

    assert limits == {
        ("", "all"),
        ("web", "own"),
        ("routes.old", "own"),
        ("upstreams.books", "calls"),
        ("plans.basic", "rate"),
    }


def test_the_command_prints_the_series_and_fails_above_the_limit(
    tmp_path: Path,
) -> None:
    (tmp_path / "books.graphql").write_text("type Query { book: String }")
    file = tmp_path / "weir.yaml"

    file.write_text(CONFIG)
    within = CliRunner().invoke(command, ["metrics", "estimate", "--config", str(file)])
    file.write_text(limited(100, "code"))
    above = CliRunner().invoke(command, ["metrics", "estimate", "--config", str(file)])

    assert (within.exit_code, above.exit_code) == (0, 1)
    assert re.search(r"\d+  gateway_requests  method, path, status", within.stdout)
    assert "in all, of 200,000 at most" in within.stdout
    assert re.search(r"gateway_partial_responses  .*code", within.stdout)
    assert not re.search(r"gateway_partial_responses  .*code", above.stdout)


STORED = """\
subgraphs: {books: {python: "books:schema"}}
facades: {web: {path: /web, operations: operations}}
slo: {web/Z: {within: 1s, target: 99%}}
"""
BOOKS = """\
import strawberry
from strawberry.federation import Schema


@strawberry.type
class Query:
    book: str = "Emma"


schema = Schema(query=Query)
"""


async def test_many_stored_operations_share_a_value_and_a_warning_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series, "MAX_OPERATIONS", 2)
    monkeypatch.setattr(series, "MAX_PATHS", 4)
    (tmp_path / "books.py").write_text(BOOKS)
    (tmp_path / "operations").mkdir()
    for name in "ABCZ":
        operation = f'query {name} @rest(path: "/v1/{name.lower()}") {{ book }}'
        (tmp_path / "operations" / f"{name}.graphql").write_text(operation)
    file = tmp_path / "weir.yaml"
    file.write_text(STORED)
    async with generation_of(load_config(file, {})) as generation:
        found = generation.label_values

    assert {each for each in found.operations if each[0] == "web"} == {
        *(("web", name) for name in ("", "Z", "A", "other")),
    }
    assert ("web", "other", "other") in found.routes
    assert found.unnamed_operations == 2
    assert found.unnamed_paths > 0
    assert next(series.unnamed(found)) == (
        "2 of 4 stored operations have the value `other` in the labels of metrics,"
        " which name 2 at most"
    )


def test_any_number_of_operations_is_within_the_default() -> None:
    clients = [f"facade{i}" for i in range(5)]
    services = known_values(*(f"service{i}" for i in range(30)))
    values = replace(
        KNOWN,
        facades=known_values("", *clients),
        operations=frozenset(
            (clients[i % 5], f"Op{i}") for i in range(series.MAX_OPERATIONS)
        ),
        routes=frozenset(
            (clients[0], f"/{i}", method)
            for i in range(series.MAX_PATHS)
            for method in ("GET", "HEAD", "OPTIONS", "other")
        ),
        services=services,
        subgraphs=services,
        endpoints=frozenset((name, "POST /graphql") for (name,) in services),
    )

    total = sum(each.series for each in estimated_series(values))
    assert total < SeriesSection().max_series
