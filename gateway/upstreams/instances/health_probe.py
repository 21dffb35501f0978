"""The request of a health check, and the responses that pass it."""

from dataclasses import dataclass
from typing import Final

from weir.gateway.headers import Headers
from weir.gateway.upstreams.model.policy import HealthPolicy

_DEFAULT_PATH: Final = "/health"
_HEADERS: Final[Headers] = (
    (b"user-agent", b"weir-health-check"),
    (b"accept", b"*/*"),
)
_JSON: Final = (b"content-type", b"application/json")
_QUERY: Final = b'{"query":"{__typename}"}'
_EXPECTED: Final = 200
_SERVER_ERROR: Final = 500
_NO_ENDPOINT: Final = frozenset({400, 404, 405})


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthProbe:
    """A request, and the statuses that pass; None is any status below 500."""

    method: str
    path: str
    headers: Headers = _HEADERS
    body: bytes = b""
    statuses: tuple[int, ...] | None = None

    def failure(self, status: int) -> str | None:
        """Return the reason for which `status` fails the check, or None."""
        if self.statuses is None:
            passed = status < _SERVER_ERROR
            return None if passed else f"status {status}, expected less than 500"
        if status in self.statuses:
            return None
        expected = " or ".join(map(str, self.statuses))
        return f"status {status}, expected {expected}"

    def finds_nothing(self, status: int) -> bool:
        """Return whether there is no health endpoint at the default path."""
        is_default = self.statuses is None and self.path == _DEFAULT_PATH
        return is_default and status in _NO_ENDPOINT


def health_probe(policy: HealthPolicy) -> HealthProbe:
    """Return the probe of `policy`."""
    if policy.path is not None:
        statuses = policy.statuses or (_EXPECTED,)
        return HealthProbe(method="GET", path=policy.path, statuses=statuses)
    if policy.graphql_path is None:
        return HealthProbe(method="GET", path=_DEFAULT_PATH, statuses=policy.statuses)
    return HealthProbe(
        method="POST",
        path=policy.graphql_path,
        headers=(*_HEADERS, _JSON),
        body=_QUERY,
        statuses=policy.statuses,
    )
