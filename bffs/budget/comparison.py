"""The fields by which the response of a query has grown or shrunk since another run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from weir.bffs.budget.attribution import FieldBytes


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field with its difference in bytes; a new field has those of all below it."""

    field: FieldBytes
    difference: int


def field_changes(
    before: Sequence[FieldBytes], after: Sequence[FieldBytes]
) -> tuple[FieldChange, ...]:
    """Return the changes, the largest first; their sum is the difference in bytes."""
    found = [*_added(after, before, 1), *_added(before, after, -1)]
    known = {each.path: each for each in before}
    found += [
        FieldChange(each, each.bytes - known[each.path].bytes)
        for each in after
        if each.path in known and each.bytes != known[each.path].bytes
    ]
    return tuple(sorted(found, key=lambda each: -abs(each.difference)))


def _added(
    fields: Sequence[FieldBytes], others: Sequence[FieldBytes], sign: int
) -> Iterator[FieldChange]:
    """Yield the fields that the others lack, each with all that is below it."""
    known = {each.path for each in others}
    for each in fields:
        parent = each.path.rpartition(".")[0]
        if each.path in known or (parent and parent not in known):
            continue
        below = f"{each.path}."
        own = (
            other.bytes
            for other in fields
            if other.path == each.path or other.path.startswith(below)
        )
        yield FieldChange(each, sign * sum(own))
