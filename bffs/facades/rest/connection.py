"""Relay connections as REST collections: `items`, and links to other pages.

https://relay.dev/graphql/connections.htm: a type whose name ends in `Connection`, with
`edges` and `pageInfo`. The collection's items are the nodes, unless edges have fields
of their own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from graphql import (
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    VariableNode,
)

from weir.bffs.facades.rest.page_links import (
    Parameter,
    default_number,
    page_links,
    sent_parameters,
)
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.facades.stored.response_fields import (
    Fragments,
    fragments_of,
    response_fields,
    response_name,
)
from weir.gateway.headers import Headers
from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.resolvers.operation.wrappers import field_type, without_non_null

ITEMS: Final = "items"
_SUFFIX: Final = "Connection"
_OF_EDGES: Final = frozenset({"node", "cursor", "__typename"})
_PAGING: Final = ("first", "after", "last", "before")


@dataclass(frozen=True, slots=True)
class _Page:
    """The response names of a selected `pageInfo` and of its fields."""

    name: str
    fields: Mapping[str, str]

    def text(self, connection: JSONObject, has: str, cursor: str) -> str | None:
        """Return the cursor of another page, None if there is none."""
        info = connection.get(self.name)
        if not is_object(info) or info.get(self.fields.get(has, "")) is not True:
            return None
        found = info.get(self.fields.get(cursor, ""))
        return found if isinstance(found, str) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A connection at the root of an operation.

    `name` is the response name of its items, and `node` that of the node of an edge, or
    "" if items are not unwrapped. `variables` are those of `first`, `after`, `last` and
    `before`, and `size` the default of a page.
    """

    name: str
    node: str
    page: _Page | None
    variables: Mapping[str, str]
    size: str

    @classmethod
    def of(cls, stored: StoredOperation, schema: GraphQLSchema) -> Self | None:
        """Return the connection that is all an operation selects, or None."""
        fragments = fragments_of(stored)
        roots = [*response_fields(stored.definition.selection_set, fragments)]
        root = schema.get_root_type(stored.definition.operation)
        if len(roots) != 1 or root is None or not _is_connection(root, roots[0]):
            return None
        selected = {
            response_name(each): each
            for each in response_fields(roots[0].selection_set, fragments)
        }
        collection = _collection(selected, fragments)
        if collection is None or ITEMS in selected:
            return None
        variables = _variables(roots[0])
        return cls(
            name=collection[0],
            node=collection[1],
            page=_page(selected, fragments),
            variables=variables,
            size=default_number(stored, variables.get("first", "")),
        )

    def resource(self, value: JSONValue) -> JSONObject:
        """Return the connection with `items`."""
        assert is_object(value), "the type of the root field is an object"
        others = {name: each for name, each in value.items() if name != self.name}
        if self.name not in value:
            return others
        return {ITEMS: self._items(value[self.name]), **others}

    def _items(self, listed: JSONValue) -> JSONValue:
        if not self.node or not is_list(listed):
            return listed
        return [each.get(self.node) if is_object(each) else None for each in listed]

    def links(self, value: JSONValue, query: str) -> Headers:
        """Return the Link field to the next and the previous page."""
        if self.page is None or not is_object(value):
            return ()
        return page_links(self._targets(self.page, value, query))

    def _targets(
        self, page: _Page, value: JSONObject, query: str
    ) -> Iterator[tuple[str, Sequence[Parameter]]]:
        names = self.variables
        after = page.text(value, "hasNextPage", "endCursor")
        if after is not None and "after" in names:
            yield "next", self._target(query, "first", "after", after)
        before = page.text(value, "hasPreviousPage", "startCursor")
        if before is not None and "before" in names and "last" in names:
            yield "prev", self._target(query, "last", "before", before)

    def _target(
        self, query: str, size: str, cursor: str, at: str
    ) -> Sequence[Parameter]:
        pairs = sent_parameters(query)
        paging = {self.variables[each] for each in _PAGING if each in self.variables}
        given = dict(pairs)
        sizes = [
            given[self.variables[each]]
            for each in ("first", "last")
            if self.variables.get(each) in given
        ]
        # A page backwards has no size without `last`, whatever `first` is by default.
        count = sizes[0] if sizes else (self.size if size == "last" else "")
        target = [pair for pair in pairs if pair[0] not in paging]
        if count and size in self.variables:
            target.append((self.variables[size], count))
        return [*target, (self.variables[cursor], at)]


def _is_connection(root: GraphQLObjectType, field: FieldNode) -> bool:
    declared = root.fields.get(field.name.value)
    type_ = without_non_null(field_type(declared))[0] if declared else None
    return (
        isinstance(type_, GraphQLObjectType)
        and type_.name.endswith(_SUFFIX)
        and type_.fields.keys() >= {"edges", "pageInfo"}
    )


def _collection(
    selected: Mapping[str, FieldNode], fragments: Fragments
) -> tuple[str, str] | None:
    """Return the response names of the items, and of the node of an edge."""
    by_field = {each.name.value: name for name, each in selected.items()}
    if "nodes" in by_field:
        return by_field["nodes"], ""
    if "edges" not in by_field:
        return None
    edges = selected[by_field["edges"]]
    of_edge = [*response_fields(edges.selection_set, fragments)]
    nodes = {response_name(each) for each in of_edge if each.name.value == "node"}
    is_plain = {each.name.value for each in of_edge} <= _OF_EDGES and len(nodes) == 1
    return by_field["edges"], nodes.pop() if is_plain else ""


def _page(selected: Mapping[str, FieldNode], fragments: Fragments) -> _Page | None:
    for name, each in selected.items():
        if each.name.value == "pageInfo":
            fields = response_fields(each.selection_set, fragments)
            return _Page(name, {f.name.value: response_name(f) for f in fields})
    return None


def _variables(field: FieldNode) -> Mapping[str, str]:
    return {
        each.name.value: each.value.name.value
        for each in field.arguments or ()
        if each.name.value in _PAGING and isinstance(each.value, VariableNode)
    }
