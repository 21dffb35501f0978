"""The time for which a service keeps an idle connection open.

Many servers announce it: `Keep-Alive: timeout=5, max=100` (RFC 2068 §19.7.1.1).
"""

import re
from collections.abc import Iterable
from typing import Final

_TIMEOUT: Final = re.compile(rb'(?:^|,)\s*+timeout\s*+=\s*+"?(\d{1,6})', re.IGNORECASE)
_MARGIN_S: Final = 1.0
"""A request that is under way when the service closes the connection is lost."""


def idle_limit_s(lines: Iterable[tuple[bytes, bytes]], limit_s: float) -> float:
    """Return how long a connection may be idle: `limit_s`, or less for the service."""
    stated = dict(lines).get(b"keep-alive")
    if stated is not None and (timeout := _TIMEOUT.search(stated)):
        return min(limit_s, max(0.0, int(timeout[1]) - _MARGIN_S))
    return limit_s
