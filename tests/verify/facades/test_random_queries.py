"""Random valid operations of hypothesis-graphql, run by each façade of the demo.

All services respond, so that only arguments can be wrong: no response has the status of
a server's fault, and each error has one of the documented codes for clients' faults.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from tests.verify.facades.conftest import HERE, ServedApi
from tests.verify.facades.programs import run
from weir.bffs.error_table import TABLE
from weir.bffs.facades.rest.service_errors import ERROR_BY_CODE
from weir.gateway.errors import Fault

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMIT_S = 1200
LEAST = 100
# A valid operation never has these.
INVALID = {
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_UNKNOWN_OPERATION_NAME",
    "GRAPHQL_VALIDATION_FAILED",
}
OF_CLIENTS = {row.code for row in TABLE if row.fault is Fault.CLIENT} | {*ERROR_BY_CODE}


@pytest.mark.parametrize("facade", ["web", "mobile", "tv", "console", "partner"])
async def test_a_random_valid_operation_has_data_or_an_error_of_its_client(
    python_tools: Path, tmp_path: Path, apis: Mapping[str, ServedApi], facade: str
) -> None:
    key = apis["partner/v1"].key
    url = apis["web"].url.removesuffix("web") + facade
    async with httpx.AsyncClient(timeout=60, headers={"X-API-Key": key}) as http:
        sdl = await http.get(f"{url}/schema.graphql")
    schema, codes = tmp_path / "schema.graphql", tmp_path / "codes.txt"
    schema.write_text(sdl.raise_for_status().text)
    codes.write_text("\n".join(OF_CLIENTS - INVALID))
    code, output = await run(
        *(python_tools / "python", HERE / "random_queries.py"),
        *(f"{url}/graphql", schema, codes, key),
        cwd=tmp_path,
        limit_s=LIMIT_S,
    )

    assert code == 0, output
    found = json.loads(output)
    print(f"hypothesis-graphql, {facade}: {found}")
    assert found["no error"] > LEAST
