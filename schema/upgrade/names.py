"""The names of federation 2 in an upgraded subgraph, which imports all of them.

A federation 1 schema that defines `@shareable` or `@override` itself was written for
a federation 2 gateway, so its directives get the meaning of federation 2.
"""

from collections.abc import Mapping
from dataclasses import replace

from weir.schema.federation.specs import UPGRADED_LINK
from weir.schema.model.definitions import Applied, Field, TypeDefinition
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema
from weir.schema.upgrade.passes import Others, with_fields, with_types

_NAMES: Mapping[str, str] = {
    name: name for name in (each.removeprefix("@") for each in UPGRADED_LINK.imports)
}


def with_federation_names(subgraph: SubgraphSchema, others: Others) -> SubgraphSchema:
    del others
    unnamed = {
        name
        for name in _NAMES.keys() & subgraph.directives
        if not subgraph.links.owner(name)
    }
    if not unnamed - set(subgraph.names.specs):
        return subgraph

    def rewrite(definition: TypeDefinition) -> TypeDefinition:
        named = replace(definition, directives=_named(definition.directives))
        return with_fields(named, _field)

    names = replace(subgraph.names, specs={**subgraph.names.specs, **_NAMES})
    return replace(with_types(subgraph, rewrite), names=names)


def _field(field: Field) -> Field:
    return replace(field, directives=_named(field.directives))


def _named(directives: tuple[Applied, ...]) -> tuple[Applied, ...]:
    return tuple(
        replace(each, spec=_NAMES[each.name])
        if not each.spec and each.name in _NAMES
        else each
        for each in directives
    )
