"""Generated clients of other projects call each endpoint of a façade."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.verify.facades.conftest import APIS, HERE, ServedApi
from tests.verify.facades.programs import run

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMIT_S = 300
COMPILER = (
    *("--strict", "--noUncheckedIndexedAccess", "--target", "es2022"),
    *("--module", "nodenext", "--lib", "es2022,dom"),
)


@pytest.mark.parametrize("api", APIS)
async def test_types_of_openapi_typescript(
    npm_folder: Path, apis: Mapping[str, ServedApi], api: str
) -> None:
    name = api.replace("/", "-")
    # A console has the endpoints of a TV.
    script = "tv" if name == "console" else name
    work = npm_folder / f"client-{name}"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(HERE / "npm", work, ignore=shutil.ignore_patterns("*.json"))
    (work / "package.json").write_text('{"type": "module"}')

    found = apis[api]
    (work / "openapi.json").write_text(json.dumps(found.document))
    programs = npm_folder / "node_modules" / ".bin"
    for command in (
        (programs / "openapi-typescript", "openapi.json", "-o", "api.d.ts"),
        (programs / "tsc", *COMPILER, f"{script}.ts"),
    ):
        code, output = await run(*command, cwd=work, limit_s=LIMIT_S)
        assert code == 0, output
    code, output = await run(
        *("node", f"{script}.js", found.url, found.key), cwd=work, limit_s=LIMIT_S
    )

    assert code == 0, output
    called = json.loads(output)
    print(f"openapi-typescript, {api}: called {len(called)} endpoints")
    assert {*called} == found.endpoints


@pytest.mark.parametrize("api", APIS)
async def test_a_client_of_openapi_python_client(
    python_tools: Path, tmp_path: Path, apis: Mapping[str, ServedApi], api: str
) -> None:
    found = apis[api]
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(found.document))
    path = {"PATH": f"{python_tools}:/usr/bin:/bin"}
    code, output = await run(
        *(python_tools / "openapi-python-client", "generate"),
        *("--path", document, "--output-path", tmp_path / "generated"),
        *("--meta", "none"),
        cwd=tmp_path,
        limit_s=LIMIT_S,
        env=path,
    )
    assert code == 0, output
    assert "Warning" not in output, output
    code, output = await run(
        *(python_tools / "python", HERE / "call_python_client.py"),
        *("generated", found.url, found.key),
        cwd=tmp_path,
        limit_s=LIMIT_S,
        env={"PYTHONPATH": str(tmp_path)},
    )

    assert code == 0, output
    called = json.loads(output)
    print(f"openapi-python-client, {api}: called {len(called)} endpoints")
    assert len(called) == len(found.endpoints)
    assert {status for status, _ in called.values()} <= {200, 201, 204}, output
    untyped = {name for name, (status, type_) in called.items() if type_ == "NoneType"}
    assert untyped == ({"remove_title"} if api == "library" else set())
