"""The parser of documents, with limits on their size.

The tokens of a document refer to each other in both directions, so only the garbage
collector could free them, while all requests wait for it. They are taken apart as soon
as the limits are checked.
"""

import re
from typing import Final

from graphql import DocumentNode, GraphQLSyntaxError, Location, Token, TokenKind
from graphql.language.parser import Parser

from weir.resolvers.limit_excess import LimitExcess
from weir.resolvers.operation.document.limits import OperationLimits, check_limits
from weir.resolvers.operation.errors import (
    LimitExceeded,
    OperationRejected,
    ParseFailed,
)
from weir.resolvers.operation.work import WorkBudget

_TOO_MANY_TOKENS = re.compile(
    r"Syntax Error: Document contains more than [\d,]+ tokens"
)
_TOO_DEEP = "Syntax Error: Document is nested too deeply"
_NO_TOKEN: Final = Token(TokenKind.SOF, 0, 0, 0, 0)


def parse_operation(
    text: str, limits: OperationLimits, work: WorkBudget | None = None
) -> DocumentNode:
    """Parse a document within limits.

    Raises `ParseFailed`, `LimitExceeded`, `ValidationFailed` for a fragment that
    spreads itself, and `Cancelled`.
    """
    work = work or WorkBudget()
    size_bytes = len(text.encode("utf-8", "surrogatepass"))
    if size_bytes > limits.size_bytes:
        raise LimitExceeded(what="bytes", found=size_bytes, limit=limits.size_bytes)
    parser = _StoppableParser(text, limits, work)
    try:
        document = _parse(parser, limits)
        work.check()
        check_limits(document, limits, work)
    finally:
        parser.free_tokens()
    return document


def first_excess(
    text: str, limits: OperationLimits, work: WorkBudget
) -> LimitExcess | None:
    """Return the first limit that a valid document exceeds. Raises `Cancelled`."""
    try:
        parse_operation(text, limits, work)
    except LimitExceeded as error:
        return LimitExcess(error.what, error.found, error.limit)
    return None


class _StoppableParser(Parser):
    """The parser of `graphql.parse`, which can be stopped at every token."""

    def __init__(self, text: str, limits: OperationLimits, work: WorkBudget) -> None:
        super().__init__(
            text, max_tokens=limits.tokens, allow_empty_selection_sets=False
        )
        self._work = work
        self._first = self._lexer.token
        self._locations: list[Location] = []

    def advance_lexer(self) -> None:
        """Advance to the next token. Raises `Cancelled`."""
        self._work.check()
        super().advance_lexer()

    def loc(self, start_token: Token) -> Location | None:
        """Return the location of a node."""
        location = super().loc(start_token)
        if location is not None:
            self._locations.append(location)
        return location

    def free_tokens(self) -> None:
        """Separate the tokens, and let locations only have positions in the text."""
        for location in self._locations:
            location.start_token = location.end_token = _NO_TOKEN
        token: Token | None = self._first
        while token is not None:
            token.prev, token = None, token.next


def _parse(parser: _StoppableParser, limits: OperationLimits) -> DocumentNode:
    try:
        return parser.parse_document()
    except GraphQLSyntaxError as error:
        raise _refusal(error, limits) from error
    except RecursionError:
        pass  # its traceback would hold all the frames of the recursion
    raise LimitExceeded(what="levels", found=0, limit=limits.depth)


def _refusal(error: GraphQLSyntaxError, limits: OperationLimits) -> OperationRejected:
    if _TOO_MANY_TOKENS.match(error.message):
        return LimitExceeded(what="tokens", found=0, limit=limits.tokens)
    if error.message.startswith(_TOO_DEEP):
        return LimitExceeded(what="levels", found=0, limit=limits.depth)
    return ParseFailed([error])
