"""Random valid schemas, as one piece and split into subgraphs.

Entities have an id and fields that each live in one subgraph; a subgraph that refers to
an entity declares it by its key. Value types, enums, inputs and the interface are
declared wherever they are used.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hypothesis import strategies as st

from weir.schema import Subgraph

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import:'
    ' ["@key", "@shareable", "@external", "@requires", "@override", "@inaccessible",'
    ' "@tag"])'
)
LEAVES = ("Int", "Float!", "String", "[String!]!", "Boolean", "Color", "[Color]")


@dataclass(frozen=True, slots=True)
class OwnedField:
    """A field of an entity or of Query, and the subgraph it lives in."""

    name: str
    type: str
    home: int
    arguments: str = ""

    def __str__(self) -> str:
        return f"{self.name}{self.arguments}: {self.type}"

    @property
    def target(self) -> str:
        return self.type.strip("[]!")


@dataclass(frozen=True, slots=True)
class SplitSchema:
    """A schema; `nodes` are the entities that implement the interface.

    `annotations` are the directives to put on coordinates, `Type` and `Type.child`.
    """

    count: int
    entities: dict[str, tuple[OwnedField, ...]]
    queries: tuple[OwnedField, ...]
    values: dict[str, tuple[str, ...]]
    nodes: frozenset[str] = frozenset()
    annotations: Mapping[str, str] = field(default_factory=dict[str, str])

    def whole(self) -> str:
        """The schema in one piece, with what some subgraph declares."""
        parts = [self._parts(number) for number in range(self.count)]
        types: dict[str, dict[str, None]] = {}
        heads: dict[str, str] = {}
        for part in parts:
            for head, lines in part.items():
                bare = head.partition(" @")[0]
                heads[bare.split()[1]] = bare
                types.setdefault(bare.split()[1], {}).update(dict.fromkeys(lines))
        return "\n".join(
            f"{heads[name]} {{ {' '.join(lines)} }}" for name, lines in types.items()
        )

    def subgraphs(self) -> list[Subgraph]:
        return [
            Subgraph(
                name=f"s{number}", sdl=self._sdl(number), file=f"s{number}.graphql"
            )
            for number in range(self.count)
        ]

    def declarations(self) -> Iterator[dict[str, tuple[str, ...]]]:
        """By subgraph: the coordinates of each type's children."""
        for number in range(self.count):
            yield {
                _name(head): tuple(
                    f"{_name(head)}.{_field_name(each)}" for each in lines
                )
                for head, lines in self._parts(number).items()
            }

    def coordinates(self) -> list[str]:
        """All types and their children, without arguments."""
        found: dict[str, None] = {}
        for types in self.declarations():
            for name, children in types.items():
                found |= dict.fromkeys((name, *children))
        return list(found)

    def _sdl(self, number: int) -> str:
        blocks = (
            f"{self._annotated(head, _name(head))} {{ {self._body(head, lines)} }}"
            for head, lines in self._parts(number).items()
        )
        return "\n".join([LINK, *blocks])

    def _body(self, head: str, lines: tuple[str, ...]) -> str:
        return " ".join(
            self._annotated(each, f"{_name(head)}.{_field_name(each)}")
            for each in lines
        )

    def _annotated(self, text: str, coordinate: str) -> str:
        annotation = self.annotations.get(coordinate)
        return f"{text} {annotation}" if annotation else text

    def _parts(self, number: int) -> dict[str, tuple[str, ...]]:
        """The declarations of one subgraph: head to lines."""
        queries = [each for each in self.queries if each.home == number]
        declared = {
            name: [each for each in fields if each.home == number]
            for name, fields in self.entities.items()
        }
        used = {each.target for each in queries}
        used |= {each.target for fields in declared.values() for each in fields}
        if "Node" in used:
            used |= self.nodes
        parts: dict[str, tuple[str, ...]] = {}
        if queries:
            parts["type Query"] = tuple(map(str, queries))
        for name, fields in declared.items():
            if fields or name in used:
                implements = " implements Node" if name in self.nodes else ""
                head = f'type {name}{implements} @key(fields: "id")'
                parts[head] = ("id: ID!", *map(str, fields))
        text = " ".join(line for lines in parts.values() for line in lines)
        parts |= dict(self._shared(text, " ".join(parts)))
        return parts

    def _shared(self, text: str, heads: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """What is declared wherever it is used."""
        for name, lines in self.values.items():
            if f": {name}" in text:
                yield f"type {name} @shareable", lines
                text = f"{text} {' '.join(lines)}"
        if "Color" in text:
            yield "enum Color", ("RED", "GREEN", "BLUE")
        if "Filter" in text:
            yield "input Filter", ('name: String = "x"', "first: Int!")
        if "implements Node" in heads or ": Node" in text:
            yield "interface Node", ("id: ID!",)


def _name(head: str) -> str:
    return head.split()[1]


def _field_name(line: str) -> str:
    return line.partition("(")[0].partition(":")[0]


@st.composite
def split_schemas(draw: st.DrawFn) -> SplitSchema:
    """One to four subgraphs with up to four entities and two value types."""
    count = draw(st.integers(1, 4))
    names = [f"E{number}" for number in range(draw(st.integers(1, 4)))]
    values = dict[str, tuple[str, ...]](
        V0=("a: Int", "b: Color"), V1=("a: Int", "b: Color")
    )
    nodes = frozenset(draw(st.sets(st.sampled_from(names))))
    targets = [*LEAVES, *values, *names, *(f"[{name}!]!" for name in names)]
    targets += ["Node", "[Node]"] if nodes else []
    arguments = st.sampled_from(("", "", "(by: Filter)", "(first: Int = 10, id: ID)"))

    def owned(prefix: str, most: int) -> tuple[OwnedField, ...]:
        return tuple(
            OwnedField(
                f"{prefix}{number}",
                draw(st.sampled_from(targets)),
                draw(st.integers(0, count - 1)),
                draw(arguments),
            )
            for number in range(draw(st.integers(0, most)))
        )

    entities = {name: owned("f", 4) for name in names}
    queries = tuple(
        OwnedField(f"q{name}", name, draw(st.integers(0, count - 1)), "(id: ID!)")
        for name in names
    )
    return SplitSchema(count, entities, (*queries, *owned("r", 2)), values, nodes)
