"""The examples of docs/guides/browsers.md do what the page says."""

import re
from pathlib import Path

import httpx
import pytest

from tests.support.cached_graph import counted_numbers, gateway_with
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "browsers.md").read_text()
CORS, TOOLS, SECURITY = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
(FIELDS,) = re.findall(r"```\n(access-control.*?)```", PAGE, re.DOTALL)
(SECURITY_FIELDS,) = re.findall(r"```\n(x-content.*?)```", PAGE, re.DOTALL)
ORIGIN = {"origin": "https://shop.example"}


async def test_a_preflight_and_an_error_get_the_fields_of_the_page(
    tmp_path: Path,
) -> None:
    async with (
        counted_numbers() as numbers,
        gateway_with(CORS, numbers.port, tmp_path) as gateway,
        httpx.AsyncClient(base_url=gateway.url) as client,
    ):
        asks = {**ORIGIN, "access-control-request-method": "POST"}
        preflight = await client.options("/graphql", headers=asks)
        assert preflight.status_code == httpx.codes.NO_CONTENT
        for name, value in re.findall(r"(\S+): (.*)", FIELDS):
            assert preflight.headers[name] == value

        for path in ("/graphql", "/missing"):
            error = await client.get(path, headers=ORIGIN)
            assert error.is_client_error
            allowed = error.headers["access-control-allow-origin"]
            assert allowed == ORIGIN["origin"]
            assert error.headers["access-control-expose-headers"] == (
                "etag, x-request-id"
            )


async def test_a_tool_that_is_a_web_page_loads_the_schema(tmp_path: Path) -> None:
    origin = "https://studio.apollographql.com"
    async with (
        counted_numbers() as numbers,
        gateway_with(TOOLS, numbers.port, tmp_path) as gateway,
        httpx.AsyncClient(base_url=gateway.url) as client,
    ):
        schema = await client.post(
            "/developers/graphql",
            headers={"origin": origin},
            json={"query": "{ __schema { queryType { name } } }"},
        )
        page = await client.get("/developers/graphql", headers={"accept": "text/html"})

    assert schema.headers["access-control-allow-origin"] == origin
    assert schema.json()["data"]["__schema"]["queryType"]["name"] == "Query"
    assert page.headers["location"] == "graphiql"


async def test_responses_have_the_security_headers_of_the_page(
    tmp_path: Path,
) -> None:
    async with counted_numbers() as numbers:
        async with (
            gateway_with(CORS, numbers.port, tmp_path) as gateway,
            httpx.AsyncClient(base_url=gateway.url) as client,
        ):
            for accept in ("application/json", "text/html"):
                found = await client.get("/graphql", headers={"accept": accept})
                for name, value in re.findall(r"(\S+): (.*)", SECURITY_FIELDS):
                    assert found.headers.get_list(name) == [value]
        async with (
            gateway_with(SECURITY + CORS, numbers.port, tmp_path) as gateway,
            httpx.AsyncClient(base_url=gateway.url) as client,
        ):
            found = await client.get("/graphql")
            assert found.headers["cross-origin-resource-policy"] == "cross-origin"
            assert found.headers["permissions-policy"] == "geolocation=()"


@pytest.mark.parametrize(
    ("cors", "message"),
    [
        ("{origins: [shop.example]}", 'expected an origin such as "https://shop'),
        ("{origins: [null]}", "should be a valid string"),
        ('{origins: ["null"]}', "expected an origin such as"),
        ("{origins: []}", "`origins` is empty"),
        ('{origins: ["*"], credentials: true}', "`credentials` is not allowed with"),
        ('{origins: ["*", "https://a.example"]}', "which have no effect"),
        ('{origins: ["*"], methods: [get]}', "expected a method in capitals"),
        ("{credentials: true}", "missing required key"),
    ],
)
def test_a_policy_that_cannot_work_is_refused_with_its_place(
    tmp_path: Path, cors: str, message: str
) -> None:
    text = f'facades:\n  web: {{path: "", cors: {cors}}}\n'
    (tmp_path / "weir.yaml").write_text(text)

    with pytest.raises(ConfigError, match=re.escape(message)) as error:
        load_config(tmp_path / "weir.yaml", {})

    assert "weir.yaml:2" in str(error.value)


def test_a_text_that_no_header_field_can_have_is_an_error_with_its_place(
    tmp_path: Path,
) -> None:
    text = 'security_headers: {permissions_policy: "a\\nb"}\n'
    (tmp_path / "weir.yaml").write_text(text)

    with pytest.raises(ConfigError, match="expected printable ASCII") as error:
        load_config(tmp_path / "weir.yaml", {})

    assert "weir.yaml:1:" in str(error.value)
