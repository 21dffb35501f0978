"""A trie over the segments of paths.

Each node has its literal children in a mapping and at most one parameter child, so
that a path meets at most two children at each level, however many routes there are. A
literal wins over a parameter, from the left.

Some nodes are **mounts**: a façade's prefix, for example. All paths below a mount
belong to it, also those that it has no route for.
"""

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

from weir.gateway.routes.matching.path import NO_VALUES
from weir.gateway.routes.matching.template import Shape

End = TypeVar("End")
Mount = TypeVar("Mount")


class Node(Generic[End, Mount]):
    """A position in a path; `end` is what the paths that end here mean."""

    __slots__ = ("end", "literals", "mount", "parameter")

    def __init__(self) -> None:
        self.literals: dict[str, Node[End, Mount]] = {}
        self.parameter: Node[End, Mount] | None = None
        self.end: End | None = None
        self.mount: Mount | None = None

    def at(self, shape: Shape) -> "Node[End, Mount]":
        """Return the node of `shape`; add it if it is missing."""
        node = self
        for segment in shape:
            if segment is None:
                node.parameter = node.parameter or Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(segment, Node())
        return node

    def visited(
        self, segments: Sequence[str]
    ) -> "Iterator[tuple[Node[End, Mount], int]]":
        """Yield the nodes of a path with their positions, literals first.

        `segments` are those of `segments_of`: the first is what precedes the path.
        """
        length = len(segments)
        parameters: list[tuple[Node[End, Mount], int]] = []
        node, position = self, 1
        while True:
            if node.mount is not None:
                # Nothing outside of a mount serves its paths.
                parameters.clear()
            yield node, position
            literal = None
            if position < length:
                segment = segments[position]
                literal = node.literals.get(segment)
                if node.parameter is not None and segment not in NO_VALUES:
                    parameters.append((node.parameter, position + 1))
            if literal is not None:
                node = literal
                position += 1
            elif parameters:
                node, position = parameters.pop()
            else:
                return

    def ends(self, segments: Sequence[str]) -> Iterator[End]:
        """Yield the ends that fit the whole path, the best one first."""
        length = len(segments)
        for node, position in self.visited(segments):
            if position == length and node.end is not None:
                yield node.end

    def nearest_mount(self, segments: Sequence[str]) -> Mount | None:
        """Return the innermost mount that encloses the path."""
        node, found = self, self.mount
        for segment in segments[1:]:
            below = node.literals.get(segment)
            if below is None:
                break
            node = below
            found = found if node.mount is None else node.mount
        return found
