"""The model of service level objectives."""

from typing import Annotated

from pydantic import AfterValidator, Field

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Duration, Share

_LEAST = 0.5
_MOST = 0.99999


def _possible(target: float) -> float:
    if not _LEAST <= target <= _MOST:
        message = "the target is out of range, which is 50% to 99.999%"
        raise ValueError(message)
    return target


Target = Annotated[Share, AfterValidator(_possible)]

ObjectiveName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_-]*(/[_A-Za-z][_0-9A-Za-z]*)?$",
        json_schema_extra={
            "kind": "façade or façade/operation",
            "expected": "a façade such as `mobile`, or a stored operation such"
            " as `mobile/Home`",
        },
    ),
]


class ObjectiveSection(Section):
    """The share of good requests: those that are complete within a time.

    Requests that fail by a fault of the client do not count.
    """

    within: Duration
    """The longest time of a good request."""
    target: Target
    """The share of good requests, from 50% to 99.999%."""
