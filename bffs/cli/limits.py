"""`weir limits rehearse`: the requests of a log at the limits of a configuration."""

import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

from weir.bffs.cli import FAILED, OK, USAGE_ERROR
from weir.bffs.cli.failures import prints_config_errors
from weir.bffs.cli.output import print_error
from weir.bffs.config.decode import LoadedConfig, load_config
from weir.bffs.config.environment import environment
from weir.bffs.config.policies.identity import stored_keys
from weir.bffs.generations.limits.rehearsal import (
    LoggedRequest,
    Outcome,
    Refused,
    left_out,
    rehearse,
)
from weir.gateway.context import ANONYMOUS, Identity
from weir.gateway.edge.route import NO_CLIENT
from weir.gateway.identity.api_keys.store import PLAN_CLAIM
from weir.gateway.limits.key import Caller

_REORDERED: Final = 10_000
"""The log has requests in the order in which they ended."""
_REMEMBERED: Final = 10_000
_BEFORE_LIMITS: Final = frozenset({"ADDRESS_NOT_ALLOWED"})


class _Line(msgspec.Struct, frozen=True):
    """A line of the log, as far as it matters here."""

    event: str = ""
    ts: datetime | None = None
    kind: str = ""
    request_id: str = ""
    client_type: str = ""
    route: str = ""
    method: str = ""
    code: str = ""
    client: str = ""
    duration_ms: float = 0.0
    credential: str = ""
    subject: str = ""
    issuer: str = ""
    client_id: str = ""


class LogReader:
    """The requests of a log, with the callers that its audit lines name."""

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
        facade = "" if line.client_type == NO_CLIENT else line.client_type
        caller = Caller(line.client, {}, identity)
        at_s = line.ts.timestamp() - line.duration_ms / 1000
        return LoggedRequest(at_s, facade, line.route, caller)

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


@prints_config_errors
def rehearse_limits(file: Path, log: Path) -> int:
    """Print who would have been refused, and when; return the exit code."""
    loaded = load_config(file, environment(file.parent))
    reader = LogReader(_plans_of_keys(loaded))
    try:
        outcome = rehearse(loaded.config, reader.requests(log))
    except OSError as error:
        print_error(f"{log}: {error.strerror}")
        return USAGE_ERROR
    if not outcome.requests:
        print_error(f"{log}: no line is a request of a façade or route of {file}")
        return FAILED
    for line in _lines(loaded, reader, outcome):
        sys.stdout.write(f"{line}\n")
    return OK


def _plans_of_keys(loaded: LoadedConfig) -> dict[str, str]:
    stored = stored_keys(loaded)
    return {key.id: key.plan for key in stored[1]} if stored else {}


def _lines(loaded: LoadedConfig, reader: LogReader, outcome: Outcome) -> Iterator[str]:
    found = sorted(outcome.refused.values(), key=lambda each: -each.count)
    yield from map(_line, found)
    refused = sum(each.count for each in found)
    yield (
        f"{outcome.requests} requests from {_time(outcome.first_s)} to"
        f" {_time(outcome.last_s)}, {refused} refused"
    )
    if outcome.unknown:
        yield f"{outcome.unknown} requests of other façades and routes"
    if reader.invalid:
        yield f"{reader.invalid} lines that are not lines of a log"
    if loaded.config.identity is not None and not reader.identified:
        yield "no audit lines: callers are counted by their addresses"
    for place, name, reason in left_out(loaded.config):
        yield f'not rehearsed: {place} "{name}": {reason}'


def _line(each: Refused) -> str:
    limit = f'{each.limit.scope or each.place} "{each.limit.name}"'
    return (
        f"{each.count} refused by {limit}: {each.client.strip()}, from"
        f" {_time(each.first_s)} to {_time(each.last_s)}"
    )


def _time(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
