"""The values of header fields of clients and services."""

from typing import Final

from tests.support.fuzzing.target import FuzzTarget
from tests.support.readers import READERS

_READERS: Final = tuple(READERS.values())
_NOT_IN_FIELDS: Final = bytes(
    each for each in range(128) if (each < 32 and each != 9) or each == 127
)
"""Characters that the parsers of heads reject (RFC 9110 §5.5)."""


def read_header(data: bytes) -> None:
    """Read a value by the reader that the first byte chooses."""
    read = _READERS[data[0] % len(_READERS)] if data else _READERS[0]
    read(data[1:].translate(None, _NOT_IN_FIELDS))


_VALUES: Final = (
    b'for=192.0.2.7;proto=https;host="a:80", for="[2001:db8::1]:443"',
    b"192.0.2.7, 2001:db8::1, unknown",
    b"00-00000000000000000000000000000001-0000000000000001-01",
    b"gzip;q=0.5, br;q=1.0, *;q=0",
    b'private="x", max-age=60, s-maxage="5", stale-while-revalidate=9',
    b'"a", W/"b", *',
    b"Sun, 06 Nov 1994 08:49:37 GMT",
    b"application/json; charset=utf-8, multipart/mixed;q=0.1",
    b'weir; hit; ttl=9; detail="x"',
    b"a=b; c=d; id=7",
    b"a=1&b=%41%zz&c=+",
    b"https://a:1/b/../c?d#e",
)
HEADERS: Final = FuzzTarget(
    read_header,
    seeds=tuple(
        bytes((number,)) + value
        for number, value in zip(
            range(len(_READERS)), _VALUES * len(_READERS), strict=False
        )
    ),
    tokens=(
        *(b'"', b"\\", b",", b";", b"=", b" ", b"\t", b"q=", b"*", b"W/", b"for="),
        *(b"max-age=", b"[::1]", b"%41", b"GMT", b"0" * 20, b"-", b"utf-16", b"\xff"),
    ),
)
