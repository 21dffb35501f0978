"""The model of the log."""

from typing import Annotated

from pydantic import AfterValidator, Field

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Share
from weir.gateway.routes.json_rules.path import parse_path
from weir.gateway.telemetry.log.members import ALWAYS, MEMBERS


def _member_path(value: str) -> str:
    member = parse_path(value).parts[0]
    if member in ALWAYS:
        message = f"each line has `{member}`, which cannot be left out"
        raise ValueError(message)
    if member not in MEMBERS:
        message = f"no line has a member {member!r}" if member else "name the member"
        raise ValueError(message)
    return value


LinePath = Annotated[
    str,
    AfterValidator(_member_path),
    Field(
        json_schema_extra={
            "kind": "JSON path",
            "expected": "the path of a part of lines, such as `failures.*.detail`",
        }
    ),
]


class LogSection(Section):
    """The log on standard output, which is always on."""

    successes: Share = 1.0
    """Share of the requests that have a line although they succeed, in less than a
    second."""
    redact: list[LinePath] = []
    """Paths of the parts that are left out of all lines, such as `client` and
    `failures.*.detail`."""
