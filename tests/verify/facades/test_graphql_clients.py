"""GraphQL clients of other projects, unmodified, run operations of the demo's façades.

Their compilers read the schema of the façade `web`, by introspection or as a file. They
write manifests. A second gateway has those in a façade that runs nothing else.
"""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.demo import Demo, running_demo
from tests.support.gateway import (
    Gateway,
    demo_variables,
    patient_demo_config,
    running_gateway,
)
from tests.support.npm_packages import install, npm
from tests.verify.facades.conftest import HERE
from tests.verify.facades.programs import run

LIMIT_S = 300
SOURCES = HERE / "graphql_clients"
NAMES = ["The Shawshank Redemption", "The Dark Knight"]
# The key of the demo, which the README shows.
KEY = "X-API-Key: weir_NotASecretForTheDemoAlone0123456789012345674VSsQg"
COMPILER = (
    *("--strict", "--noUncheckedIndexedAccess", "--skipLibCheck"),
    *("--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom"),
)
APP = """facades:
  app:
    path: /app
    contract: {exclude: [mobile, tv]}
    manifests: [apollo.json, relay.json, codegen.json]
    operation_access: stored_only
"""


@pytest.fixture(scope="module")
def clients(request: pytest.FixtureRequest) -> Path:
    """The folder with the clients and their packages; kept in pytest's cache folder."""
    if (found := npm()) is None:
        pytest.skip("the clients need Node and npm, which are not here")
    cache: pytest.Cache = request.config.cache
    folder = cache.mkdir("graphql-clients")
    install(found, SOURCES, "apollo.mjs", folder)
    for generated in ("codegen", "relay"):
        shutil.rmtree(folder / generated, ignore_errors=True)
    shutil.copytree(SOURCES, folder, dirs_exist_ok=True)
    return folder


@asynccontextmanager
async def served(demo: Demo, folder: Path, config: str) -> AsyncIterator[Gateway]:
    (folder / "weir.yaml").write_text(config)
    variables = demo_variables(demo.base_port)
    async with running_gateway(folder / "weir.yaml", variables) as gateway:
        yield gateway


async def output(*command: str | Path, cwd: Path, **env: str) -> str:
    code, found = await run(*command, cwd=cwd, limit_s=LIMIT_S, env=env)
    assert code == 0, found
    return found


async def reported(*command: str | Path, cwd: Path) -> dict[str, Any]:
    """Return what a client prints, in one line of JSON."""
    found: dict[str, Any] = json.loads(await output(*command, cwd=cwd))
    print(f"{Path(command[1]).name}: {found.get('requests', 'no record of requests')}")
    return found


async def test_clients_read_write_and_persist_queries(
    clients: Path, python_tools: Path, tmp_path: Path
) -> None:
    async with (
        running_demo() as demo,
        served(demo, tmp_path, patient_demo_config()) as gateway,
    ):
        url = f"{gateway.url}/web/graphql"
        apollo = await reported("node", "apollo.mjs", url, cwd=clients)
        urql = await reported("node", "urql.mjs", url, cwd=clients)
        gql = await reported(
            python_tools / "python", HERE / "call_gql.py", url, cwd=tmp_path
        )
        apollo_logged = await logged_client(gateway, "apollo")

    # Both clients accept `application/graphql-response+json`, by which an unknown hash
    # is a client error. Apollo Client registers it by POST, and urql by GET.
    assert apollo == {
        "names": NAMES,
        "same": True,
        "seconds": 60,
        "requests": [
            *("GET hash 404", "POST query+hash 200", "GET hash 200"),
            *("POST hash 404", "POST query+hash 200"),
        ],
    }
    assert apollo_logged["client_version"] == "1.2"
    assert urql == {
        "names": NAMES,
        "same": True,
        "seconds": 60,
        "error": "GRAPHQL_VALIDATION_FAILED",
        "requests": [
            *("GET hash 404", "GET query+hash 200", "GET hash 200", "POST query 200"),
            *("GET hash 404", "GET query+hash 400"),
        ],
    }
    assert gql == {"names": NAMES, "seconds": 60, "error": "GRAPHQL_VALIDATION_FAILED"}


async def logged_client(gateway: Gateway, name: str) -> dict[str, Any]:
    while (line := await gateway.logged("request")).get("client_name") != name:
        pass
    return line


async def test_compilers_write_manifests_whose_ids_run(
    clients: Path, tmp_path: Path
) -> None:
    async with running_demo() as demo:
        async with served(demo, tmp_path, patient_demo_config()) as gateway:
            await compile_manifests(clients, gateway.url)
        for file, written in (
            ("apollo.json", "persisted-query-manifest.json"),
            ("relay.json", "relay-manifest.json"),
            ("codegen.json", "codegen/gql/persisted-documents.json"),
        ):
            shutil.copy(clients / written, tmp_path / file)
        config = patient_demo_config().replace("facades:\n", APP, 1)
        async with served(demo, tmp_path, config) as gateway:
            url = f"{gateway.url}/app/graphql"
            manifest = "persisted-query-manifest.json"
            apollo = await reported("node", "apollo.mjs", url, manifest, cwd=clients)
            relay = await reported("node", "relay.mjs", url, cwd=clients)
            codegen = await reported("node", "codegen/app.js", url, cwd=clients)
            ((identifier, _),) = (
                each
                for each in json.loads((tmp_path / "codegen.json").read_text()).items()
                if each[1].startswith("query")
            )
            persisted = f"{gateway.url}/app/persisted/{identifier}"
            by_curl = await output(
                *("curl", "-sfG", persisted, "--data-urlencode"),
                *('variables={"first": 2}',),
                cwd=tmp_path,
            )

    assert apollo["requests"] == ["GET hash 200", "GET hash 200", "POST hash 200"]
    assert (apollo["names"], apollo["seconds"]) == (NAMES, 60)
    assert relay["requests"] == ["POST id 200", "POST id 200"]
    assert (len(relay["ids"]), relay["seconds"]) == (2, 60)
    assert codegen["requests"] == ["POST id 200", "POST id 200"]
    assert (codegen["names"], codegen["seconds"]) == (NAMES, 60)
    assert [each["name"] for each in json.loads(by_curl)["data"]["popular"]] == NAMES


async def compile_manifests(clients: Path, url: str) -> None:
    """Run the compilers against the façade `web`."""
    programs = clients / "node_modules" / ".bin"
    schema = f"{url}/web/schema.graphql"
    await output("curl", "-sf", "-o", "schema.graphql", schema, cwd=clients)
    await output(programs / "relay-compiler", cwd=clients)
    await output(programs / "generate-persisted-query-manifest", cwd=clients)
    await output(
        *(programs / "graphql-codegen", "--config", "codegen.json"),
        cwd=clients,
        WEIR_URL=f"{url}/web/graphql",
    )
    await output(programs / "tsc", *COMPILER, "codegen/app.ts", cwd=clients)


@pytest.mark.parametrize(("version", "name"), [("v1", "name"), ("v2", "title")])
async def test_a_partner_runs_stored_operations_by_curl(
    tmp_path: Path, version: str, name: str
) -> None:
    async with (
        running_demo() as demo,
        served(demo, tmp_path, patient_demo_config()) as gateway,
    ):
        partner = f"{gateway.url}/partner"
        request = json.dumps(
            {
                "documentId": f"{version}.Search",
                "variables": {"q": "Shawshank"},
            }
        )
        curl = ("curl", "-s", "-H", KEY)
        by_graphql = json.loads(
            await output(*curl, "--json", request, f"{partner}/graphql", cwd=tmp_path)
        )
        by_rest = json.loads(
            await output(
                *(*curl, f"{partner}/{version}/search?q=Shawshank"), cwd=tmp_path
            )
        )
        unknown = json.loads(
            await output(
                *(*curl, "--json", '{"query": "{ __typename }"}'),
                f"{partner}/graphql",
                cwd=tmp_path,
            )
        )

    assert by_graphql["data"]["search"] == by_rest["items"]
    assert by_rest["items"][0][name] == "The Shawshank Redemption"
    code = unknown["errors"][0]["extensions"]["code"]
    assert code == "PERSISTED_QUERY_ID_REQUIRED"
