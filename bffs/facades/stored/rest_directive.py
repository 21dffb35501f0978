"""The `@rest` directive of stored operations: the endpoints of one."""

from dataclasses import dataclass
from typing import Final

from graphql import (
    DirectiveNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    get_argument_values,
)

from weir.bffs.config.model.position import Position
from weir.bffs.facades.stored.place import place_of
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
      "A line for the description of the API." summary: String! = "",
      "Groups of endpoints in the description." tags: [String!]! = []
    ) repeatable on QUERY | MUTATION
    type Query { unused: Boolean }
    """
)
REST_DIRECTIVE: Final = _SCHEMA.directives[0]
REST_METHOD: Final = _SCHEMA.type_map["RestMethod"]
_ARGUMENTS: Final = ", ".join(REST_DIRECTIVE.args)


@dataclass(frozen=True, slots=True)
class RestBinding:
    """An endpoint: a method and a template such as /v1/titles/{id}.

    `summary` and `tags` are for the description of the API. `place` is where the file
    of its operation binds it.
    """

    method: str
    template: PathTemplate
    place: Position
    summary: str = ""
    tags: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.method} {self.template.text}"


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
        template = parse_template(values["path"])
    except InvalidTemplate as error:
        message = f"@rest(path:): {error}"
        raise GraphQLError(message, node) from error
    binding = RestBinding(
        values["method"],
        template,
        place_of(node),
        values["summary"],
        tuple(values["tags"]),
    )
    if problem := _misfit(binding, definition):
        raise GraphQLError(problem, node)
    return binding


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
    return ""
