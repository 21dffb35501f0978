"""From text to a document that is small enough to look at more closely."""

import re

from graphql import DocumentNode, GraphQLSyntaxError, parse

from resolvers.operation.errors import LimitExceeded, ParseFailed
from resolvers.operation.limits import OperationLimits, check_limits

_TOO_MANY_TOKENS = re.compile(r"contains more (?:that|than) [\d,]+ tokens")


def parse_operation(text: str, limits: OperationLimits) -> DocumentNode:
    """Parse within limits.

    Raises `ParseFailed` or `LimitExceeded`.
    """
    size_bytes = len(text.encode("utf-8", "surrogatepass"))
    if size_bytes > limits.size_bytes:
        raise LimitExceeded(what="bytes", found=size_bytes, limit=limits.size_bytes)
    try:
        document = parse(
            text, max_tokens=limits.tokens, allow_empty_selection_sets=False
        )
        check_limits(document, limits)
    except GraphQLSyntaxError as error:
        if _TOO_MANY_TOKENS.search(error.message):
            raise LimitExceeded(what="tokens", found=0, limit=limits.tokens) from error
        raise ParseFailed([error]) from error
    except RecursionError as error:
        raise LimitExceeded(what="levels", found=0, limit=limits.depth) from error
    return document
