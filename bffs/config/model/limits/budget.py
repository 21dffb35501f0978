"""The model of what the responses of stored queries may cost."""

from typing import Literal

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Count, Duration, Size
from weir.bffs.config.model.values.texts import Name


class BudgetSection(Section):
    """The most that the response of one query may cost; each key is optional."""

    bytes: Size | None = None
    """Bytes of the response."""
    gzip: Size | None = None
    """Bytes of the response, compressed by gzip."""
    fetches: Count | None = None
    """Requests of the plan to services."""
    depth: Count | None = None
    """Objects within each other."""
    upstream_bytes: Size | None = None
    """Bytes of the responses of services."""
    time: Duration | None = None
    """Time of the request."""


class BudgetsSection(Section):
    """Budgets of the stored queries, which `weir budget` compares with responses."""

    mode: Literal["warn", "enforce"] = "warn"
    """A query over its budget is a warning, or fails the command."""
    default: BudgetSection = BudgetSection()
    """The budget of each query."""
    operations: dict[Name, BudgetSection] = {}
    """Budgets by name of the query, of which each key replaces that of `default`."""
