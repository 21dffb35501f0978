"""Split graphs with random access requirements, and callers with random rights.

The needs are declared in the subgraphs and composed. A graph whose needs do not compose
is thrown away.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphql import (
    ConstDirectiveNode,
    FieldDefinitionNode,
    ObjectTypeDefinitionNode,
    parse,
    parse_const_value,
    print_ast,
)
from graphql.language import ConstArgumentNode, NameNode
from hypothesis import assume
from hypothesis import strategies as st

from tests.support.split_graphs import STAND_IN, SplitGraph, split_graphs
from weir.schema import Composed, Subgraph, compose

_LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: '
    '["@key", "@requires", "@provides", "@external", "@shareable", "@override", '
    '"@interfaceObject", "@authenticated", "@requiresScopes", "@policy"])'
)
Draw = Callable[[st.SearchStrategy[Any]], Any]
Alternatives = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Caller:
    """The rights of a caller."""

    authenticated: bool
    scopes: frozenset[str]
    policies: frozenset[str]


@dataclass(frozen=True, slots=True)
class Need:
    """What one element requires: no alternatives require nothing."""

    authenticated: bool = False
    scopes: Alternatives = ()
    policies: Alternatives = ()

    def is_met_by(self, caller: Caller) -> bool:
        return (
            (caller.authenticated or not self.authenticated)
            and _any_held(self.scopes, caller.scopes)
            and _any_held(self.policies, caller.policies)
        )

    def directives(self) -> Iterator[ConstDirectiveNode]:
        if self.authenticated:
            yield ConstDirectiveNode(name=NameNode(value="authenticated"), arguments=())
        if self.scopes:
            yield _directive("requiresScopes", "scopes", self.scopes)
        if self.policies:
            yield _directive("policy", "policies", self.policies)


def _any_held(alternatives: Alternatives, held: frozenset[str]) -> bool:
    return not alternatives or any(held.issuperset(each) for each in alternatives)


def _directive(name: str, argument: str, sets: Alternatives) -> ConstDirectiveNode:
    return ConstDirectiveNode(
        name=NameNode(value=name),
        arguments=(
            ConstArgumentNode(
                name=NameNode(value=argument), value=parse_const_value(json.dumps(sets))
            ),
        ),
    )


@dataclass(frozen=True, slots=True)
class RestrictedGraph:
    """A split graph; `needs` are what types and fields require, by coordinate."""

    split: SplitGraph
    needs: Mapping[str, Need]

    def of_type(self, name: str) -> list[Need]:
        """What receiving a type requires; an interface, what each member requires."""
        is_interface = name in self.split.members and name[0] == "I"
        objects = self.split.members[name] if is_interface else (name,)
        return [self.needs[each] for each in objects if each in self.needs]

    def of_field(self, type_name: str, field: str) -> list[Need]:
        """What a field requires, selected on a type."""
        objects = self.split.members.get(type_name, (type_name,))
        own = [f"{each}.{field}" for each in objects]
        return [self.needs[each] for each in own if each in self.needs]


_sets = st.lists(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=2, unique=True).map(tuple),
    min_size=1,
    max_size=2,
).map(tuple)
_needs = st.one_of(
    st.just(Need(authenticated=True)),
    _sets.map(lambda sets: Need(scopes=sets)),
    st.just(Need(policies=(("p",), ("q", "r")))),
    _sets.map(lambda sets: Need(authenticated=True, scopes=sets)),
)
callers = st.builds(
    Caller,
    st.booleans(),
    st.frozensets(st.sampled_from("abc")),
    st.frozensets(st.sampled_from("pqr")),
)


@st.composite
def restricted_graphs(draw: Draw) -> RestrictedGraph:
    split = draw(split_graphs())
    coordinates = sorted(_coordinates(split))
    chosen = draw(
        st.lists(st.sampled_from(coordinates), min_size=1, max_size=6, unique=True)
    )
    needs = {each: draw(_needs) for each in chosen}
    _hand_down(split, needs)
    composition = compose(
        [
            Subgraph(name=name, sdl=_annotated(sdl, needs))
            for name, sdl in split.subgraphs.items()
        ]
    )
    assume(isinstance(composition, Composed))
    assert isinstance(composition, Composed)
    return RestrictedGraph(replace(split, supergraph=composition.supergraph_sdl), needs)


def _coordinates(split: SplitGraph) -> Iterator[str]:
    for name, of in split.types.items():
        if name != "Query":
            yield name
        if of.is_entity:
            yield f"{name}.id"
        for each in of.fields:
            if not (split.stand_in and each.name.startswith("common")):
                yield f"{name}.{each.name}"


def _hand_down(split: SplitGraph, needs: dict[str, Need]) -> None:
    """Give fields with `@requires` the needs of their inputs, as is demanded."""
    for name, of in split.types.items():
        for each in of.fields:
            needed = needs.get(f"{name}.{each.requires.partition('(')[0]}")
            if each.requires and needed is not None:
                needs[f"{name}.{each.name}"] = needed


def _annotated(sdl: str, needs: Mapping[str, Need]) -> str:
    document = parse(sdl.partition("\n")[2])
    definitions = [
        _of_type(each, needs) if isinstance(each, ObjectTypeDefinitionNode) else each
        for each in document.definitions
    ]
    return "\n".join([_LINK, *map(print_ast, definitions)])


def _of_type(
    node: ObjectTypeDefinitionNode, needs: Mapping[str, Need]
) -> ObjectTypeDefinitionNode:
    name = node.name.value
    fields = tuple(_of_field(each, name, needs) for each in node.fields or ())
    own = needs.get(name, Need()).directives()
    return replace(node, fields=fields, directives=(*(node.directives or ()), *own))


def _of_field(
    node: FieldDefinitionNode, type_name: str, needs: Mapping[str, Need]
) -> FieldDefinitionNode:
    written = node.directives or ()
    if any(each.name.value == "external" for each in written):
        return node
    need = needs.get(f"{type_name}.{node.name.value}", Need())
    return replace(node, directives=(*written, *need.directives()))


__all__ = ["STAND_IN", "Caller", "Need", "RestrictedGraph", "callers"]
