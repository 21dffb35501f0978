import orjson
import pytest

from weir.gateway.transport.errors import UpstreamReplyTooLarge
from weir.gateway.transport.json_reply import (
    MOST_PARTS,
    decode_reply,
    too_many_parts,
)

MEBIBYTE = 1024 * 1024


def items(text: bytes, size: int) -> bytes:
    return b"[" + b",".join([text] * (size // (len(text) + 1))) + b"]"


def fields(count: int, sign: bytes = b'":') -> bytes:
    """Return an object with different names."""
    return b"{" + b",".join(b'"%x%b0' % (n, sign) for n in range(count)) + b"}"


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        items(b"1", MEBIBYTE // 2),
        items(
            b'{"__typename":"Product","id":"12345","name":"some name","price":12,'
            b'"added":"2026-11-29T23:12:00Z","url":"https://shop.example:8443/p/1"}',
            4 * MEBIBYTE,
        ),
        orjson.dumps("Hello, world, and more. " * (4 * MEBIBYTE // 24)),
        # Colons of times and URLs are not counted as names.
        items(b'"00:00:00:00:00:00"', 4 * MEBIBYTE),
        # Larger bodies are allowed by configuration only, and have more values.
        items(b'{"id":"1","name":2}', 8 * MEBIBYTE),
    ],
)
def test_usual_responses_are_decoded(body: bytes) -> None:
    assert decode_reply(body) == orjson.loads(body)


@pytest.mark.parametrize("text", [b"1", b"[]", b"{}", b'"a"', b'{"a":1}', b"[[]]"])
def test_a_response_with_very_many_values_is_rejected(text: bytes) -> None:
    with pytest.raises(UpstreamReplyTooLarge) as rejected:
        decode_reply(items(text, 4 * MEBIBYTE - 9))

    detail = f"The response has more than {MOST_PARTS} names and values."
    assert rejected.value.detail == detail
    assert not rejected.value.counts_as_failure


@pytest.mark.parametrize("sign", [b'":', b'" :', b'"\n :', b'"\r\t:'])
def test_a_response_with_very_many_names_is_rejected(sign: bytes) -> None:
    # A field has two parts, a name and a value, and the object is two more.
    most = MOST_PARTS // 2 - 1

    assert not too_many_parts(fields(most, sign))
    assert too_many_parts(fields(most + 1, sign))


def test_invalid_json_is_an_error_of_its_own() -> None:
    with pytest.raises(orjson.JSONDecodeError):
        decode_reply(b"{")
