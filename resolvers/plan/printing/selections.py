"""Selection sets in the terms of one subgraph's schema.

A field that is selected on all types is selected on the abstract type itself, if the
subgraph's schema has it there. Other fields go into one fragment per object type. Two
types of one position can have a field of one key with types that GraphQL would not
merge. One of them is then sent under another key, and renamed in the reply.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

from weir.resolvers.operation.conditions import Conjunction, either, given
from weir.resolvers.operation.fields import Field
from weir.resolvers.operation.values_text import (
    directive_text,
    own_directives,
    value_text,
    variables_in,
)
from weir.resolvers.plan.choose.entries import EntityEntry
from weir.resolvers.plan.fetches.fetch_graph import Output, OutputField
from weir.resolvers.plan.model.expected import (
    ExpectedField,
    ExpectedFields,
    ExpectedFragment,
)
from weir.resolvers.plan.model.nodes import Each, Key, Rename, ResponsePath
from weir.resolvers.plan.printing.shapes import Shapes
from weir.schema.graph.building import base_type
from weir.schema.graph.nodes import Node

_TYPENAME = ExpectedField(
    key="__typename", name="__typename", type="String!", call="__typename"
)
_EXISTS = ExpectedField(
    key="_exists", name="__typename", type="String!", call="_exists: __typename"
)
_NO_RENAMES: Mapping[str, str] = {}


@dataclass(slots=True)
class SelectionBuilder:
    """A builder of the selection sets of one fetch, its variables and renames.

    `known` are the literals that hold whenever the fetch runs. `contextual` has the
    variables of contextual arguments, by type and field.
    """

    hidden_types: frozenset[str]
    known: Conjunction
    contextual: Mapping[tuple[str, str], Mapping[str, str]]
    shapes: Shapes
    variables: set[str] = field(default_factory=set[str])
    renames: list[Rename] = field(default_factory=list[Rename])

    def root(self, output: Output) -> ExpectedFields:
        """Return the selection of a root fetch."""
        assert output.node is not None
        return self._node(output.node, list(output.fields.values()), ())

    def entities(
        self, output: Output, entries: Iterable[EntityEntry]
    ) -> ExpectedFields:
        """Return the selection of the entities that a step enters with."""
        fields = list(output.fields.values())
        by_type: dict[str, tuple[Node, list[OutputField]]] = {}
        for entry in entries:
            selected = [e for e in fields if not entry.types or e.types & entry.types]
            by_type[entry.node.type_name] = (entry.node, selected)
        return ExpectedFields(fields=(), fragments=self._fragments(by_type, ()))

    def _node(
        self, node: Node, fields: Sequence[OutputField], path: ResponsePath
    ) -> ExpectedFields:
        if _is_abstract(node):
            return self._abstract(node, fields, path)
        return self._object(node, fields, path)

    def _object(
        self,
        node: Node,
        fields: Sequence[OutputField],
        path: ResponsePath,
        sent: Mapping[str, str] = _NO_RENAMES,
    ) -> ExpectedFields:
        # Renamed fields are stored by the type of their object.
        marker = (_TYPENAME,) if sent else ()
        selected = tuple(
            self._field(node, same, path, sent.get(key, key))
            for key, same in _by_key(fields).items()
            if key != "__typename" or not node.is_interface_object
        )
        if not selected:
            selected = (_EXISTS if node.is_interface_object else _TYPENAME,)
        return ExpectedFields(fields=(*marker, *selected))

    def _abstract(
        self, node: Node, fields: Sequence[OutputField], path: ResponsePath
    ) -> ExpectedFields:
        common = [_TYPENAME]
        of_types: list[OutputField] = []
        for key, same in _by_key(fields).items():
            if key == "__typename":
                continue
            if self._is_common(node, same):
                common.append(self._field(node, same[:1], path, key))
            else:
                of_types += same
        by_type = {
            name: (cast, [each for each in of_types if name in each.types])
            for name, cast in node.casts.items()
        }
        some = {name: entry for name, entry in by_type.items() if entry[1]}
        fragments = self._fragments(some, path)
        return ExpectedFields(fields=tuple(common), fragments=fragments)

    def _is_common(self, node: Node, same: Sequence[OutputField]) -> bool:
        """Return whether fields of one key can be selected on the abstract type."""
        name = same[0].field.name
        types = frozenset[str]().union(*(each.types for each in same))
        declared = node.declared.get(name)
        if declared is None or not types >= node.possible - self.hidden_types:
            return False
        casts = [node.casts[each] for each in types if each in node.casts]
        return all(same[0].is_alike(each) for each in same[1:]) and all(
            base_type(cast.declared.get(name, "")) == base_type(declared)
            for cast in casts
        )

    def _fragments(
        self, by_type: Mapping[str, tuple[Node, list[OutputField]]], path: ResponsePath
    ) -> tuple[ExpectedFragment, ...]:
        fragments: list[ExpectedFragment] = []
        earlier: dict[str, list[tuple[Node, list[OutputField]]]] = {}
        for name, (node, fields) in sorted(by_type.items()):
            sent = self._sent_keys(node, fields, earlier)
            selection = (
                self._object(node, fields, path, sent)
                if sent
                else self._node(node, fields, path)
            )
            types = tuple(sorted(node.possible)) if _is_abstract(node) else (name,)
            fragments.append(
                ExpectedFragment(type_name=name, types=types, selection=selection)
            )
            # After the renames below: their paths use the keys of the reply as sent.
            self.renames += (
                Rename(path=path, types=(name,), sent=alias, key=key)
                for key, alias in sent.items()
            )
        return tuple(fragments)

    def _sent_keys(
        self,
        node: Node,
        fields: Sequence[OutputField],
        earlier: dict[str, list[tuple[Node, list[OutputField]]]],
    ) -> dict[str, str]:
        """Return other keys for fields that conflict with those of earlier types."""
        sent: dict[str, str] = {}
        for key, same in _by_key(fields).items():
            others = earlier.setdefault(key, [])
            if not all(self.shapes.agree((node, same), other) for other in others):
                sent[key] = f"{key}__on_{node.type_name}"
            else:
                others.append((node, same))
        return sent

    def _field(
        self, node: Node, same: Sequence[OutputField], path: ResponsePath, sent: str
    ) -> ExpectedField:
        """Return the fields of one key as one."""
        wanted = same[0].field
        type_ = node.declared.get(wanted.name, "String!")
        each = (Each(),) if "[" in type_ else ()
        condition = reduce(either, (each.condition for each in same))
        return ExpectedField(
            key=sent,
            name=wanted.name,
            type=type_,
            call=self._call(node, wanted, sent),
            condition=given(condition, self.known),
            selection=self._selection(same, (*path, Key(sent), *each)),
        )

    def _selection(
        self, same: Sequence[OutputField], path: ResponsePath
    ) -> ExpectedFields | None:
        outputs = [each.output for each in same if each.output is not None]
        if not outputs or outputs[0].node is None:
            return None
        fields = [each for output in outputs for each in output.fields.values()]
        return self._node(outputs[0].node, fields, path)

    def _call(self, node: Node, wanted: Field, sent: str) -> str:
        """Print a field's alias, name, arguments and directives."""
        alias = "" if sent == wanted.name else f"{sent}: "
        contextual = self.contextual.get((node.type_name, wanted.name), {})
        arguments = [f"{name}: ${variable}" for name, variable in contextual.items()]
        for argument in wanted.node.arguments or ():
            self.variables |= variables_in(argument.value)
            arguments.append(f"{argument.name.value}: {value_text(argument.value)}")
        call = (
            f"{alias}{wanted.name}({', '.join(arguments)})"
            if arguments
            else (alias + wanted.name)
        )
        for directive in own_directives(wanted.node) if wanted.node.directives else ():
            for argument in directive.arguments or ():
                self.variables |= variables_in(argument.value)
            call += f" {directive_text(directive)}"
        return call


def _is_abstract(node: Node) -> bool:
    return bool(node.casts) and not node.is_interface_object


def _by_key(fields: Iterable[OutputField]) -> dict[str, list[OutputField]]:
    by_key: dict[str, list[OutputField]] = {}
    for each in fields:
        by_key.setdefault(each.field.key, []).append(each)
    return by_key
