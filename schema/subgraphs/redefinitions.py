"""The check of a subgraph's own definitions of a spec's directives and types.

A definition may be narrower than the spec's: fewer locations, not repeatable, without
optional arguments, non-null where the spec is nullable, and another type than the
spec's custom scalar.

Servers of federation 1 print definitions of `@key`, `@provides` and `@requires` with
known mistakes. `without_known_mistakes` removes these.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from graphql import (
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    Node,
    ScalarTypeDefinitionNode,
    TypeDefinitionNode,
    print_ast,
    specified_scalar_types,
)
from typing_extensions import TypeIs

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.diagnostics.locations import location_of
from weir.schema.model.type_refs import (
    ListOf,
    Named,
    NonNull,
    TypeRef,
    base_name,
    nullable,
    type_ref,
)
from weir.schema.model.values import same_value
from weir.schema.subgraphs.completion import Expected
from weir.schema.subgraphs.subgraph import Subgraph

_FIELD_SETS = frozenset({"key", "provides", "requires"})
_MISTAKES = frozenset({"String", "_FieldSet", "FieldSet"})


def without_known_mistakes(document: DocumentNode) -> DocumentNode:
    """Remove federation 1 definitions without arguments, or with nullable fields."""
    return DocumentNode(
        definitions=tuple(
            node for node in document.definitions if not _is_known_mistake(node)
        ),
        loc=document.loc,
    )


def _is_known_mistake(node: DefinitionNode) -> bool:
    if not _is_directive(node) or node.name.value not in _FIELD_SETS:
        return False
    arguments = {each.name.value: print_ast(each.type) for each in node.arguments or ()}
    return not arguments or (
        arguments.keys() == {"fields"} and arguments["fields"] in _MISTAKES
    )


def redefinition_errors(
    document: DocumentNode, expected: tuple[Expected, ...], subgraph: Subgraph
) -> Iterator[CompositionError]:
    """Yield the errors in the document's own versions of specified definitions."""
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
    names = _names(document, types.values())
    for node in document.definitions:
        code, problems = _problems(node, types, directives, names)
        for message, at in problems:
            yield CompositionError(
                code=code,
                message=f"[{subgraph.name}] {message}",
                locations=(location_of(at, subgraph.name, subgraph.file),),
                fix="Remove the definition: the gateway adds the right one.",
            )


@dataclass(frozen=True, slots=True)
class _Names:
    """The custom scalars of a document and of the specs, and its other input types."""

    scalars: frozenset[str]
    inputs: frozenset[str]


def _names(document: DocumentNode, expected: Iterable[TypeDefinitionNode]) -> _Names:
    scalars = (
        node.name.value
        for node in (*document.definitions, *expected)
        if isinstance(node, ScalarTypeDefinitionNode)
        and node.name.value not in specified_scalar_types
    )
    inputs = (
        node.name.value
        for node in document.definitions
        if isinstance(node, InputObjectTypeDefinitionNode | EnumTypeDefinitionNode)
    )
    return _Names(frozenset(scalars), frozenset(inputs))


def undefined_types(
    document: DocumentNode, expected: tuple[Expected, ...], subgraph: Subgraph
) -> Iterator[CompositionError]:
    """Yield an error for each undefined argument type of an own directive."""
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
            if name in defined or name in specified_scalar_types:
                continue
            fix = f'Add "scalar {name}", or remove the definition of the directive:'
            yield CompositionError(
                code=Code.INVALID_GRAPHQL,
                message=f'[{subgraph.name}] Unknown type "{name}".',
                locations=(location_of(item, subgraph.name, subgraph.file),),
                fix=f"{fix} the gateway adds it." if name in provided else "",
            )


def _is_directive(node: DefinitionNode) -> TypeIs[DirectiveDefinitionNode]:
    return isinstance(node, DirectiveDefinitionNode)


def _problems(
    node: DefinitionNode,
    types: dict[str, TypeDefinitionNode],
    directives: dict[str, DirectiveDefinitionNode],
    names: _Names,
) -> tuple[Code, Iterator[tuple[str, Node]]]:
    if isinstance(node, DirectiveDefinitionNode) and node.name.value in directives:
        expected = directives[node.name.value]
        problems = _directive_problems(node, expected, names)
        return Code.DIRECTIVE_DEFINITION_INVALID, problems
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
    node: DirectiveDefinitionNode,
    expected: DirectiveDefinitionNode,
    names: _Names,
) -> Iterator[tuple[str, Node]]:
    intro = f'Invalid definition for directive "@{node.name.value}"'
    if node.repeatable and not expected.repeatable:
        yield f"{intro}: it should not be repeatable", node
    allowed = [location.value for location in expected.locations]
    got = [location.value for location in node.locations]
    if not set(got) <= set(allowed):
        locations = f"{', '.join(allowed)}, but found (non-subset) {', '.join(got)}"
        yield f"{intro}: it should have locations {locations}", node
    for problem, at in _argument_problems(node, expected, names):
        yield f"{intro}: {problem}", at


def _argument_problems(
    node: DirectiveDefinitionNode,
    expected: DirectiveDefinitionNode,
    names: _Names,
) -> Iterator[tuple[str, Node]]:
    known = {item.name.value: item for item in expected.arguments or ()}
    given = {item.name.value: item for item in node.arguments or ()}
    for name, item in given.items():
        if name not in known:
            yield f'unknown argument "{name}"', item
        else:
            yield from _mismatch(name, item, known[name], names)
    for name, item in known.items():
        required = print_ast(item.type).endswith("!") and item.default_value is None
        if name not in given and required:
            yield f'missing required argument "{name}"', node


def _mismatch(
    name: str,
    given: InputValueDefinitionNode,
    known: InputValueDefinitionNode,
    names: _Names,
) -> Iterator[tuple[str, Node]]:
    want, got = type_ref(known.type, {}), type_ref(given.type, {})
    is_nullable = not isinstance(got, NonNull)
    if not _stands_in(got, want, names):
        yield (
            f'argument "{name}" should have type "{want}" but found type "{got}"',
            given,
        )
    elif is_nullable and not same_value(given.default_value, known.default_value):
        default = known.default_value
        wanted = f"the default value {print_ast(default)}" if default else "no default"
        yield f'argument "{name}" should have {wanted}', given


def _stands_in(got: TypeRef, want: TypeRef, names: _Names) -> bool:
    """Return whether values of the specified type fit the type in the document."""
    if not isinstance(want, NonNull):
        got = nullable(got)
    return got == want or _fits(got, want, names)


def _fits(got: TypeRef, want: TypeRef, names: _Names) -> bool:
    match want, got:
        case (NonNull(of=wanted), NonNull(of=given)) | (
            ListOf(of=wanted),
            ListOf(of=given),
        ):
            return _fits(given, wanted, names)
        case Named(name=wanted_name), _:
            # The values of a custom scalar have an unknown notation. Those of input
            # objects and enums are checked where the directive is applied.
            is_custom = isinstance(got, Named) and not (
                got.name in specified_scalar_types or got.name in names.inputs
            )
            return wanted_name in names.scalars and not is_custom
        case _:
            return False
