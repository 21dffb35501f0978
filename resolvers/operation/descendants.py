"""The nodes below a node of a document."""

from collections.abc import Iterator

from graphql import DirectiveNode, Node, VariableNode

_CONDITIONS = frozenset({"skip", "include"})


def descendants(*nodes: Node) -> Iterator[Node]:
    """Yield `nodes` and all nodes below them, in document order."""
    pending = list(reversed(nodes))
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(list(_children(node))))


def condition_variables(document: Node) -> tuple[str, ...]:
    """Return the sorted variables that any `@skip` or `@include` depends on."""
    used = {
        node.name.value
        for directive in descendants(document)
        if isinstance(directive, DirectiveNode) and directive.name.value in _CONDITIONS
        for node in descendants(directive)
        if isinstance(node, VariableNode)
    }
    return tuple(sorted(used))


def _children(node: Node) -> Iterator[Node]:
    for key in node.keys:
        child: object = getattr(node, key)
        if isinstance(child, Node):
            yield child
        elif isinstance(child, tuple | list):
            yield from (each for each in child if isinstance(each, Node))  # pyright: ignore[reportUnknownVariableType] - filtered here
