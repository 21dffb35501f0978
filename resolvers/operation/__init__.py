"""From the client's text to a normalised operation."""

from resolvers.operation.errors import OperationRefused
from resolvers.operation.limits import DEFAULT_LIMITS, OperationLimits
from resolvers.operation.operation import Operation, normalise, prepare
from resolvers.operation.parsing import parse_operation
from resolvers.operation.validation import validate_operation

__all__ = [
    "DEFAULT_LIMITS",
    "Operation",
    "OperationLimits",
    "OperationRefused",
    "normalise",
    "parse_operation",
    "prepare",
    "validate_operation",
]
