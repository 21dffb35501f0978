"""Compares supergraphs by meaning: sets of definitions with sets of applications."""

from collections.abc import Iterable, Iterator

from graphql import (
    DirectiveNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    Node,
    ObjectTypeDefinitionNode,
    SchemaDefinitionNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
    parse,
    print_ast,
)

from weir.schema.model.values import canonical


def differences(ours: str, theirs: str) -> list[str]:
    """Facts that only one of two supergraphs states; "+" is ours alone."""
    one, other = set(facts(ours)), set(facts(theirs))
    lines = [f"+ {each}" for each in one - other]
    lines += [f"- {each}" for each in other - one]
    return sorted(lines, key=lambda line: (line[2:], line[0]))


def facts(sdl: str) -> Iterator[str]:
    """One line per type, field, argument, member and applied directive."""
    for node in parse(sdl).definitions:
        if isinstance(node, SchemaDefinitionNode):
            yield from (f"schema {each}" for each in _applied(node.directives))
        elif isinstance(node, TypeDefinitionNode):
            yield from _type_facts(node)


def _type_facts(node: TypeDefinitionNode) -> Iterator[str]:
    name = f"{node.kind} {node.name.value}"
    yield name
    yield from (f"{name} {each}" for each in _applied(node.directives))
    match node:
        case ObjectTypeDefinitionNode() | InterfaceTypeDefinitionNode():
            interfaces = [each.name.value for each in node.interfaces or ()]
            yield from (f"{name} implements {each}" for each in interfaces)
            for field in node.fields or ():
                yield from _field_facts(name, field)
        case InputObjectTypeDefinitionNode():
            for item in node.fields or ():
                yield from _input_facts(f"{name}.", item)
        case EnumTypeDefinitionNode():
            yield from _value_facts(name, node)
        case UnionTypeDefinitionNode():
            yield from (f"{name} = {member.name.value}" for member in node.types or ())
        case _:
            pass


def _value_facts(name: str, node: EnumTypeDefinitionNode) -> Iterator[str]:
    """The urls of subgraphs are no facts about the graph."""
    for value in node.values or ():
        yield f"{name}.{value.name.value}"
        for each in _applied(value.directives):
            if "join__graph" not in each:
                yield f"{name}.{value.name.value} {each}"


def _field_facts(owner: str, field: FieldDefinitionNode) -> Iterator[str]:
    name = f"{owner}.{field.name.value}"
    yield f"{name}: {print_ast(field.type)}"
    yield from (f"{name} {each}" for each in _applied(field.directives))
    for each in field.arguments or ():
        yield from _input_facts(f"{name}:", each)


def _input_facts(owner: str, node: InputValueDefinitionNode) -> Iterator[str]:
    default = f" = {canonical(node.default_value)}" if node.default_value else ""
    name = f"{owner}{node.name.value}"
    yield f"{name}: {print_ast(node.type)}{default}"
    yield from (f"{name} {each}" for each in _applied(node.directives))


def _applied(directives: Iterable[DirectiveNode] | None) -> Iterator[str]:
    for each in directives or ():
        arguments = sorted(
            f"{item.name.value}: {_text(item.value)}" for item in each.arguments or ()
        )
        yield f"@{each.name.value}({', '.join(arguments)})"


def _text(value: Node) -> str:
    return " ".join(canonical(value).split())  # type: ignore[arg-type]
