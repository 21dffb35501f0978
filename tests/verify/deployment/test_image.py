"""The steps of the Dockerfile, and the image that they make: it serves, and stops.

No container engine is needed, so that the base image, the user and the read-only file
system are not tested.
"""

import re
import signal
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from ruamel.yaml import YAML

from scripts.image_steps import ROOT, Build, Stage, instructions
from tests.support.ports import free_port

CONFIG = """
server: {{port: {port}, control: "127.0.0.1:{control}", drain_delay: 0s}}
telemetry: {{traces: {{endpoint: "http://127.0.0.1:9"}}}}
upstreams: {{books: {{instances: ["http://127.0.0.1:9"]}}}}
subgraphs: {{books: {{upstream: books, sdl: books.graphql}}}}
facades: {{web: {{path: ""}}}}
"""
PINS = (ROOT / "requirements-image.txt").read_text()
CONSTRAINTS = (ROOT / "constraints.txt").read_text()
CONTROL = "4001"
"""The port in the health check of the image."""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    folder = tmp_path_factory.mktemp("image")
    return Build(folder).run((ROOT / "Dockerfile").read_text())


def healthy(image: Stage, control: int) -> bool:
    """Run the health check of the image, at the port of this gateway."""
    command = [word.replace(f":{CONTROL}/", f":{control}/") for word in image.health]
    assert command != image.health
    return image.start(command).wait() == 0


def test_the_image_serves_is_healthy_and_stops_by_a_signal(image: Stage) -> None:
    port, control = free_port(), free_port()
    folder = image.path("/etc/weir")
    folder.mkdir(parents=True)
    (folder / "weir.yaml").write_text(CONFIG.format(port=port, control=control))
    (folder / "books.graphql").write_text("type Query { book: String }")

    running = image.start([*image.entrypoint, *image.command])
    try:
        deadline_s = time.monotonic() + 60
        while not healthy(image, control):
            assert running.poll() is None
            assert time.monotonic() < deadline_s
            time.sleep(0.2)
        query = {"query": "{ __typename }"}
        response = httpx.post(f"http://127.0.0.1:{port}/graphql", json=query)
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 0
    finally:
        running.kill()

    assert response.json() == {"data": {"__typename": "Query"}}


def test_the_image_has_no_sources_and_no_tools_for_building(image: Stage) -> None:
    found = {each.name for each in image.path("/app").iterdir()}

    assert found == {"examples"}
    installed = image.start(["python", "-c", "import pytest"])
    assert installed.wait() != 0


def test_the_image_has_the_scripts_of_the_pages(image: Stage) -> None:
    module = "weir.bffs.facades.pages.assets"
    code = f"from {module} import assets; raise SystemExit(not assets().are_complete)"

    assert image.start(["python", "-c", code]).wait() == 0


def test_the_packages_of_the_image_are_pinned_as_they_are_tested() -> None:
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)", PINS, re.MULTILINE))
    tested = dict(re.findall(r"^([\w.-]+)==(\S+)", CONSTRAINTS, re.MULTILINE))
    hashes = re.findall(r"^ +--hash=sha256:[0-9a-f]{64}\b", PINS, re.MULTILINE)

    assert {
        each for each in pinned if tested.get(each, "") not in {"", pinned[each]}
    } == (set())
    assert len(hashes) >= len(pinned) > 50


def test_the_process_of_the_image_is_not_that_of_root() -> None:
    text = (ROOT / "Dockerfile").read_text()
    last_stage = text[text.rindex("FROM ") :]

    assert ("USER", "weir") in [*instructions(last_stage)]


def test_the_compose_file_names_services_that_it_has() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    services: dict[str, Any] = YAML(typ="safe").load(text)["services"]
    gateway = services["weir"]
    addresses = [
        url for url in gateway["environment"].values() if url.startswith("http://")
    ]

    assert gateway["depends_on"].keys() <= services.keys()
    assert {urlsplit(url).hostname for url in addresses} <= services.keys()
    started = {
        each["command"][0] for name, each in services.items() if name[-2:-1] == "-"
    }
    assert started == {"catalog", "users", "recommendations", "playback", "reviews"}
