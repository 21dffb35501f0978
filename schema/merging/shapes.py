"""The outline of the supergraph: kinds, implementations, members of unions.

Subtyping depends on it.
"""

from collections.abc import Iterator, Mapping

from weir.schema.diagnostics.codes import Code
from weir.schema.merging.context import is_interface_object
from weir.schema.merging.sources import Report, Source, distribution, in_subgraphs
from weir.schema.model.definitions import ROOT_TYPES, Kind, TypeDefinition
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema


def merged_kinds(
    subgraphs: tuple[SubgraphSchema, ...], report: Report
) -> Mapping[str, Kind]:
    """Return the kind of each type, and report types with different kinds."""
    names = dict.fromkeys(name for each in subgraphs for name in each.types)
    kinds: dict[str, Kind] = {}
    for name in names:
        sources = tuple(
            Source(each, each.types[name]) for each in subgraphs if name in each.types
        )
        seen = {_kind_in_supergraph(each.element) for each in sources}
        if len(seen) == 1:
            kinds[name] = seen.pop()
        else:
            listed = distribution(
                sources,
                lambda each: _kind_words(each.element),
                verb="is defined as",
            )
            report.error(
                Code.TYPE_KIND_MISMATCH,
                f'Type "{name}" has mismatched kind: {listed}',
                sources,
                fix="Give the type the same kind in all subgraphs.",
            )
        _check_has_base(name, sources, report)
        _check_has_interface(name, sources, report)
    return kinds


def _kind_in_supergraph(definition: TypeDefinition) -> Kind:
    return Kind.INTERFACE if is_interface_object(definition) else definition.kind


_WORDS = {
    Kind.SCALAR: "Scalar Type",
    Kind.OBJECT: "Object Type",
    Kind.INTERFACE: "Interface Type",
    Kind.UNION: "Union Type",
    Kind.ENUM: "Enum Type",
    Kind.INPUT: "Input Type",
}


def _kind_words(definition: TypeDefinition) -> str:
    if is_interface_object(definition):
        return "Interface Object Type"
    return _WORDS[definition.kind]


def _check_has_base(
    name: str, sources: tuple[Source[TypeDefinition], ...], report: Report
) -> None:
    """Report a type that has extensions but no definition.

    If its kinds differ, which is an error of its own, the first one is looked at.
    """
    kind = sources[0].element.kind
    alike = [each for each in sources if each.element.kind is kind]
    if name in ROOT_TYPES or not all(all(each.element.extensions) for each in alike):
        return
    where = in_subgraphs([each.name for each in alike])
    report.error(
        Code.EXTENSION_WITH_NO_BASE,
        f'[{alike[0].name}] Type "{name}" is an extension type, but there is no type'
        f' definition for "{name}" in any subgraph (it is extended in {where}).',
        alike,
        fix=f'Define "{name}" in the subgraph that owns it (without `extend`).',
    )


def _check_has_interface(
    name: str, sources: tuple[Source[TypeDefinition], ...], report: Report
) -> None:
    if all(is_interface_object(each.element) for each in sources):
        where = in_subgraphs([each.name for each in sources])
        report.error(
            Code.INTERFACE_OBJECT_USAGE_ERROR,
            f'Type "{name}" is declared with @interfaceObject in all the subgraphs in'
            f" which it is defined ({where}): it should be defined as an interface in"
            " at least one subgraph",
            sources,
            fix=f'Define "interface {name}" with a @key in another subgraph.',
        )


def merged_implements(
    subgraphs: tuple[SubgraphSchema, ...],
) -> dict[str, tuple[str, ...]]:
    """Return the interfaces of each type, united over the subgraphs."""
    implements: dict[str, dict[str, None]] = {}
    for subgraph in subgraphs:
        for definition in subgraph.of_kind(Kind.OBJECT, Kind.INTERFACE):
            names = implements.setdefault(definition.name, {})
            names.update(dict.fromkeys(definition.interfaces))
    return {name: tuple(names) for name, names in implements.items()}


def merged_members(
    subgraphs: tuple[SubgraphSchema, ...],
) -> dict[str, frozenset[str]]:
    """Return the members of each union type, over all subgraphs."""
    members: dict[str, set[str]] = {}
    for subgraph in subgraphs:
        for union in subgraph.of_kind(Kind.UNION):
            members.setdefault(union.name, set()).update(union.members)
    return {name: frozenset(names) for name, names in members.items()}


def interface_object_names(subgraphs: tuple[SubgraphSchema, ...]) -> Iterator[str]:
    for subgraph in subgraphs:
        for definition in subgraph.of_kind(Kind.OBJECT):
            if is_interface_object(definition):
                yield definition.name
