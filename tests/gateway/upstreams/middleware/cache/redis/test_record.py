import json
import math
import zlib
from dataclasses import replace
from struct import Struct
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.fake_clock import FakeClock
from tests.support.stored_response import STORED
from weir.gateway.http_time import MAX_DELTA_S
from weir.gateway.upstreams.middleware.cache.redis.record import decode, encode
from weir.gateway.upstreams.middleware.cache.stored import StoredResponse

_names = st.binary(min_size=1, max_size=8).map(bytes.lower)
_lines = st.lists(st.tuples(_names, st.binary(max_size=20)), max_size=4).map(tuple)
_instants = st.floats(0, 1e9)
_seconds = st.floats(0, MAX_DELTA_S)
CLOCK = FakeClock()
RESPONSES = st.builds(
    StoredResponse,
    status=st.integers(100, 599),
    headers=_lines,
    body=st.one_of(
        st.binary(max_size=50), st.binary(max_size=9).map(lambda b: b * 999)
    ),
    received_s=_instants,
    received_epoch_s=_instants,
    initial_age_s=_seconds,
    lifetime_s=st.floats(-MAX_DELTA_S, MAX_DELTA_S),
    public=st.booleans(),
    always_revalidate=st.booleans(),
    stale_while_revalidate_s=_seconds,
    stale_if_error_s=_seconds,
    fallback_stale_s=_seconds,
    selection=_lines,
    tags=st.frozensets(st.text(alphabet="ab é", max_size=5)),
)
PLAIN = replace(
    STORED,
    headers=((b"etag", b'"1"'),),
    body=b"{}",
    received_s=CLOCK.monotonic_s(),
    received_epoch_s=CLOCK.epoch_s(),
)


@given(RESPONSES)
def test_what_is_encoded_is_decoded_as_it_was(stored: StoredResponse) -> None:
    assert decode(encode(stored), CLOCK) == stored


@given(st.binary(max_size=200))
def test_no_bytes_make_decoding_fail(record: bytes) -> None:
    decode(record, CLOCK)


@given(st.data())
def test_a_damaged_record_never_changes_the_length_of_a_body(
    data: st.DataObject,
) -> None:
    record = bytearray(encode(replace(PLAIN, body=b"x" * 3000)))
    place = data.draw(st.integers(0, len(record) - 1))
    record[place] ^= data.draw(st.integers(1, 255))

    length = data.draw(st.integers(0, len(record)))
    found = decode(bytes(record[:length]), CLOCK)

    assert found is None or len(found.body) in (3000, 0)


@pytest.mark.parametrize(
    ("ahead_s", "age_s"), [(0.0, 0.0), (40.0, 40.0), (-4.0, 0.0), (-6.0, None)]
)
def test_a_record_is_as_old_as_the_wall_clocks_say_but_not_from_the_future(
    ahead_s: float, age_s: float | None
) -> None:
    clock = FakeClock()
    clock.set_wall_clock(ahead_s)

    found = decode(encode(PLAIN), clock)

    assert (found and found.age_s(clock.monotonic_s())) == age_s


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("initial_age_s", 1e300),
        ("initial_age_s", -1.0),
        ("lifetime_s", 1e300),
        ("lifetime_s", math.nan),
        ("lifetime_s", math.inf),
        ("received_epoch_s", math.nan),
        ("received_epoch_s", 1e300),
        ("stale_if_error_s", math.inf),
        ("status", 10**30),
    ],
)
def test_a_number_beyond_its_range_counts_as_not_stored(
    name: str, number: float
) -> None:
    numbered: dict[str, Any] = {name: 123456789}
    sent = replace(PLAIN, **numbered)
    digits = json.dumps(number).encode()
    record = encode(sent).replace(b"123456789", digits)
    head = Struct("<BBI")
    version, coding, length = head.unpack_from(record)
    length += len(digits) - len(b"123456789")

    assert decode(encode(PLAIN), CLOCK) == PLAIN
    assert (
        decode(head.pack(version, coding, length) + record[head.size :], CLOCK) is None
    )


@given(st.integers(0, 255))
@example(0)
@example(3)
def test_another_version_counts_as_not_stored(version: int) -> None:
    record = bytes([version]) + encode(PLAIN)[1:]

    assert (decode(record, CLOCK) == PLAIN) is (version == 3)


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

    assert decode(forged, CLOCK) is None
