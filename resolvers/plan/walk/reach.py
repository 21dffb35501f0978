"""The subgraphs that can be reached at a position, by the graph alone.

A subgraph is reached along the field that makes the position, or by a key whose fields
are resolved by subgraphs already reached. The cost of a plan is ignored. The result
limits the runtime types of a shared field, and the subgraphs that the field leads to.
"""

from weir.schema.graph.graph import Graph
from weir.schema.graph.nodes import Node
from weir.schema.graph.selections import SelectedField
from weir.schema.graph.tables import EntityKey


def reachable(
    graph: Graph, types: frozenset[str], by_field: frozenset[str]
) -> frozenset[str]:
    """Return the subgraphs reached by a field, and those that keys can enter."""
    reached = set(by_field)
    knowing = {name for each in types for name in graph.subgraphs_of(each)}
    waiting = sorted(knowing - reached)
    while entered := [
        name for name in waiting if _can_enter(graph, types, name, reached)
    ]:
        reached.update(entered)
        waiting = [name for name in waiting if name not in reached]
    return frozenset(reached)


def _can_enter(
    graph: Graph, types: frozenset[str], subgraph: str, reached: set[str]
) -> bool:
    return any(
        _is_at_hand(graph, name, key, reached)
        for name in types
        for node in entry_nodes(graph, name, subgraph)
        for key in node.keys
    )


def entry_nodes(graph: Graph, object_type: str, subgraph: str) -> list[Node]:
    """Return the nodes of a subgraph that represent an object type."""
    own = graph.node(object_type, subgraph)
    nodes = graph.interface_objects(object_type, subgraph)
    return [own, *nodes] if own is not None else [*nodes]


def _is_at_hand(
    graph: Graph, object_type: str, key: EntityKey, reached: set[str]
) -> bool:
    return all(
        any(
            resolver.node.subgraph in reached
            for resolver in graph.resolvers(object_type, selected.name)
        )
        for selected in key.fields.selections
        if isinstance(selected, SelectedField) and selected.name != "__typename"
    )
