"""docs/guides/manifests.md: each form of a manifest, and each way to send an id."""

import asyncio
import shlex
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from tests.support.cached_graph import counted_numbers, gateway_with
from tests.support.demo import ROOT
from tests.support.documents import blocks
from weir.bffs.facades.persisted_queries import document_hash

PAGE = (ROOT / "docs" / "guides" / "manifests.md").read_text()
(MANIFEST,) = (each.text for each in blocks(PAGE) if each.language == "json")
(FACADES,) = (each.text for each in blocks(PAGE) if each.language == "yaml")
COMMANDS = [each.text for each in blocks(PAGE) if each.language == "sh"]
DOCUMENT = "query Later { number }"
FORMS = {
    "page": MANIFEST,
    "object": f'{{"a1b2": "{DOCUMENT}"}}',
    "pairs": f'[["a1b2", "{DOCUMENT}"]]',
}
BY_HASH = {"persistedQuery": {"version": 1, "sha256Hash": "a1b2"}}
REQUESTS: list[dict[str, Any]] = [
    {"doc_id": "a1b2"},
    {"extensions": BY_HASH},
    {"documentId": "a1b2"},
    {"documentId": document_hash(DOCUMENT)},
]


@pytest.mark.parametrize("form", FORMS)
async def test_clients_run_the_operations_of_a_manifest_by_its_ids(
    tmp_path: Path, form: str
) -> None:
    (tmp_path / "persisted-query-manifest.json").write_text(FORMS[form])
    async with (
        counted_numbers() as numbers,
        gateway_with(FACADES, numbers.port, tmp_path) as gateway,
        httpx.AsyncClient(base_url=gateway.url) as client,
    ):
        for sent in REQUESTS:
            response = await client.post("/app/graphql", json=sent)
            assert "number" in response.json()["data"], sent
        by_name = await client.post("/app/graphql", json={"documentId": "Later"})
        assert by_name.status_code == httpx.codes.NOT_FOUND
        for command in COMMANDS:
            moved = command.replace("http://127.0.0.1:4000", gateway.url)
            process = await asyncio.create_subprocess_exec(
                *shlex.split(moved), stdout=asyncio.subprocess.PIPE
            )
            output, _ = await process.communicate()
            assert "number" in orjson.loads(output)["data"]
