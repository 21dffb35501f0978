import pytest

from tests.support.calls import upstream_request
from weir.gateway.headers import Headers
from weir.gateway.transport.errors import UpstreamRequestInvalid
from weir.gateway.transport.request_encoder import encode_request


def test_a_request_is_its_line_host_fields_and_length() -> None:
    request = upstream_request("POST", "/graphql?a=1", body=b'{"query":"{a}"}')
    headers = ((b"content-type", b"application/json"), (b"x-a", b"b"))

    assert encode_request(request, headers, "catalog:5101") == (
        b"POST /graphql?a=1 HTTP/1.1\r\n"
        b"host: catalog:5101\r\n"
        b"content-type: application/json\r\n"
        b"x-a: b\r\n"
        b"content-length: 15\r\n"
        b"\r\n"
        b'{"query":"{a}"}'
    )


def test_a_request_without_content_says_nothing_of_its_length() -> None:
    assert encode_request(upstream_request(), (), "a") == (
        b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
    )


def test_a_post_without_content_says_that_there_is_none() -> None:
    assert b"content-length: 0\r\n" in encode_request(upstream_request("POST"), (), "a")


SMUGGLED: dict[str, tuple[str, str, Headers]] = {
    "field value": ("GET", "/", ((b"x-a", b"b\r\nx-evil: 1"),)),
    "bare carriage return": ("GET", "/", ((b"x-a", b"b\rx-evil: 1"),)),
    "bare line feed": ("GET", "/", ((b"x-a", b"b\nx-evil: 1"),)),
    "field name": ("GET", "/", ((b"x-a: 1\r\nb", b"c"),)),
    "NUL": ("GET", "/", ((b"x-a", b"\0"),)),
    "path with a line break": ("GET", "/a\r\nx-evil:1", ()),
    "path with a control character": ("GET", "/a\x01", ()),
    "path with a space": ("GET", "/a HTTP/1.1", ()),
    "path beyond ASCII": ("GET", "/é", ()),
    "authority as path": ("GET", "http://evil/", ()),
    "no path": ("GET", "", ()),
    "method": ("GET /a HTTP/1.1\r\n\r\nGET", "/", ()),
}


@pytest.mark.parametrize("name", SMUGGLED)
def test_nothing_is_smuggled_into_a_request(name: str) -> None:
    method, path, headers = SMUGGLED[name]

    with pytest.raises(UpstreamRequestInvalid):
        encode_request(upstream_request(method, path), headers, "a")
