"""The log line and the metric of docs/guides/monitoring.md are those of a gateway."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import httpx

from tests.support.cached_graph import FACADES, gateway_with
from tests.support.conditions import until
from tests.support.ports import free_port

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "monitoring.md").read_text()
(TRACE,) = re.findall(r"```text\n(web/.*?)```", PAGE, re.DOTALL)
LINE, RATES = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
(METRIC,) = re.findall(r"```\n(gateway_.*?)```", PAGE, re.DOTALL)


async def test_a_service_that_is_down_is_named_in_the_log_and_counted(
    tmp_path: Path,
) -> None:
    async with (
        gateway_with(FACADES, free_port(), tmp_path) as gateway,
        httpx.AsyncClient() as client,
    ):
        url = f"{gateway.url}/graphql"
        response = await client.post(url, json={"query": "{ number }"})
        line = await gateway.logged("request")
        metrics = await client.get(f"{gateway.control}/metrics")
        rates = await client.get(f"{gateway.control}/api/v1/metrics/requests")

    assert response.status_code == httpx.codes.OK
    expected = json.loads(LINE)
    (failure,) = line["failures"]
    assert failure.pop("detail")
    assert {name: line[name] for name in expected} == expected
    assert METRIC.strip() in metrics.text
    (shown,) = json.loads(RATES)["windows"]
    minute = rates.json()["windows"][0]
    (facade,) = minute["facades"]
    assert minute["window_s"] == shown["window_s"]
    assert facade["name"] == shown["facades"][0]["name"]
    assert facade["error_share"] == shown["facades"][0]["error_share"]
    assert facade.keys() >= shown["facades"][0].keys()


async def test_a_request_is_explained_as_on_the_page(tmp_path: Path) -> None:
    port = free_port()
    async with (
        gateway_with(FACADES, port, tmp_path) as gateway,
        httpx.AsyncClient() as client,
    ):
        query = {"query": "{ number }"}
        response = await client.post(f"{gateway.url}/graphql", json=query)
        request_id = response.headers["x-request-id"]
        control = gateway.control.removeprefix("http://")
        printed = await _weir("trace", request_id, "--control", control)
        listed = await _weir("trace", "--control", control)
        recent = await client.get(f"{gateway.control}/requests/recent?reason=failed")
        unknown = await _weir("trace", "unknown", "--control", control)
        headers = {"x-request-id": "../a/b"}
        await client.post(f"{gateway.url}/graphql", json=query, headers=headers)
        chosen = await _weir("trace", "../a/b", "--control", control)

    assert _shape(printed.replace(str(port), "5101")) >= _shape(TRACE)
    assert request_id in printed
    assert "POST /graphql  200" in chosen
    assert request_id in listed
    assert [each["request_id"] for each in recent.json()["requests"]] == [request_id]
    assert "No recorded request has the id 'unknown'" in unknown


async def test_a_capsule_has_the_requests_that_opened_the_breaker(
    tmp_path: Path,
) -> None:
    (capsules,) = re.findall(
        r"```yaml\n(telemetry:\n  capsules.*?)```", PAGE, re.DOTALL
    )
    fragile = FACADES + "upstream_defaults: {breaker: {failures: 1}}\n" + capsules
    async with (
        gateway_with(fragile, free_port(), tmp_path) as gateway,
    ):
        # The failures of one client alone open the breaker for that client only.
        request_ids: set[str] = set()
        for address in ("127.1.0.1", "127.2.0.1", "127.3.0.1"):
            transport = httpx.AsyncHTTPTransport(local_address=address)
            async with httpx.AsyncClient(transport=transport) as client:
                query = {"query": "{ number }"}
                response = await client.post(f"{gateway.url}/graphql", json=query)
                request_ids.add(response.headers["x-request-id"])
        await until(lambda: any((tmp_path / "capsules").glob("*.json")))
        (file,) = (tmp_path / "capsules").glob("*.json")
        shown = await _weir("capsule", "show", str(file))
        refused = await _weir("capsule", "show", str(tmp_path / "weir.yaml"))

    assert "the circuit breaker of numbers is open" in shown
    assert any(each in shown for each in request_ids)
    assert "attempt numbers" in shown
    assert "weir.yaml: this is not a capsule of Weir" in refused


async def test_the_series_are_bounded_as_on_the_page(tmp_path: Path) -> None:
    (section,) = re.findall(r"```yaml\n(metrics:\n.*?)```", PAGE, re.DOTALL)
    config = tmp_path / "weir.yaml"
    async with (
        gateway_with(FACADES + section, free_port(), tmp_path) as gateway,
        httpx.AsyncClient() as client,
    ):
        written = config.read_text()
        for method in ("GET", "PUT", "DELETE", "PROPFIND"):
            for path in ("/graphql", "/a", "/b"):
                await client.request(method, f"{gateway.url}{path}")
        config.write_text(written.replace("20000", "10"))
        rejected = await client.post(f"{gateway.control}/config/reload")
        without = (await client.get(f"{gateway.control}/metrics")).text
        config.write_text(written.replace("[path]", "[]"))
        reloaded = await client.post(f"{gateway.control}/config/reload")
        metrics = (await client.get(f"{gateway.control}/metrics")).text
    variables = {"NUMBERS_PORT": "9", "WEIR_PORT": "1", "WEIR_CONTROL": "127.0.0.1:2"}
    estimate = await _weir(
        "metrics", "estimate", "--config", str(config), variables=variables
    )

    assert rejected.status_code == httpx.codes.UNPROCESSABLE_ENTITY, rejected.text
    assert "metrics.max_series" in rejected.text
    assert "gateway_requests_total{" in without
    assert "path=" not in without
    assert reloaded.status_code == httpx.codes.OK, reloaded.text
    assert 'path="/graphql"' in metrics
    rows = re.findall(r"^ *([\d,]+)  (gateway_\w+)", estimate, re.MULTILINE)
    most = {name: int(series.replace(",", "")) for series, name in rows}
    samples = Counter(re.findall(r"^(gateway_\w+)\{", metrics, re.MULTILINE))
    families = Counter[str]()
    for name, number in samples.items():
        families[re.sub(r"_(total|bucket|sum|count)$", "", name)] += number
    families.pop("gateway_cache_hit_rate", None)  # not counted, with two at most
    assert {each for each, number in families.items() if number > most[each]} == set()
    assert families["gateway_requests"] > 1


def _shape(text: str) -> set[str]:
    """Return the lines of an explanation without ids, times and bars."""
    plain = re.sub(r"\b[0-9a-f]{12,32}\b|[\d:.-]+T[\d:.]+Z|[+-]?\b\d+\.\d\b", "", text)
    lines = (" ".join(line.replace("━", " ").split()) for line in plain.splitlines())
    return {_in_any_order(line) if "spent: " in line else line for line in lines}


def _in_any_order(line: str) -> str:
    """Sort what took time, without the waits that only some runs have.

    A busy machine adds queues, and the client's body may come after its headers.
    """
    parts = line.removeprefix("spent: ").split(", ")
    return ", ".join(
        sorted(each for each in parts if not each.startswith(("queue", "client")))
    )


async def _weir(*arguments: str, variables: Mapping[str, str] | None = None) -> str:
    command = (sys.executable, "-m", "weir", *arguments)
    ended = await asyncio.to_thread(
        subprocess.run,
        command,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(variables or {})},
    )
    return ended.stdout + ended.stderr
