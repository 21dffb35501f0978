"""The `@access` directive of stored operations: the callers that may run one."""

from dataclasses import dataclass
from typing import Final

from graphql import DirectiveNode, GraphQLError, build_schema, get_argument_values
from pydantic import ValidationError

from weir.bffs.config.model.identity import AccessSection
from weir.bffs.config.model.position import Position

ACCESS: Final = "access"
ACCESS_DIRECTIVE: Final = build_schema(
    """
    "Restricts the callers of a stored operation, in addition to those of its façade."
    directive @access(
      authenticated: Boolean! = false
      scopes: [[String!]!]! = []
      roles: [String!]! = []
      policies: [String!]! = []
    ) on QUERY | MUTATION
    type Query { unused: Boolean }
    """
).directives[0]


@dataclass(frozen=True, slots=True)
class DeclaredAccess:
    """A rule, and the place of its directive in the file of the operation."""

    section: AccessSection
    place: Position


def read_access(node: DirectiveNode) -> AccessSection:
    """Return the rule of a directive; raises GraphQLError if it is wrong."""
    for argument in node.arguments or ():
        if argument.name.value not in ACCESS_DIRECTIVE.args:
            known = ", ".join(ACCESS_DIRECTIVE.args)
            message = f'@access has no argument "{argument.name.value}"; it has {known}'
            raise GraphQLError(message, argument)
    try:
        section = AccessSection.model_validate(
            get_argument_values(ACCESS_DIRECTIVE, node)
        )
    except ValidationError as error:
        message = f"@access: {error.errors()[0]['msg']}"
        raise GraphQLError(message, node) from error
    if section == AccessSection():
        message = "@access without a requirement would admit all callers"
        raise GraphQLError(message, node)
    return section
