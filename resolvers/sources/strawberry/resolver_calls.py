"""The calls of resolvers: in threads, if they are synchronous and not pure.

A synchronous resolver that waits, for a database for example, would hold up all
requests of the process. So it runs in one of a few threads. The other resolvers are
measured, and a warning has the name of one that held the event loop for long.
"""

import logging
import types
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextvars import copy_context
from functools import partial
from inspect import isawaitable, iscoroutinefunction
from time import monotonic
from typing import Any, Final, TypeAlias

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    MiddlewareManager,
    is_object_type,
)

from weir.gateway.concurrency.fair_threads import FairThreads
from weir.resolvers.context import ExecutionContext
from weir.resolvers.pure import is_pure

HELD_S: Final = 0.05
"""The time on the event loop after which a resolver is named in a warning."""
THREADS: Final = 32
"""The threads of one subgraph. A resolver waits for its turn until the deadline."""
_QUIET_S: Final = 60.0
"""The time without a second warning about the same resolver."""
_DEFINITION: Final = "strawberry-definition"
_ENTITIES: Final = "_entities"

_LOG = logging.getLogger("weir.resolvers")

_Resolver: TypeAlias = Callable[..., Any]
_Report: TypeAlias = Callable[[float], None]


class ResolverCalls(MiddlewareManager):
    """Wraps the resolvers of a Strawberry schema, except those of plain attributes."""

    def __init__(self, schema: GraphQLSchema) -> None:
        super().__init__()
        threads = FairThreads(THREADS, "weir-resolver")
        self._wrapped: dict[_Resolver, _Resolver] = {
            resolve: _in_threads(resolve, threads)
            if blocks
            else _measured(resolve, _reporter(name))
            for name, resolve, blocks in _resolvers(schema)
        }

    def get_field_resolver(self, field_resolver: _Resolver) -> _Resolver:
        return self._wrapped.get(field_resolver, field_resolver)


def _resolvers(schema: GraphQLSchema) -> Iterator[tuple[str, _Resolver, bool]]:
    """Yield the name and the function of each resolver, and whether it may block."""
    for type_ in schema.type_map.values():
        if not is_object_type(type_):
            continue
        for name, field in type_.fields.items():
            if field.resolve is None:
                continue
            if name == _ENTITIES:
                yield _ENTITIES, field.resolve, _any_reference_blocks(schema)
            elif function := _function_of(field):
                yield f"{type_.name}.{name}", field.resolve, _may_block(function)


def _function_of(field: GraphQLField) -> _Resolver | None:
    definition: Any = field.extensions.get(_DEFINITION)
    base: Any = getattr(definition, "base_resolver", None)
    return base.wrapped_func if base is not None else None


def _may_block(function: _Resolver) -> bool:
    return not iscoroutinefunction(function) and not is_pure(function)


def _any_reference_blocks(schema: GraphQLSchema) -> bool:
    """Return whether the resolver of an entity by its reference may block."""
    functions = (
        _reference_of(type_)
        for type_ in schema.type_map.values()
        if is_object_type(type_)
    )
    return any(function and _may_block(function) for function in functions)


def _reference_of(type_: GraphQLObjectType) -> _Resolver | None:
    definition: Any = type_.extensions.get(_DEFINITION)
    origin: Any = getattr(definition, "origin", None)
    found: _Resolver | None = getattr(origin, "resolve_reference", None)
    return found


def _in_threads(resolve: _Resolver, threads: FairThreads) -> _Resolver:
    async def call(source: Any, info: Any, **arguments: Any) -> Any:
        work = partial(copy_context().run, resolve, source, info, **arguments)
        context: ExecutionContext = info.context
        result = await threads.run(context.request.client, work)
        return await result if isawaitable(result) else result

    return call


def _measured(resolve: _Resolver, report: _Report) -> _Resolver:
    def call(source: Any, info: Any, **arguments: Any) -> Any:
        started_s = monotonic()
        result = resolve(source, info, **arguments)
        held_s = monotonic() - started_s
        if held_s > HELD_S:
            report(held_s)
        if result.__class__ is types.CoroutineType:
            return _awaited(result, report)
        return result

    return call


async def _awaited(coroutine: Coroutine[Any, Any, Any], report: _Report) -> Any:
    return await _stepped(coroutine, report)


@types.coroutine
def _stepped(
    coroutine: Coroutine[Any, Any, Any], report: _Report
) -> Generator[Any, Any, Any]:
    """Run a coroutine, and report each step that holds the event loop for long."""
    resume: Callable[[], Any] = partial(coroutine.send, None)
    while True:
        started_s = monotonic()
        try:
            waits_for = resume()
        except StopIteration as end:
            return end.value
        finally:
            held_s = monotonic() - started_s
            if held_s > HELD_S:
                report(held_s)
        try:
            resume = partial(coroutine.send, (yield waits_for))
        except GeneratorExit:
            coroutine.close()
            raise
        except BaseException as error:  # noqa: BLE001 - it belongs to the coroutine
            resume = partial(coroutine.throw, error)


def _reporter(name: str) -> _Report:
    """Return a function that logs a warning, unless it has just done so."""
    quiet_until_s = 0.0

    def report(held_s: float) -> None:
        nonlocal quiet_until_s
        now_s = monotonic()
        if now_s >= quiet_until_s:
            quiet_until_s = now_s + _QUIET_S
            _LOG.warning(
                "the resolver %s held the event loop for %d ms; all requests waited",
                name,
                held_s * 1000,
            )

    return report
