"""Fields of an earlier reply in place of those of a request that failed.

The cache of the service may still have the reply to an equal request of the same
caller. Only the fields with a rule for it are taken: the others fail.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final, Protocol, TypeAlias, runtime_checkable

from msgspec import structs

from weir.gateway.errors import Fault, WeirError
from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.resolvers.context import ExecutionContext
from weir.resolvers.http_errors import RequestRejected
from weir.resolvers.plan.model.expected import ExpectedFields
from weir.resolvers.plan.model.nodes import Fetch
from weir.resolvers.sources.source import BoundFetch, Reply

Windows: TypeAlias = Mapping[str, float]
"""The seconds for which a field may be stale, by coordinate."""

NO_WINDOWS: Final[Windows] = {}
_QUERY: Final = "Query"
"""The type of the root fields of fetches that only read."""


@runtime_checkable
class CachedFetch(Protocol):
    """A fetch whose earlier replies may be in a cache."""

    async def __call__(
        self, variables: JSONObject, context: ExecutionContext, span_id: str
    ) -> Reply: ...

    async def stored(
        self, variables: JSONObject, context: ExecutionContext, stale_s: float
    ) -> Reply | None:
        """Return the cached reply to an equal request, without a call of the service.

        `stale_s` are the seconds since it expired that are allowed.
        """
        ...


@dataclass(frozen=True, slots=True)
class StaleFields:
    """The fields of a fetch that may be stale, for the shortest of their windows.

    `root` are the response keys of its data, or `entities` those of entities by alias.
    """

    window_s: float
    root: frozenset[str]
    entities: Mapping[str, frozenset[str]]

    def of(self, data: JSONObject) -> JSONObject:
        """Return these fields only of the data of a reply."""
        found = {key: data[key] for key in self.root if key in data}
        for alias, keys in self.entities.items():
            entities: JSONValue = data.get(alias)
            if is_list(entities):
                found[alias] = [_only(each, keys) for each in entities]
        return found


def _only(entity: JSONValue, keys: frozenset[str]) -> JSONValue:
    if not is_object(entity):
        return entity
    return {key: entity[key] for key in keys if key in entity}


def stale_fields(fetch: Fetch, windows: Windows) -> StaleFields | None:
    """Return the fields of a fetch that may be stale; None if there are none."""
    if not windows or not fetch.is_safe:
        return None
    root: Mapping[str, float] = {}
    entities: dict[str, Mapping[str, float]] = {}
    if fetch.entities:
        for field in fetch.expected.fields:
            if field.selection is not None:
                entities[field.key] = _windows_of("", field.selection, windows)
    else:
        root = _windows_of(_QUERY, fetch.expected, windows)
    taken = [*root.values(), *chain(*(each.values() for each in entities.values()))]
    if not taken:
        return None
    keys = {alias: frozenset(each) for alias, each in entities.items()}
    return StaleFields(min(taken), frozenset(root), keys)


def _windows_of(
    type_name: str, selection: ExpectedFields, windows: Windows
) -> Mapping[str, float]:
    """Return the shortest window of each key that has one in all types."""
    found: dict[str, float] = {}
    for owner, key, name in _fields(type_name, selection):
        window_s = windows.get(f"{owner}.{name}", 0.0)
        found[key] = min(found.get(key, window_s), window_s)
    return {key: window_s for key, window_s in found.items() if window_s}


def _fields(
    type_name: str, selection: ExpectedFields
) -> Iterator[tuple[str, str, str]]:
    """Yield the type, the key and the name of each field of a selection set."""
    for field in selection.fields:
        yield type_name, field.key, field.name
    for fragment in selection.fragments:
        yield from _fields(fragment.type_name, fragment.selection)


@dataclass(frozen=True, slots=True)
class StaleFetch:
    """A fetch that takes fields of an earlier reply if the service fails."""

    fetch: CachedFetch
    fields: StaleFields

    async def __call__(
        self, variables: JSONObject, context: ExecutionContext, span_id: str
    ) -> Reply:
        try:
            return await self.fetch(variables, context, span_id)
        except WeirError as error:
            if not _is_failure(error):
                raise
            stored = await self.fetch.stored(variables, context, self.fields.window_s)
            if stored is None or stored.data is None or stored.errors:
                raise
            data = self.fields.of(stored.data)
            return structs.replace(stored, data=data, failed=error.without_frames())


def _is_failure(error: WeirError) -> bool:
    """Return whether the service failed; it did not if it rejected the request."""
    return error.row.fault is Fault.UPSTREAM and not isinstance(error, RequestRejected)


def with_stale_fields(bound: BoundFetch, fields: StaleFields | None) -> BoundFetch:
    """Return a fetch that may have stale fields, if its source has a cache."""
    if fields is None or not isinstance(bound, CachedFetch):
        return bound
    return StaleFetch(bound, fields)
