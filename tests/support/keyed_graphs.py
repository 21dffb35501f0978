"""Random subgraphs with random keys: about half of them cannot answer all queries."""

import random
from dataclasses import dataclass, field

from weir.schema import Subgraph

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",'
    ' import: ["@key", "@requires", "@external", "@shareable", "@override"])'
)
KEYS = ("k1", "k2", "k3")
LABELS = ("x", "y")
TYPES = ("X", "Y")


@dataclass(slots=True)
class _Declaration:
    """A type in a subgraph: the keys it is entered by, and its fields by name."""

    keys: dict[str, bool] = field(default_factory=dict[str, bool])
    fields: dict[str, str] = field(default_factory=dict[str, str])

    def sdl(self, name: str) -> str:
        keys = " ".join(
            f'@key(fields: "{key}"{"" if resolvable else ", resolvable: false"})'
            for key, resolvable in self.keys.items()
        )
        return f"type {name} {keys} {{ {' '.join(self.fields.values())} }}"


_Graph = dict[str, dict[str, _Declaration]]


def keyed_graph(rng: random.Random) -> list[Subgraph]:
    """Two to four subgraphs that share two types with up to three key fields."""
    return _subgraphs(rng, _declarations(rng))


def labelled_graph(rng: random.Random) -> list[Subgraph]:
    """Make a keyed graph in which some fields move with override labels."""
    graph = _declarations(rng)
    for type_name in TYPES:
        holders = [name for name, types in graph.items() if type_name in types]
        for name in holders:
            _open(graph[name][type_name])
        for name in holders if len(holders) > 1 else ():
            taker = rng.choice([each for each in holders if each != name])
            _override(rng, name, graph[name][type_name], graph[taker][type_name])
    return _subgraphs(rng, graph)


def _open(declaration: _Declaration) -> None:
    """Make the keys of a type with requirements resolvable.

    The reference enters a subgraph again by a key that is not resolvable there, and so
    makes plans that fail. Composition in Weir refuses them.
    """
    if any(each.startswith("r") for each in declaration.fields):
        declaration.keys = dict.fromkeys(declaration.keys, True)


def _override(
    rng: random.Random, name: str, source: _Declaration, taker: _Declaration
) -> None:
    for each in (f"f{name}", f"to{name}"):
        if each in source.fields and rng.random() < 0.4:
            label = rng.choice(LABELS)
            moved = f'{source.fields[each]} @override(from: "{name}", label: "{label}")'
            taker.fields.setdefault(each, moved)


def _declarations(rng: random.Random) -> _Graph:
    names = "ABCD"[: rng.randint(2, 4)]
    graph: _Graph = {name: {} for name in names}
    for type_name in TYPES:
        holders = {key: rng.sample(names, rng.randint(1, len(names))) for key in KEYS}
        for name in names:
            if rng.random() < 0.75:
                held = [key for key in KEYS if name in holders[key]]
                graph[name][type_name] = _declaration(rng, held)
    for name, types in graph.items():
        for type_name, declaration in types.items():
            declaration.fields[f"f{name}"] = f"f{name}: Int"
            _link(rng, name, declaration, [each for each in types if each != type_name])
            others = [
                each for each in names if each != name and type_name in graph[each]
            ]
            _require(rng, name, declaration, others)
    return graph


def _subgraphs(rng: random.Random, graph: _Graph) -> list[Subgraph]:
    return [_subgraph(rng, name, types) for name, types in graph.items()]


def _declaration(rng: random.Random, held: list[str]) -> _Declaration:
    declaration = _Declaration()
    declaration.fields = {key: f"{key}: ID! @shareable" for key in held}
    for _ in range(rng.randint(0, 2) if held else 0):
        size = min(len(held), rng.choice((1, 1, 2)))
        key = " ".join(sorted(rng.sample(held, size)))
        declaration.keys.setdefault(key, rng.random() < 0.8)
    return declaration


def _link(
    rng: random.Random, name: str, declaration: _Declaration, targets: list[str]
) -> None:
    if targets and rng.random() < 0.5:
        declaration.fields[f"to{name}"] = f"to{name}: {targets[0]}"


def _require(
    rng: random.Random, name: str, declaration: _Declaration, others: list[str]
) -> None:
    if others and rng.random() < 0.35:
        other = rng.choice(others)
        declaration.fields[f"f{other}"] = f"f{other}: Int @external"
        declaration.fields[f"r{name}"] = f'r{name}: Int @requires(fields: "f{other}")'


def _subgraph(
    rng: random.Random, name: str, types: dict[str, _Declaration]
) -> Subgraph:
    queries = [f"q{name}{each}: {each}" for each in types if rng.random() < 0.6]
    if name == "A" and not queries:
        queries = ["zero: Int"]
    blocks = [declaration.sdl(each) for each, declaration in types.items()]
    if queries:
        blocks.append(f"type Query {{ {' '.join(queries)} }}")
    return Subgraph(name=name, sdl="\n".join([LINK, *blocks]), file=f"{name}.graphql")
