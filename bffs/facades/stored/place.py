"""The places of nodes in their files."""

from graphql import Node, get_location

from weir.bffs.config.model.position import Position


def place_of(node: Node) -> Position:
    """Return where a parsed node begins."""
    assert node.loc is not None, "parsed nodes have places"
    found = get_location(node.loc.source, node.loc.start)
    return Position(found.line, found.column)
