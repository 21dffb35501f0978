"""The failures of a run, as the program reports them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from weir.gateway.errors import WeirError
from weir.gateway.json_types import JSONObject
from weir.resolvers.execute.run.step import Call, Step
from weir.resolvers.sources.exposure import NOTHING, ErrorExposure


@dataclass(frozen=True, slots=True)
class Failed:
    """A call without a usable reply.

    If it `is_stale`, some of its fields have values of an earlier reply.
    """

    step: Step
    call: Call
    error: WeirError
    is_stale: bool = False


@dataclass(frozen=True, slots=True)
class Reported:
    """The errors in a reply; it is not `usable` if its data lacks selected fields.

    `omitted` counts the errors that were not read.
    """

    step: Step
    call: Call
    errors: Sequence[JSONObject]
    omitted: int
    safe: bool
    usable: bool
    exposure: ErrorExposure = NOTHING


@dataclass(frozen=True, slots=True)
class Unrepresented:
    """A step that skipped objects, because their representations lack values.

    `gaps` are the objects of each entity fetch. An earlier failure may be the cause.
    """

    step: Step
    gaps: Sequence[Sequence[JSONObject]]


Failure: TypeAlias = Failed | Reported | Unrepresented


def error_count(failure: Failure | None) -> int:
    """Return the number of errors of one call."""
    match failure:
        case Failed():
            return 1
        case Reported():
            return len(failure.errors) + failure.omitted
        case Unrepresented() | None:
            return 0
