"""A façade as GraphQL: `{path}/graphql`."""

from functools import partial

import orjson
from graphql import OperationType
from msgspec.structs import replace

from weir.bffs.facades.errors import (
    PersistedQueryNotFound,
    PersistedQueryNotSupported,
)
from weir.bffs.facades.facade import Facade, OperationAccess
from weir.bffs.facades.graphql.batch import respond_to_batch
from weir.bffs.facades.graphql.documents import Documents
from weir.bffs.facades.graphql.page import endpoint_page
from weir.bffs.facades.graphql.protocol import (
    GraphQLRequest,
    MediaType,
    decode,
    not_acceptable,
    preferred,
    prefers_page,
)
from weir.bffs.facades.graphql.unknown_operations import UnknownOperations
from weir.bffs.facades.http.cache_headers import cache_fields
from weir.bffs.facades.http.clamped import clamped_arguments
from weir.bffs.facades.http.shared_queries import Executed, SharedQueries
from weir.bffs.facades.operation_use import report_use
from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.entity_tag import etag
from weir.gateway.edge.responses.rendering import rendered
from weir.gateway.errors import MethodNotAllowed, WeirError
from weir.gateway.identity.privacy import keep_private
from weir.gateway.json_types import JSONObject
from weir.resolvers.cost.report import CostReport, PartReport
from weir.resolvers.engine.known_operation import Prepared
from weir.resolvers.errors import BadUserInput
from weir.resolvers.execute.response.size import too_many_bytes
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.operation.errors import OperationRejected

_OK = 200
# As from Apollo Server. A proxy must not store it: the next client sends the query.
_NOT_PERSISTED = b"private, no-cache, must-revalidate"
# RFC 9110 §12.5.5: it selects the media type of the response.
_NEGOTIATED = "Accept"
_GRAPHIQL = Response(
    status=303,
    # Relative, as a proxy may have its own prefix.
    headers=(
        (b"location", b"graphiql"),
        (b"cache-control", b"no-store"),
        (b"vary", b"Accept"),
    ),
    body=b"",
)
"""The page of an endpoint whose façade has GraphiQL."""


class GraphQLEndpoint:
    """Serves any operation of the façade's schema."""

    __slots__ = ("_documents", "_facade", "_shared", "_unknown")

    def __init__(self, facade: Facade) -> None:
        self._facade = facade
        self._documents = Documents(facade)
        reports = facade.operation_access is OperationAccess.LOG_UNKNOWN
        self._unknown = UnknownOperations() if reports else None
        self._shared = SharedQueries(facade) if facade.shared else None

    async def respond(self, request: Request, context: RequestContext) -> Response:
        accept = context.client_headers.get(b"accept", b"")
        if request.head.method != "POST" and _wants_page(request, accept):
            return self._page(request)
        media_type = preferred(accept)
        if media_type is None:
            raise not_acceptable()
        try:
            graphql = decode(request, self._facade.max_batch)
        except PersistedQueryNotSupported as error:
            return self._not_persisted(error, media_type)
        if isinstance(graphql, tuple):
            # They share no executions: the body, a part of the key, is that of all.
            limit_bytes = self._facade.engine.view.response_limits.size_bytes
            return await respond_to_batch(
                graphql,
                partial(self._respond_to, request, media_type, context, None),
                lambda: rendered(too_many_bytes(limit_bytes), self, context),
                limit_bytes,
            )
        return await self._respond_to(
            request, media_type, context, self._shared, graphql
        )

    async def _respond_to(
        self,
        request: Request,
        media_type: MediaType,
        context: RequestContext,
        shared: SharedQueries | None,
        graphql: GraphQLRequest,
    ) -> Response:
        """Respond to a request, also to one with an error."""
        name = ""
        try:
            document = self._documents.find(graphql)
            if document is None:
                document = await self._documents.fetch(graphql.sha256_hash)
            name = self._documents.names.get(document, "")
            response = await self._run(
                graphql, document, request, media_type, context, shared=shared
            )
        except (PersistedQueryNotSupported, PersistedQueryNotFound) as error:
            response = self._not_persisted(error, media_type)
        except Exception as error:  # noqa: BLE001 - a bug has the name of its operation
            response = rendered(error, self, context)
        return replace(response, operation=name) if name else response

    async def _run(
        self,
        graphql: GraphQLRequest,
        document: str,
        request: Request,
        media_type: MediaType,
        context: RequestContext,
        *,
        shared: SharedQueries | None,
    ) -> Response:
        """Run an operation of a document."""
        facade, head = self._facade, request.head
        try:
            prepared = await self._prepare(graphql, document, context)
            is_query = prepared.operation.kind is OperationType.QUERY
            if graphql.read_only and not is_query:
                # RFC 9110 §9.2.1: links and crawlers change nothing.
                raise MethodNotAllowed(request.head.method, ("POST",))
            report_use(
                prepared.operation.name or "",
                document,
                context,
                stored=document in self._documents.stored,
            )
            execute = partial(self._execute, graphql, prepared, media_type, context)
            is_guarded = document in facade.guards
            if shared is None or not is_query or is_guarded:
                response, _ = await execute()
            else:
                key = (
                    head.method,
                    head.path,
                    head.query,
                    request.body,
                    # An enum is hashed by Python code.
                    media_type.content_type,
                )
                response = await shared.respond(key, prepared, context, execute)
        except (OperationRejected, BadUserInput) as error:
            return self._refusal(error, media_type)
        return keep_private(head, context, response) if is_guarded else response

    async def _execute(
        self,
        graphql: GraphQLRequest,
        prepared: Prepared,
        media_type: MediaType,
        context: RequestContext,
    ) -> Executed:
        """Execute an operation; raises the errors of `Engine.execute`."""
        facade = self._facade
        result = await facade.engine.execute(
            prepared, graphql.variables, facade.device, context
        )
        response = self._response(
            result,
            media_type,
            reusable=prepared.operation.kind is OperationType.QUERY,
            has_validator=graphql.read_only,
        )
        return response, result

    async def _prepare(
        self, graphql: GraphQLRequest, document: str, context: RequestContext
    ) -> Prepared:
        engine, name = self._facade.engine, graphql.operation_name
        stored = self._documents.stored.get(document)
        if stored is not None and name in (None, stored.operation.name):
            if guard := self._facade.guards.get(document):
                await guard.admit(stored, graphql.variables, context)
            await self._limited(document, context)
            return await engine.prepare_again(
                stored, document, context, graphql.variables
            )
        await self._limited(document, context)
        prepared = await engine.prepare(document, name, context)
        if graphql.sha256_hash:
            self._documents.persist(graphql)
        if self._unknown is not None and stored is None:
            operation = prepared.operation.name or ""
            self._unknown.report(document, operation, context)
        return prepared

    async def _limited(self, document: str, context: RequestContext) -> None:
        """Take a token of each limit that depends on the operation."""
        limits = self._facade.operation_limits
        if limits is not None:
            name = self._documents.names.get(document, "")
            waiting = limits.take(name, context)
            if waiting is not None:
                await waiting

    def _not_persisted(
        self,
        error: PersistedQueryNotSupported | PersistedQueryNotFound,
        media_type: MediaType,
    ) -> Response:
        # Apollo Client sends the query only after the status 200, or in the newer
        # media type.
        status = _OK if media_type is MediaType.JSON else error.row.status
        own = (_error(error.row.title, error),)
        return self._errors(own, status, media_type, error.code, _NOT_PERSISTED)

    def _page(self, request: Request) -> Response:
        head, facade = request.head, self._facade
        if facade.has_pages and facade.engine.view.introspection:
            return _GRAPHIQL
        host = head.headers.get(b"host", b"").decode("latin-1")
        return endpoint_page(
            facade.name,
            f"{head.scheme}://{host}{head.path}",
            introspection=facade.engine.view.introspection,
        )

    def _refusal(
        self, error: OperationRejected | BadUserInput, media_type: MediaType
    ) -> Response:
        # GraphQL over HTTP: application/json has status 200 for well-formed requests.
        legacy = media_type is MediaType.JSON
        errors = (
            error.errors
            if isinstance(error, OperationRejected)
            else tuple(_error(problem.message, error) for problem in error.problems)
        )
        return self._errors(
            errors, _OK if legacy else error.row.status, media_type, error.code
        )

    def render_error(self, error: WeirError, context: RequestContext) -> Response:
        """Render as a GraphQL response without data, with the status of the error."""
        text = error.public_detail(development=self._facade.development)
        media_type = preferred(context.client_headers.get(b"accept", b""))
        return self._errors(
            (_error(text, error),),
            error.row.status,
            media_type or MediaType.RESPONSE,
            error.code,
        )

    def _response(
        self,
        result: ExecutionResult,
        media_type: MediaType,
        *,
        reusable: bool,
        has_validator: bool,
    ) -> Response:
        # GraphQL section 7.1: no `errors` where there are none.
        body: JSONObject = {"data": result.data}
        if result.errors:
            body["errors"] = result.errors
        if result.cost is not None and self._facade.reports_cost:
            body["extensions"] = _extensions(result.cost)
        if result.degraded or result.clamped:
            body.setdefault("extensions", {})["weir"] = _notes(result)
        vary = ", ".join((_NEGOTIATED, *result.vary)) if result.vary else _NEGOTIATED
        content = orjson.dumps(body)
        has_validator = has_validator and result.completed
        validator = ((b"etag", etag(content)),) if has_validator else ()
        return Response(
            status=_OK,
            headers=(
                (b"content-type", media_type.content_type),
                (b"vary", vary.encode()),
                *validator,
                *cache_fields(result, reusable=reusable, has_validator=has_validator),
            ),
            body=content,
            failures=result.failures,
        )

    def _errors(
        self,
        errors: tuple[JSONObject, ...],
        status: int,
        media_type: MediaType,
        code: str,
        cache_control: bytes = b"no-store",
    ) -> Response:
        return Response(
            status=status,
            headers=(
                (b"content-type", media_type.content_type),
                (b"cache-control", cache_control),
                (b"vary", _NEGOTIATED.encode()),
            ),
            body=orjson.dumps({"errors": errors}),
            error_code=code,
        )


def _wants_page(request: Request, accept: bytes) -> bool:
    """Return whether a browser opens the address; a stored operation has its own."""
    is_bare = not request.head.query and not request.path_parameters
    return is_bare and prefers_page(accept)


def _extensions(cost: CostReport) -> JSONObject:
    values = _costs(cost)
    if cost.subgraphs:
        values["subgraphs"] = {
            name: _costs(each) for name, each in cost.subgraphs.items()
        }
    return {"cost": values}


def _costs(cost: CostReport | PartReport) -> JSONObject:
    values: JSONObject = {
        "estimated": cost.estimated,
        "actual": cost.actual,
        "difference": cost.estimated - cost.actual,
    }
    return values if cost.maximum is None else {**values, "maximum": cost.maximum}


def _notes(result: ExecutionResult) -> JSONObject:
    """Return what a client cannot see in the data: values in place of others."""
    notes: JSONObject = {}
    if result.degraded:
        notes["degraded"] = result.degraded
    if result.clamped:
        notes["clamped"] = clamped_arguments(result.clamped)
    return notes


def _error(message: str, error: WeirError) -> JSONObject:
    return {"message": message, "extensions": {"code": error.code}}
