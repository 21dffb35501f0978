"""Bytes of fields over GraphQL services: interfaces, lists of lists, device rules."""

from pathlib import Path

import orjson
import pytest

from weir.bffs.budget.comparison import field_changes
from weir.bffs.budget.measurement import MeasuredRequests, measure
from weir.bffs.config.decode import load_config
from weir.bffs.testing.transport import TestedService, service_transport
from weir.gateway.clock import Clock
from weir.gateway.transport.policy import TransportPolicy
from weir.gateway.transport.transport import Transport
from weir.testing import gateway, mock_service

LINK = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
"""
SDLS = {
    "titles": LINK
    + """
    type Query { titles: [Title!]! named(first: Int = 3): [[Named]] any: Any }
    scalar Any
    interface Named { name: String! }
    type Title implements Named @key(fields: "id") { id: ID! name: String! }
    type Person implements Named { name: String! age: Int }
    """,
    "prices": LINK
    + """
    type Title @key(fields: "id") { id: ID! price: Float offers: [Offer!]! }
    type Offer { text: String! }
    """,
}
CONFIG = """
upstreams:
  titles: {instances: ["http://titles"], cache: {ttl: 1h}}
  prices: {instances: ["http://prices"]}
subgraphs:
  titles: {upstream: titles, sdl: titles.graphql}
  prices: {upstream: prices, sdl: prices.graphql}
facades:
  web:
    path: /web
    operations: operations
    device:
      arguments: {"Query.named(first:)": {max: 2}}
      lists: {Title.offers: 1}
      texts: {Title.name: 3}
"""
QUERIES = [
    "titles { id }",
    "titles { name }",
    "titles { name __typename }",
    "all: titles { name price offers { text } }",
    "named { name ... on Person { age } ... on Title { offers { text } } }",
    "named { ... on Person { age } }",
    "named { __typename }",
    "any titles { offers { t: text text } id }",
    "any @include(if: $no) titles { id @skip(if: $no) price @include(if: $no) }",
]


@pytest.mark.parametrize("query", QUERIES)
async def test_each_byte_counts_for_one_field(tmp_path: Path, query: str) -> None:
    variables = "($no: Boolean = false)" if "$no" in query else ""
    (tmp_path / "operations").mkdir()
    (tmp_path / "operations" / "q.graphql").write_text(
        f"query Q{variables} {{ {query} }}\n"
        f"query R{variables} {{ extra: titles {{ id price }} {query} }}"
    )
    (tmp_path / "weir.yaml").write_text(CONFIG)
    for name, sdl in SDLS.items():
        (tmp_path / f"{name}.graphql").write_text(sdl)
    services = {name: mock_service(sdl) for name, sdl in SDLS.items()}
    loaded = load_config(tmp_path / "weir.yaml", {})

    def transport(url: str, policy: TransportPolicy, clock: Clock) -> Transport:
        del policy
        return service_transport(TestedService(services[url[7:]]), clock)

    runs = [
        await measure(loaded, ["web"], MeasuredRequests({}, {}), transport)
        for _ in range(2)
    ]
    async with gateway(tmp_path / "weir.yaml", services, {}) as tested:
        response = await tested.client.post("/web/graphql", json={"documentId": "Q"})

    first, second = runs[0]
    envelope = len(response.content) - len(orjson.dumps(response.json()["data"])) + 1
    assert first.bytes == len(response.content)
    assert sum(each.bytes for each in first.fields) + envelope == first.bytes
    assert all(each.coordinate or "__typename" in each.path for each in first.fields)
    # Nothing is cached between the runs.
    assert runs[1][0].upstream_bytes == first.upstream_bytes > 0
    (change,) = field_changes(first.fields, second.fields)
    assert change.field.path == "extra"
    assert change.difference == second.bytes - first.bytes
