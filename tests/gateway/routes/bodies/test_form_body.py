"""Bodies of forms: values in both directions, and hostile forms."""

from typing import Any

import pytest

from weir.gateway.routes.bodies.errors import BodyError
from weir.gateway.routes.bodies.form_body import FormBody
from weir.gateway.routes.bodies.json_body import JsonBody

BODY = FormBody()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"", {}),
        (b"a=1&b=&c", {"a": "1", "b": "", "c": ""}),
        (b"a=1&a=2&a=3", {"a": ["1", "2", "3"]}),
        (b"a=x+y%26&%C3%A4=%20", {"a": "x y&", "ä": " "}),
    ],
)
def test_a_form_is_decoded(text: bytes, value: Any) -> None:
    assert BODY.decode(text) == value


@pytest.mark.parametrize("text", [b"a=%ff", b"\xff=1", b"&a=1" * 10_001])
def test_a_form_that_is_not_utf8_or_too_long_is_rejected(text: bytes) -> None:
    with pytest.raises(BodyError):
        BODY.decode(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": 1, "b": True, "c": None, "d": [1, "x&"]}, b"a=1&b=true&d=1&d=x%26"),
        ({"ä": "\r\n"}, b"%C3%A4=%0D%0A"),
    ],
)
def test_a_value_is_encoded(value: Any, text: bytes) -> None:
    assert BODY.encode(value) == text


@pytest.mark.parametrize("value", [[1], "x", {"a": {"b": 1}}, {"a": [[1]]}])
def test_a_value_that_a_form_does_not_have_is_rejected(value: Any) -> None:
    with pytest.raises(BodyError):
        BODY.encode(value)


@pytest.mark.parametrize(
    "text", [b"[" * 100_000, b"[" + b"[]," * 600_000 + b"1]", b"{", b"\xff", b""]
)
def test_json_that_is_not_valid_or_a_bomb_is_rejected(text: bytes) -> None:
    with pytest.raises(BodyError):
        JsonBody().decode(text)
