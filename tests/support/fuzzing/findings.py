"""The outcomes of inputs: codes of the error table, and inputs that break a rule."""

from collections import Counter
from dataclasses import dataclass, field
from time import thread_time
from typing import Final

from tests.support.fuzzing.target import FuzzTarget
from weir.bffs.error_table import TABLE
from weir.gateway.errors import WeirError

MOST_S: Final = 0.05
"""The limit of the CPU time of one input."""
_KEPT: Final = 20
_CONFIRMATIONS: Final = 3
_CODES: Final = frozenset(row.code for row in TABLE)


@dataclass
class Findings:
    """The outcomes of the inputs of one target.

    `broken` are inputs that raised another error, and `slow` the slowest ones. Both are
    to be confirmed, as other processes and instrumentation take time, too.
    """

    target: FuzzTarget
    outcomes: Counter[str] = field(default_factory=Counter[str])
    broken: list[bytes] = field(default_factory=list[bytes])
    slow: list[tuple[float, bytes]] = field(default_factory=list[tuple[float, bytes]])

    @property
    def inputs(self) -> int:
        return self.outcomes.total()

    def add(self, data: bytes) -> None:
        """Run the target with an input, and record the outcome."""
        started_s = thread_time()
        outcome = outcome_of(self.target, data)
        took_s = thread_time() - started_s
        self.outcomes[outcome] += 1
        if is_broken(outcome) and len(self.broken) < _KEPT:
            self.broken.append(data)
        if len(self.slow) < _KEPT or took_s > self.slow[-1][0]:
            self.slow = sorted([*self.slow, (took_s, data)], reverse=True)[:_KEPT]


def outcome_of(target: FuzzTarget, data: bytes) -> str:
    """Return what the target returns, the code of its refusal, or another error."""
    try:
        returned = target.run(data)
    except WeirError as error:
        return error.code if error.code in _CODES else f"! unknown code {error.code}"
    except Exception as error:  # noqa: BLE001 - any other error is a finding
        return f"! {type(error).__name__}: {error}"[:200]
    return returned if isinstance(returned, str) else "accepted"


def is_broken(outcome: str) -> bool:
    return outcome.startswith("!")


def confirmed_error(target: FuzzTarget, data: bytes) -> str:
    """Return the error that an input raises each time, or ""."""
    outcomes = {outcome_of(target, data) for _ in range(_CONFIRMATIONS)}
    return next(iter(outcomes)) if all(map(is_broken, outcomes)) else ""


def confirmed_s(target: FuzzTarget, data: bytes) -> float:
    """Return the least CPU time of an input, of three."""
    times_s: list[float] = []
    for _ in range(_CONFIRMATIONS):
        started_s = thread_time()
        outcome_of(target, data)
        times_s.append(thread_time() - started_s)
    return min(times_s)
