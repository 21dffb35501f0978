"""Random graphs, split at random into subgraphs that compose.

A graph has entities with one or two keys, value types, interfaces and unions. Each
field belongs to one or more subgraphs; some need another field first (`@requires`),
some were taken over (`@override`), some links bring fields along (`@provides`), and an
interface may have an interface object in a subgraph of its own. What does not compose
is thrown away: composition says which splits are graphs at all.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from weir.schema.compose import Composed, compose
from weir.schema.subgraphs.subgraph import Subgraph

FEDERATION = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: '
    '["@key", "@requires", "@provides", "@external", "@shareable", "@override", '
    '"@interfaceObject"])'
)


STAND_IN = "stand_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitField:
    """A field and the subgraphs that resolve it."""

    name: str
    type: str
    owners: frozenset[str]
    is_list: bool = False
    is_nullable: bool = True
    has_argument: bool = False
    requires: str = ""
    provides: str = ""
    overrides: str = ""
    is_link: bool = False

    def sdl(self, *, shareable: bool, external: bool) -> str:
        argument = "(by: Int)" if self.has_argument else ""
        type_ = f"[{self.type}!]" if self.is_list else self.type
        mark = "" if self.is_nullable else "!"
        text = f"{self.name}{argument}: {type_}{mark}"
        if external:
            return f"{text} @external"
        text += f' @requires(fields: "{self.requires}")' if self.requires else ""
        text += f' @provides(fields: "{self.provides}")' if self.provides else ""
        text += f' @override(from: "{self.overrides}")' if self.overrides else ""
        return text + (" @shareable" if shareable else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitType:
    """An object type; `keys` are the key fields by subgraph, none for value types."""

    name: str
    fields: tuple[SplitField, ...]
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    is_entity: bool = True

    def field(self, name: str) -> SplitField:
        return next(each for each in self.fields if each.name == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitGraph:
    """All types, and the supergraph that they compose to."""

    types: dict[str, SplitType]
    members: dict[str, tuple[str, ...]]
    stand_in: tuple[SplitField, ...]
    subgraphs: dict[str, str]
    supergraph: str

    def field(self, type_name: str, name: str) -> SplitField:
        """Give a field of an object type, those of the interface object included."""
        for each in self.types[type_name].fields:
            if each.name == name:
                return each
        return next(each for each in self.stand_in if each.name == name)


Draw = Callable[[st.SearchStrategy[Any]], Any]


@st.composite
def split_graphs(draw: Draw) -> SplitGraph:
    names = [f"s{number}" for number in range(draw(st.integers(2, 4)))]
    maker = _Maker(draw, names)
    types, members, common = maker.make()
    stand_in = maker.stand_in(types) if common and draw(st.booleans()) else ()
    sdls = {
        name: _Sdl(types, members, common, name, has_stand_in=bool(stand_in)).text()
        for name in names
    }
    sdls = {name: sdl for name, sdl in sdls.items() if sdl}
    if stand_in:
        sdls[STAND_IN] = _stand_in_sdl(stand_in)
    composition = compose([Subgraph(name=name, sdl=sdl) for name, sdl in sdls.items()])
    assume(isinstance(composition, Composed))
    assert isinstance(composition, Composed)
    return SplitGraph(
        types=types,
        members=members,
        stand_in=stand_in,
        subgraphs=sdls,
        supergraph=composition.supergraph_sdl,
    )


@dataclass(frozen=True, slots=True)
class _Maker:
    draw: Draw
    names: list[str]

    def make(
        self,
    ) -> tuple[dict[str, SplitType], dict[str, tuple[str, ...]], dict[str, str]]:
        draw = self.draw
        entities = [f"E{number}" for number in range(draw(st.integers(1, 4)))]
        values = [f"V{number}" for number in range(draw(st.integers(0, 2)))]
        members = {
            name: tuple(entities[: draw(st.integers(1, len(entities)))])
            for name in draw(st.sampled_from([[], ["I0"], ["U0"], ["I0", "U0"]]))
        }
        common = {
            name: draw(st.sampled_from(self.names))
            for name in members
            if name[0] == "I"
        }
        targets = [*entities, *values, *members]
        types = {name: self.entity(name, targets) for name in entities}
        types |= {name: self.value(name, targets) for name in values}
        for interface, owner in common.items():
            for name in members[interface]:
                shared = SplitField(
                    name=f"common{interface}", type="Int", owners=frozenset({owner})
                )
                types[name] = replace(types[name], fields=(*types[name].fields, shared))
        types["Query"] = SplitType(
            name="Query",
            is_entity=False,
            fields=tuple(
                self.link(f"q{number}", targets)
                for number in range(draw(st.integers(1, 4)))
            ),
        )
        return self.with_provides(types), members, common

    def stand_in(self, types: dict[str, SplitType]) -> tuple[SplitField, ...]:
        """Let one more subgraph have the interface as an interface object."""
        own = frozenset({STAND_IN})
        query = types["Query"]
        entry = SplitField(name="qs", type="I0", owners=own, is_list=True, is_link=True)
        types["Query"] = replace(query, fields=(*query.fields, entry))
        return (
            SplitField(name="plain", type="Int", owners=own),
            SplitField(name="derived", type="Int", owners=own, requires="commonI0"),
        )

    def owners(self) -> frozenset[str]:
        first = self.draw(st.sampled_from(self.names))
        second = self.draw(st.sampled_from([None, None, None, *self.names]))
        return frozenset({first, second} - {None})

    def entity(self, name: str, targets: list[str]) -> SplitType:
        draw = self.draw
        keys = {
            subgraph: draw(
                st.sampled_from([("id",), ("id",), ("code",), ("id", "code")])
            )
            for subgraph in self.names
        }
        scalars = [
            self.scalar(f"f{number}") for number in range(draw(st.integers(1, 4)))
        ]
        links = [
            self.link(f"l{number}", targets)
            for number in range(draw(st.integers(0, 2)))
        ]
        fields = (*self.with_requires(scalars), *links)
        return SplitType(name=name, fields=fields, keys=keys)

    def value(self, name: str, targets: list[str]) -> SplitType:
        """Make a value type: most often known in full wherever it is used."""
        everywhere = frozenset(self.names)
        fields = [
            SplitField(name=f"v{number}", type="Int", owners=everywhere)
            for number in range(self.draw(st.integers(1, 3)))
        ]
        if self.draw(st.booleans()):
            fields.append(replace(self.link("vl0", targets), owners=everywhere))
        if self.draw(st.integers(0, 3)) == 0:
            fields = [replace(each, owners=self.owners()) for each in fields]
        return SplitType(name=name, fields=tuple(fields), is_entity=False)

    def scalar(self, name: str) -> SplitField:
        owners = self.owners()
        others = [each for each in self.names if each not in owners]
        is_override = len(owners) == 1 and self.draw(st.integers(0, 5)) == 0
        return SplitField(
            name=name,
            type=self.draw(st.sampled_from(["Int", "String"])),
            owners=owners,
            overrides=self.draw(st.sampled_from(others)) if is_override else "",
            is_nullable=self.draw(st.booleans()),
            has_argument=self.draw(st.integers(0, 3)) == 0,
        )

    def link(self, name: str, targets: list[str]) -> SplitField:
        is_shared = self.draw(st.integers(0, 3)) == 0
        return SplitField(
            name=name,
            type=self.draw(st.sampled_from(targets)),
            owners=frozenset(self.names) if is_shared else self.owners(),
            is_list=self.draw(st.booleans()),
            is_link=True,
        )

    def with_requires(self, scalars: list[SplitField]) -> Iterator[SplitField]:
        for number, each in enumerate(scalars):
            needed = scalars[number - 1] if number else each
            can_require = (
                number > 0
                and len(each.owners) == 1
                and not each.owners & needed.owners
                and not each.has_argument
                and not each.overrides
                and not needed.overrides
            )
            if not can_require or not self.draw(st.booleans()):
                yield each
                continue
            argument = "(by: 1)" if needed.has_argument else ""
            yield replace(each, requires=f"{needed.name}{argument}", is_nullable=True)

    def with_provides(self, types: dict[str, SplitType]) -> dict[str, SplitType]:
        return {
            name: replace(of, fields=tuple(self.provided(types, f) for f in of.fields))
            for name, of in types.items()
        }

    def provided(self, types: dict[str, SplitType], link: SplitField) -> SplitField:
        target = types.get(link.type)
        if not link.is_link or target is None or not target.is_entity:
            return link
        choices = [
            each.name
            for each in target.fields
            if not each.is_link
            and not each.requires
            and not each.has_argument
            and not each.overrides
            and not each.name.startswith("common")
            and not each.owners & link.owners
        ]
        if len(link.owners) > 1 or not choices or not self.draw(st.booleans()):
            return link
        return replace(link, provides=self.draw(st.sampled_from(choices)))


@dataclass(frozen=True, slots=True)
class _Sdl:
    """Writes what one subgraph declares."""

    types: dict[str, SplitType]
    members: dict[str, tuple[str, ...]]
    common: dict[str, str]
    subgraph: str
    has_stand_in: bool

    def text(self) -> str:
        names = self.known_types()
        if not names:
            return ""
        parts = [FEDERATION]
        objects = sorted(names & set(self.types))
        parts += (self.object(self.types[name], names) for name in objects)
        parts += (self.abstract(name) for name in sorted(names & set(self.members)))
        return "\n".join(parts)

    def known_types(self) -> set[str]:
        """Give the types that the subgraph has fields of, or leads to."""
        owned = {
            name
            for name, of in self.types.items()
            if name[0] != "V" and any(self.subgraph in f.owners for f in of.fields)
        }
        owned |= {name for name, owner in self.common.items() if owner == self.subgraph}
        known: set[str] = set()
        while owned:
            name = owned.pop()
            known.add(name)
            found = set(self.members.get(name, ()))
            if name in self.types:
                fields = self.types[name].fields
                found |= {
                    f.type for f in fields if f.is_link and self.subgraph in f.owners
                }
            owned |= found - known
        return known

    def object(self, of: SplitType, names: set[str]) -> str:
        lines = [line for each in of.fields if (line := self.line(of, each))]
        head = f"type {of.name}"
        interfaces = [
            name
            for name, members in self.members.items()
            if name in names and name[0] == "I" and of.name in members
        ]
        head += f" implements {' & '.join(interfaces)}" if interfaces else ""
        if of.is_entity:
            keys = self.keys(of)
            head += "".join(f' @key(fields: "{key}")' for key in keys)
            lines.append("id: ID! @shareable")
            lines += ["code: Int!"] if "code" in keys else []
        return f"{head} {{ {' '.join(lines or ['_none: Int @shareable'])} }}"

    def keys(self, of: SplitType) -> tuple[str, ...]:
        """Give the keys; where the interface has one, so do its implementations."""
        keys = of.keys[self.subgraph]
        needs_id = self.owns_stand_in() and of.name in self.members["I0"]
        return ("id", *keys) if needs_id and "id" not in keys else keys

    def owns_stand_in(self) -> bool:
        return self.has_stand_in and self.common["I0"] == self.subgraph

    def line(self, of: SplitType, each: SplitField) -> str:
        owned = self.subgraph in each.owners
        if each.overrides == self.subgraph:
            return replace(each, overrides="").sdl(shareable=False, external=False)
        is_shared = len(each.owners) > 1 or self.is_provided(of, each)
        needed = any(
            other.requires.partition("(")[0] == each.name
            and self.subgraph in other.owners
            for other in of.fields
        )
        provided = any(
            link.type == of.name and link.provides == each.name
            for other in self.types.values()
            for link in other.fields
            if self.subgraph in link.owners
        )
        if owned:
            return each.sdl(shareable=is_shared, external=False)
        return each.sdl(shareable=False, external=True) if needed or provided else ""

    def is_provided(self, of: SplitType, each: SplitField) -> bool:
        return any(
            link.type == of.name and link.provides == each.name
            for other in self.types.values()
            for link in other.fields
        )

    def abstract(self, name: str) -> str:
        if name[0] == "U":
            return f"union {name} = {' | '.join(self.members[name])}"
        common = f"common{name}: Int" if self.common[name] == self.subgraph else ""
        key = ' @key(fields: "id")' if self.owns_stand_in() else ""
        return f"interface {name}{key} {{ id: ID! {common} }}"


def _stand_in_sdl(fields: tuple[SplitField, ...]) -> str:
    lines = " ".join(each.sdl(shareable=False, external=False) for each in fields)
    return "\n".join(
        [
            FEDERATION,
            'type I0 @key(fields: "id") @interfaceObject '
            f"{{ id: ID! commonI0: Int @external {lines} }}",
            "type Query { qs: [I0!] }",
        ]
    )
