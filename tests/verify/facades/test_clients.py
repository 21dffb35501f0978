"""Generated clients of other projects call each endpoint of a façade."""

import json
import shutil
from pathlib import Path

import pytest

from tests.verify.facades.conftest import APIS, HERE, served
from tests.verify.facades.programs import run

LIMIT_S = 300
COMPILER = (
    *("--strict", "--noUncheckedIndexedAccess", "--target", "es2022"),
    *("--module", "nodenext", "--lib", "es2022,dom"),
)


@pytest.mark.parametrize("api", APIS)
async def test_types_of_openapi_typescript(
    npm_folder: Path, tmp_path: Path, api: str
) -> None:
    script = "library" if api == "library" else "demo"
    work = npm_folder / f"client-{api}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    shutil.copy(npm_folder / f"{script}.ts", work / "call.ts")
    (work / "package.json").write_text('{"type": "module"}')

    async with served(api, tmp_path) as found:
        (work / "openapi.json").write_text(json.dumps(found.document))
        programs = npm_folder / "node_modules" / ".bin"
        for command in (
            (programs / "openapi-typescript", "openapi.json", "-o", f"{script}.d.ts"),
            (programs / "tsc", *COMPILER, "call.ts"),
        ):
            code, output = await run(*command, cwd=work, limit_s=LIMIT_S)
            assert code == 0, output
        code, output = await run(
            "node", "call.js", found.url, cwd=work, limit_s=LIMIT_S
        )

    assert code == 0, output
    called = json.loads(output)
    print(f"openapi-typescript, {api}: called {len(called)} endpoints")
    assert {*called} == found.endpoints


@pytest.mark.parametrize("api", APIS)
async def test_a_client_of_openapi_python_client(
    python_tools: Path, tmp_path: Path, api: str
) -> None:
    async with served(api, tmp_path) as found:
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
            *("generated", found.url),
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
