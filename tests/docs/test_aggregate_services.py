"""The examples of docs/guides/aggregate-services.md do what the page says."""

import json
import re
from pathlib import Path
from typing import Any

import httpx

from tests.support.json_service import json_service
from tests.support.routed_gateway import routed_gateway

PAGE = Path(__file__).parents[2] / "docs" / "guides" / "aggregate-services.md"
TEXT = PAGE.read_text()
HOME, JOIN = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
(AT_HOME, PRODUCTS) = (
    json.loads(each) for each in re.findall(r"```console\n\$ curl .*\n(.*)\n", TEXT)
)
(WARNING,) = (json.loads(e) for e in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL))
DEFAULTS = "upstream_defaults: {health: {active: false}, retry: {attempts: 1}}\n"
DOCUMENTS = {
    "/users/7": {
        "name": "Ada",
        "customer": {"number": 70},
        "address": {"city": "Bern", "zip": 3011},
    },
    "/orders?customer=70&limit=2": {"items": [{"id": 1}, {"id": 2}]},
    "/orders?customer=70": {"items": []},
    "/news": [],
    "/products": [{"id": 1}, {"id": 2}],
    "/prices?ids=1,2": [{"product": "1", "amount": 10, "currency": "CHF"}],
}


async def fetched(config: str, path: str, documents: dict[str, Any]) -> httpx.Response:
    async with json_service(documents) as service:
        text = re.sub(r"http://10\.0\.0\.\d:8080", service.url, DEFAULTS + config)
        async with (
            routed_gateway(text) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            return await client.get(path)


async def test_the_home_of_the_page_is_as_described() -> None:
    response = await fetched(HOME, "/home/7?limit=2", DOCUMENTS)

    assert response.json() == AT_HOME


async def test_the_products_of_the_page_have_their_prices() -> None:
    assert (await fetched(JOIN, "/products", DOCUMENTS)).json() == PRODUCTS


async def test_a_part_that_fails_has_the_warning_of_the_page() -> None:
    failing = {**DOCUMENTS, "/news": (504, {})}
    response = await fetched(HOME, "/home/7", failing)

    (warning,) = response.json()["_weir"]["warnings"]
    assert response.json()["news"] == []
    assert warning.keys() == WARNING.keys()
    assert (warning["path"], warning["service"]) == ("news", "news")
    assert response.headers["weir-completed"] == "false"


async def test_a_required_part_that_fails_decides_the_status() -> None:
    response = await fetched(HOME, "/home/8", DOCUMENTS)

    assert response.status_code == httpx.codes.NOT_FOUND
    assert response.headers["content-type"] == "application/problem+json"
