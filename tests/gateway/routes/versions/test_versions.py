"""The version of a request, and the fields that its responses get."""

import pytest

from tests.support.contexts import a_context
from tests.support.memory_exchange import request_head
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.lifecycle import read_lifecycle
from weir.gateway.headers import Headers
from weir.gateway.routes.errors import UnknownApiVersion
from weir.gateway.routes.matching.pattern import parse_pattern
from weir.gateway.routes.versions.announcement import announcing_steps
from weir.gateway.routes.versions.source import InvalidSource, parse_source
from weir.gateway.routes.versions.versions import ApiVersion, ApiVersions

PATTERN = parse_pattern("/{version}/titles/*")
V1 = ApiVersion("v1", lifecycle=read_lifecycle("2026-01-01", "", ""))
V2 = ApiVersion("v2", aliases=("2", "latest"))


def versions(*places: str, default: str = "") -> ApiVersions:
    sources = [parse_source(each, PATTERN) for each in places]
    return ApiVersions([V1, V2], sources, default)


ALL = ("header:API-Version", "query:v", "accept:Version")


@pytest.mark.parametrize(
    ("places", "path", "query", "lines", "name"),
    [
        (ALL, "/", "", {"api-version": "v1"}, "v1"),
        (ALL, "/", "", {"api-version": "latest"}, "v2"),
        (ALL, "/", "v=2", {}, "v2"),
        (ALL, "/", "v=%32&v=v2", {}, "v2"),
        (ALL, "/", "w=9", {"accept": "a/b;version=v1;q=1, */*"}, "v1"),
        (ALL, "/", "", {"accept": 'a/b; VERSION="v1"'}, "v1"),
        (ALL, "/", "v=v2", {"api-version": "2"}, "v2"),
        (ALL, "/", "", {"accept": "a/b; q=0.5, version=v1"}, ""),
        (ALL, "/", "V=v1", {}, ""),
        (("path:version",), "/v1/titles/7", "", {"api-version": "v2"}, "v1"),
        (("path:version",), "/%761/titles", "", {}, "v1"),
    ],
)
def test_the_version_of_a_request(
    places: tuple[str, ...],
    path: str,
    query: str,
    lines: dict[str, str],
    name: str,
) -> None:
    fields = [(key.encode(), value.encode()) for key, value in lines.items()]
    head = request_head(path, headers=fields, query=query)

    assert versions(*places, default="v2").of(head).name == (name or "v2")
    if not name:
        with pytest.raises(UnknownApiVersion, match="names no version"):
            versions(*places).of(head)


@pytest.mark.parametrize(
    ("query", "lines", "message"),
    [
        ("v=v3", {}, r"There is no version 'v3' \(query:v\)\. There are: v1, v2\."),
        ("v=", {}, "There is no version '' "),
        ("v=V1", {}, "There is no version 'V1' "),
        ("v=v1&v=v2", {}, "names two versions, v1 and v2"),
        ("v=v1", {"api-version": "2"}, "names two versions, v2 and v1"),
        ("", {"api-version": "v1, v1"}, "There is no version 'v1, v1'"),
        ("", {"accept": "a/b;version=v1, a/c;version=2"}, "names two versions"),
        ("v=" + "9" * 9000, {}, r"no version '9{64}' "),
        ("v=%0d%0aset-cookie:x", {}, r"'\\r\\nset-cookie:x'"),
    ],
)
def test_a_request_for_no_single_version_is_rejected(
    query: str, lines: dict[str, str], message: str
) -> None:
    fields = [(key.encode(), value.encode()) for key, value in lines.items()]

    with pytest.raises(UnknownApiVersion, match=message):
        versions(*ALL, default="v2").of(request_head("/", headers=fields, query=query))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path:other", "has no parameter {other}"),
        ("header:", "expected path:<parameter>"),
        ("cookie:v", "expected path:<parameter>"),
        ("version", "expected path:<parameter>"),
    ],
)
def test_an_unknown_place_is_an_error(text: str, message: str) -> None:
    with pytest.raises(InvalidSource, match=message):
        parse_source(text, PATTERN)


@pytest.mark.parametrize(
    ("lines", "own", "added"),
    [
        (
            {"api-version": "v1"},
            ((b"deprecation", b"true"), (b"api-version", b"7")),
            (
                (b"api-version", b"v1"),
                (b"deprecation", b"@1767225600"),
                (b"vary", b"accept, api-version"),
            ),
        ),
        (
            {},
            ((b"vary", b"Accept"), (b"link", b"<x>")),
            (
                (b"vary", b"Accept"),
                (b"link", b"<x>"),
                (b"api-version", b"v2"),
                (b"vary", b"api-version"),
            ),
        ),
        ({"api-version": "v9"}, (), ((b"vary", b"accept, api-version"),)),
    ],
)
def test_the_fields_of_a_response(
    lines: dict[str, str], own: Headers, added: Headers
) -> None:
    (announce,) = announcing_steps(versions(*ALL, default="v2")).finishes
    fields = [(key.encode(), value.encode()) for key, value in lines.items()]
    response = Response(status=502, headers=own, body=b"")

    announced = announce(request_head("/", headers=fields), a_context(), response)

    assert announced.headers == added
