"""Attacks on a gateway, in families: an input that was found, and random others.

Families of one kind have the same cause. Their numbers are those of
`docs/results/abuse.md`.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Any, Final, TypeAlias

from tests.support import hostile_documents as documents

Make: TypeAlias = Callable[[Random], bytes]
"""Makes the bytes that one connection sends."""

NINES: Final = "9" * 309
HUGE_FIELDS: Final = (
    *(
        "Cache-Control: max-age=",
        "Cache-Control: min-fresh=",
        "X-Forwarded-For: 1.1.1.",
    ),
    *("Forwarded: for=1.1.1.1:", "Accept: a/b;q=0.", "Accept-Encoding: gzip;q="),
)
FIELDS: Final = (
    *("Cache-Control", "Forwarded", "X-Forwarded-For", "Accept", "Accept-Encoding"),
    *("traceparent", "If-None-Match", "Connection", "Cookie", "X-Request-Id"),
)
UNITS: Final = (" ", '"', ",", ";", "=", "a=", "max-age=1;", "q=0.1,", "for=1,", "../")
IDS: Final = "query ($x: [Int!]) { l(x: $x) }"
COLOURED: Final = "query ($c: [Colour!]) { coloured(colours: $c) }"
CHUNKED: Final = (
    b"POST /graphql HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Type: application/json\r\nConnection: close\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Family:
    """Attacks of one shape.

    `patience_s` is how long a client waits for its response; at 0 it leaves at once.
    """

    first: bytes
    make: Make
    patience_s: float = 2.0

    def attacks(self, count: int, seed: int) -> list[bytes]:
        """Return the attack that was found, and `count` - 1 random others."""
        return list(islice(self._endless(seed), count))

    def _endless(self, seed: int) -> Iterator[bytes]:
        rng = Random(seed)  # noqa: S311 - attacks, not secrets
        yield self.first
        while True:
            yield self.make(rng)


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


def wrong_variables(rng: Random) -> bytes:
    wrong: Any = rng.choice(("x", -1.5, {}, [[]], "y" * 15, None, 10**30))
    text = "query ($x: [Int!], $c: [Colour!]) { l(x: $x) coloured(colours: $c) }"
    size = rng.randrange(1000, 50_000)
    return query(text, {"x": [wrong] * size, "c": [wrong] * (size // 10)})


def header_values(rng: Random) -> bytes:
    fields = (
        f"{rng.choice(FIELDS)}: {rng.choice(UNITS) * rng.randrange(10, 900)}"
        for _ in range(4)
    )
    return post(b'{"query": "{ __typename }"}', *(each[:3000] for each in fields))


def nested_variable(levels: int) -> bytes:
    value = '{"nested":' * levels + "1" + "}" * levels
    text = "query ($x: Filter) { filtered(filter: $x) }"
    return post(f'{{"query": "{text}", "variables": {{"x": {value}}}}}'.encode())


def large_operation(number: int, size: int) -> bytes:
    return query("{" + " ".join(f"n{number}_{n}: a" for n in range(size)) + "}")


def large_operations(rng: Random) -> bytes:
    return large_operation(rng.randrange(10**9), rng.randrange(100, 450))


def introspection(rng: Random) -> bytes:
    name = f"x{rng.randrange(10**9)}"
    levels = rng.randrange(1, 6)
    inner = "type { fields { " * levels + "name" + " } }" * levels
    return query(f"{{ {name}: __schema {{ types {{ fields {{ {inner} }} }} }} }}")


def aliases(rng: Random) -> bytes:
    field = rng.choice(("a", "__schema { types { name fields { name } } }"))
    return query(
        "{" + " ".join(f"x{n}: {field}" for n in range(rng.randrange(100, 900))) + "}"
    )


def trailers(size: int) -> bytes:
    return (
        CHUNKED + b"1\r\nx\r\n0\r\n" + b"".join(b"T%d: x\r\n" % n for n in range(size))
    )


def chunks(rng: Random) -> bytes:
    extension = ";" + "x" * rng.randrange(0, 60)
    size = rng.randrange(1, 5000)
    return CHUNKED + f"1{extension}\r\na\r\n".encode() * size + b"0\r\n\r\n"


def half_a_body(rng: Random) -> bytes:
    return post(b"x" * 1_000_000)[: rng.randrange(1000, 400_000)]


def huge_numbers(rng: Random) -> bytes:
    digits = "9" * rng.randrange(20, 4000)
    fields = [f"{rng.choice(HUGE_FIELDS)}{digits}" for _ in range(3)]
    return post(b'{"query": "{ __typename }"}', *fields)


def early_trailers(rng: Random) -> bytes:
    field = rng.choice(("X-Request-Id", "Host", "Authorization", "Content-Length"))
    return CHUNKED + b"2\r\n{}\r\n0\r\n" + f"{field}: {rng.random()}\r\n\r\n".encode()


def http_0_9(rng: Random) -> bytes:
    path = rng.choice(("/", "/graphql", "/health", "/" + "x" * rng.randrange(9000)))
    return f"GET {path}\r\n\r\n".encode()


def to_service(field: str) -> Family:
    """Return valid queries whose replies are hostile (`hostile_replies`)."""
    return Family(
        query(f"{{ {field} {{ id name }} }}"),
        lambda rng: query(f"{{ {field} {{ id name n{rng.randrange(9)}: name }} }}"),
    )


KINDS: Final[dict[str, dict[str, Family]]] = {
    "guards without a budget": {
        "W1 fragments": Family(query(documents.doubling_fragments(60)), fragments),
        "W2 wrong variables": Family(
            query(COLOURED, {"c": [1] * 330_000}), wrong_variables
        ),
        "W5 operations": Family(
            query(documents.operations_with_fragment_chains(1000, 200)), operations
        ),
        "W7 header values": Family(
            post(b"{}", f"Cache-Control: max-age=1{' ' * 800};"), header_values
        ),
        "W15 nested variables": Family(
            nested_variable(1000), lambda rng: nested_variable(rng.randrange(2000))
        ),
        "W16 errors of a service": to_service("errors"),
    },
    "one loop, one planner": {
        "W4 clients that leave": Family(
            large_operation(0, 450), large_operations, patience_s=0
        ),
        "W11 introspection": Family(
            query("{__schema{types{fields{type{fields{type{fields{name}}}}}}}}"),
            introspection,
        ),
        "W11 lists of a service": to_service("items"),
        "aliases": Family(
            query("{" + " ".join(f"x{n}: a" for n in range(500)) + "}"), aliases
        ),
        "W13 large operations": Family(large_operation(1, 450), large_operations),
    },
    "bytes that no limit counts": {
        "W3 trailers": Family(
            trailers(100_000), lambda rng: trailers(rng.randrange(20_000))
        ),
        "W17 chunks": Family(CHUNKED + b"1;xxxxx\r\nx\r\n" * 100_000, chunks),
        "W12 half a body": Family(post(b"x" * 2**20)[:-1], half_a_body, patience_s=8),
        "W8 gzip members": to_service("members"),
        "expanding replies": to_service("expanding"),
        "nested replies": to_service("nested"),
    },
    "one client's cost": {
        "W10 ids beyond a service": Family(
            query(IDS, {"x": list(range(100_000))}),
            lambda rng: query(IDS, {"x": list(range(rng.randrange(20_000, 100_000)))}),
        ),
    },
    "numbers and boundaries": {
        "W9 trailers as headers": Family(
            CHUNKED + b"2\r\n{}\r\n0\r\nX-Request-Id: x\r\nHost: b\r\n\r\n",
            early_trailers,
        ),
        "W14 numbers in requests": Family(
            post(b"{}", f"Cache-Control: max-age={NINES}"), huge_numbers
        ),
        "W14 numbers in replies": to_service("aged"),
        "W23 HTTP/0.9": Family(b"GET /\r\n\r\n", http_0_9),
    },
}
