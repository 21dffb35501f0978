"""Parses SDL; whatever is wrong with the text is an error with a place."""

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

from weir.schema.diagnostics.errors import (
    Code,
    CompositionError,
    Place,
    Refused,
    place_of,
    position,
)
from weir.schema.subgraphs.subgraph import Subgraph

MAX_NESTING = 64
"""Brackets within brackets; real SDL has 5, and recursion has to end somewhere."""

_OPENING = frozenset({TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L})
_CLOSING = frozenset({TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R})


def parse_subgraph(subgraph: Subgraph) -> DocumentNode:
    """Parse a subgraph's SDL. Raises Refused with INVALID_GRAPHQL."""
    try:
        document = parse(Source(subgraph.sdl, subgraph.file or subgraph.name))
    except GraphQLSyntaxError as error:
        raise Refused([graphql_error(error, subgraph)]) from error
    except RecursionError as error:
        raise Refused([_too_deep(subgraph, None)]) from error
    _check_nesting(document, subgraph)
    for node in document.definitions:
        if not isinstance(node, TypeSystemDefinitionNode | TypeSystemExtensionNode):
            message = "The subgraph's SDL may not contain operations or fragments"
            raise Refused([invalid(message, place_of(node, *_where(subgraph)))])
    return document


def _where(subgraph: Subgraph) -> tuple[str, str]:
    return subgraph.name, subgraph.file


def _check_nesting(document: DocumentNode, subgraph: Subgraph) -> None:
    depth = 0
    token = document.loc.start_token if document.loc else None
    while token is not None:
        depth += (token.kind in _OPENING) - (token.kind in _CLOSING)
        if depth > MAX_NESTING:
            place = Place(
                subgraph=subgraph.name,
                file=subgraph.file,
                line=token.line,
                column=token.column,
            )
            raise Refused([_too_deep(subgraph, place)])
        token = token.next


def _too_deep(subgraph: Subgraph, place: Place | None) -> CompositionError:
    message = f"The SDL nests brackets more than {MAX_NESTING} deep"
    return invalid(
        message,
        place or Place(subgraph=subgraph.name, file=subgraph.file, line=1, column=1),
    )


def graphql_error(error: GraphQLError, subgraph: Subgraph) -> CompositionError:
    """A violation that graphql-core found, with its places."""
    name, file = subgraph.name, subgraph.file
    if error.source and error.positions:
        places = [
            position(error.source, offset, name, file) for offset in error.positions
        ]
    else:
        places = [place_of(node, name, file) for node in error.nodes or ()]
    return invalid(error.message, *(places or [Place(subgraph=name, file=file)]))


def invalid(message: str, *places: Place, way_out: str = "") -> CompositionError:
    """An INVALID_GRAPHQL, attributed to the first place's subgraph."""
    return CompositionError(
        code=Code.INVALID_GRAPHQL,
        message=f"[{places[0].subgraph}] {message}",
        places=places,
        way_out=way_out,
    )
