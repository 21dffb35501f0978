"""Plans written by hand, sources in memory, and one call that runs them."""

import asyncio
import copy
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from graphql import GraphQLSchema, OperationType, build_schema, parse

from tests.support.calls import request_context
from tests.support.expected_fields import read_expected, typed
from weir.gateway.errors import WeirError
from weir.gateway.events import EventSink
from weir.gateway.json_types import JSONObject
from weir.resolvers.context import ExecutionContext
from weir.resolvers.execute.binding import bind
from weir.resolvers.execute.executable import Executable, build_executable
from weir.resolvers.execute.execute import execute
from weir.resolvers.execute.response.field_rules import NO_RULES, FieldRules
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.operation.conditions import Condition
from weir.resolvers.operation.operation import normalise
from weir.resolvers.plan.model.nodes import (
    Each,
    EntityFetch,
    Fetch,
    Key,
    OnTypes,
    PathSegment,
    Plan,
    Rename,
    Representation,
    RequiredField,
    RequiredFragment,
    RequiredSelection,
    ResponsePath,
)
from weir.resolvers.sources.source import BoundFetch, Reply, Source

Answer: TypeAlias = Reply | JSONObject | WeirError


@dataclass(frozen=True)
class SourceRequest:
    """A request that a source received."""

    document: str
    variables: JSONObject
    safe: bool = True


class MemorySource:
    """Replies alike to every request, or by a function; records the requests."""

    def __init__(
        self, answer: Answer | Callable[[SourceRequest], Awaitable[Answer]]
    ) -> None:
        self._answer = answer
        self.requests: list[SourceRequest] = []
        self.spans: list[str] = []

    def prepare(self, fetch: Fetch) -> BoundFetch:
        async def call(
            variables: JSONObject, context: ExecutionContext, span_id: str
        ) -> Reply:
            del context
            self.spans.append(span_id)
            return await self._reply(
                SourceRequest(fetch.document, variables, fetch.is_safe)
            )

        return call

    async def _reply(self, request: SourceRequest) -> Reply:
        self.requests.append(copy.deepcopy(request))
        answer = self._answer
        if callable(answer):
            answer = await answer(request)
        if isinstance(answer, WeirError):
            raise answer
        if isinstance(answer, Reply):
            return copy.deepcopy(answer)
        return Reply(data=copy.deepcopy(answer))


class HangingSource:
    """Never answers; says whether it was cancelled."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.cancelled = False

    def prepare(self, fetch: Fetch) -> BoundFetch:
        del fetch
        return self._call

    async def _call(
        self, variables: JSONObject, context: ExecutionContext, span_id: str
    ) -> Reply:
        del variables, context, span_id
        self.asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        raise AssertionError


def path(text: str) -> ResponsePath:
    """Read `products.@.|A,B.author`: keys, every item, only these types."""
    return tuple(_segment(part) for part in text.split(".") if part)


def _segment(part: str) -> PathSegment:
    if part == "@":
        return Each()
    if part.startswith("|"):
        return OnTypes(tuple(part[1:].split(",")))
    return Key(part)


def required(text: str) -> tuple[RequiredSelection, ...]:
    """Read `{ a b__key: b { c } ... on T { d } }`, keys as aliases."""
    document: Any = parse(text)
    return _required(document.definitions[0].selection_set)


def _required(selection_set: Any) -> tuple[RequiredSelection, ...]:
    selections: list[RequiredSelection] = []
    for node in selection_set.selections:
        if node.kind == "inline_fragment":
            types = tuple(node.type_condition.name.value.split("_or_"))
            selections.append(
                RequiredFragment(types=types, selections=_required(node.selection_set))
            )
            continue
        name = node.name.value
        selections.append(
            RequiredField(
                key=node.alias.value if node.alias else name,
                name=name,
                selections=_required(node.selection_set) if node.selection_set else (),
            )
        )
    return tuple(selections)


def represent(
    types: str, key: str, requires: str = "", typename: str | None = None
) -> Representation:
    return Representation(
        types=tuple(types.split()),
        key=required(key),
        requires=required(requires) if requires else (),
        typename=typename,
    )


def entities(
    at: str, *representations: Representation, alias: str = "_entities"
) -> EntityFetch:
    return EntityFetch(
        alias=alias,
        variable="representations",
        path=path(at),
        representations=representations,
    )


def fetch(
    id_: int,
    subgraph: str,
    document: str = "{ __typename }",
    *joins: EntityFetch,
    after: tuple[int, ...] = (),
    **options: Any,
) -> Fetch:
    """A fetch of a query; `options` are Fetch's own fields.

    One word as a document is the name of one that selects only `__typename`.
    """
    if document.isidentifier():
        document = f"query {document} {{ __typename }}"
    return Fetch(
        id=id_,
        subgraph=subgraph,
        kind=options.pop("kind", OperationType.QUERY),
        document=document,
        expected=read_expected(document),
        entities=joins,
        parents=after,
        **options,
    )


def _typed(of: Fetch, schema: GraphQLSchema) -> Fetch:
    root = schema.get_root_type(OperationType(of.kind.value))
    assert root is not None
    return replace(of, expected=typed(of.expected, schema, root.name))


def executable(
    sdl: str,
    query: str,
    *fetches: Fetch,
    operation_name: str | None = None,
    rules: FieldRules = NO_RULES,
) -> Executable:
    schema = build_schema(sdl)
    operation = normalise(parse(query), operation_name, schema)
    plan = Plan(
        kind=operation.kind,
        fetches=tuple(_typed(each, schema) for each in fetches),
    )
    return build_executable(operation, plan, schema, {}, rules=rules)


def execution_context(
    variables: JSONObject | None = None,
    *,
    sink: EventSink | None = None,
    seconds: float = 10.0,
    **options: Any,
) -> ExecutionContext:
    """A context; `options` are ExecutionContext's own fields."""
    return ExecutionContext(
        request=request_context(sink=sink, deadline_s=time.monotonic() + seconds),
        variables=variables or {},
        **{"masked": False, **options},
    )


async def run(
    plan: Executable,
    answers: Mapping[str, Answer | Source],
    variables: JSONObject | None = None,
    *,
    masked: bool = False,
) -> ExecutionResult:
    """Execute over sources in memory, one per subgraph, that answer as told."""
    sources: dict[str, Source] = {
        name: MemorySource(answer)
        if isinstance(answer, dict | Reply | WeirError)
        else answer
        for name, answer in answers.items()
    }
    context = execution_context(variables, masked=masked)
    return await execute(plan, bind(plan.plan, sources).fetches, context)


__all__ = [
    "Condition",
    "HangingSource",
    "MemorySource",
    "Rename",
    "entities",
    "executable",
    "execution_context",
    "fetch",
    "path",
    "represent",
    "required",
    "run",
]
