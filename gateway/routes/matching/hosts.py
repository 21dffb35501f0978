"""Host patterns: exact names such as `api.example.com`, and `*.example.com`.

A wildcard stands for one or more labels, as in the Kubernetes Gateway API:
`*.example.com` matches `a.example.com` and `a.b.example.com`, not `example.com`.
"""

import re
from collections.abc import Iterator
from typing import Final

ANY_HOST: Final = ""
"""The pattern of routes that name no host."""
_WILDCARD: Final = "*."
_LABELS: Final = (
    r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*"
)
_PATTERN: Final = re.compile(rf"(\*\.)?{_LABELS}|\[[0-9a-f:.]+\]")
_MAX_LENGTH: Final = 253


class InvalidHost(ValueError):
    """A text that is not a pattern of hosts."""


def parse_host(text: str) -> str:
    """Return the pattern in lower case; raise InvalidHost."""
    pattern = text.lower()
    if len(pattern) > _MAX_LENGTH or _PATTERN.fullmatch(pattern) is None:
        message = (
            'expected a host without a port, such as "api.example.com" or'
            ' "*.example.com"'
        )
        raise InvalidHost(message)
    return pattern


def host_of(field: bytes) -> str:
    """Return the host of a Host field: lower case, without port and final dot."""
    host = field.decode("latin-1").lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].removesuffix(".")


def patterns_of(host: str) -> Iterator[str]:
    """Yield the patterns that match `host`, the most specific first."""
    yield host
    labels = host
    while "." in labels:
        labels = labels.partition(".")[2]
        yield _WILDCARD + labels
    yield ANY_HOST
