"""The serialization of stored responses, for stores outside this process.

    version (1 byte), coding of the body (1 byte), length of the description (4 bytes),
    description (JSON), body

The description is JSON, so that reading it executes no code. A record that cannot be
read, such as one of another version, counts as not stored. Bodies are deflated if this
makes them shorter.

Processes only share the wall clock, so a record contains the wall clock time of its
receipt. A record from the future shows that two clocks differ. Up to a few seconds, the
record counts as new. Beyond that its age is unknown, and it counts as not stored.
"""

import zlib
from struct import Struct
from typing import Annotated, Final, NamedTuple, TypeAlias

import orjson
from pydantic import Field, TypeAdapter, ValidationError

from weir.gateway.clock import Clock
from weir.gateway.headers import Headers
from weir.gateway.http_time import MAX_DELTA_S
from weir.gateway.upstreams.middleware.cache.stored import StoredResponse

_VERSION: Final = 3
_PLAIN, _DEFLATED = 0, 1
_HEAD: Final = Struct("<BBI")
_DEFLATE_FROM_BYTES: Final = 1024
# The fastest level: a JSON body shrinks to a quarter, at 10 µs per KiB.
_LEVEL: Final = 1


MAX_CLOCK_DIFFERENCE_S: Final = 5.0
_LATEST_S: Final = 2.0**40
_Duration: TypeAlias = Annotated[float, Field(ge=0, le=MAX_DELTA_S)]


class _Description(NamedTuple):
    status: Annotated[int, Field(ge=100, le=999)]
    headers: tuple[tuple[str, str], ...]
    body_bytes: int
    received_epoch_s: Annotated[float, Field(ge=0, le=_LATEST_S)]
    initial_age_s: _Duration
    lifetime_s: Annotated[float, Field(ge=-MAX_DELTA_S, le=MAX_DELTA_S)]
    public: bool
    always_revalidate: bool
    stale_while_revalidate_s: _Duration
    stale_if_error_s: _Duration
    fallback_stale_s: _Duration
    selection: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]


_DESCRIPTIONS: Final = TypeAdapter(_Description)


def encode(stored: StoredResponse) -> bytes:
    """Return `stored` as bytes."""
    described = orjson.dumps(tuple(_described(stored)))
    coding, body = _coded(stored.body)
    return _HEAD.pack(_VERSION, coding, len(described)) + described + body


def decode(record: bytes, clock: Clock) -> StoredResponse | None:
    """Return the stored response, or None if the record cannot be used."""
    if len(record) < _HEAD.size:
        return None
    version, coding, length = _HEAD.unpack_from(record)
    if version != _VERSION:
        return None
    described_end = _HEAD.size + length
    try:
        description = _DESCRIPTIONS.validate_json(record[_HEAD.size : described_end])
        body = _plain(record[described_end:], coding, description.body_bytes)
        age_s = clock.epoch_s() - description.received_epoch_s
        if body is None or age_s < -MAX_CLOCK_DIFFERENCE_S:
            return None
        return _restored(description, body, clock.monotonic_s() - max(0.0, age_s))
    except (ValidationError, UnicodeEncodeError, zlib.error):
        return None


def _coded(body: bytes) -> tuple[int, bytes]:
    if len(body) >= _DEFLATE_FROM_BYTES:
        deflated = zlib.compress(body, _LEVEL)
        if len(deflated) < len(body):
            return _DEFLATED, deflated
    return _PLAIN, body


def _plain(coded: bytes, coding: int, length: int) -> bytes | None:
    """Return a body of exactly `length` bytes, or None; inflate no more than that."""
    if coding == _PLAIN:
        return coded if len(coded) == length else None
    if coding != _DEFLATED or length < 0:
        return None
    inflater = zlib.decompressobj()
    body = inflater.decompress(coded, length + 1)
    return body if len(body) == length and inflater.eof else None


def _described(stored: StoredResponse) -> _Description:
    return _Description(
        status=stored.status,
        headers=_texts(stored.headers),
        body_bytes=len(stored.body),
        received_epoch_s=stored.received_epoch_s,
        initial_age_s=stored.initial_age_s,
        lifetime_s=stored.lifetime_s,
        public=stored.public,
        always_revalidate=stored.always_revalidate,
        stale_while_revalidate_s=stored.stale_while_revalidate_s,
        stale_if_error_s=stored.stale_if_error_s,
        fallback_stale_s=stored.fallback_stale_s,
        selection=_texts(stored.selection),
        tags=tuple(sorted(stored.tags)),
    )


def _restored(
    description: _Description, body: bytes, received_s: float
) -> StoredResponse:
    return StoredResponse(
        status=description.status,
        headers=_lines(description.headers),
        body=body,
        received_s=received_s,
        received_epoch_s=description.received_epoch_s,
        initial_age_s=description.initial_age_s,
        lifetime_s=description.lifetime_s,
        public=description.public,
        always_revalidate=description.always_revalidate,
        stale_while_revalidate_s=description.stale_while_revalidate_s,
        stale_if_error_s=description.stale_if_error_s,
        fallback_stale_s=description.fallback_stale_s,
        selection=_lines(description.selection),
        tags=frozenset(description.tags),
    )


def _texts(lines: Headers) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in lines
    )


def _lines(texts: tuple[tuple[str, str], ...]) -> Headers:
    return tuple(
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in texts
    )
