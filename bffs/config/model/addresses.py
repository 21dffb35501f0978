"""The model of the client addresses that are served."""

from typing import Self

from pydantic import model_validator

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.texts import NetworkText


class AddressesSection(Section):
    """Networks of clients that are served, and of those that are not."""

    allow: list[NetworkText] = []
    """Networks that are served; empty allows all."""
    deny: list[NetworkText] = []
    """Networks that are not served, of those that `allow` has."""

    @model_validator(mode="after")
    def _check_effect(self) -> Self:
        if not self.allow and not self.deny:
            message = "expected `allow`, `deny` or both"
            raise ValueError(message)
        return self
