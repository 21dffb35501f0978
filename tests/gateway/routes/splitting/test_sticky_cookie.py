"""The cookie by which a client stays on one side of a split."""

import re
from secrets import token_bytes

import pytest

from tests.support.memory_exchange import request_head
from weir.gateway.edge.request import RequestHead
from weir.gateway.routes.splitting.sticky_cookie import StickyCookie

SECRET = b"0123456789abcdef"


def cookie(name: str = "side", secret: bytes = SECRET) -> StickyCookie:
    return StickyCookie(name, secret, 60, token_bytes)


def sending(*pairs: bytes) -> RequestHead:
    return request_head("/", headers=[(b"cookie", b"; ".join(pairs))])


def value_of(field: tuple[bytes, bytes]) -> bytes:
    return field[1].partition(b";")[0]


def test_a_cookie_that_was_issued_is_read_again() -> None:
    number, field = cookie().issued(secure=True)
    other, _ = cookie().issued(secure=True)

    assert cookie().of(sending(b"a=b", value_of(field), b"c=d")) == number != other
    assert field[0] == b"set-cookie"
    assert re.fullmatch(
        rb"side=[A-Za-z0-9_-]{40}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure",
        field[1],
    )
    assert not cookie().issued(secure=False)[1][1].endswith(b"Secure")


def test_a_cookie_of_another_name_or_secret_is_not_valid() -> None:
    _, field = cookie().issued(secure=True)
    value = value_of(field)

    assert cookie(secret=SECRET[::-1]).of(sending(value)) is None
    assert cookie("edis").of(sending(value.replace(b"side", b"edis"))) is None


@pytest.mark.parametrize("position", [0, 5, 19, 20, 25, 39])
def test_a_changed_cookie_is_not_valid(position: int) -> None:
    number, field = cookie().issued(secure=True)
    value = value_of(field)
    at = len(b"side=") + position
    changed = (
        value[:at] + (b"A" if value[at : at + 1] != b"A" else b"B") + value[at + 1 :]
    )

    assert cookie().of(sending(changed)) is None
    assert cookie().of(sending(changed, value)) == number


@pytest.mark.parametrize(
    "value", [b"", b"=", b"a" * 39, b"a" * 41, b"\xff" * 40, b"!" * 40, b"=" * 40]
)
def test_a_malformed_cookie_is_not_valid(value: bytes) -> None:
    assert cookie().of(sending(b"side=" + value)) is None
