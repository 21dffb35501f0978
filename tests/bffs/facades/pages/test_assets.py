"""The files that pages load: their forms, their caching, and other names."""

from hashlib import sha256
from importlib import import_module
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.support.calls import request_context
from tests.support.memory_exchange import buffered_request, request_head, whole_body
from weir.bffs.facades.pages.assets import Asset, AssetEndpoint, Assets, assets
from weir.gateway.edge.response import Response
from weir.gateway.errors import NotFound
from weir.gateway.headers import header

SCRIPT = b"export const a = 1;"


@pytest.fixture
def found(tmp_path: Path) -> Assets:
    (tmp_path / "a.css").write_bytes(b"a {}")
    (tmp_path / "b.js.br").write_bytes(import_module("brotli").compress(SCRIPT))
    digest = sha256(SCRIPT).hexdigest()
    compressed = Asset(tmp_path / "b.js.br", digest, is_compressed=True)
    missing = Asset(tmp_path / "c.js.br", digest, is_compressed=True)
    named = {"a.css": Asset(tmp_path / "a.css", digest), "b.js": compressed}
    return Assets({**named, "c.js": missing}, "v1")


async def get(found: Assets, version: str, name: str, accepts: bytes = b"") -> Response:
    head = request_head("/", headers=((b"accept-encoding", accepts),))
    request = replace(
        buffered_request(head, b""),
        path_parameters=(("version", version.encode()), ("name", name.encode())),
    )
    return await AssetEndpoint(found).respond(request, request_context())


@pytest.mark.parametrize(
    ("name", "accepts", "coding", "body"),
    [
        ("a.css", b"br, gzip", None, b"a {}"),
        ("b.js", b"gzip", None, SCRIPT),
        ("b.js", b"", None, SCRIPT),
        ("b.js", b"br;q=0, gzip", None, SCRIPT),
    ],
)
async def test_a_file_is_decompressed_for_clients_without_brotli(
    found: Assets, name: str, accepts: bytes, coding: bytes | None, body: bytes
) -> None:
    response = await get(found, "v1", name, accepts)

    assert header(response.headers, b"content-encoding") == coding
    assert whole_body(response) == body


async def test_a_compressed_file_is_sent_as_it_is(found: Assets) -> None:
    response = await get(found, "v1", "b.js", b"gzip, br")

    assert header(response.headers, b"content-encoding") == b"br"
    assert import_module("brotli").decompress(whole_body(response)) == SCRIPT


async def test_browsers_reuse_a_file_without_a_request(found: Assets) -> None:
    fields = dict((await get(found, "v1", "b.js")).headers)

    assert fields[b"cache-control"] == b"public, max-age=31536000, immutable"
    assert fields[b"etag"] == b'W/"%s"' % sha256(SCRIPT).hexdigest()[:16].encode()
    assert fields[b"vary"] == b"Accept-Encoding"
    assert fields[b"content-type"] == b"text/javascript; charset=utf-8"


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("v0", "b.js"),
        ("v1", "c.js"),
        ("v1", "b.js.br"),
        ("v1", "../assets.sha256"),
        ("v1", "..\\a.css"),
        ("v1", "\xff"),
    ],
)
async def test_there_are_no_other_files(found: Assets, version: str, name: str) -> None:
    with pytest.raises(NotFound):
        await get(found, version, name)


def test_a_checkout_without_the_bundle_is_not_complete(found: Assets) -> None:
    assert not found.are_complete


def test_the_files_of_this_installation_have_types() -> None:
    names = assets().by_name

    assert {"graphiql.js", "console.js", "pages.css", "portal.js"} <= names.keys()
    assert {Path(name).suffix for name in names} == {".css", ".js", ".ttf", ".txt"}
