"""A page of another site makes no write in its visitor's name."""

import pytest

from tests.support.memory_exchange import request_head
from weir.gateway.edge.origin import Origin
from weir.gateway.edge.route_steps.csrf import reject_content_type, require_preflight
from weir.gateway.errors import UnsupportedMediaType

ORIGIN = Origin("192.0.2.1", "https", b"shop.example", b"192.0.2.1")


@pytest.mark.parametrize("cookie", [(), ((b"cookie", b"session=1"),)])
@pytest.mark.parametrize(
    "content_type",
    [
        None,
        b"",
        b"text/plain",
        b"TEXT/PLAIN; charset=utf-8",
        b"multipart/form-data; boundary=x",
        b"application/x-www-form-urlencoded",
        # Browsers parse these leniently.
        b"text/plain, application/json",
        b"application/json, text/plain",
        b"json",
    ],
)
def test_a_simple_post_is_rejected(
    content_type: bytes | None, cookie: tuple[tuple[bytes, bytes], ...]
) -> None:
    typed = () if content_type is None else ((b"content-type", content_type),)
    head = request_head("/", method="POST", headers=(*typed, *cookie))

    with pytest.raises(UnsupportedMediaType, match="x-requested-with"):
        require_preflight(head, ORIGIN)


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("POST", ((b"content-type", b"application/json"),)),
        ("POST", ((b"content-type", b"application/json; charset=utf-8"),)),
        ("POST", ((b"x-requested-with", b"fetch"),)),
        ("POST", ((b"apollo-require-preflight", b"1"),)),
        ("POST", ((b"content-type", b"application/vnd.api+json"),)),
        # These methods are never sent without a preflight.
        ("PUT", ()),
        ("PATCH", ()),
        ("DELETE", ()),
        # These change nothing.
        ("GET", ()),
        ("HEAD", ()),
        ("OPTIONS", ()),
    ],
)
def test_a_request_that_needs_a_preflight_or_writes_nothing_passes(
    method: str, fields: tuple[tuple[bytes, bytes], ...]
) -> None:
    head = request_head("/", method=method, headers=fields)

    assert require_preflight(head, ORIGIN) is None


@pytest.mark.parametrize(
    "content_type",
    [b"message/http", b"text/plain", b"x", b"application/json, text/plain", b";"],
)
def test_a_read_with_another_content_type_is_rejected(content_type: bytes) -> None:
    """GHSA-hff2-gcpx-8f4p: a browser sent such a GET without a preflight."""
    head = request_head("/", headers=((b"content-type", content_type),))

    with pytest.raises(UnsupportedMediaType, match="Leave out Content-Type"):
        reject_content_type(head, ORIGIN)


@pytest.mark.parametrize(
    "fields",
    [
        (),
        ((b"content-type", b""),),
        ((b"content-type", b"application/json"),),
        ((b"content-type", b"Application/JSON ; charset=utf-8"),),
    ],
)
def test_a_read_without_a_content_type_or_with_that_of_json_passes(
    fields: tuple[tuple[bytes, bytes], ...],
) -> None:
    assert reject_content_type(request_head("/", headers=fields), ORIGIN) is None
