"""The keys about the end of an API version, of a façade or of a plain route."""

from typing import Self

from pydantic import model_validator

from weir.bffs.config.model.section import Section
from weir.gateway.edge.responses.lifecycle import Lifecycle, read_lifecycle


class LifecycleSection(Section):
    """A part of an API whose responses announce its end."""

    deprecated: str | None = None
    """The first day on which the version should not be used, such as `2026-01-01`."""
    sunset: str | None = None
    """The last day on which the version is available."""
    notice: str | None = None
    """URL of a page about the deprecation and the sunset."""

    @property
    def lifecycle(self) -> Lifecycle:
        """The announced end of the version; raises InvalidLifecycle."""
        return read_lifecycle(
            self.deprecated or "", self.sunset or "", self.notice or ""
        )

    @model_validator(mode="after")
    def _check_lifecycle(self) -> Self:
        self.lifecycle  # noqa: B018 - it raises
        return self
