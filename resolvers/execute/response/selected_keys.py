"""The keys that a fetch selects, by the objects of the response that lack them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.plan.model.expected import ExpectedField, ExpectedFields
from weir.resolvers.plan.model.nodes import Fetch


@dataclass(frozen=True, slots=True)
class SelectedKeys:
    """The canonical keys that a fetch selects of objects and of the objects below."""

    keys: frozenset[str]
    below: Mapping[str, "SelectedKeys"]

    def at(self, path: Iterable[str | int]) -> "SelectedKeys | None":
        """Return the keys of the objects at a path below; None if it has none."""
        selected: SelectedKeys | None = self
        for segment in path:
            if selected is not None and isinstance(segment, str):
                selected = selected.below.get(segment)
        return selected

    def of(self, value: JSONValue) -> Iterator[tuple[JSONObject, frozenset[str]]]:
        """Yield an object and the objects below it, each with its selected keys.

        An object that lacks fields has objects below if other fetches returned them.
        """
        pending: list[tuple[JSONValue, SelectedKeys]] = [(value, self)]
        while pending:
            found, selected = pending.pop()
            if found.__class__ is list:
                pending += [(item, selected) for item in found]
            elif found.__class__ is dict:
                yield found, selected.keys
                pending += [(found.get(key), of) for key, of in selected.below.items()]


def selected_by_root(fetch: Fetch) -> SelectedKeys:
    """Return the keys that a root fetch selects."""
    return _selected((fetch.expected,), _canonical(fetch))


def selected_by_entities(fetch: Fetch) -> list[SelectedKeys]:
    """Return the keys that a fetch selects of entities, for each entity fetch."""
    selections = {field.key: field.selection for field in fetch.expected.fields}
    canonical = _canonical(fetch)
    return [_selected((selections[each.alias],), canonical) for each in fetch.entities]


def _canonical(fetch: Fetch) -> Mapping[str, str]:
    return {each.sent: each.key for each in fetch.renames}


def _selected(
    selections: Iterable[ExpectedFields | None], canonical: Mapping[str, str]
) -> SelectedKeys:
    below: defaultdict[str, list[ExpectedFields | None]] = defaultdict(list)
    for field in _fields(selections):
        below[canonical.get(field.key, field.key)].append(field.selection)
    composite = {key: inner for key, inner in below.items() if any(inner)}
    return SelectedKeys(
        frozenset(below),
        {key: _selected(inner, canonical) for key, inner in composite.items()},
    )


def _fields(selections: Iterable[ExpectedFields | None]) -> Iterator[ExpectedField]:
    """Yield the fields of selection sets, for all types."""
    for selection in selections:
        if selection is not None:
            yield from selection.fields
            yield from _fields(each.selection for each in selection.fragments)
