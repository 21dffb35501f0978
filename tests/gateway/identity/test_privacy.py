"""Responses of routes with an access rule: no shared cache may store them."""

import pytest

from tests.support.contexts import a_context
from tests.support.memory_exchange import request_head
from weir.gateway.edge.response import Response
from weir.gateway.headers import header
from weir.gateway.identity.privacy import keep_private


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (None, b"private"),
        (b"public, max-age=60", b"private, max-age=60"),
        (b"max-age=60, s-maxage=600", b"private, max-age=60, proxy-revalidate"),
        (b"private, max-age=60", b"private, max-age=60"),
        (b"no-store", b"no-store"),
    ],
)
def test_no_shared_cache_may_store_a_response_that_only_some_may_see(
    sent: bytes | None, kept: bytes
) -> None:
    headers = ((b"cache-control", sent),) if sent else ()
    response = Response(status=200, headers=headers, body=b"")

    finished = keep_private(request_head(), a_context(), response)

    assert header(finished.headers, b"cache-control") == kept
