"""Mutations of bytes, reproducible by their seed."""

from collections.abc import Iterator
from random import Random

from tests.support.fuzzing.target import FuzzTarget


def mutated(target: FuzzTarget, inputs: int, seed: int) -> Iterator[bytes]:
    """Yield the seeds of a target, and then mutations of them."""
    rng = Random(seed)  # noqa: S311 - reproducible, not secret
    yield from target.seeds[:inputs]
    for _ in range(inputs - len(target.seeds)):
        data = rng.choice(target.seeds)
        for _ in range(rng.choice((1, 1, 1, 2, 8))):
            data = _mutation(data, target, rng)
        yield data[: target.largest]


def _mutation(data: bytes, target: FuzzTarget, rng: Random) -> bytes:
    """Replace a piece of an input by another one, or insert it."""
    at = rng.randrange(len(data) + 1)
    to = min(len(data), at + rng.choice((0, 0, 1, 4, 40)))
    match rng.randrange(5):
        case 0:
            piece = rng.randbytes(rng.randrange(4))
        case 1:
            piece = data[at:to] * rng.choice((0, 2, 8, 200))
        case 2:
            other = rng.choice(target.seeds)
            piece, to = other[rng.randrange(len(other)) :], len(data)
        case 3:
            piece = rng.choice(target.tokens) * rng.choice((2, 20, 500))
        case _:
            piece = rng.choice(target.tokens)
    return data[:at] + piece + data[to:]
