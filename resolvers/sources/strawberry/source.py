"""The source of a subgraph in this process.

graphql-core runs fetches on documents that were parsed and validated once. Strawberry's
own `execute` does both each time, which takes several times as long as running the
fetch. So its schema extensions do not run; permission classes and all other features
of fields and types do. `info.context` is the ExecutionContext.
"""

import asyncio
import inspect
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import strawberry
from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    execute,  # pyright: ignore[reportUnknownVariableType] - middleware's type
    parse,
    validate,
)
from strawberry.execution import optimized_is_awaitable

from weir.gateway.concurrency.task_end import is_ended
from weir.gateway.errors import WeirError
from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.resolvers.context import ExecutionContext
from weir.resolvers.errors import (
    MalformedResponse,
    ResolverFailed,
    ResolverTimeout,
    extensions_of,
)
from weir.resolvers.plan.model.nodes import Fetch
from weir.resolvers.provenance import provenance_of_resolvers
from weir.resolvers.sources.source import (
    ASSUMED_BYTES,
    MAX_ERRORS,
    BoundFetch,
    Reply,
)
from weir.resolvers.sources.strawberry.resolver_calls import ResolverCalls

_LOG = logging.getLogger("weir.resolvers")

# Strawberry does not declare it as the type guard that graphql-core requires.
_IS_AWAITABLE: Any = optimized_is_awaitable
_NO_TEXT: Final = object()


@dataclass(frozen=True, slots=True)
class StrawberrySource:
    """A subgraph that the Python resolvers of a Strawberry schema serve."""

    schema: strawberry.Schema
    _calls: ResolverCalls = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_calls", ResolverCalls(_built(self.schema)))

    @property
    def sdl(self) -> str:
        return self.schema.as_str()

    def prepare(self, fetch: Fetch) -> BoundFetch:
        return _SchemaFetch(self.schema, fetch.document, self._calls)


class _SchemaFetch:
    """A fetch as executions of a parsed document.

    An invalid document is an error of each request, so that an operation still gets the
    data of its other fetches.
    """

    __slots__ = ("_calls", "_document", "_executor_class", "_invalid", "_schema")

    def __init__(
        self, schema: strawberry.Schema, document: str, calls: ResolverCalls
    ) -> None:
        self._calls = calls
        self._schema = _built(schema)
        untyped: Any = schema
        self._executor_class: Any = untyped.execution_context_class
        self._document = parse(document, no_location=True)
        errors = validate(self._schema, self._document)
        self._invalid = "; ".join(error.message for error in errors)

    async def __call__(
        self, variables: JSONObject, context: ExecutionContext, span_id: str
    ) -> Reply:
        if self._invalid:
            raise MalformedResponse(self._invalid)
        left_s = context.request.deadline_s - context.clock.monotonic_s()
        own_task = asyncio.current_task()
        try:
            async with asyncio.timeout(left_s):
                with _current_span(context, span_id):
                    result = await self._execute(variables, context)
        except TimeoutError as error:
            context.loaders.close()
            raise ResolverTimeout from error
        except BaseException as error:
            if is_ended(own_task, error):
                raise
            raise _failed(error, context) from error
        errors = result.errors or []
        self._log_unexpected(errors, context)
        data, size_bytes = _measured(result.data)
        return Reply(
            data=data,
            errors=tuple(
                _visible_error(error, masked=context.masked)
                for error in errors[:MAX_ERRORS]
            ),
            omitted_errors=max(0, len(errors) - MAX_ERRORS),
            safe_errors=True,
            provenance=provenance_of_resolvers(
                context.loaders.provenance, context.request, context.forwarded
            ),
            size_bytes=size_bytes,
        )

    def _log_unexpected(
        self, errors: Sequence[GraphQLError], context: ExecutionContext
    ) -> None:
        """Log the first unexpected exception of a fetch with its traceback.

        The rest of a list usually fails for the same reason, so that they are counted.
        """
        unexpected = [each for each in errors if _is_unexpected(each)]
        if not unexpected:
            return
        first = unexpected[0]
        names = dict(_names_by_alias(self._document.definitions))
        path = [str(names.get(each, each)) for each in first.path or ()]
        _LOG.error(
            "a resolver failed at %s, operation %s, request %s (%d of its errors)",
            ".".join(path) or "the root",
            context.operation or "without a name",
            context.request.request_id,
            len(unexpected),
            exc_info=first.original_error,
            extra=context.request.trace.log_fields(),
        )

    async def _execute(
        self, variables: JSONObject, context: ExecutionContext
    ) -> ExecutionResult:
        result = execute(
            self._schema,
            self._document,
            context_value=context,
            variable_values={name: _copied(value) for name, value in variables.items()},
            middleware=self._calls,
            executor_class=self._executor_class,
            is_awaitable=_IS_AWAITABLE,
            operation_extensions=None,
        )
        return await result if inspect.isawaitable(result) else result


def _current_span(
    context: ExecutionContext, span_id: str
) -> AbstractContextManager[None]:
    """Make the fetch the parent of the spans that resolvers begin."""
    spans = context.request.spans
    if spans is None:
        return nullcontext()
    return spans.current(context.request.trace, span_id)


def _built(schema: strawberry.Schema) -> GraphQLSchema:
    """Return the schema of graphql-core, for which Strawberry has no public name."""
    strawberry_schema: Any = schema
    built: GraphQLSchema = strawberry_schema._schema  # noqa: SLF001 - see above
    return built


def _failed(error: BaseException, context: ExecutionContext) -> ResolverFailed:
    """Log what graphql-core does not handle; return the error of the whole fetch.

    This is SystemExit, for example, or an exception whose text cannot be read.
    """
    name = type(error).__name__
    _LOG.error(
        "a resolver raised %s, operation %s, request %s",
        name,
        context.operation or "without a name",
        context.request.request_id,
        exc_info=error,
        extra=context.request.trace.log_fields(),
    )
    return ResolverFailed(f"A resolver raised {name}.")


def _copied(value: JSONValue) -> JSONValue:
    """Copy representations, because Strawberry removes their `__typename`."""
    if not is_list(value):
        return value
    return [dict(item) if is_object(item) else item for item in value]


def _measured(data: JSONObject | None) -> tuple[JSONObject | None, int]:
    """Return data whose texts can be written as JSON, and its size in bytes."""
    try:
        return data, len(orjson.dumps(data))
    except TypeError:
        # The values of custom scalars may be of any type; projection rejects these.
        shown: Any = data
        with suppress(RecursionError):
            shown = _without_surrogates(data)
        return shown, ASSUMED_BYTES


def _without_surrogates(value: Any) -> Any:
    r"""Replace the texts that UTF-8 cannot encode by values that fit no type.

    Python reads the JSON text "\ud800", which any client may send, as such a text.
    """
    if isinstance(value, str):
        return value if value.isascii() or _is_unicode(value) else _NO_TEXT
    if is_object(value):
        return {key: _without_surrogates(each) for key, each in value.items()}
    if is_list(value):
        return [_without_surrogates(each) for each in value]
    return value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _names_by_alias(nodes: Iterable[Node]) -> Iterator[tuple[str | int, str]]:
    """Yield the aliases below nodes of a fetch, each with the name of its field."""
    for node in nodes:
        if isinstance(node, FieldNode) and node.alias is not None:
            yield node.alias.value, node.name.value
        if (
            isinstance(node, FieldNode | InlineFragmentNode | OperationDefinitionNode)
            and node.selection_set is not None
        ):
            yield from _names_by_alias(node.selection_set.selections)


def _is_unexpected(error: GraphQLError) -> bool:
    cause = error.original_error
    return cause is not None and not isinstance(cause, WeirError | GraphQLError)


def _visible_error(error: GraphQLError, *, masked: bool) -> JSONObject:
    """Return the part of an error for clients, without texts of other exceptions."""
    cause = error.original_error
    visible: JSONObject = {
        "message": error.message,
        "extensions": error.extensions or {},
    }
    if error.path is not None:
        visible["path"] = error.path
    if isinstance(cause, WeirError):
        visible["message"] = cause.public_detail(development=not masked)
        visible["extensions"] = extensions_of(cause)
    elif _is_unexpected(error):
        visible["message"] = ResolverFailed.row.title if masked else error.message
        visible["extensions"] = {"code": ResolverFailed.row.code}
    visible["message"] = _encodable(str(visible["message"]))
    return visible


def _encodable(text: str) -> str:
    """Replace the characters that UTF-8 cannot encode."""
    return text.encode(errors="replace").decode()
