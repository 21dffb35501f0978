"""docs/guides/device-profiles.md: what a device gets of arguments, lists and texts."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.support.demo import ROOT
from tests.support.documents import blocks
from weir.bffs.config.errors import ConfigError
from weir.bffs.testing.gateway import TestedGateway, gateway
from weir.bffs.testing.graphql_service import graphql_service

PAGE = (ROOT / "docs" / "guides" / "device-profiles.md").read_text()
FILES = {each.file: each.text for each in blocks(PAGE) if each.file}
RESPONSE, WITHOUT_NULLS = (
    each.text for each in blocks(PAGE) if each.language == "json"
)
CATALOG = """
extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.3"
  import: ["@key", "@requires", "@external"]
)
type Query { popular(first: Int = 50): [Title!]! }
interface Acted { cast: [String!]! }
type Title implements Acted @key(fields: "slug") {
  slug: String! id: ID year: Int name: String! cast: [String!]! synopsis: String
  images(first: Int): [String!] extras: [String]
}
"""
TITLE = {
    "slug": "up",
    "name": "Up",
    "cast": ["Ed Asner", "Christopher Plummer", "Jordan Nagai"],
    "synopsis": "An old man ties balloons to his house.",
    "extras": ["a very long text that has to be cut here", None, "short"],
}
QUERY = "query ($first: Int) { popular(first: $first) { cast synopsis extras } }"


@asynccontextmanager
async def running(folder: Path, config: str = "") -> AsyncIterator[TestedGateway]:
    (folder / "operations").mkdir()
    for name, text in {"catalog.graphql": CATALOG, **FILES}.items():
        (folder / name).write_text(text)
    if config:
        (folder / "weir.yaml").write_text(config)
    service = graphql_service(CATALOG, {"popular": [TITLE]})
    async with gateway(folder / "weir.yaml", {"catalog": service}, {}) as tested:
        yield tested


async def test_the_response_of_the_page(tmp_path: Path) -> None:
    async with running(tmp_path, f"mode: development\n{FILES['weir.yaml']}") as tested:
        response = await tested.client.get("/mobile/popular?first=100")
        (request,) = tested.requests("catalog")[-1:]
        within = await tested.client.get("/mobile/popular?first=1")
        document = (await tested.client.get("/mobile/openapi.json")).json()

    assert response.json() == json.loads(RESPONSE)
    described = {
        "$ref": "#/components/schemas/PopularResponse",
        "components": document["components"],
    }
    Draft202012Validator(described).validate(response.json())
    assert 3 in request.json()["variables"].values()
    assert "_weir" not in within.json()


async def test_nulls_are_omitted_in_rest_responses_alone(tmp_path: Path) -> None:
    async with running(tmp_path, f"mode: development\n{FILES['weir.yaml']}") as tested:
        response = await tested.client.get("/mobile/titles")
        stored = {"documentId": "Titles"}
        graphql = await tested.client.post("/mobile/graphql", json=stored)
        document = (await tested.client.get("/mobile/openapi.json")).json()

    assert response.json() == json.loads(WITHOUT_NULLS)
    whole = {"popular": [{"id": None, "name": "Up", "year": None}]}
    assert graphql.json() == {"data": whole}
    title = document["components"]["schemas"]["TitlesResponseItem"]
    assert title["required"] == ["id", "name"]
    assert title["properties"]["id"]["type"] == ["string", "null"]
    assert title["properties"]["year"]["type"] == "integer"


async def test_omitted_nulls_need_a_rest_endpoint(tmp_path: Path) -> None:
    config = FILES["weir.yaml"].replace("    operations: operations\n", "")

    with pytest.raises(ConfigError, match="omit_nulls: has no effect without"):
        async with running(tmp_path, config):
            pass


async def test_graphql_has_the_same_profile(tmp_path: Path) -> None:
    texts = "        Title.synopsis: 24\n"
    config = FILES["weir.yaml"].replace(texts, f"{texts}        Title.extras: 10\n")
    async with running(tmp_path, config) as tested:

        async def sent(first: int) -> Any:
            body = {"query": QUERY, "variables": {"first": first}}
            return (await tested.client.post("/mobile/graphql", json=body)).json()

        clamped, within = await sent(100), await sent(2)

    assert clamped["data"]["popular"] == [
        {
            "cast": ["Ed Asner", "Christopher Plummer"],
            "synopsis": "An old man ties…",
            "extras": ["a very…", None, "short"],
        }
    ]
    assert (
        clamped["extensions"]["weir"]["clamped"]
        == json.loads(RESPONSE)["_weir"]["clamped"]
    )
    assert "extensions" not in within


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ("lists: {Title.name: 2}", "lists: Title.name: its type String! is not a list"),
        ("lists: {Title.images: 2}", "its argument first limits the list"),
        ("lists: {Title.casts: 2}", "Title has no field casts. Did you mean 'cast'?"),
        ("lists: {Title.cast: -1}", "greater than or equal to 0"),
        ("texts: {Title.id: 2}", "its type ID is not a String"),
        ("texts: {Title.year: 2}", "its type Int is not a String"),
        (
            "texts: {Title.slug: 2}",
            "it cannot be cut, because it is in a @key of Title",
        ),
        ("texts: {Title.name: 0}", "greater than or equal to 1"),
        ("texts: {Title.name: 10001}", "less than or equal to 10000"),
        (
            "{lists: {Title.cast: 1}, texts: {Title.cast: 9}}",
            "Title.cast: a list of texts has either",
        ),
        (
            "{lists: {Title.cast: 1}, texts: {Acted.cast: 9}}",
            "Title.cast: a list of texts has either",
        ),
    ],
)
async def test_a_limit_that_cannot_apply_is_an_error(
    tmp_path: Path, rules: str, message: str
) -> None:
    device = rules if rules.startswith("{") else f"{{{rules}}}"
    config = FILES["weir.yaml"].partition("    device:")[0] + f"    device: {device}\n"

    with pytest.raises(ConfigError) as error:
        async with running(tmp_path, config):
            pass

    assert message in str(error.value)
    assert "weir.yaml:12:" in str(error.value)
