"""Each description is valid, and a linter of another project has no error."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from tests.verify.facades.conftest import APIS, ServedApi
from tests.verify.facades.programs import run

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Redocly sends statistics and looks for updates without them.
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


@pytest.mark.parametrize("api", APIS)
async def test_a_description_is_valid(
    npm_folder: Path, tmp_path: Path, apis: Mapping[str, ServedApi], api: str
) -> None:
    found = apis[api]
    (tmp_path / "openapi.json").write_text(json.dumps(found.document))

    validate(found.document)
    program = npm_folder / "node_modules" / ".bin" / "redocly"
    code, output = await run(
        *(program, "lint", "--format", "json", "openapi.json"),
        cwd=tmp_path,
        limit_s=120,
        env=QUIET,
    )

    assert code == 0, output
    report, _ = json.JSONDecoder().raw_decode(output[output.index("{") :])
    problems = report["problems"]
    rules = {each["ruleId"] for each in problems}
    print(f"redocly, {api}: warnings {sorted(rules)}")
    # The licence of an API is not known to a gateway.
    assert rules <= {"info-license"}
