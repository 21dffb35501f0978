"""The examples of docs/guides/routes.md do what the page says."""

import re
import shlex
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from tests.support.raw_service import ok, raw_service, responding
from tests.support.routed_gateway import routed_gateway
from weir.bffs.cli.main import app
from weir.bffs.config.decode import decode_document
from weir.bffs.config.document import read_document
from weir.gateway.events import RequestFinished

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "routes.md").read_text()
(
    ROUTES,
    SHADOWED,
    EXPRESSIONS,
    GROUPS,
    LARGE,
    PHONES,
    SERVICES,
    CACHED,
    ACCESS,
) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
DEFAULTS = "upstream_defaults: {health: {active: false}}\n"


async def test_the_routes_of_the_page_work_as_described() -> None:
    async with raw_service(responding(ok(b"done"))) as service:
        text = re.sub(r"http://10\.0\.0\.\d:8080", service.url, ROUTES)
        text = text.replace(f"{service.url}, {service.url}", service.url)
        async with (
            routed_gateway(DEFAULTS + text) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            users = await client.get("/api/users/7")
            assert (users.status_code, users.text) == (200, "done")
            assert service.request_line == "GET /users/7 HTTP/1.1"

            large = bytes(2_000_000)
            uploaded = await client.put("/uploads/films/film.mp4", content=large)
            assert uploaded.text == "done"
            assert service.request_line == "PUT /uploads/films/film.mp4 HTTP/1.1"
            assert service.bodies[-1] == large

            moved = await client.get("/members/7")
            assert moved.status_code == httpx.codes.PERMANENT_REDIRECT
            assert moved.headers["location"] == "https://www.example.com/users/7"

            billing = await client.get("/billing/x")
            assert billing.status_code == httpx.codes.SERVICE_UNAVAILABLE
            assert billing.headers["retry-after"] == "3600"
            assert billing.text == "Back at noon."

            wrong = await client.get("/uploads/films/film.mp4")
            assert wrong.status_code == httpx.codes.METHOD_NOT_ALLOWED
            assert wrong.headers["allow"] == "OPTIONS, POST, PUT"

            missing = await client.get("/apis")
            assert missing.status_code == httpx.codes.NOT_FOUND


def test_a_route_that_gets_no_request_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("weir.yaml").write_text(SHADOWED)
    shown = re.findall(r"\$ weir check\n(.*?)```", PAGE, re.DOTALL)

    assert [CliRunner().invoke(app, ["check"]).output] == shown


async def test_a_regular_expression_chooses_the_route() -> None:
    async with (
        raw_service(responding(ok(b"film"))) as films,
        raw_service(responding(ok(b"page"))) as pages,
    ):
        text = EXPRESSIONS.replace("http://10.0.0.7:8080", films.url)
        text = text.replace("http://10.0.0.8:8080", pages.url)
        async with (
            routed_gateway(DEFAULTS + text) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            film = await client.get("/films/7")
            page = await client.get("/films/7th-heaven")

    assert (film.text, page.text) == ("film", "page")


async def test_a_named_group_is_a_segment_at_the_service() -> None:
    async with raw_service(responding(ok(b"film"))) as films:
        text = GROUPS.replace("http://10.0.0.7:8080", films.url)
        async with (
            routed_gateway(DEFAULTS + text) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            film = await client.get("/films/red-shoes-7?a=b")

    assert film.text == "film"
    assert films.request_line == "GET /v2/films/7?a=b HTTP/1.1"


@pytest.mark.parametrize(
    ("query", "name"), [("limit=500", "large"), ("limit=x", "small"), ("", "small")]
)
async def test_a_condition_in_cel_chooses_the_route(query: str, name: str) -> None:
    async with (
        raw_service(responding(ok(b"small"))) as small,
        raw_service(responding(ok(b"large"))) as large,
    ):
        text = LARGE.replace("http://10.0.0.7:8080", small.url)
        text = text.replace("http://10.0.0.8:8080", large.url)
        async with (
            routed_gateway(DEFAULTS + text) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            response = await client.get(f"/search?{query}")

    assert response.text == name


@pytest.mark.parametrize(
    ("agent", "client_type"),
    [("X (iPhone; CPU)", "phone"), ("Mozilla/5.0", "browser"), ("", "browser")],
)
async def test_a_service_gets_the_client_type_of_the_route(
    agent: str, client_type: str
) -> None:
    async with raw_service(responding(ok(b"done"))) as shop:
        text = PHONES.replace("http://10.0.0.7:8080", shop.url)
        async with (
            routed_gateway(DEFAULTS + text) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            await client.get("/shop/7", headers={"user-agent": agent})

    assert shop.fields()["x-client-type"] == client_type
    finished = [e for e in gateway.sink.events if isinstance(e, RequestFinished)]
    assert [each.client_type for each in finished] == [client_type]


async def test_each_service_of_the_page_has_a_route_by_its_name() -> None:
    async with raw_service(responding(ok(b"orders"))) as service:
        text = SERVICES.replace("http://10.0.0.7:8080", service.url)
        text = text.replace("{access: authenticated}", "true")
        text = text.partition("upstreams:")[2]
        async with (
            routed_gateway(f"{DEFAULTS}upstreams:{text}") as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            response = await client.get("/orders/7?a=b")
            missing = await client.get("/other/7")

    assert response.text == "orders"
    assert service.request_line == "GET /7?a=b HTTP/1.1"
    assert service.fields()["x-forwarded-prefix"] == "/orders"
    assert missing.status_code == httpx.codes.NOT_FOUND


async def test_a_response_of_the_page_is_stored() -> None:
    wanted = re.findall(r"curl -i (http\S+/catalogue/7) +# x-cache: (\w+)", PAGE)
    assert [outcome for _, outcome in wanted] == ["MISS", "HIT"]
    async with raw_service(responding(ok(b"7", b"cache-control: max-age=9"))) as shop:
        config = CACHED.replace("http://10.0.0.7:8080", shop.url)
        async with routed_gateway(config) as gateway, httpx.AsyncClient() as client:
            for url, outcome in wanted:
                response = await client.get(url.replace("4000", str(gateway.port)))
                assert response.headers["x-cache"] == outcome


@pytest.mark.parametrize(
    ("text", "route"), [(ACCESS, "partners"), (SERVICES, "orders")]
)
def test_the_configuration_of_access_is_valid(text: str, route: str) -> None:
    config = decode_document(read_document(text, "weir.yaml", {})).config

    assert config.routes[route].access.authenticated


def test_the_explanation_is_that_of_the_page(tmp_path: Path) -> None:
    ((command, lines),) = re.findall(
        r"```console\n\$ weir (routes explain .*?)\n(.*?)```", PAGE, re.DOTALL
    )
    (tmp_path / "weir.yaml").write_text(ROUTES)
    config = str(tmp_path / "weir.yaml")

    result = CliRunner().invoke(app, [*shlex.split(command), "--config", config])

    assert result.output == lines
