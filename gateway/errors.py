"""The error table's vocabulary, and the rows that the traffic layer contributes.

    WeirError                    carries one row: code, fault, status, safe message
    +-- (client)   BadRequest, PayloadTooLarge, RouteNotFound, MethodNotAllowed, ...
    +-- (upstream) UpstreamUnavailable, UpstreamTimeout, CircuitOpen, ...

Each package raises its own typed errors; the front that was matched renders them.
`docs/errors.md` is generated from the rows.
"""

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar


class Fault(Enum):
    """Whose fault an error is; decides what of it a client may see."""

    CLIENT = "client"
    UPSTREAM = "upstream"
    OURS = "ours"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRow:
    """One line of the error table; `message` is safe to show to any client."""

    code: str
    fault: Fault
    status: int
    retryable: bool
    message: str

    @property
    def docs_anchor(self) -> str:
        return f"errors.md#{self.code.lower()}"


class WeirError(Exception):
    """Anything that a front renders: a row of the table and what happened here.

    `detail` says what happened in this case. It is shown to clients where the fault
    is theirs, and only logged where it is an upstream's or ours (unless the mode is
    development).
    """

    row: ClassVar[ErrorRow]

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.row.message)
        self.detail = detail or self.row.message

    @property
    def code(self) -> str:
        return self.row.code
