"""The model of the audit log."""

from typing import Self

from pydantic import model_validator

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.texts import FileName


class AuditSection(Section):
    """A line for each decision on a caller, and for each change of the gateway."""

    file: FileName | None = None
    """File that the lines are appended to; it may be rotated."""
    stdout: bool = False
    """Write the lines into the log, on standard output."""

    @model_validator(mode="after")
    def _check_sink(self) -> Self:
        if self.stdout == (self.file is not None):
            message = "expected either `file` or `stdout: true`"
            raise ValueError(message)
        return self
