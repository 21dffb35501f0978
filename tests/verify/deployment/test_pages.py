"""The pages about deployment: their files are those of `deploy/`, and work."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.debian_packages import program
from tests.support.demo import ROOT
from tests.support.documents import blocks
from tests.support.gateway import Gateway, running_gateway
from tests.support.helm import Tools
from tests.support.ports import free_port
from tests.verify.deployment.test_kubernetes import CHART, assert_valid, documents

PAGES = ROOT / "docs" / "guides" / "deploy"


def file_of(page: str, name: str) -> str:
    text = (PAGES / page).read_text()
    return next(each.text for each in blocks(text) if each.file == name)


def test_the_values_of_the_page_make_valid_manifests(
    programs: Tools, tmp_path: Path
) -> None:
    values = tmp_path / "values.yaml"
    values.write_text(file_of("kubernetes.md", values.name))

    rendered = programs.rendered(CHART, "--values", str(values))

    assert_valid(rendered, tmp_path)
    assert "HTTPRoute" in {each["kind"] for each in documents(rendered)}


@pytest.mark.parametrize("page", [each.name for each in PAGES.glob("*.md")])
def test_the_files_that_a_page_names_exist(page: str) -> None:
    named = set(re.findall(r"deploy/[a-z./]*[a-z]", (PAGES / page).read_text()))

    assert [each for each in named if not (ROOT / each).exists()] == []


@pytest.fixture
async def proxied(tmp_path: Path) -> AsyncIterator[tuple[Gateway, str]]:
    """A gateway and the URL of an nginx in front of it, as on the page."""
    nginx = program("nginx", "usr/sbin/nginx", tmp_path)
    config = file_of("front.md", "weir.yaml")
    config = config.replace("port: 4000", "port: ${WEIR_PORT}")
    config = config.replace("control: 127.0.0.1:4001", "control: ${WEIR_CONTROL}")
    (tmp_path / "weir.yaml").write_text(config)
    (tmp_path / "books.graphql").write_text("type Query { book: String }")
    async with running_gateway(tmp_path / "weir.yaml") as gateway:
        port = free_port()
        text = file_of("front.md", "nginx.conf")
        text = text.replace("127.0.0.1:4000", gateway.url.removeprefix("http://"))
        text = text.replace("listen 8080", f"listen 127.0.0.1:{port}")
        # Where an nginx that is not installed may write.
        text = text.replace(
            "http {", f"http {{\n  access_log off;\n{_places(tmp_path)}"
        )
        (tmp_path / "nginx.conf").write_text(text)
        settings = f"daemon off; pid {tmp_path}/nginx.pid;"
        process = await asyncio.create_subprocess_exec(
            *(nginx, "-p", str(tmp_path), "-c", "nginx.conf", "-e", "stderr"),
            *("-g", settings),
        )
        try:
            yield gateway, f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            await asyncio.wait_for(process.wait(), 30)


def _places(folder: Path) -> str:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return "".join(f"  {each}_temp_path {folder}/{each};\n" for each in kinds)


async def test_the_gateway_behind_nginx_knows_the_client(
    proxied: tuple[Gateway, str],
) -> None:
    gateway, url = proxied
    transport = httpx.AsyncHTTPTransport(retries=20, local_address="127.0.0.2")
    async with httpx.AsyncClient(transport=transport) as http:
        query = {"query": "{ __typename }"}
        response = await http.post(f"{url}/web/graphql", json=query)

    assert response.json() == {"data": {"__typename": "Query"}}
    assert (await gateway.logged("request"))["client"] == "127.0.0.2"
