"""From selection sets to GraphQL text, in the terms of one subgraph's schema.

What is asked of all types is asked of the abstract type itself where the subgraph's
schema has the field there; the rest goes under a fragment per object type. Where two
types of one position have a field of one key with types that GraphQL would not merge,
one of them is sent under another key, and renamed in the reply.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

from resolvers.operation.conditions import Conjunction, Literal, either, given
from resolvers.operation.fields import Field
from resolvers.operation.values_text import (
    directive_text,
    own_directives,
    value_text,
    variables_in,
)
from resolvers.plan.fetches.fetch_graph import Entrance, Output, OutputField
from resolvers.plan.nodes import Each, Key, Rename, ResponsePath
from resolvers.plan.printing.shapes import mergeable
from schema.graph.building import base_type
from schema.graph.nodes import Node

_EXISTS = "_exists: __typename"
_NO_RENAMES: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a reply, and under which conditions, a selection set stands."""

    known: Conjunction
    path: ResponsePath = ()

    def below(self, key: str, *, is_list: bool) -> "_Place":
        each = (Each(),) if is_list else ()
        return _Place(self.known, (*self.path, Key(key), *each))

    def under(self, conjunction: Conjunction) -> "_Place":
        return _Place(tuple(sorted({*self.known, *conjunction})), self.path)


@dataclass(slots=True)
class SelectionPrinter:
    """Prints the selection sets of one fetch; collects variables and renames.

    `contextual` are the variables of contextual arguments, by type and field.
    """

    hidden_types: frozenset[str]
    contextual: Mapping[tuple[str, str], Mapping[str, str]]
    variables: set[str] = field(default_factory=set[str])
    renames: list[Rename] = field(default_factory=list[Rename])

    def root(self, output: Output, known: Conjunction) -> str:
        """Print what a root fetch asks for, without braces."""
        assert output.node is not None
        return self._node(output.node, list(output.fields.values()), _Place(known))

    def entities(
        self, output: Output, entrances: Iterable[Entrance], known: Conjunction
    ) -> str:
        """Print what is asked of the entities that a step enters by."""
        place = _Place(known)
        fields = list(output.fields.values())
        by_type: dict[str, tuple[Node, list[OutputField]]] = {}
        for entrance in entrances:
            asked = [
                e for e in fields if not entrance.types or e.types & entrance.types
            ]
            by_type[entrance.node.type_name] = (entrance.node, asked)
        return " ".join(self._fragments(by_type, place))

    def _node(self, node: Node, fields: Sequence[OutputField], place: _Place) -> str:
        is_abstract = bool(node.casts) and not node.is_interface_object
        return (
            self._abstract(node, fields, place)
            if is_abstract
            else self._object(node, fields, place)
        )

    def _object(
        self,
        node: Node,
        fields: Sequence[OutputField],
        place: _Place,
        sent: Mapping[str, str] = _NO_RENAMES,
    ) -> str:
        printed = [
            self._conditioned(node, same, place, sent.get(key, key))
            for key, same in _by_key(fields).items()
            if key != "__typename" or not node.is_interface_object
        ]
        if printed:
            return " ".join(printed)
        return _EXISTS if node.is_interface_object else "__typename"

    def _abstract(
        self, node: Node, fields: Sequence[OutputField], place: _Place
    ) -> str:
        parts = ["__typename"]
        of_types: list[OutputField] = []
        for key, same in _by_key(fields).items():
            if key == "__typename":
                continue
            if self._is_common(node, same):
                parts.append(self._conditioned(node, same[:1], place, key))
            else:
                of_types += same
        by_type = {
            name: (cast, [each for each in of_types if name in each.types])
            for name, cast in sorted(node.casts.items())
        }
        parts += self._fragments({n: t for n, t in by_type.items() if t[1]}, place)
        return " ".join(parts)

    def _is_common(self, node: Node, same: Sequence[OutputField]) -> bool:
        """Say whether fields of one key can be asked of the abstract type itself."""
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
        self, by_type: Mapping[str, tuple[Node, list[OutputField]]], place: _Place
    ) -> list[str]:
        printed: list[str] = []
        earlier: dict[str, list[tuple[Node, list[OutputField]]]] = {}
        for name, (node, fields) in sorted(by_type.items()):
            sent = self._sent_keys(node, fields, earlier)
            marker = "__typename " if sent else ""
            inner = self._object_or_node(node, fields, place, sent)
            printed.append(f"... on {name} {{ {marker}{inner} }}")
            # After those of what is below: a path is that of the reply as it was sent.
            self.renames += (
                Rename(path=place.path, types=(name,), sent=alias, key=key)
                for key, alias in sent.items()
            )
        return printed

    def _object_or_node(
        self,
        node: Node,
        fields: Sequence[OutputField],
        place: _Place,
        sent: Mapping[str, str],
    ) -> str:
        if sent:
            return self._object(node, fields, place, sent)
        return self._node(node, fields, place)

    def _sent_keys(
        self,
        node: Node,
        fields: Sequence[OutputField],
        earlier: dict[str, list[tuple[Node, list[OutputField]]]],
    ) -> dict[str, str]:
        """Give other keys for fields that conflict with those of earlier types."""
        sent: dict[str, str] = {}
        for key, same in _by_key(fields).items():
            others = earlier.setdefault(key, [])
            if not all(mergeable((node, same), other) for other in others):
                sent[key] = f"{key}__on_{node.type_name}"
            else:
                others.append((node, same))
        return sent

    def _conditioned(
        self, node: Node, same: Sequence[OutputField], place: _Place, sent: str
    ) -> str:
        """Print the fields of one key as one, once per alternative condition."""
        name = same[0].field.name
        called = self._called(node, same[0].field, sent)
        below = place.below(sent, is_list="[" in node.declared.get(name, ""))
        condition = reduce(either, (each.condition for each in same))
        wanted = given(condition, place.known)
        if not wanted:
            return self._field(called, same, below)
        return " ".join(self._under(each, called, same, below) for each in wanted)

    def _under(
        self,
        conjunction: Conjunction,
        called: str,
        same: Sequence[OutputField],
        below: _Place,
    ) -> str:
        """Print a field under literals: the first on the field, others around it."""
        first, *others = conjunction
        self.variables.update(name for name, _ in conjunction)
        printed = self._field(
            f"{called} {_directive(first)}", same, below.under(conjunction)
        )
        for literal in others:
            printed = f"... {_directive(literal)} {{ {printed} }}"
        return printed

    def _field(self, called: str, same: Sequence[OutputField], below: _Place) -> str:
        outputs = [each.output for each in same if each.output is not None]
        if not outputs or outputs[0].node is None:
            return called
        fields = [each for output in outputs for each in output.fields.values()]
        return f"{called} {{ {self._node(outputs[0].node, fields, below)} }}"

    def _called(self, node: Node, asked: Field, sent: str) -> str:
        """Print a field's alias, name, arguments and directives."""
        alias = "" if sent == asked.name else f"{sent}: "
        contextual = self.contextual.get((node.type_name, asked.name), {})
        arguments = [f"{name}: ${variable}" for name, variable in contextual.items()]
        for argument in asked.node.arguments or ():
            self.variables |= variables_in(argument.value)
            arguments.append(f"{argument.name.value}: {value_text(argument.value)}")
        called = (
            f"{alias}{asked.name}({', '.join(arguments)})"
            if arguments
            else (alias + asked.name)
        )
        for directive in own_directives(asked.node) if asked.node.directives else ():
            for argument in directive.arguments or ():
                self.variables |= variables_in(argument.value)
            called += f" {directive_text(directive)}"
        return called


def _directive(literal: Literal) -> str:
    name, wanted = literal
    return f"@{'include' if wanted else 'skip'}(if: ${name})"


def _by_key(fields: Iterable[OutputField]) -> dict[str, list[OutputField]]:
    by_key: dict[str, list[OutputField]] = {}
    for each in fields:
        by_key.setdefault(each.field.key, []).append(each)
    return by_key
