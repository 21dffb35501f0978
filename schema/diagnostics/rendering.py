"""Composition errors as plain text and as JSON."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from weir.schema.diagnostics.errors import CompositionError
from weir.schema.diagnostics.locations import Location

JSON: TypeAlias = "str | int | list[JSON] | dict[str, JSON]"

_EXCERPT_WIDTH = 100


def render_errors(errors: Iterable[CompositionError]) -> str:
    """Render errors as text, grouped by code, with equal messages united."""
    groups: dict[str, dict[str, list[CompositionError]]] = {}
    for error in errors:
        group = groups.setdefault(error.code, {})
        group.setdefault(error.message, []).append(error)
    return "\n\n".join(
        render_error(_united(alike))
        for group in groups.values()
        for alike in group.values()
    )


def _united(alike: Sequence[CompositionError]) -> CompositionError:
    """Unite errors with the same message into one that has all locations."""
    locations = tuple(location for error in alike for location in error.locations)
    return replace(alike[0], locations=locations)


def render_error(error: CompositionError) -> str:
    """Render one error: the code and the message, the locations, and the fix."""
    lines = [f"{error.code}: {_indented(error.message)}"]
    lines += _rendered_locations(error.locations)
    if error.fix:
        lines.append(f"  fix: {error.fix}")
    return "\n".join(lines)


def _indented(message: str) -> str:
    first, *others = message.split("\n")
    return "\n".join([first, *(f"    {line}" for line in others)])


def _rendered_locations(locations: Iterable[Location]) -> Iterator[str]:
    """Yield a line for each location: the location, then its source, in columns."""
    unique = tuple(dict.fromkeys(locations))
    width = max((len(str(location)) for location in unique), default=0)
    for location in unique:
        yield f"  {location!s:<{width}}  {_excerpt(location)}".rstrip()


def _excerpt(location: Location) -> str:
    """Return the source line, cut to a width around the location."""
    if len(location.source) <= _EXCERPT_WIDTH:
        return location.source
    start = max(0, location.column - 1 - _EXCERPT_WIDTH // 3)
    end = start + _EXCERPT_WIDTH
    head, tail = "..." if start else "", "..." if end < len(location.source) else ""
    return f"{head}{location.source[start:end].strip()}{tail}"


def errors_as_json(errors: Iterable[CompositionError]) -> list[JSON]:
    """Return errors as JSON values; lines and columns count from 1, 0 is unknown."""
    return [
        {
            "code": str(error.code),
            "message": error.message,
            "fix": error.fix,
            "locations": [
                {
                    "subgraph": location.subgraph,
                    "file": location.file,
                    "line": location.line,
                    "column": location.column,
                    "source": location.source,
                }
                for location in error.locations
            ],
        }
        for error in errors
    ]
