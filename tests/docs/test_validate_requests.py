"""The examples of docs/guides/validate-requests.md do what the page says."""

import json
import re
import shlex
from pathlib import Path

import httpx
from typer.testing import CliRunner

from tests.support.raw_service import ok, raw_service, responding
from tests.support.routed_gateway import routed_gateway
from weir.bffs.cli.main import app

PAGE = Path(__file__).parents[2] / "docs" / "guides" / "validate-requests.md"
TEXT = PAGE.read_text()
DOCUMENT, SHOP, DESCRIBED, SEARCH, RESPONSES, MEASURED = re.findall(
    r"```yaml\n(.*?)```", TEXT, re.DOTALL
)
((EXPLAINED, EXPLANATION),) = re.findall(
    r"\$ weir routes explain '(.*)'\n(.*?)```", TEXT, re.DOTALL
)
((BODY, PROBLEM),) = re.findall(r"\$ curl .* --json '(.*)'\n(.*)\n", TEXT)
DEFAULTS = "upstream_defaults: {health: {active: false}}\n"


async def sent(config: str, folder: Path, *requests: httpx.Request) -> list[int]:
    return [each.status_code for each in await responses(config, folder, *requests)]


async def responses(
    config: str, folder: Path, *requests: httpx.Request
) -> list[httpx.Response]:
    (folder / "shop.yaml").write_text(DOCUMENT)
    async with raw_service(responding(ok(b"{}"))) as service:
        text = DEFAULTS + config.replace("http://10.0.0.7:8080", service.url)
        async with (
            routed_gateway(text, folder) as gateway,
            httpx.AsyncClient() as client,
        ):
            for each in requests:
                each.url = each.url.copy_with(port=gateway.port)
            return [await client.send(each) for each in requests]


def request(method: str, path: str, **fields: str) -> httpx.Request:
    return httpx.Request(method, f"http://127.0.0.1{path}", headers=fields)


async def test_a_request_against_the_document_of_the_page_is_rejected(
    tmp_path: Path,
) -> None:
    wrong = httpx.Request("POST", "http://127.0.0.1/shop/orders", json=json.loads(BODY))
    (response, *others) = await responses(
        SHOP,
        tmp_path,
        wrong,
        request("GET", "/shop/orders/7"),
        request("GET", "/shop/orders/x"),
        request("GET", "/shop/other"),
        request("DELETE", "/shop/orders/7"),
    )

    assert response.json() | {"request_id": "..."} == json.loads(PROBLEM)
    assert [each.status_code for each in others] == [200, 400, 404, 405]


async def test_each_operation_is_a_route(tmp_path: Path) -> None:
    wrong = httpx.Request("POST", "http://127.0.0.1/shop/orders", json=json.loads(BODY))
    (invalid, *others) = await responses(
        DESCRIBED,
        tmp_path,
        wrong,
        request("GET", "/shop/orders/7"),
        request("HEAD", "/shop/orders/7"),
        request("GET", "/shop/orders/x"),
        request("GET", "/shop/other"),
        request("DELETE", "/shop/orders/7"),
    )

    assert invalid.json() | {"request_id": "..."} == json.loads(PROBLEM)
    assert [each.status_code for each in others] == [200, 200, 400, 404, 405]
    assert others[-1].headers["allow"] == "GET, HEAD, OPTIONS"


def test_the_explanation_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(DOCUMENT)
    (tmp_path / "weir.yaml").write_text(DESCRIBED)
    arguments = [
        "routes",
        "explain",
        EXPLAINED,
        "--config",
        str(tmp_path / "weir.yaml"),
    ]
    assert CliRunner().invoke(app, arguments).stdout == EXPLANATION


async def test_the_operation_of_the_page_accepts_and_rejects_as_described(
    tmp_path: Path,
) -> None:
    commands = re.findall(r"^curl (-H .*?) +# (.*)$", TEXT, re.MULTILINE)
    arguments = [shlex.split(command) for command, _ in commands]
    requests = [
        httpx.Request("GET", url, headers=dict([field.split(": ")]))
        for _, field, url in arguments
    ]

    assert await sent(SEARCH, tmp_path, *requests) == [200, 400]


async def test_a_response_that_is_not_as_described_is_rejected(tmp_path: Path) -> None:
    described = DOCUMENT.replace(
        "{description: The order.}",
        "{description: The order., content: {application/json: {schema: {required:"
        " [id]}}}}",
    )
    (tmp_path / "described.yaml").write_text(described)
    config = RESPONSES.replace("shop.yaml", "described.yaml")

    (response,) = await responses(config, tmp_path, request("GET", "/shop/orders/7"))

    assert response.status_code == httpx.codes.BAD_GATEWAY
    assert response.json()["code"] == "RESPONSE_INVALID"


async def test_a_measured_body_passes(tmp_path: Path) -> None:
    wrong = httpx.Request("POST", "http://127.0.0.1/shop/orders", json={})

    assert await sent(MEASURED, tmp_path, wrong) == [200]
