"""Operations that can be planned and projected, made from the client's text.

`prepare` runs all steps. The steps are also functions of their own, because hidden
arguments (device profiles) are added between validation and normalisation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    VariableDefinitionNode,
)

from weir.resolvers.operation.conditions import ALWAYS
from weir.resolvers.operation.descendants import descendants
from weir.resolvers.operation.document.limits import DEFAULT_LIMITS, OperationLimits
from weir.resolvers.operation.document.parsing import parse_operation
from weir.resolvers.operation.document.validation import (
    refuse_unknown_root,
    select_operation,
    validate_operation,
)
from weir.resolvers.operation.fields import Field
from weir.resolvers.operation.normalise import Normaliser, SchemaTypes
from weir.resolvers.operation.response_key import mutation_root_key, response_key
from weir.resolvers.operation.work import WorkBudget

_INTROSPECTION = frozenset({"__schema", "__type"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation of one schema, as written and normalised.

    The projection reads `document` and `definition`. The document has no other
    operations. `introspects` is true if `__schema` or `__type` is selected anywhere.
    `fields` do not contain those at the root.
    """

    name: str | None
    kind: OperationType
    document: DocumentNode
    definition: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, VariableDefinitionNode]
    root_type: str
    fields: tuple[Field, ...]
    introspects: bool = False


def normalise(
    document: DocumentNode,
    operation_name: str | None,
    schema: GraphQLSchema,
    work: WorkBudget | None = None,
) -> Operation:
    """Normalise an operation of a validated document.

    Raises `OperationNotFound`, and the errors of `work`.
    """
    definition = select_operation(document, operation_name)
    refuse_unknown_root(definition, schema)
    root = schema.get_root_type(definition.operation)
    assert root is not None
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    is_mutation = definition.operation is OperationType.MUTATION
    fields = Normaliser(SchemaTypes(schema), fragments, work or WorkBudget()).fields_of(
        root.name,
        [(definition.selection_set, ALWAYS)],
        mutation_root_key if is_mutation else response_key,
    )
    return Operation(
        name=definition.name.value if definition.name else None,
        kind=definition.operation,
        document=replace(document, definitions=(definition, *fragments.values())),
        definition=definition,
        fragments=fragments,
        variables={
            node.variable.name.value: node
            for node in definition.variable_definitions or ()
        },
        root_type=root.name,
        fields=tuple(each for each in fields if not each.name.startswith("__")),
        introspects=any(
            isinstance(node, FieldNode) and node.name.value in _INTROSPECTION
            for node in descendants(definition, *fragments.values())
        ),
    )


def prepare(
    text: str,
    operation_name: str | None,
    schema: GraphQLSchema,
    limits: OperationLimits = DEFAULT_LIMITS,
) -> Operation:
    """Parse within limits, validate, select and normalise.

    Raises `OperationRejected`.
    """
    document = parse_operation(text, limits)
    validate_operation(document, schema)
    return normalise(document, operation_name, schema)
