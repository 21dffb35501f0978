"""Everything below a node of a document."""

from collections.abc import Iterator

from graphql import Node


def descendants(*nodes: Node) -> Iterator[Node]:
    """Yield `nodes` and all that is below them, in order of the document."""
    pending = list(reversed(nodes))
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(list(_children(node))))


def _children(node: Node) -> Iterator[Node]:
    for key in node.keys:
        child: object = getattr(node, key)
        if isinstance(child, Node):
            yield child
        elif isinstance(child, tuple | list):
            yield from (each for each in child if isinstance(each, Node))  # pyright: ignore[reportUnknownVariableType] - filtered here
