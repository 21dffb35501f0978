"""The APIs of the proofs, and the tools of other projects that read their OpenAPI."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.support.demo import Demo
from tests.support.gateway import demo_variables, running_gateway
from tests.support.npm_packages import install, npm
from tests.support.partner_demo import partner_demo
from tests.support.python_packages import installed

HERE = Path(__file__).parent
PARTNERS = ("partner/v1", "partner/v2")
APIS = ("library", "web", "mobile", "tv", "console", *PARTNERS)


@dataclass(frozen=True, slots=True)
class ServedApi:
    """A running façade, or a version of one: its address, description and API key."""

    url: str
    document: dict[str, Any]
    key: str

    @property
    def endpoints(self) -> set[str]:
        return {
            f"{method.upper()} {path}"
            for path, item in self.document["paths"].items()
            for method in item
        }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def apis(
    shared_demo: Demo, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Mapping[str, ServedApi]]:
    """Serve the façades of `APIS`: that of the library, and those of the demo."""
    partner = partner_demo(tmp_path_factory.mktemp("demo"))
    variables = demo_variables(shared_demo.base_port)
    async with (
        running_gateway(HERE / "library" / "weir.yaml") as library,
        running_gateway(partner.config, variables) as demo,
    ):
        yield {
            api: await _described(
                f"{library.url if api == 'library' else demo.url}/{api}",
                partner.key if api in PARTNERS else "",
            )
            for api in APIS
        }


async def _described(url: str, key: str) -> ServedApi:
    headers = {"X-API-Key": key} if key else {}
    async with httpx.AsyncClient(timeout=60, headers=headers) as http:
        response = await http.get(f"{url}/openapi.json")
    return ServedApi(url, response.raise_for_status().json(), key)


@pytest.fixture(scope="session")
def python_tools(request: pytest.FixtureRequest) -> Path:
    """The folder with the programs of Python; kept in pytest's cache folder."""
    cache: pytest.Cache = request.config.cache
    return installed(HERE / "requirements.txt", cache.mkdir("openapi-python"))


@pytest.fixture(scope="session")
def npm_folder(request: pytest.FixtureRequest) -> Path:
    """The folder with the packages of npm; kept in pytest's cache folder."""
    if (found := npm()) is None:
        pytest.skip("the clients for TypeScript need Node and npm, which are not here")
    cache: pytest.Cache = request.config.cache
    folder = cache.mkdir("openapi-npm")
    install(found, HERE / "npm", "calls.ts", folder)
    return folder
