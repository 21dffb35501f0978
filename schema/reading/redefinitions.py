"""Checks a subgraph's own definitions of directives and types that a spec defines.

Definitions may be narrower than the spec's: fewer locations, not repeatable, required
where the spec is optional, and a built-in scalar (or a list) for a scalar of the spec.
"""

from collections.abc import Iterator

from graphql import (
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    InputValueDefinitionNode,
    Node,
    ScalarTypeDefinitionNode,
    TypeDefinitionNode,
    print_ast,
    specified_scalar_types,
)
from typing_extensions import TypeIs

from schema.errors import Code, CompositionError, place_of
from schema.reading.completion import Expected
from schema.subgraph import Subgraph
from schema.type_refs import (
    ListOf,
    Named,
    NonNull,
    TypeRef,
    base_name,
    nullable,
    type_ref,
)
from schema.values import same_value


def redefinition_errors(
    document: DocumentNode, expected: tuple[Expected, ...], subgraph: Subgraph
) -> Iterator[CompositionError]:
    """What is wrong with the document's own versions of specified definitions."""
    types = {
        node.name.value: node
        for item in expected
        if isinstance(node := item.node, TypeDefinitionNode)
    }
    directives = {
        node.name.value: node
        for item in expected
        if isinstance(node := item.node, DirectiveDefinitionNode)
    }
    for node in document.definitions:
        code, problems = _problems(node, types, directives)
        for message, at in problems:
            yield CompositionError(
                code=code,
                message=f"[{subgraph.name}] {message}",
                places=(place_of(at, subgraph.name, subgraph.file),),
                way_out="Remove the definition: the gateway adds the right one.",
            )


def undefined_types(
    document: DocumentNode, expected: tuple[Expected, ...], subgraph: Subgraph
) -> Iterator[CompositionError]:
    """Who defines a directive itself defines the scalars of its arguments too."""
    provided = {
        node.name.value
        for item in expected
        if isinstance(node := item.node, TypeDefinitionNode)
    }
    defined = {
        node.name.value
        for node in document.definitions
        if isinstance(node, TypeDefinitionNode)
    }
    for node in document.definitions:
        for item in node.arguments or () if _is_directive(node) else ():
            name = base_name(type_ref(item.type, {}))
            if name in provided - defined:
                yield CompositionError(
                    code=Code.INVALID_GRAPHQL,
                    message=f'[{subgraph.name}] Unknown type "{name}".',
                    places=(place_of(item, subgraph.name, subgraph.file),),
                    way_out=f'Add "scalar {name}", or remove the definition of'
                    " the directive: the gateway adds it.",
                )


def _is_directive(node: DefinitionNode) -> TypeIs[DirectiveDefinitionNode]:
    return isinstance(node, DirectiveDefinitionNode)


def _problems(
    node: DefinitionNode,
    types: dict[str, TypeDefinitionNode],
    directives: dict[str, DirectiveDefinitionNode],
) -> tuple[Code, Iterator[tuple[str, Node]]]:
    if isinstance(node, DirectiveDefinitionNode) and node.name.value in directives:
        expected = directives[node.name.value]
        return Code.DIRECTIVE_DEFINITION_INVALID, _directive_problems(node, expected)
    if isinstance(node, TypeDefinitionNode) and node.name.value in types:
        expected_type = types[node.name.value]
        return Code.TYPE_DEFINITION_INVALID, _type_problems(node, expected_type)
    return Code.TYPE_DEFINITION_INVALID, iter(())


def _type_problems(
    node: TypeDefinitionNode, expected: TypeDefinitionNode
) -> Iterator[tuple[str, Node]]:
    name = node.name.value
    if isinstance(expected, ScalarTypeDefinitionNode):
        if not isinstance(node, ScalarTypeDefinitionNode):
            yield f'Invalid definition for type "{name}": it should be a scalar', node
        return
    assert isinstance(expected, EnumTypeDefinitionNode)
    if not isinstance(node, EnumTypeDefinitionNode):
        yield f'Invalid definition for type "{name}": it should be an enum', node
        return
    want = sorted(value.name.value for value in expected.values or ())
    got = sorted(value.name.value for value in node.values or ())
    if want != got:
        intro = f'Invalid definition for type "{name}"'
        values = f"[{', '.join(want)}] but found [{', '.join(got)}]"
        yield f"{intro}: expected values {values}", node


def _directive_problems(
    node: DirectiveDefinitionNode, expected: DirectiveDefinitionNode
) -> Iterator[tuple[str, Node]]:
    intro = f'Invalid definition for directive "@{node.name.value}"'
    if node.repeatable and not expected.repeatable:
        yield f"{intro}: it should not be repeatable", node
    allowed = [location.value for location in expected.locations]
    got = [location.value for location in node.locations]
    if not set(got) <= set(allowed):
        locations = f"{', '.join(allowed)}, but found (non-subset) {', '.join(got)}"
        yield f"{intro}: it should have locations {locations}", node
    for problem, at in _argument_problems(node, expected):
        yield f"{intro}: {problem}", at


def _argument_problems(
    node: DirectiveDefinitionNode, expected: DirectiveDefinitionNode
) -> Iterator[tuple[str, Node]]:
    known = {item.name.value: item for item in expected.arguments or ()}
    given = {item.name.value: item for item in node.arguments or ()}
    for name, item in given.items():
        if name not in known:
            yield f'unknown argument "{name}"', item
        else:
            yield from _mismatch(name, item, known[name])
    for name, item in known.items():
        required = print_ast(item.type).endswith("!") and item.default_value is None
        if name not in given and required:
            yield f'missing required argument "{name}"', node


def _mismatch(
    name: str, given: InputValueDefinitionNode, known: InputValueDefinitionNode
) -> Iterator[tuple[str, Node]]:
    want, got = type_ref(known.type, {}), type_ref(given.type, {})
    if not _stands_in(got, want):
        yield (
            f'argument "{name}" should have type "{want}" but found type "{got}"',
            given,
        )
    elif given.default_value is not None and not same_value(
        given.default_value, known.default_value
    ):
        yield f'argument "{name}" has another default value', given


def _stands_in(got: TypeRef, want: TypeRef) -> bool:
    """Whether values of the specified type fit into the one that was given.

    The outermost nullability does not matter: nobody leaves out the fields of a key.
    """
    return got == want or _fits(nullable(got), nullable(want))


def _fits(got: TypeRef, want: TypeRef) -> bool:
    match want, got:
        case (NonNull(of=wanted), NonNull(of=given)) | (
            ListOf(of=wanted),
            ListOf(of=given),
        ):
            return _fits(given, wanted)
        case Named(name=wanted_name), _:
            return _stands_for_scalar(wanted_name, got)
        case _:
            return False


def _stands_for_scalar(wanted: str, got: TypeRef) -> bool:
    if got == Named(wanted):
        return True
    if wanted in specified_scalar_types:
        return False
    while not isinstance(got, Named):
        got = got.of
    return got.name in specified_scalar_types
