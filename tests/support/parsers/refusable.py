"""Parsers whose refusals are results like any other."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from weir.gateway.content_decoding import CodingError
from weir.gateway.errors import WeirError
from weir.gateway.transport.errors import UpstreamError


def refusable(compute: Callable[[Any], object]) -> Callable[[Any], None]:
    """Return `compute` without its errors."""

    def run(value: Any) -> None:
        with suppress(WeirError, UpstreamError, CodingError, ValueError):
            compute(value)

    return run
