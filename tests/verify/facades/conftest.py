"""The APIs of the proofs, and the tools of other projects that read their OpenAPI."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.demo import running_demo
from tests.support.gateway import (
    demo_variables,
    patient_demo_config,
    running_gateway,
)
from tests.support.npm_packages import install, npm
from tests.support.python_packages import installed

HERE = Path(__file__).parent
APIS = ("library", "web", "mobile", "tv")


@dataclass(frozen=True, slots=True)
class ServedApi:
    """A running façade: its address, and its description."""

    url: str
    document: dict[str, Any]

    @property
    def endpoints(self) -> set[str]:
        return {
            f"{method.upper()} {path}"
            for path, item in self.document["paths"].items()
            for method in item
        }


@asynccontextmanager
async def served(api: str, folder: Path) -> AsyncIterator[ServedApi]:
    """Serve a façade: that of the library, or one of the demo."""
    if api == "library":
        async with running_gateway(HERE / "library" / "weir.yaml") as gateway:
            yield await _described(f"{gateway.url}/{api}")
        return
    config = folder / "weir.yaml"
    config.write_text(patient_demo_config())
    async with (
        running_demo() as demo,
        running_gateway(config, demo_variables(demo.base_port)) as gateway,
    ):
        yield await _described(f"{gateway.url}/{api}")


async def _described(url: str) -> ServedApi:
    async with httpx.AsyncClient(timeout=60) as http:
        response = await http.get(f"{url}/openapi.json")
    return ServedApi(url, response.raise_for_status().json())


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
    for script in ("library.ts", "demo.ts"):
        install(found, HERE / "npm", script, folder)
    return folder
