"""JSON that is read or written in one piece takes less than 50 ms of CPU time.

The decoder and the encoder hold the interpreter until they have ended. So their input
is bounded: each row is the largest of its kind that the defaults allow.
"""

import gc
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from time import thread_time
from typing import Any, Final

import orjson

from weir.gateway.server.process.interpreter import freeze_heap
from weir.gateway.transport.json_reply import too_many_parts
from weir.resolvers.execute.response.size import most_values

MOST_MS: Final = 50.0
REPLY_BYTES: Final = 4 * 1024 * 1024
RESPONSE_BYTES: Final = 8 * 1024 * 1024
RUNS: Final = 5
USUAL_MS: Final = 5.0
"""The time for a usual response of 1 MiB on a quiet machine."""
PRODUCT: Final = (
    b'{"__typename":"Product","id":"12345","name":"some name","price":12,'
    b'"added":"2026-11-29T23:12:00Z"}'
)
MANY: Final = 600_000


def listed(item: bytes, count: int) -> bytes:
    return b"[" + b",".join([item] * count) + b"]"


def members(text: str, count: int) -> bytes:
    """Return an object with different names, `text` in each of them."""
    return b"{" + ",".join(f'"{text}{n:x}":0' for n in range(count)).encode() + b"}"


def nested_objects(count: int) -> bytes:
    """Return a list of objects in objects, each with a new name."""
    one = ["".join(f'{{"{n + m:x}":' for m in range(50)) for n in range(0, count, 50)]
    return b"[" + ",".join(f"{each}0{'}' * 50}" for each in one).encode() + b"]"


READ: Final[Mapping[str, Callable[[int], bytes]]] = {
    "usual objects": lambda count: listed(PRODUCT, count),
    "numbers": lambda count: listed(b"1234567", count),
    "texts": lambda count: (
        b"[" + ",".join(f'"é{n:x}"' for n in range(count)).encode() + b"]"
    ),
    "lists in lists": lambda count: listed(b"[" * 500 + b"]" * 500, count // 500),
    "lists in objects": lambda count: (
        b"[" + ",".join(f'{{"{n:x}":[]}}' for n in range(count)).encode() + b"]"
    ),
    "names": lambda count: members("", count),
    "names that are not ASCII": lambda count: members("é", count),
    "names with escapes": lambda count: members("\\n", count),
    "objects in objects": nested_objects,
}
MOST_VALUES: Final = most_values(RESPONSE_BYTES)
MEBIBYTE: Final = 1024 * 1024
WRITTEN: Final[Mapping[str, Any]] = {
    "usual objects": [orjson.loads(PRODUCT)] * (RESPONSE_BYTES // len(PRODUCT)),
    "integers": [0] * MOST_VALUES,
    "floats": [0.1] * MOST_VALUES,
    "objects": [{"a": 0.1}] * (MOST_VALUES // 2),
    "a long text": ["a" * MEBIBYTE] * 8,
    "quotation marks": ['"' * MEBIBYTE] * 4,
    "control characters": ["\x01" * (MEBIBYTE // 6)] * 8,
    "short texts": ["\x01"] * (RESPONSE_BYTES // 8),
}


@contextmanager
def collector_as_served() -> Generator[None]:
    """Collect garbage as rarely as in a gateway."""
    thresholds = gc.get_threshold()
    freeze_heap()
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def test_json_is_read_and_written_within_its_time() -> None:
    took_ms: dict[str, float] = {}
    with collector_as_served():
        usual = listed(PRODUCT, MEBIBYTE // len(PRODUCT))
        slowness = max(1.0, _ms(_decode, usual) / USUAL_MS)
        print(f"{'the largest JSON that the defaults allow':40}    bytes   CPU ms\n")
        for name, make in READ.items():
            body = _largest(make)
            took_ms[f"read: {name}"] = ms = _ms(_decode, body)
            print(f"{'read: ' + name:40}{len(body):9}{ms:9.1f}")
        for name, value in WRITTEN.items():
            size = len(orjson.dumps(value))
            took_ms[f"write: {name}"] = ms = _ms(orjson.dumps, value)
            print(f"{'write: ' + name:40}{size:9}{ms:9.1f}")
    print(f"\nthis machine took {slowness:.1f} times as long as usual")
    most = MOST_MS * slowness
    assert {name: ms for name, ms in took_ms.items() if ms > most} == {}


def _decode(body: bytes) -> Any:
    assert not too_many_parts(body)
    return orjson.loads(body)


def _largest(make: Callable[[int], bytes]) -> bytes:
    """Return the largest body that is decoded, by bisection."""
    least, most = 0, MANY
    while most - least > MANY // 1000:
        count = (least + most) // 2
        body = make(count)
        if len(body) > REPLY_BYTES or too_many_parts(body):
            most = count
        else:
            least = count
    return make(least)


def _ms(compute: Callable[[Any], object], value: Any) -> float:
    """Return the CPU time of a computation, the least of some runs."""
    times_s: list[float] = []
    for _ in range(RUNS):
        started_s = thread_time()
        compute(value)
        times_s.append(thread_time() - started_s)
    return min(times_s) * 1000
