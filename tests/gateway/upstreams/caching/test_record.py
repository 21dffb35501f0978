import zlib
from dataclasses import replace
from struct import Struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.upstreams.caching.record import decode, encode
from gateway.upstreams.caching.stored import StoredResponse

_names = st.binary(min_size=1, max_size=8).map(bytes.lower)
_lines = st.lists(st.tuples(_names, st.binary(max_size=20)), max_size=4).map(tuple)
_seconds = st.floats(allow_nan=False, allow_infinity=False)
RESPONSES = st.builds(
    StoredResponse,
    status=st.integers(100, 599),
    headers=_lines,
    body=st.one_of(
        st.binary(max_size=50), st.binary(max_size=9).map(lambda b: b * 999)
    ),
    received_s=_seconds,
    initial_age_s=_seconds,
    lifetime_s=_seconds,
    public=st.booleans(),
    always_revalidate=st.booleans(),
    stale_while_revalidate_s=_seconds,
    stale_if_error_s=_seconds,
    fallback_stale_s=_seconds,
    selection=_lines,
    tags=st.frozensets(st.text(alphabet="ab é", max_size=5)),
)
PLAIN = StoredResponse(
    status=200,
    headers=((b"etag", b'"1"'),),
    body=b"{}",
    received_s=1.75e9,
    initial_age_s=0.0,
    lifetime_s=60.0,
    public=False,
    always_revalidate=False,
    stale_while_revalidate_s=0.0,
    stale_if_error_s=0.0,
    selection=(),
    tags=frozenset(),
)


@given(RESPONSES)
def test_what_is_encoded_is_decoded_as_it_was(stored: StoredResponse) -> None:
    assert decode(encode(stored)) == stored


@given(st.binary(max_size=200))
def test_no_bytes_make_decoding_fail(record: bytes) -> None:
    decode(record)


@given(st.data())
def test_a_damaged_record_never_changes_the_length_of_a_body(
    data: st.DataObject,
) -> None:
    record = bytearray(encode(replace(PLAIN, body=b"x" * 3000)))
    place = data.draw(st.integers(0, len(record) - 1))
    record[place] ^= data.draw(st.integers(1, 255))

    found = decode(bytes(record[: data.draw(st.integers(0, len(record)))]))

    assert found is None or len(found.body) in (3000, 0)


@given(st.integers(0, 255))
@example(0)
@example(2)
def test_another_version_counts_as_not_stored(version: int) -> None:
    record = bytes([version]) + encode(PLAIN)[1:]

    assert (decode(record) == PLAIN) is (version == 2)


def test_a_large_body_takes_less_room() -> None:
    body = b'{"title":"The Third Man","year":1949},' * 100

    assert len(encode(replace(PLAIN, body=body))) < len(body) / 5


@pytest.mark.parametrize("told", [0, 10, 999_999])
def test_a_body_that_inflates_to_more_or_less_than_told_is_refused(told: int) -> None:
    record = encode(replace(PLAIN, body=b"x" * 5000))
    head = Struct("<BBI")
    version, coding, length = head.unpack_from(record)
    described = record[head.size : head.size + length].replace(b"5000", b"%d" % told)
    bomb = zlib.compress(bytes(10_000_000))

    forged = head.pack(version, coding, len(described)) + described + bomb

    assert decode(forged) is None
