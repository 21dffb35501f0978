"""Attacks of several kinds; each call with other numbers makes another member."""

import gzip
import json
from collections.abc import Callable
from random import Random
from typing import Any, Final, TypeAlias

from tests.support import hostile_documents as documents

Make: TypeAlias = Callable[[Random], bytes]
"""Makes the bytes that one connection sends."""

FIELDS: Final = (
    *("Cache-Control", "Forwarded", "X-Forwarded-For", "Accept", "Accept-Encoding"),
    *("traceparent", "If-None-Match", "Connection", "Cookie", "X-Request-Id"),
)
UNITS: Final = (" ", '"', ",", ";", "=", "a=", "max-age=1;", "q=0.1,", "for=1,", "../")
HOSTILE_QUERY: Final = b'{"query": "{ items { id name } }"}'


def post(body: bytes, *fields: str, path: str = "/graphql") -> bytes:
    """Return a POST request with a JSON body."""
    lines = "".join(f"{field}\r\n" for field in fields)
    return (
        f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n{lines}\r\n"
    ).encode() + body


def query(text: str, variables: Any = None) -> bytes:
    return post(json.dumps({"query": text, "variables": variables}).encode())


def fragments(rng: Random) -> bytes:
    """Fragments that spread each other at random, mostly several times."""
    count = rng.randrange(20, 90)
    bodies = [
        " ".join(
            f"...F{rng.randrange(n + 1, count + 1)}" for _ in range(rng.randrange(1, 4))
        )
        for n in range(count)
    ]
    text = " ".join(f"fragment F{n} on Query {{ {b} }}" for n, b in enumerate(bodies))
    return query(f"{{ ...F0 }} {text} fragment F{count} on Query {{ a }}")


def operations(rng: Random) -> bytes:
    size = rng.randrange(200, 1500)
    return query(documents.operations_with_fragment_chains(size, rng.randrange(200)))


def aliases(rng: Random) -> bytes:
    field = rng.choice(("a", "__schema { types { name fields { name } } }"))
    return query(
        "{" + " ".join(f"x{n}: {field}" for n in range(rng.randrange(100, 900))) + "}"
    )


def wrong_variables(rng: Random) -> bytes:
    wrong: Any = rng.choice(("x", -1.5, {}, [[]], "y" * 99, None, 10**30))
    text = "query ($x: [Int!], $c: [Colour!]) { l(x: $x) coloured(colours: $c) }"
    size = rng.randrange(1000, 60_000)
    return query(text, {"x": [wrong] * size, "c": [wrong] * (size // 10)})


def header_values(rng: Random) -> bytes:
    fields = (
        f"{rng.choice(FIELDS)}: {rng.choice(UNITS) * rng.randrange(10, 900)}"
        for _ in range(4)
    )
    return post(b'{"query": "{ __typename }"}', *(each[:3000] for each in fields))


def chunks(rng: Random) -> bytes:
    extension = ";" + "x" * rng.randrange(0, 60)
    size = rng.randrange(1, 5000)
    body = f"1{extension}\r\na\r\n".encode() * size + b"0\r\n"
    trailers = b"".join(b"T%d: x\r\n" % n for n in range(rng.randrange(2000)))
    return (
        b"POST /graphql HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Type: application/json\r\nConnection: close\r\n\r\n"
        + body
        + trailers
        + b"\r\n"
    )


def half_a_body(rng: Random) -> bytes:
    size = rng.randrange(1000, 400_000)
    return post(b"x" * 1_000_000)[: size + 150]


def large_operations(rng: Random) -> bytes:
    number, size = rng.randrange(10**9), rng.randrange(100, 450)
    return query("{" + " ".join(f"n{number}_{n}: a" for n in range(size)) + "}")


def hostile_replies(rng: Random) -> bytes:
    del rng
    return post(HOSTILE_QUERY)


ATTACKS: Final[dict[str, Make]] = {
    each.__name__.replace("_", " "): each
    for each in (
        *(fragments, operations, aliases, wrong_variables, header_values),
        *(chunks, half_a_body, large_operations, hostile_replies),
    )
}


def hostile_reply(rng: Random) -> tuple[bytes, bytes]:
    """Return the content coding and the body of a service's reply."""
    items = [{"id": str(n), "name": "x" * 20} for n in range(rng.randrange(30_000))]
    match rng.randrange(5):
        case 0:
            return b"gzip", gzip.compress(b"", mtime=0) * rng.randrange(1, 20_000)
        case 1:
            errors = [{"message": "x"}] * rng.randrange(60_000)
            return b"identity", json.dumps({"data": None, "errors": errors}).encode()
        case 2:
            return b"gzip", gzip.compress(bytes(rng.randrange(8 * 10**6)))
        case 3:
            levels = rng.randrange(2000)
            return b"identity", b'{"data":' + b"[" * levels + b"]" * levels + b"}"
        case _:
            return b"identity", json.dumps({"data": {"items": items}}).encode()
