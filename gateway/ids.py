"""The source of request, trace and span ids; injected, so that tests name theirs."""

import random
from typing import Protocol


class IdSource(Protocol):
    """A source of ids in the lower-case hex of W3C trace contexts, never all zero."""

    def trace_id(self) -> str:
        """32 hex digits; a request id is made in the same form."""
        ...

    def span_id(self) -> str:
        """16 hex digits."""
        ...


class RandomIds:
    """Random ids. They need to be distinct, not secret: no call to the kernel each."""

    __slots__ = ("_bits",)

    def __init__(self, rng: random.Random | None = None) -> None:
        # Seeded by the kernel, once per process.
        self._bits = (rng or random.Random()).getrandbits  # noqa: S311

    def trace_id(self) -> str:
        return f"{self._bits(128) or 1:032x}"

    def span_id(self) -> str:
        return f"{self._bits(64) or 1:016x}"
