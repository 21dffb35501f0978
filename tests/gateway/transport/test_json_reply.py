import orjson
import pytest

from weir.gateway.transport.errors import UpstreamReplyTooLarge
from weir.gateway.transport.json_reply import MOST_VALUES, decode_reply

MEBIBYTE = 1024 * 1024


def items(text: bytes, size: int) -> bytes:
    return b"[" + b",".join([text] * (size // (len(text) + 1))) + b"]"


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        items(b"1", MEBIBYTE // 2),
        items(b'{"id":"12345","name":"some name","price":12}', 4 * MEBIBYTE),
        orjson.dumps("Hello, world, and more. " * (4 * MEBIBYTE // 24)),
        # Larger bodies are allowed by configuration only, and have more values.
        items(b'{"id":"1","n":2}', 8 * MEBIBYTE),
    ],
)
def test_usual_responses_are_decoded(body: bytes) -> None:
    assert decode_reply(body) == orjson.loads(body)


@pytest.mark.parametrize("text", [b"1", b"[]", b"{}", b'"a"', b'{"a":1}', b"[[]]"])
def test_a_response_with_very_many_values_is_rejected(text: bytes) -> None:
    with pytest.raises(UpstreamReplyTooLarge) as rejected:
        decode_reply(items(text, 4 * MEBIBYTE - 9))

    assert rejected.value.detail == f"The response has more than {MOST_VALUES} values."
    assert not rejected.value.counts_as_failure


def test_invalid_json_is_an_error_of_its_own() -> None:
    with pytest.raises(orjson.JSONDecodeError):
        decode_reply(b"{")
