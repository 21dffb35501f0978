"""Service level objectives: which requests count, and which of them are good.

A good request is complete, within a time. Requests that fail by a fault of the client
do not count, and neither do those that their client has left.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from weir.gateway.events import RequestFinished

Verdict: TypeAlias = Literal["good", "failed", "incomplete", "slow"]

_SWITCHING_PROTOCOLS: Final = 101
_CLIENT_ERROR: Final = 400
_SERVER_ERROR: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """The share of good requests of a façade or of one of its stored operations.

    `operation` is "" for all requests of the façade. `target` is between 0 and 1.
    """

    client_type: str
    operation: str
    within_s: float
    target: float

    @property
    def name(self) -> str:
        """The façade, or the façade and the operation, as in `mobile/Home`."""
        if not self.operation:
            return self.client_type
        return f"{self.client_type}/{self.operation}"


class Objectives:
    """The objectives of a configuration.

    `client_faults` are the codes of errors that are a fault of the client, which may
    have the status 200 (GraphQL over HTTP §6.4.1).
    """

    __slots__ = ("_by_facade", "_by_operation", "_client_faults", "all")

    def __init__(
        self,
        objectives: Iterable[Objective] = (),
        client_faults: frozenset[str] = frozenset(),
    ) -> None:
        self.all = tuple(sorted(objectives, key=lambda each: each.name))
        self._client_faults = client_faults
        self._by_facade = {
            each.client_type: (each,) for each in self.all if not each.operation
        }
        self._by_operation = {
            (each.client_type, each.operation): (
                each,
                *self._by_facade.get(each.client_type, ()),
            )
            for each in self.all
            if each.operation
        }

    def verdicts(self, event: RequestFinished) -> Iterable[tuple[Objective, Verdict]]:
        """Return the objectives that count a request, each with its verdict."""
        key = (event.client_type, event.operation)
        objectives = self._by_operation.get(key)
        if objectives is None:
            objectives = self._by_facade.get(event.client_type, ())
        if not objectives or not self._counts(event):
            return ()
        return [(each, _verdict(each, event)) for each in objectives]

    def _counts(self, event: RequestFinished) -> bool:
        if event.status >= _SERVER_ERROR:
            return True
        is_response = event.status < _CLIENT_ERROR
        is_stream = event.status == _SWITCHING_PROTOCOLS
        has_fault = event.error_code in self._client_faults and not event.failures
        return is_response and not is_stream and not has_fault


class CurrentObjectives:
    """The objectives of the current generation, for all who judge requests by them."""

    __slots__ = ("now",)

    def __init__(self) -> None:
        self.now = Objectives()


def _verdict(objective: Objective, event: RequestFinished) -> Verdict:
    if event.failures or event.cut_off:
        return "incomplete"
    if event.status >= _SERVER_ERROR or event.error_code:
        return "failed"
    is_slow = event.ended_s - event.started_s > objective.within_s
    return "slow" if is_slow else "good"
