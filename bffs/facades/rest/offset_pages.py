"""Links between the pages of a list that has an offset and a limit.

`@rest(offset: "skip", limit: "take")` names the variables. A list does not state how
many items there are. So a full page has a next one, which may be empty.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

from graphql import GraphQLSchema

from weir.bffs.config.errors import Problem
from weir.bffs.facades.rest.page_links import (
    Parameter,
    default_number,
    page_links,
    sent_parameters,
)
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.facades.stored.param_directive import ParameterPlace
from weir.bffs.facades.stored.response_fields import fragments_of, response_fields
from weir.bffs.facades.stored.rest_directive import RestBinding
from weir.bffs.facades.stored.variable_types import variable_types
from weir.gateway.headers import Headers
from weir.resolvers.operation.wrappers import field_type, item_of, without_non_null

_GET: Final = "GET"


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetPages:
    """The parameters of an offset and of a limit, with the values without them."""

    offset: str
    limit: str
    start: int
    size: int

    @classmethod
    def of(cls, stored: StoredOperation, binding: RestBinding) -> Self | None:
        """Return the pages that a binding declares, None if it declares none."""
        if not binding.limit:
            return None
        return cls(
            offset=binding.offset,
            limit=binding.limit,
            start=int(default_number(stored, binding.offset) or 0),
            size=int(default_number(stored, binding.limit)),
        )

    def links(self, count: int, query: str, *, clamped: bool) -> Headers:
        """Return the Link field of a page with `count` items.

        A page is shorter than its limit if an argument was `clamped`.
        """
        sent = sent_parameters(query)
        given = dict(sent)
        start = int(given.get(self.offset, self.start))
        size = int(given.get(self.limit, self.size))
        others = [each for each in sent if each[0] not in (self.offset, self.limit)]

        def page(at: int) -> Sequence[Parameter]:
            return [*others, (self.limit, str(size)), (self.offset, str(at))]

        targets: list[tuple[str, Sequence[Parameter]]] = []
        if count and (count >= size or clamped):
            targets.append(("next", page(start + count)))
        if start > 0 and size > 0:
            targets.append(("prev", page(max(start - size, 0))))
        return page_links(targets)


def page_problems(stored: StoredOperation, schema: GraphQLSchema) -> Iterator[Problem]:
    """Yield a problem for each endpoint whose pages its operation does not have."""
    for binding in stored.bindings:
        if (binding.offset or binding.limit) and (
            misfit := _misfit(stored, binding, schema)
        ):
            message = f"@rest(offset:, limit:): {misfit}"
            yield stored.problem(binding.place, message)


def _misfit(
    stored: StoredOperation, binding: RestBinding, schema: GraphQLSchema
) -> str:
    if not binding.offset or not binding.limit:
        return "each needs the other"
    if binding.method != _GET:
        return f"links to pages are for GET, not for {binding.method}"
    if not _is_list(stored, schema):
        return "the operation needs a single root field, which is a list"
    types = {name: str(type_) for name, type_ in _in_query(stored, binding, schema)}
    for name in (binding.offset, binding.limit):
        if types.get(name) != "Int":
            return f"${name} is not a variable of type Int in the query"
    if not default_number(stored, binding.limit):
        return f"${binding.limit} needs a default, the number of items of a page"
    return ""


def _in_query(
    stored: StoredOperation, binding: RestBinding, schema: GraphQLSchema
) -> Iterator[tuple[str, object]]:
    """Yield the type of each variable that is a query parameter."""
    for name, type_ in variable_types(stored.definition, schema).items():
        declared = stored.parameters.get(name)
        is_elsewhere = declared and declared.place is not ParameterPlace.QUERY
        if name not in binding.template.parameters and not is_elsewhere:
            yield name, type_


def _is_list(stored: StoredOperation, schema: GraphQLSchema) -> bool:
    selected = stored.definition.selection_set
    roots = [*response_fields(selected, fragments_of(stored))]
    root = schema.get_root_type(stored.definition.operation)
    declared = root.fields.get(roots[0].name.value) if root else None
    if len(roots) != 1 or declared is None:
        return False
    return item_of(without_non_null(field_type(declared))[0]) is not None
