"""The requests of a log, with the callers that its audit lines name."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

from weir.bffs.generations.limits.rehearsal import LoggedRequest
from weir.gateway.context import ANONYMOUS, Identity
from weir.gateway.identity.api_keys.store import PLAN_CLAIM
from weir.gateway.limits.caller import Caller

_REORDERED: Final = 10_000
"""The log has requests in the order in which they ended."""
_REMEMBERED: Final = 10_000
_BEFORE_LIMITS: Final = frozenset({"ADDRESS_NOT_ALLOWED"})


class _Line(msgspec.Struct, frozen=True):
    """The fields of a line that a rehearsal reads."""

    event: str = ""
    ts: datetime | None = None
    kind: str = ""
    request_id: str = ""
    client_type: str = ""
    route: str = ""
    operation: str = ""
    method: str = ""
    code: str = ""
    client: str = ""
    duration_ms: float = 0.0
    credential: str = ""
    subject: str = ""
    issuer: str = ""
    client_id: str = ""


class LogReader:
    """A log; it counts invalid lines, and requests of identified callers."""

    def __init__(self, plans: Mapping[str, str]) -> None:
        self.invalid = 0
        self.identified = 0
        self._plans = plans
        self._identities: dict[str, Identity] = {}

    def requests(self, file: Path) -> Iterator[LoggedRequest]:
        """Yield the requests in the order of their arrival. Raises OSError."""
        waiting: list[tuple[float, int, LoggedRequest]] = []
        numbers = count()
        with file.open("rb") as lines:
            for line in lines:
                request = self._request(line)
                if request is not None:
                    heappush(waiting, (request.at_s, next(numbers), request))
                if len(waiting) > _REORDERED:
                    yield heappop(waiting)[2]
        while waiting:
            yield heappop(waiting)[2]

    def _request(self, content: bytes) -> LoggedRequest | None:
        try:
            line = msgspec.json.decode(content, type=_Line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self.invalid += bool(content.strip())
            return None
        if line.event == "audit" and line.kind == "access":
            self._remember(line)
        if line.event != "request" or line.ts is None or line.method == "OPTIONS":
            return None
        if line.code in _BEFORE_LIMITS:
            return None
        identity = self._identities.pop(line.request_id, ANONYMOUS)
        self.identified += identity is not ANONYMOUS
        caller = Caller(line.client, {}, identity, operation=line.operation)
        at_s = line.ts.timestamp() - line.duration_ms / 1000
        return LoggedRequest(at_s, line.client_type, line.route, caller)

    def _remember(self, line: _Line) -> None:
        plan = self._plans.get(line.client_id)
        if len(self._identities) >= _REMEMBERED:
            del self._identities[next(iter(self._identities))]
        self._identities[line.request_id] = Identity(
            method=line.credential,
            subject=line.subject,
            issuer=line.issuer,
            client_id=line.client_id,
            claims=MappingProxyType({PLAN_CLAIM: plan} if plan else {}),
        )
