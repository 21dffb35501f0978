"""Thousands of requests that Schemathesis makes of each description.

All of its checks: no 5xx, no status and no body that is not described, no valid request
that is rejected, and no invalid one that is accepted. The response `default`, which
would describe any status, is removed from the description first.
"""

import copy
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.verify.facades.conftest import APIS, HERE, ServedApi
from tests.verify.facades.programs import run

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMIT_S = 1200
EXAMPLES = 120
CASES = re.compile(r"Test cases:\n\s*([\d,]+) generated")


def strict(document: dict[str, Any]) -> dict[str, Any]:
    """Return a description without the response for all other statuses."""
    found = copy.deepcopy(document)
    for item in found["paths"].values():
        for operation in item.values():
            del operation["responses"]["default"]
    return found


@pytest.mark.parametrize("api", APIS)
async def test_a_facade_does_what_its_description_states(
    python_tools: Path, tmp_path: Path, apis: Mapping[str, ServedApi], api: str
) -> None:
    found = apis[api]
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(strict(found.document)))
    code, output = await run(
        *(python_tools / "schemathesis", "--config-file"),
        *(HERE / "schemathesis.toml", "run", document, "--url", found.url),
        *("--checks", "all", "--max-examples", str(EXAMPLES), "--no-color"),
        *("--seed", "1", "--request-timeout", "60"),
        cwd=tmp_path,
        limit_s=LIMIT_S,
        env={
            "SCHEMATHESIS_HOOKS": str(HERE / "schemathesis_hooks.py"),
            "API_KEY": found.key,
        },
    )

    assert code == 0, output
    assert "Network Error" not in output, output
    generated = CASES.search(output)
    assert generated is not None, output
    count = int(generated[1].replace(",", ""))
    print(f"Schemathesis, {api}: {count} cases, no failure")
    # The few endpoints of partners have no body, and so fewer different requests.
    assert count > (EXAMPLES * len(found.endpoints) if found.key else 1000)
