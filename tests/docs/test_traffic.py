"""guides/traffic: each drill is followed at a running demo, each yaml is decoded."""

import re
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from examples.streaming.ports import DEFAULT_BASE_PORT, addresses
from tests.support.demo import ROOT
from tests.support.documents import Reader, blocks
from tests.support.gateway import running_gateway
from tests.support.ports import free_base_port, free_port
from tests.support.scripted_server import Scripted, scripted_server
from weir.bffs.config.model.root import Config
from weir.bffs.config.model.upstream.upstream import UpstreamSection
from weir.gateway.telemetry.metrics.store import MetricsStore

FOLDER = ROOT / "docs" / "guides" / "traffic"
PAGES = sorted(FOLDER.glob("*.md"))
PARTS = [page for page in PAGES if page.stem != "index"]
SNAPSHOT = MetricsStore().snapshot()
METRICS = {*SNAPSHOT.counters, *SNAPSHOT.gauges, *SNAPSHOT.histograms}
SECTIONS = ("## How it decides", "## Settings", "## Where it shows", "## Drill")

ONE_SERVICE = """\
server: {{port: "${{WEIR_PORT}}", control: "${{WEIR_CONTROL}}", drain_delay: 0s}}
subgraphs: {{a: {{upstream: a, sdl: a.graphql}}}}
facades: {{web: {{path: ""}}}}
upstreams:
  a:
    instances: ["{url}"]
    health: {{active: false}}
"""
UPSTREAMS = TypeAdapter(dict[str, UpstreamSection])


def name(page: Path) -> str:
    return page.stem


@pytest.fixture
async def reader(tmp_path: Path) -> AsyncIterator[Reader]:
    base_port = free_base_port()
    of_page = [each.port for each in addresses(DEFAULT_BASE_PORT)]
    here = [each.port for each in addresses(base_port)]
    ports = {
        4000: free_port(),
        4001: free_port(),
        **dict(zip(of_page, here, strict=True)),
    }
    variables = {
        "WEIR_PORT": str(ports[4000]),
        "WEIR_CONTROL": f"127.0.0.1:{ports[4001]}",
    }
    reader = Reader(tmp_path, ports, variables)
    await reader.serve(f"weir demo --services-port {base_port}")
    yield reader
    await reader.stop()


async def test_every_drill_goes_as_on_its_page(reader: Reader) -> None:
    """One after the other, at one demo: each drill restores what it broke."""
    for page in PAGES:
        drill = "\n".join(
            f"```{each.language}\n{each.text}```"
            for each in blocks(page.read_text())
            if each.language in {"sh", "text"}
        )
        try:
            await reader.follow(drill)
        except AssertionError as error:
            error.add_note(f"on the page {page.name}")
            raise


@pytest.mark.parametrize("page", PARTS, ids=name)
def test_the_settings_of_a_page_can_be_used(page: Path) -> None:
    shown = [each for each in blocks(page.read_text()) if each.language == "yaml"]
    for block in shown:
        sections = YAML(typ="safe").load(block.text)
        assert sections.keys() <= Config.model_fields.keys()
        UPSTREAMS.validate_python(sections["upstreams"])

    assert shown


@pytest.mark.parametrize("page", PARTS, ids=name)
def test_a_page_has_all_its_parts(page: Path) -> None:
    text = page.read_text()
    index = (FOLDER / "index.md").read_text()

    assert all(section in text for section in SECTIONS)
    assert "**The problem.**" in text
    assert f"({page.name})" in index


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_targets_of_links_exist(page: Path) -> None:
    text = page.read_text()
    for target in re.findall(r"\]\(([^)]+)\)", text):
        file, _, anchor = target.partition("#")
        assert (page.parent / file).exists(), target
        if anchor:
            assert anchor in anchors((page.parent / file).read_text()), target
    for metric in re.findall(r"`(gateway_[a-z_]+)", text):
        family = re.sub(r"_(total|count)$", "", metric)
        assert family in METRICS, metric


def anchors(markdown: str) -> set[str]:
    """The anchors of a page's headings, as they are made on the web."""
    headings = re.findall(r"^#+ (.*)$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w-]", "", each.lower().replace(" ", "-")) for each in headings}


@pytest.mark.parametrize(
    ("settings", "requested"),
    [
        ("", b"gzip, br, zstd"),
        ("    accept_encoding: [br]\n", b"br"),
        ("    accept_encoding: []\n", b"identity"),
    ],
)
async def test_a_service_gets_the_accept_encoding_of_the_page(
    tmp_path: Path, settings: str, requested: bytes
) -> None:
    page = (FOLDER / "transports.md").read_text()
    assert "`Accept-Encoding: gzip, br, zstd`" in page
    body = zlib.compress(b'{"data":{"a":"decoded"}}')
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: deflate\r\ncontent-length: %d\r\n\r\n"
    (tmp_path / "a.graphql").write_text("type Query { a: String }")
    async with scripted_server() as service:
        service.play(Scripted(head % len(body) + body))
        (tmp_path / "weir.yaml").write_text(
            ONE_SERVICE.format(url=service.url) + settings
        )
        async with (
            running_gateway(tmp_path / "weir.yaml", {}) as gateway,
            httpx.AsyncClient(base_url=gateway.url) as client,
        ):
            answer = await client.post("/graphql", json={"query": "{ a }"})

    assert answer.json() == {"data": {"a": "decoded"}}
    (sent,) = service.requests
    assert b"\r\naccept-encoding: %b\r\n" % requested in sent
