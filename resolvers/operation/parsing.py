"""From text to a document that is small enough to look at more closely."""

import re

from graphql import DocumentNode, GraphQLSyntaxError, parse

from weir.resolvers.operation.errors import LimitExceeded, OperationRefused, ParseFailed
from weir.resolvers.operation.limits import OperationLimits, check_limits
from weir.resolvers.operation.work import WorkBudget

_TOO_MANY_TOKENS = re.compile(
    r"Syntax Error: Document contains more than [\d,]+ tokens"
)
_TOO_DEEP = "Syntax Error: Document is nested too deeply"


def parse_operation(
    text: str, limits: OperationLimits, work: WorkBudget | None = None
) -> DocumentNode:
    """Parse within limits.

    Raises `ParseFailed`, `LimitExceeded`, `ValidationFailed` for a fragment that
    spreads itself, and `Cancelled`.
    """
    work = work or WorkBudget()
    work.check()
    size_bytes = len(text.encode("utf-8", "surrogatepass"))
    if size_bytes > limits.size_bytes:
        raise LimitExceeded(what="bytes", found=size_bytes, limit=limits.size_bytes)
    try:
        document = parse(
            text, max_tokens=limits.tokens, allow_empty_selection_sets=False
        )
    except GraphQLSyntaxError as error:
        raise _refusal(error, limits) from error
    work.check()
    check_limits(document, limits)
    return document


def _refusal(error: GraphQLSyntaxError, limits: OperationLimits) -> OperationRefused:
    if _TOO_MANY_TOKENS.match(error.message):
        return LimitExceeded(what="tokens", found=0, limit=limits.tokens)
    if error.message.startswith(_TOO_DEEP):
        return LimitExceeded(what="levels", found=0, limit=limits.depth)
    return ParseFailed([error])
