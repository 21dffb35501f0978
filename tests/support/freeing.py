"""Memory that has to be freed without the garbage collector."""

import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Never


@contextmanager
def uncollected() -> Iterator[None]:
    """Pause the garbage collector, which frees what refers to itself."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class _Large:
    """Something large that fails, such as the body of a response."""


class Freed:
    """Large values that failed, and whether all of them are freed."""

    def __init__(self) -> None:
        self._references: list[weakref.ref[_Large]] = []

    def fail(self, error: Exception) -> Never:
        """Raise the error, with a cause; the frames of both refer to a large value."""
        large = _Large()
        self._references.append(weakref.ref(large))
        try:
            _refuse(large)
        except ValueError as cause:
            raise error from cause

    def __bool__(self) -> bool:
        assert self._references, "nothing has failed"
        return all(reference() is None for reference in self._references)


def _refuse(large: _Large) -> Never:
    raise ValueError(repr(large))
