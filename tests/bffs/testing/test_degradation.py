"""The text of degraded responses, and the services and faults behind it."""

from pathlib import Path

import pytest

from weir.testing import (
    Down,
    Empty,
    Failing,
    Scenario,
    ServiceResponse,
    TestedGateway,
    degradation,
    gateway,
    mock_service,
    responses,
)

LINK = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
"""
TITLES = (
    LINK
    + """
interface Named { name: String! }
type Query { titles: [Title!]! named: Named }
type Title implements Named @key(fields: "id") { id: ID! name: String! kind: Kind }
enum Kind { FILM SERIES }
type Mutation { rename: Boolean }
"""
)
PRICES = (
    LINK
    + """
type Title @key(fields: "id") { id: ID! price: Float! offers: [String!]! }
"""
)
CONFIG = """
upstreams:
  titles: {instances: [http://127.0.0.1:9]}
  prices: {instances: [http://127.0.0.1:9]}
  files: {instances: [http://127.0.0.1:9]}
subgraphs:
  titles: {upstream: titles, sdl: titles.graphql}
  costs: {upstream: prices, sdl: prices.graphql}
facades:
  web:
    path: /web
    operations: operations
    degraded: {Title.offers: {value: [none]}}
  shop: {path: /shop, operations: operations, degraded: {Title.price: fail}}
routes:
  files: {path: /files/*, proxy: {upstream: files}}
"""
OPERATIONS = """
query Offers { titles { name offers } }
query Prices { titles { name price } }
query Titles { titles { kind } named { name } }
mutation Rename { rename }
"""
SERVICES = {
    "titles": mock_service(TITLES),
    "prices": mock_service(PRICES),
    "files": responses({"GET /files/a": [1], "GET /files/b": ServiceResponse(b"b")}),
}


def save(folder: Path, operations: str = OPERATIONS) -> Path:
    (folder / "operations").mkdir()
    for name, text in (
        ("weir.yaml", CONFIG),
        ("titles.graphql", TITLES),
        ("prices.graphql", PRICES),
        ("operations/all.graphql", operations),
    ):
        (folder / name).write_text(text)
    return folder / "weir.yaml"


async def text_of(tested: TestedGateway, facade: str, scenario: Scenario) -> list[str]:
    return (await degradation(tested, facade, scenario)).splitlines()[2:]


async def test_a_text_names_what_each_query_loses(tmp_path: Path) -> None:
    async with gateway(save(tmp_path), SERVICES) as tested:
        down = await text_of(tested, "web", Scenario("prices"))
        of_subgraph = await text_of(tested, "web", Scenario("costs", Down()))
        failing = await text_of(tested, "shop", Scenario("prices", Failing(503)))
        empty = await text_of(tested, "web", Scenario("titles", Empty()))

    assert down == [
        *("Offers", '  titles[].offers  ["none"]', ""),
        *("Prices", "  the response fails: UPSTREAM_CONNECT_FAILED", ""),
        *("Titles", "  not affected"),
    ]
    assert of_subgraph == down
    assert any("the response fails" in line for line in failing)
    assert empty.count("  not affected") == 3


@pytest.mark.parametrize(
    ("operations", "facade", "scenario", "message"),
    [
        ("mutation Rename { rename }", "web", Scenario("prices"), "no stored query"),
        (
            "query T($a: Boolean!) { titles { id @include(if: $a) } }",
            "web",
            Scenario("prices"),
            "T needs variables: a",
        ),
    ],
)
async def test_queries_that_cannot_run_are_an_error(
    tmp_path: Path, operations: str, facade: str, scenario: Scenario, message: str
) -> None:
    async with gateway(save(tmp_path, operations), SERVICES) as tested:
        with pytest.raises(AssertionError, match=message):
            await degradation(tested, facade, scenario)


async def test_a_query_must_be_complete_while_all_services_work(tmp_path: Path) -> None:
    broken = {**SERVICES, "prices": responses({})}
    async with gateway(save(tmp_path), broken) as tested:
        with pytest.raises(
            AssertionError, match="not complete while all services work"
        ):
            await degradation(tested, "web", Scenario("titles"))


async def test_services_that_are_not_graphql_have_fixed_responses(
    tmp_path: Path,
) -> None:
    async with gateway(save(tmp_path), SERVICES) as tested:
        found = [(await tested.client.get(f"/files/{name}")).content for name in "abc"]

    assert found == [b"[1]", b"b", b'{"error":"not found"}']


async def test_services_and_names_have_to_match(tmp_path: Path) -> None:
    file = save(tmp_path)
    with pytest.raises(KeyError, match="no service for upstream files"):
        async with gateway(file, {k: SERVICES[k] for k in ("titles", "prices")}):
            pass
    async with gateway(file, SERVICES) as tested:
        with (
            pytest.raises(KeyError, match='unknown service "other"'),
            tested.fault("other", Down()),
        ):
            pass
