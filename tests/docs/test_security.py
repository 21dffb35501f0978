"""The attacks in `docs/security.md`, each sent to a gateway over a socket."""

import re
from collections.abc import AsyncIterator
from typing import NamedTuple

import httpx
import pytest
import pytest_asyncio

from tests.support.demo import ROOT
from tests.support.gateway import running_gateway
from tests.support.known_attacks import CONFIG, KNOWN_ATTACKS, SDL
from tests.support.ports import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Row(NamedTuple):
    """A row of the page's table."""

    listed_by: str
    limit: str
    code: str


def rows() -> dict[str, Row]:
    page = (ROOT / "docs" / "security.md").read_text()
    section = page.split("## Known attacks")[1].split("\n## ")[0]
    found = re.findall(
        r"^\| (.+?) \| (.+?) \| (.+?) \| `(.+?)` \|$", section, re.MULTILINE
    )
    return {attack: Row(*others) for attack, *others in found}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[httpx.AsyncClient]:
    folder = tmp_path_factory.mktemp("known")
    (folder / "things.graphql").write_text(SDL)
    config = folder / "weir.yaml"
    config.write_text(CONFIG)
    variables = {"THINGS_PORT": str(free_port())}
    async with (
        running_gateway(config, variables) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=60) as client,
    ):
        yield client


@pytest.mark.parametrize("name", KNOWN_ATTACKS)
async def test_each_attack_is_refused_with_the_code_of_the_page(
    http: httpx.AsyncClient, name: str
) -> None:
    attack = KNOWN_ATTACKS[name]

    response = await http.request(
        attack.method, attack.path, content=attack.body, headers=attack.fields
    )

    (error, *_) = response.json()["errors"]
    assert error["extensions"]["code"] == rows()[name].code
    assert "Did you mean" not in response.text
    assert "Traceback" not in response.text


async def test_the_page_lists_the_attacks_that_are_tested() -> None:
    listed = {name: row.listed_by for name, row in rows().items()}
    assert listed == {name: each.listed_by for name, each in KNOWN_ATTACKS.items()}
