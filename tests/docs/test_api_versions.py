"""The examples of docs/guides/api-versions.md do what the page says."""

import json
import re
from pathlib import Path

import httpx
import pytest

from tests.support.raw_service import ok, raw_service, responding
from tests.support.routed_gateway import routed_gateway

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "api-versions.md").read_text()
CHOSEN, IN_PATH, CHANGED = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
((FIELDS,), (PROBLEM,)) = (
    re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL) for kind in ("text", "json")
)
DEFAULTS = "upstream_defaults: {health: {active: false}}\n"


@pytest.mark.parametrize(
    ("text", "requests"),
    [
        (
            CHOSEN,
            [
                ("/titles/7", {}, "v2"),
                ("/titles/7", {"api-version": "v1"}, "v1"),
                ("/titles/7?v=2", {}, "v2"),
                ("/titles/7", {"accept": "application/json; version=v1"}, "v1"),
            ],
        ),
        (IN_PATH, [("/v1/titles/7", {}, "v1"), ("/v2/titles/7", {}, "v2")]),
    ],
    ids=["by fields", "by path"],
)
async def test_a_request_gets_the_version_that_it_names(
    text: str, requests: list[tuple[str, dict[str, str], str]]
) -> None:
    async with (
        raw_service(responding(ok(b"v1"))) as old,
        raw_service(responding(ok(b"v2"))) as new,
    ):
        text = text.replace("http://10.0.0.7:8080", new.url)
        text = text.replace("http://10.0.0.8:8080", old.url)
        async with (
            routed_gateway(DEFAULTS + text) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            for url, headers, version in requests:
                response = await client.get(url, headers=headers)
                assert (response.text, response.headers["api-version"]) == (
                    version,
                    version,
                )
        assert old.request_line.split()[1] == "/titles/7"


async def test_responses_have_the_fields_and_the_problem_of_the_page() -> None:
    async with raw_service(responding(ok(b"v1"))) as old:
        text = CHOSEN.replace("http://10.0.0.8:8080", old.url)
        async with (
            routed_gateway(DEFAULTS + text) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            known = await client.get("/titles/7", headers={"api-version": "v1"})
            unknown = await client.get("/titles/7", headers={"api-version": "v3"})

    lines = [f"{name}: {value}" for name, value in known.headers.multi_items()]
    assert [line for line in FIELDS.splitlines() if line not in lines] == []
    assert unknown.status_code == httpx.codes.BAD_REQUEST
    assert {**unknown.json(), **json.loads(PROBLEM)} == unknown.json()


async def test_an_old_version_of_the_same_service_is_transformed() -> None:
    body = ok(b'{"title": "M"}', b"content-type: application/json")
    async with raw_service(responding(body)) as service:
        text = CHANGED.replace("http://10.0.0.7:8080", service.url)
        async with (
            routed_gateway(DEFAULTS + text) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            old = await client.get("/titles/7", headers={"api-version": "1"})
            new = await client.get("/titles/7")

    assert old.json() == {"name": "M"}
    assert new.json() == {"title": "M"}
