"""The validation of a document against the schema that its client sees.

It runs the rules of graphql-core as `graphql.validate` does, with two differences: it
can be stopped, and it leaves no reference cycles. Rules refer to their own methods, and
to nodes that they have seen. So a document would take memory until the next garbage
collection, during which all requests wait.
"""

from typing import Final

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    ParallelVisitor,
    TypeInfo,
    TypeInfoVisitor,
    specified_rules,
    visit,
)
from graphql.validation.rules.overlapping_fields_can_be_merged import (
    MAX_COMPLEXITY_BUDGET,
    OverlappingFieldsCanBeMergedRule,
)
from graphql.validation.validate import (
    ValidationAbortedError,
    query_document_keys_to_validate,
)

from weir.resolvers.operation.document.one_of_variables import OneOfVariablesRule
from weir.resolvers.operation.document.stoppable_validation import (
    StoppableContext,
    StoppableMergeRule,
    StopWhenCancelled,
)
from weir.resolvers.operation.document.validation_errors import with_suggestions
from weir.resolvers.operation.errors import (
    LimitExceeded,
    OperationNotFound,
    ValidationFailed,
)
from weir.resolvers.operation.work import WorkBudget

_MAX_ERRORS: Final = 20
_TOO_MANY_ERRORS: Final = "Too many validation errors. The others are not listed."
_RULES: Final[tuple[type[ASTValidationRule], ...]] = (
    *(each for each in specified_rules if each != OverlappingFieldsCanBeMergedRule),
    OneOfVariablesRule,
)


class _EnoughErrors(Exception):
    """So many errors were found that no others are looked for."""


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
    errors: list[GraphQLError] = []
    try:
        _apply_rules(document, schema, work or WorkBudget(), errors)
    except _EnoughErrors:
        errors.append(GraphQLError(_TOO_MANY_ERRORS))
    if errors:
        raise ValidationFailed(with_suggestions(errors, schema) if suggests else errors)


def _apply_rules(
    document: DocumentNode,
    schema: GraphQLSchema,
    work: WorkBudget,
    errors: list[GraphQLError],
) -> None:
    def add(error: GraphQLError) -> None:
        if len(errors) == _MAX_ERRORS:
            raise _EnoughErrors
        errors.append(error)

    context = StoppableContext(schema, document, TypeInfo(schema), add, work)
    rules = [
        StopWhenCancelled(work),
        *(rule(context) for rule in _RULES),
        StoppableMergeRule(context, work),
    ]
    together = ParallelVisitor(rules)
    visitor = TypeInfoVisitor(context.type_info, together)
    try:
        visit(document, visitor, query_document_keys_to_validate)
    except (ValidationAbortedError, RecursionError):
        steps = MAX_COMPLEXITY_BUDGET
        raise LimitExceeded(what="steps to validate", found=0, limit=steps) from None
    finally:
        for each in (context, together, visitor, *rules):
            vars(each).clear()


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
