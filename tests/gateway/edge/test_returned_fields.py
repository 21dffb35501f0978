"""The fields of several responses become those of one."""

import pytest

from tests.support.calls import request_context
from tests.support.memory_exchange import request_head
from weir.gateway.edge.response import Response
from weir.gateway.edge.returned_fields import merged
from weir.gateway.edge.steps import add_fields_of_request, request_id_field
from weir.gateway.headers import Headers


def cookies(*values: bytes) -> Headers:
    return tuple((b"set-cookie", value) for value in values)


@pytest.mark.parametrize(
    ("responses", "fields"),
    [
        # Cookies of different names, domains and paths are different cookies.
        ([cookies(b"a=1"), cookies(b"b=2")], cookies(b"a=1", b"b=2")),
        ([cookies(b"a=1", b"b=1"), cookies(b"a=2")], cookies(b"b=1", b"a=2")),
        (
            [cookies(b"a=1; Path=/x"), cookies(b"a=2; Path=/y")],
            cookies(b"a=1; Path=/x", b"a=2; Path=/y"),
        ),
        (
            [
                cookies(b"a=1; Domain=.shop.example"),
                cookies(b"a=2; domain=Shop.Example"),
            ],
            cookies(b"a=2; domain=Shop.Example"),
        ),
        ([cookies(b"a=1"), cookies(b"A=2")], cookies(b"a=1", b"A=2")),
        # A list has the values of all, another field those of the last response.
        (
            [((b"link", b"<a>"),), ((b"link", b"<b>"),), ((b"link", b"<a>"),)],
            ((b"link", b"<a>"), (b"link", b"<b>")),
        ),
        ([((b"x-left", b"9"),), ((b"x-left", b"8"),)], ((b"x-left", b"8"),)),
        (
            [((b"x-a", b"1"), (b"x-a", b"2"))],
            ((b"x-a", b"1"), (b"x-a", b"2")),
        ),
    ],
)
def test_fields_are_merged_by_their_rule(
    responses: list[Headers], fields: Headers
) -> None:
    assert merged(responses) == fields


def test_a_field_of_the_response_is_not_replaced() -> None:
    context = request_context()
    context.returned.append(((b"www-authenticate", b"Basic"), (b"x-a", b"1")))
    own = Response(status=401, headers=((b"www-authenticate", b"Bearer"),), body=b"")

    response = add_fields_of_request(request_head(), context, own)

    assert response.headers == (
        (b"www-authenticate", b"Bearer"),
        *request_id_field(context),
        (b"x-a", b"1"),
    )
