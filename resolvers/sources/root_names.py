"""A subgraph that has other names for its root types.

Composition gives all root types their default names: Query, Mutation and Subscription.
A subgraph only knows its own. They are in type conditions, in representations, and in
the `__typename` of replies, where a root type is a member of a union, an implementation
of an interface, or an entity.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from graphql import InlineFragmentNode, Visitor, parse, visit
from msgspec import structs

from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.context import ExecutionContext
from weir.resolvers.plan.model.expected import ExpectedFields
from weir.resolvers.plan.model.nodes import Fetch, RequiredField, RequiredSelection
from weir.resolvers.sources.source import BoundFetch, Reply, Source
from weir.resolvers.sources.stale import CachedFetch

RootNames: TypeAlias = Mapping[str, str]
"""The subgraph's own names of root types, by their default names."""

_TypeNames: TypeAlias = dict[str, "_TypeNames | None"]
"""The keys under which a value has type names; None at the names themselves."""

_TYPENAME = "__typename"


@dataclass(frozen=True, slots=True)
class RenamedRoots:
    """A source that translates the names of root types for `source`."""

    source: Source
    own_names: RootNames

    def prepare(self, fetch: Fetch) -> BoundFetch:
        own_names = self.own_names
        document = _with_own_names(fetch.document, own_names)
        bound = self.source.prepare(replace(fetch, document=document))
        renamed = _RenamedFetch(
            bound=bound,
            own_names=own_names,
            default_names={own: default for default, own in own_names.items()},
            sent={
                entity.variable: _required_names(
                    each
                    for representation in entity.representations
                    for each in (*representation.key, *representation.requires)
                )
                | {_TYPENAME: None}
                for entity in fetch.entities
            },
            received=_expected_names(fetch.expected),
        )
        return (
            _RenamedCached(renamed, bound)
            if isinstance(bound, CachedFetch)
            else renamed
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _RenamedFetch:
    bound: BoundFetch
    own_names: RootNames
    default_names: RootNames
    sent: Mapping[str, _TypeNames]
    received: _TypeNames

    async def __call__(
        self, variables: JSONObject, context: ExecutionContext, span_id: str
    ) -> Reply:
        return self.translated(
            await self.bound(self.sent_variables(variables), context, span_id)
        )

    def sent_variables(self, variables: JSONObject) -> JSONObject:
        """Return the variables with the own names of the service."""
        sent = {
            name: _translated(variables[name], type_names, self.own_names)
            for name, type_names in self.sent.items()
        }
        return {**variables, **sent}

    def translated(self, reply: Reply) -> Reply:
        """Return a reply with the default names."""
        if reply.data is None:
            return reply
        data = _translated(reply.data, self.received, self.default_names)
        return structs.replace(reply, data=data)


@dataclass(frozen=True, slots=True)
class _RenamedCached:
    """A renamed fetch whose earlier replies may be in the cache of `bound`."""

    renamed: _RenamedFetch
    bound: CachedFetch

    async def __call__(
        self, variables: JSONObject, context: ExecutionContext, span_id: str
    ) -> Reply:
        return await self.renamed(variables, context, span_id)

    async def stored(
        self, variables: JSONObject, context: ExecutionContext, stale_s: float
    ) -> Reply | None:
        sent = self.renamed.sent_variables(variables)
        reply = await self.bound.stored(sent, context, stale_s)
        return None if reply is None else self.renamed.translated(reply)


def _with_own_names(document: str, own_names: RootNames) -> str:
    """Replace the types of fragments, and no other part of the text."""
    found = _TypeConditions()
    visit(parse(document), found)
    for start, end in reversed(found.spans):
        own = own_names.get(document[start:end])
        if own is not None:
            document = document[:start] + own + document[end:]
    return document


class _TypeConditions(Visitor):
    """The positions of the types of inline fragments, in order of their text."""

    def __init__(self) -> None:
        super().__init__()
        self.spans: list[tuple[int, int]] = []

    def enter_inline_fragment(self, node: InlineFragmentNode, *_: Any) -> None:
        if node.type_condition is not None and node.type_condition.loc is not None:
            loc = node.type_condition.loc
            self.spans.append((loc.start, loc.end))


def _expected_names(selection: ExpectedFields) -> _TypeNames:
    names: _TypeNames = {}
    for each in selection.fields:
        if each.selection is not None:
            _add(names, each.key, _expected_names(each.selection))
        elif each.name == _TYPENAME:
            names[each.key] = None
    for fragment in selection.fragments:
        _merge(names, _expected_names(fragment.selection))
    return names


def _required_names(selections: Iterable[RequiredSelection]) -> _TypeNames:
    names: _TypeNames = {}
    for each in selections:
        nested: Sequence[RequiredSelection] = each.selections
        if not isinstance(each, RequiredField):
            _merge(names, _required_names(nested))
        elif nested:
            _add(names, each.name, _required_names(nested))
        elif each.name == _TYPENAME:
            names[each.name] = None
    return names


def _merge(names: _TypeNames, others: _TypeNames) -> None:
    for key, nested in others.items():
        if nested is None:
            names[key] = None
        else:
            _add(names, key, nested)


def _add(names: _TypeNames, key: str, nested: _TypeNames) -> None:
    """Add the names below `key`, if there are any."""
    present = names.get(key)
    if present is not None:
        _merge(present, nested)
    elif nested:
        names[key] = nested


def _translated(value: JSONValue, type_names: _TypeNames, names: RootNames) -> Any:
    """Return a copy of a value with other type names; parts without them are shared.

    There is no recursion, because lists of a reply can be nested deeper than Python's
    stack.
    """
    whole: list[JSONValue] = [value]
    pending: list[tuple[Any, Any, _TypeNames]] = [(whole, 0, type_names)]
    while pending:
        into, place, below = pending.pop()
        value = into[place]
        if value.__class__ is list:
            into[place] = items = list(value)
            pending += [(items, index, below) for index in range(len(items))]
        elif value.__class__ is dict:
            into[place] = fields = dict(value)
            for key in below.keys() & fields.keys():
                nested = below[key]
                if nested is not None:
                    pending.append((fields, key, nested))
                elif fields[key].__class__ is str:
                    fields[key] = names.get(fields[key], fields[key])
    return whole[0]
