"""The marking of the elements of a composed supergraph that a contract hides.

The reference marks each subgraph and composes again. Marking the supergraph gives the
same result at a fraction of the cost, and all contracts can share one graph. It is
possible because the supergraph has all inputs of the decision: the united tags per
coordinate, and the subgraphs of each field in `join__*`. Three cases need care:

- *Types* are decided per subgraph: a type is hidden if all its fields are hidden in
  each subgraph that has it. External copies are never marked, so a subgraph with one
  keeps the type visible.
- *Abstracted fields*, which an object only has through an interface object, are copies
  of the interface's field. They are hidden with it, and the object's own tags do not
  count.
- *Dropped elements*, the optional arguments and input fields that a subgraph lacks, are
  not in the supergraph. Marking the subgraphs first would retain such an input field
  if it is hidden. The result only differs for subgraphs that do not compose without
  the contract.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from graphql import BooleanValueNode, EnumValueNode

from weir.schema.contracts.contract import Contract
from weir.schema.model.definitions import (
    Applied,
    Element,
    EnumValue,
    Field,
    InputValue,
    Kind,
    TypeDefinition,
)


def marked(
    types: Mapping[str, TypeDefinition], contract: Contract, mark: Applied
) -> dict[str, TypeDefinition]:
    """Return the types with `mark` (an `@inaccessible`) on all hidden elements."""
    marking = _Marking(types, contract, mark)
    return {name: marking.type(each) for name, each in types.items()}


def tags_of(element: Element) -> frozenset[str]:
    return frozenset(each.text("name") or "" for each in element.all("tag"))


@dataclass(frozen=True, slots=True)
class _Marking:
    types: Mapping[str, TypeDefinition]
    contract: Contract
    mark: Applied

    def type(self, definition: TypeDefinition) -> TypeDefinition:
        tags = tags_of(definition)
        parts = replace(
            definition,
            fields={
                name: self._field(definition, each, tags)
                for name, each in definition.fields.items()
            },
            input_fields={
                name: self._input_value(each, tags)
                for name, each in definition.input_fields.items()
            },
            values={
                name: self._value(each, tags)
                for name, each in definition.values.items()
            },
        )
        if self._hides_type(parts, tags):
            return replace(parts, directives=self._marked(parts))
        return parts

    def _marked(self, element: Element) -> tuple[Applied, ...]:
        already = element.has("inaccessible")
        return element.directives if already else (*element.directives, self.mark)

    def _hides_type(self, definition: TypeDefinition, tags: frozenset[str]) -> bool:
        if definition.kind in {Kind.SCALAR, Kind.UNION}:
            return self.contract.hides(tags)
        if tags & self.contract.exclude:
            return True
        return definition.name != "Query" and _is_empty_everywhere(definition)

    def _field(
        self, owner: TypeDefinition, field: Field, inherited: frozenset[str]
    ) -> Field:
        arguments = {
            name: self._input_value(each, inherited)
            for name, each in field.arguments.items()
        }
        field = replace(field, arguments=arguments)
        if _is_abstracted(field):
            hidden = self._hides_abstracted(owner, field)
        else:
            hidden = self.contract.hides(tags_of(field) | inherited)
        return replace(field, directives=self._marked(field)) if hidden else field

    def _hides_abstracted(self, owner: TypeDefinition, field: Field) -> bool:
        for name in owner.interfaces:
            interface = self.types.get(name)
            declared = interface.fields.get(field.name) if interface else None
            if interface is not None and declared is not None:
                tags = tags_of(declared) | tags_of(interface)
                return self.contract.hides(tags)
        return False

    def _input_value(self, value: InputValue, inherited: frozenset[str]) -> InputValue:
        hidden = self.contract.hides(tags_of(value) | inherited)
        return replace(value, directives=self._marked(value)) if hidden else value

    def _value(self, value: EnumValue, inherited: frozenset[str]) -> EnumValue:
        hidden = self.contract.hides(tags_of(value) | inherited)
        return replace(value, directives=self._marked(value)) if hidden else value


def _is_abstracted(field: Field) -> bool:
    joined = list(field.all("join__field"))
    return bool(joined) and not any("graph" in each.arguments for each in joined)


def _is_empty_everywhere(definition: TypeDefinition) -> bool:
    """Return whether all children are hidden, in every subgraph."""
    children: tuple[Element, ...] = (
        *definition.fields.values(),
        *definition.input_fields.values(),
        *definition.values.values(),
    )
    own = [each for each in children if not _is_bare(each)]
    return bool(own) and all(
        each.has("inaccessible") and not any(_external_graphs(each)) for each in own
    )


def _is_bare(element: Element) -> bool:
    return isinstance(element, Field) and _is_abstracted(element)


def _external_graphs(element: Element) -> Iterator[str]:
    for each in element.all("join__field"):
        external, graph = each.arguments.get("external"), each.arguments.get("graph")
        is_external = isinstance(external, BooleanValueNode) and external.value
        if is_external and isinstance(graph, EnumValueNode):
            yield graph.value
