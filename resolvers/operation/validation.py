"""The validation of a document against the schema that its client sees."""

from functools import partial
from typing import cast

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    specified_rules,
    validate,
)
from graphql.validation import ASTValidationContext
from graphql.validation.rules.overlapping_fields_can_be_merged import (
    MAX_COMPLEXITY_BUDGET,
)

from weir.resolvers.operation.errors import (
    LimitExceeded,
    OperationNotFound,
    ValidationFailed,
)
from weir.resolvers.operation.one_of_variables import OneOfVariablesRule
from weir.resolvers.operation.validation_errors import with_suggestions
from weir.resolvers.operation.work import WorkBudget

_MAX_ERRORS = 20
_ABORTED = "Validation aborted."


class _StopWhenCancelled(ASTValidationRule):
    """A rule that accepts all nodes, and stops the validation once it is cancelled."""

    def __init__(self, work: WorkBudget, context: ASTValidationContext) -> None:
        super().__init__(context)
        self._work = work

    def enter(self, *_: object) -> None:
        self._work.check()


def validate_operation(
    document: DocumentNode,
    schema: GraphQLSchema,
    work: WorkBudget | None = None,
    *,
    suggests: bool = True,
) -> None:
    """Validate a document that is within the limits.

    `suggests` is whether errors may name elements of the schema that the client did
    not.

    Raises `ValidationFailed` with all errors, `LimitExceeded` if a budget of
    graphql-core is exhausted, and `Cancelled`.
    """
    # graphql-core only calls a rule, so a partial is one.
    stopping = cast(
        "type[ASTValidationRule]",
        partial(_StopWhenCancelled, work or WorkBudget()),
    )
    errors = validate(
        schema,
        document,
        (stopping, *specified_rules, OneOfVariablesRule),
        max_errors=_MAX_ERRORS,
        hide_suggestions=True,
        allow_empty_selection_sets=False,
    )
    if any(error.message == _ABORTED for error in errors):
        raise LimitExceeded(
            what="steps to validate", found=0, limit=MAX_COMPLEXITY_BUDGET
        )
    if errors:
        raise ValidationFailed(with_suggestions(errors, schema) if suggests else errors)


def select_operation(
    document: DocumentNode, name: str | None
) -> OperationDefinitionNode:
    """Return the operation to execute (GraphQL §6.1).

    Raises `OperationNotFound`.
    """
    operations = [
        node
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    ]
    if name is None and len(operations) == 1:
        return operations[0]
    for operation in operations:
        if name and operation.name and operation.name.value == name:
            return operation
    raise OperationNotFound(name)


def refuse_unknown_root(
    operation: OperationDefinitionNode, schema: GraphQLSchema
) -> None:
    """Raise `ValidationFailed` if the schema has no such root type."""
    if schema.get_root_type(operation.operation) is None:
        message = f"The schema has no {operation.operation.value} type."
        raise ValidationFailed([GraphQLError(message, operation)])
