"""README.md: its commands as they are printed, but for the ports."""

import json
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_tutorials import SHOP as TUTORIAL
from tests.e2e.test_tutorials import SHOP_PORTS, serve_demo
from tests.support.demo import ROOT
from tests.support.documents import Block, Reader, blocks, section
from tests.support.ports import free_base_port, free_port

README = (ROOT / "README.md").read_text()
LINKS = re.compile(r"\]\(([^)#:]+)\)")


def curl_examples() -> tuple[str, ...]:
    return tuple(
        command
        for block in blocks(section(README, "Two commands", until="The picture"))
        for command in block.commands
        if command.startswith("curl")
    )


@pytest.fixture
async def demo_reader(tmp_path: Path) -> AsyncIterator[Reader]:
    ports = {4000: free_port(), 4001: free_port()}
    variables = {
        "WEIR_PORT": str(ports[4000]),
        "WEIR_CONTROL": f"127.0.0.1:{ports[4001]}",
    }
    # The page is read in the folder of the project.
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    reader = Reader(tmp_path, ports, variables)
    await serve_demo(reader, free_base_port())
    yield reader
    await reader.stop()


async def test_every_curl_example_answers(demo_reader: Reader) -> None:
    examples = curl_examples()
    answers = [json.loads(await demo_reader.run(examples[0]))]
    metrics = await demo_reader.run("curl -s http://127.0.0.1:4001/metrics")
    answers += [json.loads(await demo_reader.run(each)) for each in examples[1:]]
    web, mobile, title, found, popular, refused, seen, services = answers

    complete = [each for each in answers if each is not refused]
    assert [
        each for each in complete if each.keys() & {"errors", "_weir", "code"}
    ] == []
    codes = [each["extensions"]["code"] for each in refused["errors"]]
    assert codes == ["UNAUTHENTICATED", "UNAUTHENTICATED"]
    (visitor,) = refused["data"]["title"]["reviews"]
    (operator,) = seen["data"]["title"]["reviews"]
    assert visitor["author"]["memberSince"] is visitor["author"]["country"] is None
    assert operator["author"]["memberSince"]
    assert operator["author"]["country"]
    assert len(json.dumps(mobile)) < len(json.dumps(web)) / 4
    assert web.keys() == mobile.keys() == {"viewer", "popular"}
    assert title["name"] == "The Birth of a Nation"
    assert any("Star" in each["name"] for each in found["items"])
    assert [each["year"] for each in popular["data"]["popular"]] == [1994, 2008, 1994]
    assert len(services["services"]) == 5
    assert "# The web home screen: one request, five services" in README
    called = re.findall(r'backend_duration_count{.*service="(\w+)"', metrics)
    assert len({*called}) == 5


def tutorial_file(name: str) -> Block:
    return next(each for each in blocks(TUTORIAL) if each.file == name)


@pytest.fixture
async def own_services(tmp_path: Path) -> AsyncIterator[Reader]:
    """The tutorial's two services, where the first configuration looks for them."""
    reader = Reader(tmp_path, {port: free_port() for port in SHOP_PORTS})
    for name in ("products.py", "reviews.py"):
        reader.save(name, tutorial_file(name).text)
    await reader.serve("uvicorn products:app --port 8001")
    await reader.serve("uvicorn products:app --port 8002")
    await reader.serve("uvicorn reviews:app --port 8003")
    reader.save("reviews.graphql", await sdl_of(reader, 8003))
    yield reader
    await reader.stop()


async def sdl_of(reader: Reader, port: int) -> str:
    answer: dict[str, Any] = json.loads(
        await reader.run(
            f"curl -s http://127.0.0.1:{port}/graphql -H 'content-type:"
            """ application/json' -d '{"query": "{ _service { sdl } }"}'"""
        )
    )
    sdl: str = answer["data"]["_service"]["sdl"]
    return sdl


async def test_the_first_configuration_serves_two_services(
    own_services: Reader,
) -> None:
    section_ = section(README, "A first configuration", "Compared with other gateways")
    init, config, command, _ = blocks(section_)
    await own_services.run(init.text)
    own_services.save("weir.yaml", config.text)
    await own_services.serve(f"{command.text}")

    answer = await own_services.run(
        "curl -s 'http://127.0.0.1:4000/web/graphql' -H 'content-type:"
        """ application/json' -d '{"query": "{ products { reviews { stars } } }"}'"""
    )

    assert json.loads(answer)["data"]["products"][0] == {
        "reviews": [{"stars": 5}, {"stars": 4}]
    }


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", [str(page.relative_to(ROOT)) for page in PAGES])
def test_every_link_leads_somewhere(page: str) -> None:
    file = ROOT / page
    broken = [
        link
        for link in LINKS.findall(file.read_text())
        if not (file.parent / link).exists()
    ]
    assert broken == []
