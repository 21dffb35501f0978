"""The examples of docs/guides/operation-cost.md do what the page says."""

import json
import re
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from tests.support.demo import ROOT
from tests.support.documents import blocks
from tests.support.gateway import running_gateway
from weir.bffs.cli.main import app
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.schema import Composed, Subgraph, compose

PAGE = (ROOT / "docs" / "guides" / "operation-cost.md").read_text()
FILES = {each.file: each.text for each in blocks(PAGE) if each.file}
(COMMAND,) = (each.text for each in blocks(PAGE) if each.language == "sh")
(SDL,) = (each.text for each in blocks(PAGE) if each.language == "graphql")
(RESPONSE,) = (each.text for each in blocks(PAGE) if each.language == "json")
LIMITED, MESSAGE, OF_SUBGRAPH = (
    each.text for each in blocks(PAGE) if each.language == "text"
)
_, MEASURE, PER_TIME, SUBGRAPHS = (
    each.text for each in blocks(PAGE) if each.language == "yaml"
)
STORED = """
query Products($first: Int) @rest(method: GET, path: "/products") {
  products(first: $first) { reviews { text } }
  more: products(first: 3) { reviews { text } }
  most: products(first: 4) { reviews { text } }
}
"""
PATH, OPERATIONS = '    path: ""\n', "    operations: operations\n"
SERVER = """
server: {port: "${WEIR_PORT}", control: "${WEIR_CONTROL}", drain_delay: 0s}
"""
JSON = {"content-type": "application/json"}
ALIASES = (
    f"{alias}: products(first: {number}) {{ reviews {{ text }} }}"
    for number, alias in enumerate("abcd")
)
MANY_REVIEWS = f"{{ {' '.join(ALIASES)} }}"


def save(folder: Path, facades: str = "") -> Path:
    for name, text in FILES.items():
        (folder / name).write_text(text)
    (folder / "operations").mkdir()
    (folder / "operations" / "products.graphql").write_text(STORED)
    config = folder / "weir.yaml"
    if facades:
        config.write_text(FILES["weir.yaml"].split("facades:")[0] + facades)
    text = config.read_text()
    config.write_text(f"{SERVER}{text.replace(PATH, PATH + OPERATIONS)}")
    return config


def argument(command: str) -> str:
    (body,) = re.findall(r"--json '(.*)'", command)
    assert isinstance(body, str)
    return body


async def test_an_operation_is_estimated_measured_and_limited(tmp_path: Path) -> None:
    async with (
        running_gateway(save(tmp_path)) as gateway,
        httpx.AsyncClient(base_url=gateway.url) as client,
    ):
        allowed = await client.post("/graphql", content=argument(COMMAND), headers=JSON)
        assert allowed.json() == json.loads(RESPONSE)

        refused = await client.post("/graphql", json={"query": MANY_REVIEWS})
        (error,) = refused.json()["errors"]
        assert error["extensions"]["code"] == "COST_ESTIMATED_TOO_EXPENSIVE"
        assert error["message"] == MESSAGE.strip()
        line = await gateway.logged("operation_cost_exceeded")
        assert (line["estimated"], line["maximum"], line["rejected"]) == (
            1220,
            700,
            True,
        )
        rest = await client.get("/products", params={"first": 12})
        assert rest.status_code == httpx.codes.BAD_REQUEST
        assert rest.json()["code"] == "COST_ESTIMATED_TOO_EXPENSIVE"
        metrics = (await client.get(f"{gateway.control}/metrics")).text
    assert 'gateway_operation_cost_exceeded_total{client_type="web"} 2.0' in metrics
    assert 'gateway_operation_cost_sum{client_type="web",kind="actual"} 14.0' in metrics


async def test_measuring_rejects_nothing(tmp_path: Path) -> None:
    async with (
        running_gateway(save(tmp_path, MEASURE)) as gateway,
        httpx.AsyncClient(base_url=gateway.url) as client,
    ):
        found = (await client.post("/graphql", json={"query": MANY_REVIEWS})).json()
        assert "errors" not in found
        assert "extensions" not in found
        line = await gateway.logged("operation_cost_exceeded")
    assert (line["estimated"], line["rejected"]) == (1220, False)


async def test_costs_are_limited_per_time_and_what_was_not_used_comes_back(
    tmp_path: Path,
) -> None:
    async with (
        running_gateway(save(tmp_path, PER_TIME)) as gateway,
        httpx.AsyncClient(base_url=gateway.url) as client,
    ):
        first = await client.post("/graphql", content=argument(COMMAND), headers=JSON)
        assert first.json()["extensions"] == {
            "cost": {"estimated": 305, "actual": 14, "difference": 291}
        }
        for name, value in re.findall(r"(\S+): (.*)", LIMITED):
            # Tokens come back while the response is on its way.
            shape = re.escape(value).replace("986", r"(98[6-9]|99\d)")
            assert re.fullmatch(shape.replace("51", r"\d+"), first.headers[name])

        refused = await client.post("/graphql", json={"query": MANY_REVIEWS})
        assert refused.status_code == httpx.codes.TOO_MANY_REQUESTS
        assert "retry-after" not in refused.headers
        (error,) = refused.json()["errors"]
        assert error["extensions"]["code"] == "RATE_LIMITED"
        assert "estimated to cost 1220" in error["message"]
        introspection = await client.post("/graphql", json={"query": "{ __typename }"})
        assert introspection.json()["data"] == {"__typename": "Query"}


async def test_the_part_of_a_subgraph_is_limited(tmp_path: Path) -> None:
    async with (
        running_gateway(save(tmp_path, SUBGRAPHS)) as gateway,
        httpx.AsyncClient(base_url=gateway.url) as client,
    ):
        refused = await client.post("/graphql", content=argument(COMMAND), headers=JSON)
        (error,) = refused.json()["errors"]
        assert error["message"] == OF_SUBGRAPH.strip()
        line = await gateway.logged("operation_cost_exceeded")
        assert (line["subgraph"], line["estimated"]) == ("shop", 305)
        query = "{ products(first: 2) { name } }"
        allowed = (await client.post("/graphql", json={"query": query})).json()
        assert allowed["extensions"]["cost"] == {
            "estimated": 5,
            "actual": 2,
            "difference": 3,
            "subgraphs": {
                "shop": {
                    "estimated": 5,
                    "actual": 2,
                    "difference": 3,
                    "maximum": 300,
                }
            },
        }
        metrics = (await client.get(f"{gateway.control}/metrics")).text
    assert 'gateway_subgraph_cost_exceeded_total{subgraph="shop"} 1.0' in metrics
    assert 'gateway_subgraph_cost_sum{kind="actual",subgraph="shop"} 2.0' in metrics
    difference = 'gateway_subgraph_cost_sum{kind="difference",subgraph="shop"} 3.0'
    assert difference in metrics


def test_a_limit_of_an_unknown_subgraph_is_refused_with_its_place(
    tmp_path: Path,
) -> None:
    config = save(tmp_path, SUBGRAPHS.replace("shop:", "shpo:"))
    checked = CliRunner().invoke(
        app,
        ["check", "--config", str(config)],
        env={"WEIR_PORT": "1", "WEIR_CONTROL": "127.0.0.1:2"},
    )

    assert checked.exit_code == 2, checked.output
    assert "weir.yaml:17:9: facades.web.cost.subgraphs:" in checked.stderr
    assert 'unknown subgraph "shpo"; did you mean "shop"?' in checked.stderr


def test_the_schema_composes() -> None:
    composed = compose([Subgraph(name="shop", url="http://shop", sdl=SDL)])

    assert isinstance(composed, Composed)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("facades: {web: {path: '', cost: {}}}", "expected `maximum`, `subgraphs`, or"),
        (
            "routes: {r: {path: /r, respond: {status: 204}, "
            "rate_limits: {a: {rate: 1 per 1s, unit: cost}}}}",
            "rate_limits.a: only façades have operations with costs",
        ),
        (
            "rate_limits: {a: {rate: 1 per 1s, unit: costs}}",
            "should be 'requests' or 'cost'",
        ),
        ("cost: {list_size: 3}", "`cost` has no effect, because no façade has"),
        ("facades: {web: {path: '', cost: {maximum: 0}}}", "greater than or equal"),
        (
            "cost: {weights: {A: -1}}\nfacades: {web: {path: '', cost: {maximum: 1}}}",
            "greater than or equal",
        ),
    ],
)
def test_a_configuration_without_effect_is_an_error(
    tmp_path: Path, config: str, message: str
) -> None:
    (tmp_path / "weir.yaml").write_text(config)

    with pytest.raises(ConfigError, match=re.escape(message)):
        load_config(tmp_path / "weir.yaml", {})
