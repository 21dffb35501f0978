"""The rule on variables in the fields of `@oneOf` input objects.

GraphQL September 2025, 5.8.5: such a variable must not be nullable. The rule of
graphql-core misses objects whose type is wrapped, such as `By!` and the items of
`[By!]`.
"""

from typing import Any

from graphql import (
    GraphQLError,
    OperationDefinitionNode,
    ValidationRule,
    get_named_type,
    is_input_object_type,
    is_nullable_type,  # pyright: ignore[reportUnknownVariableType] - graphql-core
    type_from_ast,  # pyright: ignore[reportUnknownVariableType] - graphql-core
)


class OneOfVariablesRule(ValidationRule):
    """Reports nullable variables in wrapped `@oneOf` input objects."""

    def leave_operation_definition(
        self, operation: OperationDefinitionNode, *_: Any
    ) -> None:
        declared = {
            node.variable.name.value: node
            for node in operation.variable_definitions or ()
        }
        usages: Any = self.context.get_recursive_variable_usages(operation)
        for usage in usages:
            parent, name = usage.parent_type, usage.node.name.value
            definition = declared.get(name)
            if definition is None or parent is None or is_input_object_type(parent):
                continue
            # graphql-core's overloads have no case for a type that is not known.
            of: Any = get_named_type(parent)  # pyright: ignore[reportUnknownVariableType]
            type_ = type_from_ast(self.context.schema, definition.type)
            if is_input_object_type(of) and of.is_one_of and is_nullable_type(type_):
                message = (
                    f"Variable '${name}' is of type '{type_}' but must be non-nullable"
                    f" to be used for OneOf Input Object '{of}'."
                )
                self.report_error(GraphQLError(message, [definition, usage.node]))
