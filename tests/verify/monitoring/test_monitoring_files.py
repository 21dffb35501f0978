"""The files of `deploy/monitoring`, with the Prometheus of Debian.

No container engine is needed, so that the images, Grafana, the collector and Jaeger are
not started.
"""

import asyncio
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML

from scripts.dashboards.__main__ import DASHBOARDS
from tests.support.debian_packages import program
from tests.support.demo import ROOT, Demo
from tests.support.gateway import demo_variables, running_gateway
from tests.support.ports import free_port

FOLDER = ROOT / "deploy" / "monitoring"
DEMO = ROOT / "examples" / "streaming" / "weir.yaml"
HOME = "/web/v1/home"
SEEN = (
    "rate(gateway_requests_total[5m])",
    "rate(gateway_request_duration_bucket[5m])",
    "rate(gateway_backend_duration_bucket[5m])",
    "rate(gateway_fetch_duration_bucket[5m])",
    "rate(gateway_slo_requests_total[5m])",
    "gateway_slo_burn_rate",
    "rate(process_cpu_seconds_total[5m])",
)
"""Each has values once there are two scrapes after the first requests."""
EMPTY_WITHOUT_TROUBLE = re.compile(
    "status=~|partial|slo_bad|slo_slow|== 0|errors_total|cost|fallbacks|plan_duration"
    "|security|auth|unknown|stalls|shared|dropped|spans|cache_requests|operation_circuit"
    "|config_rejections|certificate|workers|worker_ends|compile_duration"
    "|gateway_received_bytes"
)


def read_yaml(file: Path) -> Any:
    return YAML(typ="safe").load(file.read_text())


@pytest.fixture(scope="module")
def promtool(tmp_path_factory: pytest.TempPathFactory) -> str:
    return program(
        "prometheus", "usr/bin/promtool", tmp_path_factory.mktemp("prometheus")
    )


@asynccontextmanager
async def prometheus(promtool: str, control: str, folder: Path) -> AsyncIterator[str]:
    """Run Prometheus with the configuration of the demo; yields its URL."""
    text = (FOLDER / "prometheus.yaml").read_text()
    (folder / "prometheus.yaml").write_text(
        text.replace("127.0.0.1:4001", control).replace("5s", "1s").replace("15s", "1s")
    )
    (folder / "weir.rules.yaml").write_text((FOLDER / "weir.rules.yaml").read_text())
    address = f"127.0.0.1:{free_port()}"
    process = await asyncio.create_subprocess_exec(
        promtool.replace("promtool", "prometheus"),
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield f"http://{address}"
    finally:
        process.terminate()
        await process.wait()


async def result(client: httpx.AsyncClient, query: str) -> list[Any]:
    """Return the series of a query; an error of its syntax fails."""
    response = await client.get("/api/v1/query", params={"query": query})
    body = response.json()
    assert body["status"] == "success", (query, body)
    series: list[Any] = body["data"]["result"]
    return series


async def until_known(client: httpx.AsyncClient, query: str) -> None:
    async with asyncio.timeout(90):
        while True:
            try:
                if await result(client, query):
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.2)


def queries() -> Iterator[str]:
    for dashboard in DASHBOARDS:
        for panel in dashboard.panels:
            for query in panel.queries:
                expr = query.expr.replace("$__rate_interval", "5m")
                yield re.sub(r"\$\w+", ".*", expr)


async def test_a_real_prometheus_answers_each_query_of_the_dashboards(
    shared_demo: Demo, promtool: str, tmp_path: Path
) -> None:
    variables = demo_variables(shared_demo.base_port)
    async with (
        running_gateway(DEMO, variables) as gateway,
        httpx.AsyncClient(base_url=gateway.url) as clients,
        prometheus(promtool, gateway.control.removeprefix("http://"), tmp_path) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        for _ in range(3):
            assert (await clients.get(HOME)).is_success
        for query in SEEN:
            await until_known(client, query)
        rules = (await client.get("/api/v1/rules")).json()["data"]["groups"]
        empty = [each for each in queries() if not await result(client, each)]

    assert {each["health"] for group in rules for each in group["rules"]} <= {
        "ok",
        "unknown",
    }
    assert [each for each in empty if not EMPTY_WITHOUT_TROUBLE.search(each)] == []


def test_promtool_accepts_the_configuration(promtool: str) -> None:
    outcome = subprocess.run(
        [promtool, "check", "config", str(FOLDER / "prometheus.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_the_files_that_the_services_mount_exist() -> None:
    services = read_yaml(FOLDER / "compose.yaml")["services"]
    mounted = {
        volume.split(":")[0]
        for service in services.values()
        for volume in service.get("volumes", ())
    }

    assert mounted
    assert [each for each in mounted if not (ROOT / each).exists()] == []


def test_the_dashboards_and_the_data_sources_are_provisioned_where_they_are() -> None:
    provider = read_yaml(FOLDER / "grafana" / "dashboards.yaml")["providers"][0]
    grafana = read_yaml(FOLDER / "compose.yaml")["services"]["grafana"]

    assert (
        f"./deploy/monitoring/dashboards:{provider['options']['path']}:ro"
        in (grafana["volumes"])
    )


async def test_the_command_of_the_gateway_sends_traces_to_the_collector(
    tmp_path: Path,
) -> None:
    command = read_yaml(FOLDER / "compose.yaml")["services"]["weir"]["command"][0]
    for path, own in {
        "/app/": f"{ROOT}/",
        "/monitoring/": f"{FOLDER}/",
        "/tmp/examples": f"{tmp_path}/examples",  # noqa: S108 - of the container
        "exec weir serve": "exec weir check",
    }.items():
        assert path in command
        command = command.replace(path, own)
    outcome = await asyncio.create_subprocess_exec(
        "sh", "-c", command.split("&& exec")[0]
    )

    assert await outcome.wait() == 0
    made = read_yaml(tmp_path / "examples" / "streaming" / "weir.yaml")
    assert made["telemetry"]["traces"]["endpoint"] == "http://otel-collector:4318"
