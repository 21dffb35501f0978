"""The requests of docs/guides/operations.md do what the page says."""

import asyncio
import re
import shlex
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from typer.testing import CliRunner

from tests.support.cached_graph import counted_numbers, gateway_with
from tests.support.demo import ROOT
from tests.support.documents import blocks
from weir.bffs.cli.main import app
from weir.bffs.config.decode import load_config
from weir.bffs.config.errors import ConfigError
from weir.bffs.facades.persisted_queries import document_hash

PAGE = (ROOT / "docs" / "guides" / "operations.md").read_text()
(STORED,) = (each for each in blocks(PAGE) if each.file)
(FACADES,) = (each.text for each in blocks(PAGE) if each.language == "yaml")
SHELL = [each.text for each in blocks(PAGE) if each.language == "sh"]
COMMANDS = [each for each in SHELL if not each.startswith("weir")]
(PLAN,) = (each for each in SHELL if each.startswith("weir"))
TEXT = "query Now {\n  number\n}"
OTHER = "query Other { number }"
ACCESSES = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)


def save_operations(folder: Path) -> None:
    (folder / "operations").mkdir()
    (folder / "operations" / "now.graphql").write_text(STORED.text)


def facades() -> str:
    """The façade of the page, and one for each other kind of access."""
    own = FACADES
    for access in ACCESSES:
        own += f"  {access}:\n    path: /{access}\n    operations: operations\n"
        own += f"    operation_access: {access}\n"
    return own + "  plain: {path: /plain, apq: false}\n"


def by_hash(document: str) -> dict[str, Any]:
    hashed = {"version": 1, "sha256Hash": document_hash(document)}
    return {"extensions": {"persistedQuery": hashed}}


ID = {"documentId": "Now"}
HASH_ID = {"documentId": f"sha256:{document_hash(TEXT)}"}
UNKNOWN = {"documentId": "Nothing"}
QUERY, OTHER_QUERY = {"query": TEXT}, {"query": OTHER}
MISMATCH = {"query": OTHER, **by_hash(TEXT)}
NEW = by_hash("query New { number }")
ROWS: list[tuple[Mapping[str, Any], tuple[str, ...]]] = [
    (ID, ("", "", "", "")),
    (HASH_ID, ("", "", "", "")),
    ({"doc_id": "Now"}, ("", "", "", "")),
    (by_hash(TEXT), ("", "", "", "")),
    ({"documentId": "Now", "operationName": "Now"}, ("", "", "", "")),
    (UNKNOWN, ("PERSISTED_QUERY_NOT_IN_LIST",) * 4),
    (QUERY, ("", "", "", "PERSISTED_QUERY_ID_REQUIRED")),
    (OTHER_QUERY, ("", "", "QUERY_NOT_IN_SAFELIST", "PERSISTED_QUERY_ID_REQUIRED")),
    (
        MISMATCH,
        (*["PERSISTED_QUERY_HASH_MISMATCH"] * 3, "PERSISTED_QUERY_ID_REQUIRED"),
    ),
    (NEW, (*["PERSISTED_QUERY_NOT_FOUND"] * 3, "PERSISTED_QUERY_NOT_IN_LIST")),
    (
        {"documentId": "Now", "operationName": "Other"},
        ("GRAPHQL_UNKNOWN_OPERATION_NAME",) * 4,
    ),
]


def code(response: httpx.Response) -> str:
    """The code of the error of a response without data, "" for one with data."""
    body = response.json()
    if "errors" not in body:
        assert isinstance(body["data"]["number"], int)
        return ""
    assert "data" not in body
    found: str = body["errors"][0]["extensions"]["code"]
    return found


async def test_each_access_runs_the_operations_of_the_page(tmp_path: Path) -> None:
    save_operations(tmp_path)
    assert ACCESSES == ["open", "log_unknown", "safelist", "stored_only"]
    async with (
        counted_numbers() as numbers,
        gateway_with(facades(), numbers.port, tmp_path) as gateway,
        httpx.AsyncClient(base_url=gateway.url) as client,
    ):
        for sent, expected in ROWS:
            found = [
                code(await client.post(f"/{access}/graphql", json=sent))
                for access in ACCESSES
            ]
            assert tuple(found) == expected, sent

        for command in COMMANDS:
            moved = command.replace("http://127.0.0.1:4000", gateway.url)
            process = await asyncio.create_subprocess_exec(
                *shlex.split(moved), stdout=asyncio.subprocess.PIPE
            )
            output, _ = await process.communicate()
            assert "number" in orjson.loads(output)["data"]

        unknown = await client.get("/persisted/Nothing")
        assert (unknown.status_code, code(unknown)) == (
            404,
            "PERSISTED_QUERY_NOT_IN_LIST",
        )
        both = await client.get("/persisted/Now", params={"query": TEXT})
        assert code(both) == "INVALID_GRAPHQL_REQUEST"
        off = await client.post("/plain/graphql", json=NEW)
        assert code(off) == "PERSISTED_QUERY_NOT_SUPPORTED"

        # Once for each application.
        for _ in range(2):
            await client.post(
                "/log_unknown/graphql",
                json={"query": OTHER},
                headers={"apollographql-client-name": "ios"},
            )

        await gateway.logged("unknown_operation")
        line = await gateway.logged("unknown_operation")
        assert line["client_name"] == "ios"
    reported = [
        (each["client_type"], each["operation"], each["sha256"])
        for each in gateway.log
        if each.get("event") == "unknown_operation"
    ]
    assert reported == [("log_unknown", "Other", document_hash(OTHER))] * 2


async def test_a_client_sends_a_query_once_and_then_its_hash(tmp_path: Path) -> None:
    save_operations(tmp_path)
    document = "query Once { number }"
    async with (
        counted_numbers() as numbers,
        gateway_with(facades(), numbers.port, tmp_path) as gateway,
        httpx.AsyncClient(base_url=gateway.url) as client,
    ):

        async def send(sent: Mapping[str, Any], path: str = "/open") -> httpx.Response:
            return await client.post(f"{path}/graphql", json=sent)

        first = await send(by_hash(document))
        assert first.status_code == httpx.codes.OK
        assert first.json()["errors"][0]["message"] == "PersistedQueryNotFound"
        assert first.headers["cache-control"] == "private, no-cache, must-revalidate"

        invalid = {"query": "{ nothing }", **by_hash("{ nothing }")}
        assert code(await send(invalid)) == "GRAPHQL_VALIDATION_FAILED"
        assert code(await send(by_hash("{ nothing }"))) == "PERSISTED_QUERY_NOT_FOUND"

        assert code(await send({"query": document, **by_hash(document)})) == ""
        assert code(await send(by_hash(document))) == ""
        extensions = orjson.dumps(by_hash(document)["extensions"]).decode()
        got = await client.get("/open/graphql", params={"extensions": extensions})
        assert code(got) == ""
        # It is the client's query of one façade, not of another.
        other = await send(by_hash(document), "/safelist")
        assert code(other) == "PERSISTED_QUERY_NOT_FOUND"

        gateway.signal(signal.SIGHUP)
        await gateway.logged("generation_changed")
        await gateway.logged("generation_changed")
        assert code(await send(by_hash(document))) == ""


@pytest.mark.parametrize(
    ("facade", "message"),
    [
        ("{path: '', operation_access: safelist}", "needs stored `operations`"),
        ("{path: '', operation_access: closed}", "'open', 'log_unknown'"),
        (
            "{path: '', operations: o, operation_access: stored_only, apq: true}",
            "`apq` has no effect",
        ),
    ],
)
def test_access_that_cannot_work_is_refused_with_its_place(
    tmp_path: Path, facade: str, message: str
) -> None:
    (tmp_path / "weir.yaml").write_text(f"facades:\n  web: {facade}\n")

    with pytest.raises(ConfigError, match=re.escape(message)) as error:
        load_config(tmp_path / "weir.yaml", {})

    assert "weir.yaml:2" in str(error.value)


def test_the_plan_of_a_stored_operation_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    save_operations(tmp_path)
    (tmp_path / "numbers.graphql").write_text("type Query { number: Int }")
    (tmp_path / "weir.yaml").write_text(
        "upstreams: {numbers: {instances: [http://127.0.0.1:9]}}\n"
        "subgraphs: {numbers: {upstream: numbers, sdl: numbers.graphql}}\n" + FACADES
    )

    outcome = CliRunner().invoke(app, shlex.split(PLAN)[1:])

    assert outcome.exit_code == 0, outcome.stderr
    assert "query: 1 fetch in 1 stage" in outcome.stdout
