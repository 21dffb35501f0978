"""Free ports for tests: never one that another process of the tests may choose.

They are below the range from which the system takes ports for others, so that none is
given away before its server listens. Each process of pytest-xdist has ports of its own,
and returns to one only when it has used the others.
"""

import os
import random
import socket
from collections.abc import Iterator
from itertools import cycle

from examples.streaming.ports import addresses


def _of_this_process(ports: range) -> Iterator[int]:
    """Return the share of `ports` of this process, from a random one on, for ever."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    own = ports[number::count]
    start = random.randrange(len(own))  # noqa: S311 - no secret
    return cycle((*own[start:], *own[:start]))


_PORTS = _of_this_process(range(16000, 32000))
_BASE_PORTS = _of_this_process(range(11000, 16000, 50))


def free_port() -> int:
    """Return a port on which nothing listens."""
    return next(port for port in _PORTS if _is_free(port))


def free_base_port() -> int:
    """Return a base for the demo's services whose ports are all free."""
    return next(
        base
        for base in _BASE_PORTS
        if all(_is_free(address.port) for address in addresses(base))
    )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
