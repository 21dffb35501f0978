"""The facts about each field that follow from a subgraph's federation directives.

An *external* field is declared but not resolved in the subgraph. There are three kinds.
A *fake* external is an `@external` field that a key on an extension selects. Extensions
in federation 1 marked their key fields like that; the subgraph does resolve it. A
*partially* external field is selected by a `@provides` of the subgraph, so it counts as
resolved by the rules of sharing. A *fully* external field is not.

A field is *used* if a key, `@requires`, `@provides`, a context or an interface needs
it. An external field must be used, and an overridden field that is used stays in the
supergraph.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from weir.schema.model.context_values import context_selections
from weir.schema.model.definitions import Field, Kind, TypeDefinition
from weir.schema.model.field_set import selected_fields, target_fields
from weir.schema.model.type_refs import base_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Sets of coordinates, `Type.field`."""

    external: frozenset[str]
    fake_external: frozenset[str]
    provided: frozenset[str]
    shareable: frozenset[str]
    used: frozenset[str]

    def is_external(self, coordinate: str) -> bool:
        return coordinate in self.external

    def is_fully_external(self, coordinate: str) -> bool:
        return coordinate in self.external and coordinate not in self.provided


def facts_of(types: Mapping[str, TypeDefinition]) -> Facts:
    """Compute the facts of a subgraph from its types."""
    fake = frozenset(_fake_external(types))
    external = frozenset(_external(types)) - fake
    provided = frozenset(_targets(types, "provides"))
    keys = frozenset(_targets(types, "key"))
    declared = frozenset(_declared_shareable(types))
    return Facts(
        external=external,
        fake_external=fake,
        provided=provided,
        shareable=declared | keys | (provided & external),
        used=keys
        | provided
        | frozenset(_targets(types, "requires"))
        | frozenset(_of_interfaces(types))
        | frozenset(_of_contexts(types)),
    )


def fields_of(
    types: Mapping[str, TypeDefinition],
) -> Iterator[tuple[TypeDefinition, Field]]:
    """Yield all fields of objects and interfaces, with their types."""
    for each in types.values():
        for field in each.fields.values():
            yield each, field


def _external(types: Mapping[str, TypeDefinition]) -> Iterator[str]:
    for each, field in fields_of(types):
        on_type = each.kind is Kind.OBJECT and each.has("external")
        if on_type or field.has("external"):
            yield f"{each.name}.{field.name}"


def _fake_external(types: Mapping[str, TypeDefinition]) -> Iterator[str]:
    for each in types.values():
        for key in each.all("key"):
            if each.is_extension(key.part):
                selected = selected_fields(types, each.name, key.text("fields"))
                yield from (
                    item.coordinate for item in selected if item.field.has("external")
                )


def _targets(types: Mapping[str, TypeDefinition], spec: str) -> Iterator[str]:
    if spec == "key":
        for each in types.values():
            for key in each.all("key"):
                yield from target_fields(types, each.name, key.text("fields"))
        return
    for each, field in fields_of(types):
        applied = field.first(spec)
        if applied is not None:
            parent = base_name(field.type) if spec == "provides" else each.name
            yield from target_fields(types, parent, applied.text("fields"))


def _declared_shareable(types: Mapping[str, TypeDefinition]) -> Iterator[str]:
    for each, field in fields_of(types):
        parts = {applied.part for applied in each.all("shareable")}
        if each.kind is Kind.OBJECT and (field.part in parts or field.has("shareable")):
            yield f"{each.name}.{field.name}"


def _of_interfaces(types: Mapping[str, TypeDefinition]) -> Iterator[str]:
    for each in types.values():
        if each.kind is Kind.OBJECT:
            for interface in each.interfaces:
                if interface in types:
                    for name in types[interface].fields:
                        yield f"{each.name}.{name}"


def _of_contexts(types: Mapping[str, TypeDefinition]) -> Iterator[str]:
    for _, field in fields_of(types):
        for argument in field.arguments.values():
            for parent, selection in context_selections(types, argument):
                yield from target_fields(types, parent, selection)
