"""docs/guides/degraded-responses.md: each rule, in both protocols."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.demo import ROOT
from tests.support.documents import blocks
from weir.bffs.config.errors import ConfigError
from weir.bffs.testing.faults import Down, Failing, Fault
from weir.bffs.testing.gateway import TestedGateway, gateway
from weir.bffs.testing.graphql_service import graphql_service
from weir.bffs.testing.services import Service, ServiceRequest, ServiceResponse

PAGE = (ROOT / "docs" / "guides" / "degraded-responses.md").read_text()
FILES = {each.file: each.text for each in blocks(PAGE) if each.file}
(RESPONSE,) = (each.text for each in blocks(PAGE) if each.language == "json")
LINK = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
"""
CATALOG = (
    LINK
    + """
type Query { title: Title }
type Title @key(fields: "id") { id: ID! name: String! }
"""
)
REVIEWS = (
    LINK
    + """
type Title @key(fields: "id") {
  id: ID! badge: Badge rating: Float reviews: [Review!]!
}
type Review { text: String! }
enum Badge { NEW NONE }
"""
)
OPERATION = "{ title { name badge rating reviews { text } } }"
MINUTE_S, DAY_S = 60, 24 * 3600


def cacheable(service: Service) -> Service:
    async def respond(request: ServiceRequest) -> ServiceResponse:
        response = await service(request)
        headers = {"cache-control": "max-age=10"}
        return ServiceResponse(response.body, response.status, headers)

    return respond


@asynccontextmanager
async def running(folder: Path, config: str = "") -> AsyncIterator[TestedGateway]:
    (folder / "operations").mkdir()
    files = {"catalog.graphql": CATALOG, "reviews.graphql": REVIEWS, **FILES}
    for name, text in files.items():
        (folder / name).write_text(text)
    if config:
        (folder / "weir.yaml").write_text(config)
    title = {"badge": "NEW", "rating": 4.5, "reviews": [{"text": "Good"}]}
    services = {
        "catalog": graphql_service(CATALOG, {"title": {"id": "1", "name": "Up"}}),
        "reviews": cacheable(graphql_service(REVIEWS, {}, {"Title": lambda _: title})),
    }
    async with gateway(folder / "weir.yaml", services, {}) as tested:
        yield tested


async def graphql(tested: TestedGateway, facade: str = "mobile") -> dict[str, Any]:
    response = await tested.client.post(f"/{facade}/graphql", json={"query": OPERATION})
    body: dict[str, Any] = response.json()
    return body


@pytest.mark.parametrize("fault", [Down(), Failing(503)])
async def test_the_response_of_the_page(tmp_path: Path, fault: Fault) -> None:
    async with running(tmp_path) as tested:
        whole = await tested.client.get("/mobile/title")
        tested.clock.advance(MINUTE_S)
        with tested.fault("reviews", fault):
            response = await tested.client.get("/mobile/title")
            answer = await graphql(tested)

    assert whole.json() == {
        "name": "Up",
        "badge": "NEW",
        "rating": 4.5,
        "reviews": [{"text": "Good"}],
    }
    body = response.json()
    for each in body["_weir"]["warnings"]:
        assert each.pop("code")
        assert each.pop("message")
    assert body == json.loads(RESPONSE)
    assert response.headers["weir-completed"] == "false"
    assert "no-store" in response.headers["cache-control"]
    assert "errors" not in answer
    degraded = answer["extensions"]["weir"]["degraded"]
    assert [each["path"][-1] for each in degraded] == ["badge", "reviews", "title"]


async def test_what_has_expired_too_long_ago_is_not_used(tmp_path: Path) -> None:
    async with running(tmp_path) as tested:
        await graphql(tested)
        tested.clock.advance(DAY_S)
        with tested.fault("reviews", Down()):
            answer = await graphql(tested)

    assert answer["data"]["title"]["rating"] is None
    assert [each["path"] for each in answer["errors"]] == [["title", "rating"]]


async def test_a_request_that_was_rejected_gets_nothing_stale(tmp_path: Path) -> None:
    async with running(tmp_path) as tested:
        await graphql(tested)
        tested.clock.advance(MINUTE_S)
        with tested.fault("reviews", Failing(403)):
            answer = await graphql(tested)

    assert answer["data"]["title"]["rating"] is None


async def test_another_caller_gets_nothing_stale(tmp_path: Path) -> None:
    forwarding = FILES["weir.yaml"].replace(
        "cache: {}}", "cache: {}, headers: {forward: [x-user]}}"
    )
    async with running(tmp_path, forwarding) as tested:
        tested.client.headers["x-user"] = "ann"
        await graphql(tested)
        tested.clock.advance(MINUTE_S)
        with tested.fault("reviews", Down()):
            own = await graphql(tested)
            tested.client.headers["x-user"] = "bob"
            of_another = await graphql(tested)

    assert own["data"]["title"]["rating"] == 4.5
    assert of_another["data"]["title"]["rating"] is None


async def test_a_field_that_must_not_fail_fails_the_response(tmp_path: Path) -> None:
    async with running(tmp_path) as tested:
        with tested.fault("reviews", Down()):
            answer = await graphql(tested, "checkout")

    assert answer["data"] is None
    assert answer["errors"]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("Title.raiting: empty", "Title has no field raiting. Did you mean 'rating'?"),
        ("Title.badge: empty", "its type Badge is not a list"),
        ("Title.badge: {value: OLD}", "the value 'OLD' does not fit Badge"),
        ("Title.badge: null", "null is what a failing field is without a rule"),
        ("Title.badge: {value: 1, stale: 1h}", "expected one of `value` and `stale`"),
        (
            "Title.name: {stale: 1h}",
            'upstream "catalog" of subgraph "catalog" has none',
        ),
    ],
)
async def test_a_rule_without_an_effect_is_an_error(
    tmp_path: Path, rule: str, message: str
) -> None:
    config = FILES["weir.yaml"].replace("Title.badge: {value: NONE}", rule)

    with pytest.raises(ConfigError) as error:
        async with running(tmp_path, config):
            pass

    assert message in str(error.value)
    assert "weir.yaml:16:" in str(error.value)
