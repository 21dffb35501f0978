"""The GraphQL text of argument values and directives."""

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    EnumValueNode,
    FieldNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    print_ast,
)

_CONDITIONS = frozenset({"skip", "include"})


def value_text(node: ValueNode) -> str:
    """Print a value. Fields of input objects are sorted, because they have no order.

    This is faster than graphql-core's printer, which is made for whole documents.
    """
    match node:
        case VariableNode(name=name):
            return f"${name.value}"
        case IntValueNode() | FloatValueNode() | EnumValueNode():
            return node.value
        case BooleanValueNode(value=value):
            return "true" if value else "false"
        case ListValueNode(values=values):
            return f"[{', '.join(value_text(value) for value in values)}]"
        case ObjectValueNode(fields=fields):
            parts = sorted(f"{f.name.value}: {value_text(f.value)}" for f in fields)
            return f"{{{', '.join(parts)}}}"
        case _:
            return print_ast(node)


def variables_in(node: ValueNode) -> frozenset[str]:
    """Return the names of the variables in a value."""
    match node:
        case VariableNode(name=name):
            return frozenset({name.value})
        case ListValueNode(values=values):
            return frozenset[str]().union(*map(variables_in, values))
        case ObjectValueNode(fields=fields):
            return frozenset[str]().union(*(variables_in(f.value) for f in fields))
        case _:
            return frozenset()


def own_directives(field: FieldNode) -> tuple[DirectiveNode, ...]:
    """Return the directives of a field that the gateway does not execute itself."""
    return tuple(
        directive
        for directive in field.directives or ()
        if directive.name.value not in _CONDITIONS
    )


def directive_text(directive: DirectiveNode) -> str:
    """Print a directive as it is applied."""
    arguments = ", ".join(
        f"{argument.name.value}: {value_text(argument.value)}"
        for argument in directive.arguments or ()
    )
    name = f"@{directive.name.value}"
    return f"{name}({arguments})" if arguments else name
