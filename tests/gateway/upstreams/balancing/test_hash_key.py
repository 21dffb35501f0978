import pytest
from msgspec import structs

from tests.support.calls import request_context, upstream_request
from weir.gateway.context import Identity
from weir.gateway.headers import Headers
from weir.gateway.upstreams.balancing.hash_key import hash_key
from weir.gateway.upstreams.model.policy import HashOn

ADA: Headers = ((b"x-user", b"ada"), (b"cookie", b"a=b; session=s1"))


@pytest.mark.parametrize(
    ("on", "forwarded", "expected"),
    [
        (HashOn("path"), ADA, b"/titles/1"),
        (HashOn("header", "X-User"), ADA, b"ada"),
        (HashOn("header", "X-User"), (), b"/titles/1"),
        (HashOn("cookie", "session"), ADA, b"s1"),
        (HashOn("cookie", "other"), ADA, b"/titles/1"),
        (HashOn("identity"), (), b"subject-1"),
    ],
)
def test_a_call_is_hashed_on_what_the_policy_says_or_else_on_its_path(
    on: HashOn, forwarded: Headers, expected: bytes
) -> None:
    context = structs.replace(
        request_context(forwarded), identity=Identity(subject="subject-1")
    )

    assert hash_key(on)(upstream_request(path="/titles/1"), context) == expected
