"""Introspection, answered here: `__schema` and `__type` never reach a subgraph."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    execute_sync,  # pyright: ignore[reportUnknownVariableType] - middleware's type
)

from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.operation.descendants import descendants

_MAX_RESULTS = 8


def introspection(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    nodes: Sequence[FieldNode],
) -> Callable[[JSONObject], JSONValue]:
    """Prepare the answer to one root field, asked for by `nodes` together.

    What is returned computes the field's value from the operation's variables. A few
    answers are kept, as describing a large schema costs far more than a request.
    """
    used = frozenset(_variables(nodes, fragments))
    document = _document(operation, fragments, nodes, used)
    names = tuple(sorted(used))
    alias = nodes[0].alias
    response_key = alias.value if alias else nodes[0].name.value
    results: dict[str, JSONValue] = {}

    def resolve(variables: JSONObject) -> JSONValue:
        values = {name: variables[name] for name in names if name in variables}
        # Only Boolean and String variables fit anywhere in an introspection field.
        key = repr(values)
        if key not in results:
            if len(results) >= _MAX_RESULTS:
                results.pop(next(iter(results)))
            result = execute_sync(schema, document, variable_values=values)
            results[key] = _data(result).get(response_key)
        return results[key]

    return resolve


def _data(result: ExecutionResult) -> JSONObject:
    return result.data or {}


def _document(
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    nodes: Sequence[FieldNode],
    used: frozenset[str],
) -> DocumentNode:
    # The directives on the nodes themselves have been applied already.
    selections = tuple(
        FieldNode(
            alias=node.alias,
            name=node.name,
            arguments=node.arguments,
            directives=(),
            selection_set=node.selection_set,
        )
        for node in nodes
    )
    definition = OperationDefinitionNode(
        operation=OperationType.QUERY,
        variable_definitions=tuple(
            each
            for each in operation.variable_definitions or ()
            if each.variable.name.value in used
        ),
        directives=(),
        selection_set=SelectionSetNode(selections=selections),
    )
    return DocumentNode(definitions=(definition, *fragments.values()))


def _variables(
    nodes: Sequence[FieldNode], fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[str]:
    """Yield the variables that `nodes` use, in the fragments they spread as well."""
    pending: list[Node] = list(nodes)
    spread: set[str] = set()
    while pending:
        for node in descendants(pending.pop()):
            if isinstance(node, VariableNode):
                yield node.name.value
            elif isinstance(node, FragmentSpreadNode):
                name = node.name.value
                if name not in spread:
                    spread.add(name)
                    pending.append(fragments[name])
