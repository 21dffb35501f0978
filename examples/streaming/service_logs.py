"""The request logs of the services."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import httpx

from examples.streaming.ports import DEFAULT_BASE_PORT, addresses


@dataclass(frozen=True, slots=True)
class Asked:
    """Requests and response bytes by service, of both instances together."""

    requests: Counter[str]
    answered_bytes: Counter[str]
    entries: tuple[dict[str, Any], ...]

    @property
    def total_bytes(self) -> int:
        return self.answered_bytes.total()

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(sorted(name for name, count in self.requests.items() if count))


class ServiceLogs:
    """The logs of all instances of the demo at `base_port`."""

    def __init__(
        self, http: httpx.AsyncClient, base_port: int = DEFAULT_BASE_PORT
    ) -> None:
        self._http = http
        self._addresses = tuple(addresses(base_port))

    async def reset(self) -> None:
        for address in self._addresses:
            (await self._http.post(f"{address.url}/_log/reset")).raise_for_status()

    async def asked(self) -> Asked:
        """Return the requests since the reset."""
        requests: Counter[str] = Counter()
        answered_bytes: Counter[str] = Counter()
        entries: list[dict[str, Any]] = []
        for address in self._addresses:
            log = (await self._http.get(f"{address.url}/_log")).json()
            requests[address.service] += log["requests"]
            answered_bytes[address.service] += log["bytes"]
            entries += [
                entry | {"service": address.service} for entry in log["entries"]
            ]
        return Asked(requests, answered_bytes, tuple(entries))
