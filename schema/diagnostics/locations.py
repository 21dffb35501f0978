"""Locations in the SDL of subgraphs."""

from dataclasses import dataclass

from graphql import Node, Source, Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A location in a subgraph's SDL.

    `line` and `column` count from 1, and 0 is unknown. `source` is the line's text.
    """

    subgraph: str
    file: str = ""
    line: int = 0
    column: int = 0
    source: str = ""

    def __str__(self) -> str:
        if not self.line:
            return self.file or self.subgraph
        return f"{self.file or self.subgraph}:{self.line}:{self.column}"


def location_at(source: Source, offset: int, subgraph: str, file: str) -> Location:
    """Return the location of a character offset in a source."""
    before = source.body[:offset]
    line = before.count("\n") + 1
    column = offset - (before.rfind("\n") + 1) + 1
    lines = source.body.split("\n")
    return Location(
        subgraph=subgraph,
        file=file,
        line=line,
        column=column,
        source=lines[line - 1].strip(),
    )


def location_of(node: Node | None, subgraph: str, file: str) -> Location:
    """Return the location of a node; for a definition, that of its name."""
    named = getattr(node, "name", None)
    loc = (named if isinstance(named, Node) else node or Node()).loc
    loc = loc or (node.loc if node else None)
    if loc is None:
        return Location(subgraph=subgraph, file=file)
    token: Token = loc.start_token
    return Location(
        subgraph=subgraph,
        file=file,
        line=token.line,
        column=token.column,
        source=loc.source.body.split("\n")[token.line - 1].strip(),
    )
