"""The `@rest` directive of stored operations: the endpoints of one."""

from dataclasses import dataclass, replace
from typing import Any, Final

from graphql import (
    DirectiveNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    get_argument_values,
)

from weir.bffs.config.model.position import Position
from weir.bffs.facades.http.cache_policy import InvalidCachePolicy, read_cache_policy
from weir.bffs.facades.stored.place import place_of
from weir.gateway.cache_control import NO_STATEMENT, CacheControl
from weir.gateway.edge.responses.lifecycle import (
    CURRENT,
    InvalidLifecycle,
    Lifecycle,
    read_lifecycle,
)
from weir.gateway.routes.matching.template import (
    InvalidTemplate,
    PathTemplate,
    parse_template,
)

REST: Final = "rest"
_SCHEMA: Final = build_schema(
    """
    enum RestMethod { GET POST PUT PATCH DELETE }
    "Binds a stored operation to an endpoint of its façade."
    directive @rest(
      method: RestMethod! = GET, path: String!,
      "The status of a complete response: 200, 201, 202 or 204." status: Int! = 200,
      "Cache-Control of the responses, as far as services allow it."
      cache: String! = "",
      "The first day on which the endpoint should not be used, such as 2026-01-01."
      deprecated: String! = "",
      "The last day on which the endpoint is available." sunset: String! = "",
      "The URL of a page about the deprecation and the sunset." notice: String! = "",
      "A line for the description of the API." summary: String! = "",
      "Groups of endpoints in the description." tags: [String!]! = [],
      "The variable with the place of a list's first item, for links to other pages."
      offset: String! = "",
      "The variable with the most items of a page." limit: String! = ""
    ) repeatable on QUERY | MUTATION
    type Query { unused: Boolean }
    """
)
REST_DIRECTIVE: Final = _SCHEMA.directives[0]
REST_METHOD: Final = _SCHEMA.type_map["RestMethod"]
_ARGUMENTS: Final = ", ".join(REST_DIRECTIVE.args)
_OK: Final = 200
NO_CONTENT: Final = 204
_STATUSES: Final = (_OK, 201, 202, NO_CONTENT)


@dataclass(frozen=True, slots=True)
class RestBinding:
    """An endpoint: a method and a template such as /v1/titles/{id}.

    `status` is that of complete responses. `cache` limits what services allow caches,
    and states what they do not. `summary` and `tags` are for the description of the
    API. `offset` and `limit` are the variables of a list's pages. `place` is where the
    file of its operation binds it.
    """

    method: str
    template: PathTemplate
    place: Position
    summary: str = ""
    tags: tuple[str, ...] = ()
    status: int = _OK
    cache: CacheControl = NO_STATEMENT
    lifecycle: Lifecycle = CURRENT
    offset: str = ""
    limit: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.template.text}"

    @property
    def declaration(self) -> str:
        """The text of all that the directive declares, wherever it is."""
        return repr(replace(self, place=Position(0, 0)))


def read_binding(
    node: DirectiveNode, definition: OperationDefinitionNode
) -> RestBinding:
    """Return the endpoint of a directive of `definition`.

    Raises GraphQLError if the directive is wrong, or does not fit the operation.
    """
    for argument in node.arguments or ():
        if argument.name.value not in REST_DIRECTIVE.args:
            message = (
                f'@rest has no argument "{argument.name.value}"; it has {_ARGUMENTS}'
            )
            raise GraphQLError(message, argument)
    values = get_argument_values(REST_DIRECTIVE, node)
    try:
        binding = _binding(values, place_of(node))
    except InvalidTemplate as error:
        message = f"@rest(path:): {error}"
        raise GraphQLError(message, node) from error
    except InvalidCachePolicy as error:
        message = f"@rest(cache:): {error}"
        raise GraphQLError(message, node) from error
    except InvalidLifecycle as error:
        message = f"@rest: {error}"
        raise GraphQLError(message, node) from error
    if problem := _misfit(binding, definition):
        raise GraphQLError(problem, node)
    return binding


def _binding(values: dict[str, Any], place: Position) -> RestBinding:
    return RestBinding(
        values["method"],
        parse_template(values["path"]),
        place,
        values["summary"],
        tuple(values["tags"]),
        values["status"],
        read_cache_policy(values["cache"]),
        read_lifecycle(values["deprecated"], values["sunset"], values["notice"]),
        values["offset"],
        values["limit"],
    )


def _misfit(binding: RestBinding, definition: OperationDefinitionNode) -> str:
    variables = {
        node.variable.name.value for node in definition.variable_definitions or ()
    }
    for name in binding.template.parameters:
        if name not in variables:
            known = ", ".join(f"${each}" for each in sorted(variables)) or "none"
            return f"{{{name}}} is not a variable of the operation; it has {known}"
    if definition.operation is OperationType.MUTATION and binding.method == "GET":
        return "a mutation cannot be bound to GET: GET must be safe to repeat"
    return _status_misfit(binding) or _cache_misfit(binding)


def _status_misfit(binding: RestBinding) -> str:
    if binding.status not in _STATUSES:
        known = ", ".join(map(str, _STATUSES))
        return f"@rest(status:): expected one of {known}, got {binding.status}"
    if binding.status != _OK and binding.method == "GET":
        return f"@rest(status:): GET returns its data with 200, not {binding.status}"
    return ""


def _cache_misfit(binding: RestBinding) -> str:
    if binding.cache != NO_STATEMENT and binding.method != "GET":
        return f"@rest(cache:): caches store no responses to {binding.method}"
    return ""
