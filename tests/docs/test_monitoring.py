"""The log line and the metric of docs/guides/monitoring.md are those of a gateway."""

import json
import re
from pathlib import Path

import httpx

from tests.support.cached_graph import FACADES, gateway_with
from tests.support.gateway import free_port

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "monitoring.md").read_text()
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
    assert facade.keys() >= shown["facades"][0].keys()
