"""The upgrade of federation 1 subgraphs, so that merging only handles federation 2.

Federation 1 was lenient where federation 2 is strict: unused externals, `@provides` of
fields that are resolved anyway, value types without `@shareable`. Each pass rewrites
one such case to its meaning in federation 2. The passes read the other subgraphs in
their original form, so the order of the subgraphs does not matter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError, CompositionFailed
from weir.schema.federation.specs import UPGRADED
from weir.schema.merging.context import is_interface_object
from weir.schema.model.definitions import ROOT_TYPES, Kind
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema
from weir.schema.upgrade.arguments import with_string_arguments
from weir.schema.upgrade.extensions import without_extensions
from weir.schema.upgrade.externals import (
    without_external_keys,
    without_misplaced_externals,
    without_unused_externals,
)
from weir.schema.upgrade.interfaces import without_interface_directives
from weir.schema.upgrade.names import with_federation_names
from weir.schema.upgrade.passes import Others, Pass, is_federation_extension
from weir.schema.upgrade.selections import (
    without_inactive_selections,
    without_leaf_provides,
)
from weir.schema.upgrade.shareable import with_shareable
from weir.schema.upgrade.tags import without_repeated_tags
from weir.schema.validation.subgraphs import validate_subgraphs

PASSES: tuple[Pass, ...] = (
    with_federation_names,
    with_string_arguments,
    without_misplaced_externals,
    # Before the passes on @provides and @requires: a key field is not external.
    without_external_keys,
    without_inactive_selections,
    without_extensions,
    without_interface_directives,
    without_leaf_provides,
    # After all passes that remove uses of externals.
    without_unused_externals,
    with_shareable,
    without_repeated_tags,
)


def upgrade(subgraphs: Sequence[SubgraphSchema]) -> tuple[SubgraphSchema, ...]:
    """Upgrade the federation 1 subgraphs among them, and validate the results.

    A subgraph with an extension that has no definition is not validated. Raises
    CompositionFailed with the errors of all subgraphs.
    """
    if all(each.is_fed2 for each in subgraphs):
        return tuple(subgraphs)
    errors = [*_fed1_interface_keys(subgraphs)]
    # The notation of arguments must not decide whether a field is external.
    readable = [each if each.is_fed2 else _readable(each) for each in subgraphs]
    upgraded: list[SubgraphSchema] = []
    for each in readable:
        if each.is_fed2:
            upgraded.append(each)
            continue
        others = Others(each, tuple(other for other in readable if other is not each))
        baseless = tuple(_without_base(each, others))
        errors.extend(baseless)
        try:
            upgraded.append(_upgraded(each, others))
            if not baseless:
                validate_subgraphs(upgraded[-1:])
        except CompositionFailed as failed:
            errors.extend(failed.errors)
    if errors:
        raise CompositionFailed(errors)
    return tuple(upgraded)


def _readable(subgraph: SubgraphSchema) -> SubgraphSchema:
    return with_string_arguments(subgraph, Others(subgraph, ()))


def _upgraded(subgraph: SubgraphSchema, others: Others) -> SubgraphSchema:
    for each in PASSES:
        subgraph = each(subgraph, others)
    return replace(subgraph, version=UPGRADED)


def _without_base(
    subgraph: SubgraphSchema, others: Others
) -> Iterator[CompositionError]:
    for definition in subgraph.types.values():
        name = definition.name
        if name in ROOT_TYPES or not is_federation_extension(definition):
            continue
        if any(not all(each.extensions) for _, each in others.types(name)):
            continue
        yield subgraph.error(
            Code.EXTENSION_WITH_NO_BASE,
            f'Type "{name}" is an extension type, but there is no type definition for'
            f' "{name}" in any subgraph.',
            definition,
            fix=f'Define "{name}" in the subgraph that owns it.',
        )


def _fed1_interface_keys(
    subgraphs: Sequence[SubgraphSchema],
) -> Iterator[CompositionError]:
    """Yield an error for each federation 1 key on an interface object's interface."""
    objects = {
        definition.name: (subgraph, definition)
        for subgraph in subgraphs
        for definition in subgraph.of_kind(Kind.OBJECT)
        if is_interface_object(definition)
    }
    for subgraph in subgraphs:
        for definition in subgraph.of_kind(Kind.INTERFACE):
            has_key = not subgraph.is_fed2 and definition.has("key")
            if has_key and definition.name in objects:
                user, interface_object = objects[definition.name]
                yield user.error(
                    Code.INTERFACE_OBJECT_USAGE_ERROR,
                    f'@interfaceObject on "{definition.name}" needs all subgraphs with'
                    f" a @key on that interface to be federation 2, but"
                    f' "{subgraph.name}" is not.',
                    interface_object,
                    fix=f'Upgrade "{subgraph.name}" to federation 2.',
                )
