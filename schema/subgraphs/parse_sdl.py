"""The parser of SDL text; its errors have a location."""

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    Source,
    TokenKind,
    TypeSystemDefinitionNode,
    TypeSystemExtensionNode,
    parse,
)

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError, CompositionFailed
from weir.schema.diagnostics.locations import Location, location_at, location_of
from weir.schema.subgraphs.subgraph import Subgraph

MAX_NESTING = 64
"""The limit of nested brackets, which bounds recursion. Real SDL has about 5."""

_OPENING = frozenset({TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L})
_CLOSING = frozenset({TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R})


def parse_document(subgraph: Subgraph) -> DocumentNode:
    """Parse a subgraph's SDL. Raises CompositionFailed with INVALID_GRAPHQL."""
    try:
        document = parse(Source(subgraph.sdl, subgraph.file or subgraph.name))
    except GraphQLSyntaxError as error:
        raise CompositionFailed([graphql_error(error, subgraph)]) from error
    except RecursionError as error:
        raise CompositionFailed([_too_deep(subgraph, None)]) from error
    _check_nesting(document, subgraph)
    for node in document.definitions:
        if not isinstance(node, TypeSystemDefinitionNode | TypeSystemExtensionNode):
            message = "The subgraph's SDL may not contain operations or fragments"
            raise CompositionFailed(
                [invalid(message, location_of(node, *_where(subgraph)))]
            )
    return document


def _where(subgraph: Subgraph) -> tuple[str, str]:
    return subgraph.name, subgraph.file


def _check_nesting(document: DocumentNode, subgraph: Subgraph) -> None:
    depth = 0
    token = document.loc.start_token if document.loc else None
    while token is not None:
        depth += (token.kind in _OPENING) - (token.kind in _CLOSING)
        if depth > MAX_NESTING:
            location = Location(
                subgraph=subgraph.name,
                file=subgraph.file,
                line=token.line,
                column=token.column,
            )
            raise CompositionFailed([_too_deep(subgraph, location)])
        token = token.next


def _too_deep(subgraph: Subgraph, location: Location | None) -> CompositionError:
    message = f"The SDL nests brackets more than {MAX_NESTING} deep"
    return invalid(
        message,
        location
        or Location(subgraph=subgraph.name, file=subgraph.file, line=1, column=1),
    )


def graphql_error(error: GraphQLError, subgraph: Subgraph) -> CompositionError:
    """Convert an error of graphql-core, with its locations."""
    name, file = subgraph.name, subgraph.file
    if error.source and error.positions:
        locations = [
            location_at(error.source, offset, name, file) for offset in error.positions
        ]
    else:
        locations = [location_of(node, name, file) for node in error.nodes or ()]
    return invalid(error.message, *(locations or [Location(subgraph=name, file=file)]))


def invalid(message: str, *locations: Location, fix: str = "") -> CompositionError:
    """Return an INVALID_GRAPHQL error, for the subgraph of the first location."""
    return CompositionError(
        code=Code.INVALID_GRAPHQL,
        message=f"[{locations[0].subgraph}] {message}",
        locations=locations,
        fix=fix,
    )
