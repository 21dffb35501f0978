"""Errors as text and as JSON. Plain text: colours are the terminal's business."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from weir.schema.diagnostics.errors import CompositionError, Place

JSON: TypeAlias = "str | int | list[JSON] | dict[str, JSON]"

_EXCERPT_WIDTH = 100


def render_errors(errors: Iterable[CompositionError]) -> str:
    """All errors for people to read, grouped by code, equal messages once."""
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
    """One error with the places of all that say the same."""
    places = tuple(place for error in alike for place in error.places)
    return replace(alike[0], places=places)


def render_error(error: CompositionError) -> str:
    """One error: code, sentence, the definitions side by side, and the way out.

    The first line and the last are for people in a hurry.
    """
    lines = [f"{error.code}: {_indented(error.message)}"]
    lines += _rendered_places(error.places)
    if error.way_out:
        lines.append(f"  way out: {error.way_out}")
    return "\n".join(lines)


def _indented(message: str) -> str:
    first, *others = message.split("\n")
    return "\n".join([first, *(f"    {line}" for line in others)])


def _rendered_places(places: Iterable[Place]) -> Iterator[str]:
    """The places in a column, what stands there in another."""
    unique = tuple(dict.fromkeys(places))
    width = max((len(str(place)) for place in unique), default=0)
    for place in unique:
        yield f"  {place!s:<{width}}  {_excerpt(place)}".rstrip()


def _excerpt(place: Place) -> str:
    """The line, or as much of it around the place as fits."""
    if len(place.source) <= _EXCERPT_WIDTH:
        return place.source
    start = max(0, place.column - 1 - _EXCERPT_WIDTH // 3)
    end = start + _EXCERPT_WIDTH
    head, tail = "..." if start else "", "..." if end < len(place.source) else ""
    return f"{head}{place.source[start:end].strip()}{tail}"


def errors_as_json(errors: Iterable[CompositionError]) -> list[JSON]:
    """The errors as JSON values; lines and columns count from 1, 0 is unknown."""
    return [
        {
            "code": str(error.code),
            "message": error.message,
            "wayOut": error.way_out,
            "places": [
                {
                    "subgraph": place.subgraph,
                    "file": place.file,
                    "line": place.line,
                    "column": place.column,
                    "source": place.source,
                }
                for place in error.places
            ],
        }
        for error in errors
    ]
