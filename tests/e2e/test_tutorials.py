"""The tutorials, followed from top to bottom as their readers do."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from examples.streaming.ports import DEFAULT_BASE_PORT, addresses
from tests.support.demo import ROOT
from tests.support.documents import Reader
from tests.support.gateway import patient_demo_config
from tests.support.ports import free_base_port, free_port

_FOLDER = ROOT / "docs" / "tutorials"
DEMO = (_FOLDER / "demo.md").read_text()
SHOP = (_FOLDER / "your-services.md").read_text()
SHOP_PORTS = (4000, 4001, 8001, 8002, 8003)


def demo_ports(base_port: int) -> Mapping[int, int]:
    """The demo's ports of the page, each with its own at `base_port`."""
    of_page = [each.port for each in addresses(DEFAULT_BASE_PORT)]
    here = [each.port for each in addresses(base_port)]
    gateway = {4000: free_port(), 4001: free_port()}
    return {**gateway, **dict(zip(of_page, here, strict=True))}


async def serve_demo(reader: Reader, base_port: int) -> None:
    """Start `weir demo` without times that a busy machine exceeds."""
    config = reader.folder / "patient.yaml"
    config.write_text(patient_demo_config())
    program = f"python -m tests.support.patient_demo {config}"
    await reader.serve(f"{program} demo --services-port {base_port}")


@pytest.fixture
async def demo_reader(tmp_path: Path) -> AsyncIterator[Reader]:
    base_port = free_base_port()
    ports = demo_ports(base_port)
    variables = {
        "WEIR_PORT": str(ports[4000]),
        "WEIR_CONTROL": f"127.0.0.1:{ports[4001]}",
    }
    reader = Reader(tmp_path, ports, variables)
    # `make run` is this, after setting up what the test already has.
    await serve_demo(reader, base_port)
    yield reader
    await reader.stop()


async def test_the_demo_is_as_the_page_says(demo_reader: Reader) -> None:
    assert "```sh server\nmake run\n```" in DEMO

    await demo_reader.follow(DEMO.replace("```sh server\nmake run\n```", ""))


@pytest.fixture
async def shop_reader(tmp_path: Path) -> AsyncIterator[Reader]:
    reader = Reader(tmp_path, {port: free_port() for port in SHOP_PORTS})
    yield reader
    await reader.stop()


async def test_a_gateway_for_two_services_is_made_as_the_page_says(
    shop_reader: Reader,
) -> None:
    await shop_reader.follow(SHOP)
