"""Plans that run interpreted and as compiled code, with the same replies.

Replies are damaged as a service may: nulls, other types, unknown enum values and types,
missing fields and entities, more lists, errors. Damage depends on the reply alone, so
that both ways get the same.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import GraphQLSchema

from tests.support.executing import execution_context
from weir.gateway.errors import WeirError
from weir.gateway.json_types import JSONObject
from weir.resolvers.context import ExecutionContext
from weir.resolvers.execute.binding import bind
from weir.resolvers.execute.executable import Executable, build_executable
from weir.resolvers.execute.execute import execute
from weir.resolvers.operation.operation import Operation
from weir.resolvers.operation.variables.coercion import variable_coercion
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.plan.model.nodes import Fetch, Plan
from weir.resolvers.sources.source import BoundFetch, Reply
from weir.schema.graph.graph import Graph

Ask = Callable[[str, str, JSONObject], JSONObject]

ODD: tuple[Any, ...] = (
    *(None, True, 0, -7, 3.0, 2.5, 2**63, 1e300, "", "text", "UNKNOWN", "T0", "T1"),
    *([], [None], [[]], [["x"]], ["x", 1], {}, {"__typename": "T0"}, {"a": {"b": []}}),
)
"""Values in place of others."""


def damaged(value: Any, rng: random.Random, share: float) -> Any:
    """Return a copy of a value, about a `share` of whose parts are other ones."""
    if rng.random() < share:
        return rng.choice(ODD)
    if isinstance(value, dict):
        kept = {
            key: damaged(each, rng, share)
            for key, each in value.items()
            if rng.random() >= share / 2
        }
        if rng.random() < share:
            kept["__typename"] = rng.choice(ODD)
        return kept
    if isinstance(value, list):
        items = [damaged(each, rng, share) for each in value]
        return [*items, None] if rng.random() < share else items
    return value


@dataclass(frozen=True)
class DamagedSource:
    """A subgraph in this process, whose replies are damaged by their content."""

    name: str
    ask: Ask
    seed: int
    share: float

    def prepare(self, fetch: Fetch) -> BoundFetch:
        async def call(
            variables: JSONObject, context: ExecutionContext, span_id: str
        ) -> Reply:
            del context, span_id
            return self._reply(fetch.document, variables)

        return call

    def _reply(self, document: str, variables: JSONObject) -> Reply:
        body = self.ask(self.name, document, variables)
        request = orjson.dumps([self.name, document, variables])
        rng = random.Random(b"%d" % self.seed + request)  # noqa: S311 - data
        data = damaged(body.get("data"), rng, self.share)
        errors = [*(body.get("errors") or ())]
        if rng.random() < self.share:
            errors.append({"message": "no", "path": ["_entities", 0, "a"]})
        data = orjson.loads(orjson.dumps(data))
        return Reply(
            data=data if isinstance(data, dict) else None,
            errors=tuple(errors),
            size_bytes=len(orjson.dumps(data)),
        )


@dataclass(frozen=True)
class BothWays:
    """One operation, prepared twice; one of the two executables is compiled."""

    operation: Operation
    plan: Plan
    schema: GraphQLSchema
    declared: Mapping[str, frozenset[str]] = field(
        default_factory=dict[str, frozenset[str]]
    )

    @classmethod
    def of(cls, operation: Operation, plan: Plan, graph: Graph) -> "BothWays":
        supergraph = graph.supergraph
        return cls(operation, plan, supergraph.api_schema, supergraph.declared)

    def executable(self) -> Executable:
        return build_executable(self.operation, self.plan, self.schema, self.declared)

    async def responses(
        self, sources: Mapping[str, DamagedSource], variables: JSONObject
    ) -> tuple[bytes, bytes]:
        """Return the interpreted response, and that of compiled code, as JSON."""
        interpreted, code = self.executable(), self.executable()
        first = await self._response(interpreted, sources, variables)
        # The shapes of conditions, and the types that occur, are known after a run.
        await self._response(code, sources, variables)
        code.code.compile(WorkBudget())
        return first, await self._response(code, sources, variables)

    async def _response(
        self,
        executable: Executable,
        sources: Mapping[str, DamagedSource],
        variables: JSONObject,
    ) -> bytes:
        coerced = variable_coercion(self.operation, self.schema).coerce(variables)
        fetches = bind(self.plan, sources).fetches
        try:
            result = await execute(executable, fetches, execution_context(coerced))
        except WeirError as error:
            return error.code.encode()
        return orjson.dumps([result.data, result.errors, result.cache_control.no_store])
