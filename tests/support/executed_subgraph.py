"""A subgraph in memory that executes what it is sent, and records it."""

import re
from typing import Any

from graphql import GraphQLSchema, build_schema, graphql_sync

from weir.gateway.json_types import JSONObject
from weir.resolvers.context import ExecutionContext
from weir.resolvers.plan.model.nodes import Fetch
from weir.resolvers.sources.source import BoundFetch, Reply

_LINK = re.compile(r"extend schema\s+@link\(.*?\]\)", re.DOTALL)
_DIRECTIVE = re.compile(r"@\w+(\([^)]*\))?")


class ExecutedSubgraph:
    """Serves `data`: fields of the root types, and entities by their `id`.

    Objects name their type in `__typename`. A value may be a function of the arguments.
    """

    def __init__(self, sdl: str, data: JSONObject, entities: str = "") -> None:
        self.schema = _executable(sdl, entities)
        self._data = data
        self.documents: list[str] = []

    def prepare(self, fetch: Fetch) -> BoundFetch:
        async def call(
            variables: JSONObject, context: ExecutionContext, span_id: str
        ) -> Reply:
            del context, span_id
            return self.reply(fetch.document, variables)

        return call

    def reply(self, document: str, variables: JSONObject) -> Reply:
        self.documents.append(document)
        root = {**self._data, "_entities": self._entities}
        result = graphql_sync(self.schema, document, root, variable_values=variables)
        errors = tuple(dict(each.formatted) for each in result.errors or ())
        return Reply(data=result.data, errors=errors)

    def _entities(self, _: Any, representations: list[JSONObject]) -> list[JSONObject]:
        known = self._data["entities"]
        return [known[each["id"]] for each in representations]


def _executable(sdl: str, entities: str) -> GraphQLSchema:
    """Return the schema without federation's directives, with its entry points."""
    plain = _DIRECTIVE.sub("", _LINK.sub("", sdl))
    if entities:
        query = "extend type Query" if "type Query" in plain else "type Query"
        plain += f"""
            scalar _Any
            union _Entity = {entities}
            {query} {{ _entities(representations: [_Any!]!): [_Entity]! }}
        """
    return build_schema(plain)
