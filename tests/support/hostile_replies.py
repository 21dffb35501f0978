"""Replies of a service that cost a gateway much, by the field that a query selects."""

import gzip
import json
from collections.abc import Callable
from random import Random
from typing import Final, NamedTuple, TypeAlias

_POOL: Final = 16


class HostileReply(NamedTuple):
    """The body of a reply, its header fields and its status."""

    body: bytes
    fields: bytes = b""
    status: bytes = b"200 OK"


_Make: TypeAlias = Callable[[Random], HostileReply]
_GZIP: Final = b"content-encoding: gzip\r\n"


def errors(rng: Random) -> HostileReply:
    many = [{"message": "x"}] * rng.randrange(60_000)
    return HostileReply(json.dumps({"data": None, "errors": many}).encode())


def items(rng: Random) -> HostileReply:
    size = rng.randrange(50_000)
    many = [{"id": str(n), "name": "x" * 20} for n in range(size)]
    return HostileReply(json.dumps({"data": {"items": many}}).encode())


def members(rng: Random) -> HostileReply:
    return HostileReply(gzip.compress(b"", mtime=0) * rng.randrange(1, 200_000), _GZIP)


def expanding(rng: Random) -> HostileReply:
    return HostileReply(gzip.compress(bytes(rng.randrange(8 * 10**6))), _GZIP)


def nested(rng: Random) -> HostileReply:
    levels = rng.randrange(2000)
    return HostileReply(b'{"data":' + b"[" * levels + b"]" * levels + b"}")


def aged(rng: Random) -> HostileReply:
    digits = b"9" * rng.choice((309, rng.randrange(5000)))
    fields = b"cache-control: max-age=%b\r\nage: %b\r\n" % (digits, digits)
    return HostileReply(b'{"data":{"aged":[]}}', fields)


def hostile_replies(seed: int) -> dict[bytes, list[HostileReply]]:
    """Return replies for each field, made beforehand to cost nothing during attacks."""
    rng = Random(seed)  # noqa: S311 - attacks, not secrets
    makes: tuple[_Make, ...] = (errors, items, members, expanding, nested, aged)
    return {make.__name__.encode(): [make(rng) for _ in range(_POOL)] for make in makes}
