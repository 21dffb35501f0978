"""The objectives of docs/guides/objectives.md, over a gateway with a slow resolver."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.gateway import Gateway, running_gateway
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "objectives.md").read_text()
(SLO,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
STATES, LINE = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
METRICS = set(re.findall(r"`(gateway_slo_\w+)`", PAGE))
CONFIG = """\
server: {port: "${WEIR_PORT}", control: "${WEIR_CONTROL}", drain_delay: 0s}
subgraphs: {books: {python: "books:schema"}}
facades: {mobile: {path: /mobile, operations: operations}}
"""
BOOKS = """\
import asyncio
import strawberry
from strawberry.federation import Schema


@strawberry.type
class Query:
    @strawberry.field
    async def title(self, pause_s: float) -> str:
        await asyncio.sleep(pause_s)
        return "Emma"


schema = Schema(query=Query)
"""
HOME = (
    'query Home($pauseS: Float!) @rest(path: "/v1/home") { title(pauseS: $pauseS) }\n'
)


def write(folder: Path) -> Path:
    (folder / "books.py").write_text(BOOKS)
    (folder / "operations").mkdir()
    (folder / "operations" / "Home.graphql").write_text(HOME)
    (folder / "weir.yaml").write_text(CONFIG + SLO)
    return folder / "weir.yaml"


async def states(gateway: Gateway) -> dict[str, Any]:
    async with httpx.AsyncClient() as client:
        body = (await client.get(f"{gateway.control}/slo")).json()
    return {each["name"]: each for each in body["objectives"]}


async def test_requests_count_for_their_objectives_with_their_causes(
    tmp_path: Path,
) -> None:
    async with (
        running_gateway(write(tmp_path)) as gateway,
        httpx.AsyncClient() as client,
    ):
        for pause_s in ("0", "0.6"):
            url = f"{gateway.url}/mobile/v1/home?pauseS={pause_s}"
            assert (await client.get(url)).status_code == 200
        rejected = await client.get(f"{gateway.url}/mobile/v1/home?pauseS=x")
        # What is shown is up to date, and so are the causes after it.
        slow = await client.get(f"{gateway.control}/requests/recent?reason=slow")
        found = await states(gateway)
        metrics = (await client.get(f"{gateway.control}/metrics")).text
        line = await gateway.logged("slow_request")

    assert rejected.status_code == 400
    shown, (expected,) = json.loads(LINE), json.loads(STATES)["objectives"]
    assert line["objectives"] == shown["objectives"]
    assert [part.keys() for part in line["spent"][:2]] == [
        part.keys() for part in shown["spent"]
    ]
    home = found["mobile/Home"]
    assert {name: home[name] for name in expected} == expected
    assert [round(each["rate"]) for each in home["burns"]] == [100] * 4
    assert (found["mobile"]["requests"], found["mobile"]["good"]) == (2, 2)
    assert {each["operation"] for each in slow.json()["requests"]} == {"Home"}
    assert set(re.findall(r"^(gateway_slo_\w+){", metrics, re.MULTILINE)) == METRICS


async def test_a_reload_applies_changes_and_rejects_unknown_operations(
    tmp_path: Path,
) -> None:
    file = write(tmp_path)
    async with running_gateway(file) as gateway, httpx.AsyncClient() as client:
        file.write_text(CONFIG + "slo: {mobile: {within: 1s, target: 95%}}\n")
        assert (await client.post(f"{gateway.control}/config/reload")).is_success
        changed = await states(gateway)
        file.write_text(CONFIG + "slo:\n  mobile/Hmoe: {within: 1s, target: 95%}\n")
        rejected = await client.post(f"{gateway.control}/config/reload")

    assert list(changed) == ["mobile"]
    assert changed["mobile"]["target"] == 0.95
    detail = rejected.json()["detail"]
    assert 'unknown stored operation of mobile "Hmoe"; did you mean "Home"?' in detail
    assert "weir.yaml:5" in detail


@pytest.mark.parametrize(
    ("slo", "message"),
    [
        ("movile/Home: {within: 1s, target: 99%}", 'unknown façade "movile"'),
        ("mobile/: {within: 1s, target: 99%}", "expected a façade such as `mobile`"),
        ("mobile/a/b: {within: 1s, target: 99%}", "expected a façade such as"),
        ("mobile: {within: 1s, target: 100%}", "50% to 99.999%"),
        ("mobile: {within: 1s, target: 0.99}", "write a share as a percentage"),
        ("mobile: {within: 0s, target: 99%}", "the duration is out of range"),
        ("mobile: {target: 99%}", "within"),
        ("mobile: {within: 11s, target: 99%}", "ends requests after 10s"),
        ("mobile: {within: 1s, target: 99%, good: x}", "unknown key"),
    ],
)
def test_a_wrong_objective_is_an_error_with_its_place(
    tmp_path: Path, slo: str, message: str
) -> None:
    file = tmp_path / "weir.yaml"
    file.write_text(f"facades: {{mobile: {{path: /m}}}}\nslo:\n  {slo}\n")

    with pytest.raises(ConfigError) as error:
        load_config(file, {})

    assert message in str(error.value)
    assert "weir.yaml:3" in str(error.value)
