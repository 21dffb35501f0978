"""Operations: from the client's text to a normalised operation."""

from weir.resolvers.operation.document.limits import DEFAULT_LIMITS, OperationLimits
from weir.resolvers.operation.document.parsing import parse_operation
from weir.resolvers.operation.document.validation import validate_operation
from weir.resolvers.operation.errors import OperationRejected
from weir.resolvers.operation.operation import Operation, normalise, prepare

__all__ = [
    "DEFAULT_LIMITS",
    "Operation",
    "OperationLimits",
    "OperationRejected",
    "normalise",
    "parse_operation",
    "prepare",
    "validate_operation",
]
