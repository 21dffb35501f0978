"""The examples of docs/guides/operation-cost.md do what the page says."""

import json
import re
from pathlib import Path

import httpx
import pytest

from tests.support.demo import ROOT
from tests.support.documents import blocks
from tests.support.gateway import running_gateway
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.schema import Composed, Subgraph, compose

PAGE = (ROOT / "docs" / "guides" / "operation-cost.md").read_text()
FILES = {each.file: each.text for each in blocks(PAGE) if each.file}
(COMMAND,) = (each.text for each in blocks(PAGE) if each.language == "sh")
(SDL,) = (each.text for each in blocks(PAGE) if each.language == "graphql")
(RESPONSE,) = (each.text for each in blocks(PAGE) if each.language == "json")
(MESSAGE,) = (each.text for each in blocks(PAGE) if each.language == "text")
MEASURE = next(each.text for each in blocks(PAGE) if "mode: measure" in each.text)
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


def test_the_schema_composes() -> None:
    composed = compose([Subgraph(name="shop", url="http://shop", sdl=SDL)])

    assert isinstance(composed, Composed)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("facades: {web: {path: '', cost: {}}}", "expected `maximum`, or `mode"),
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
