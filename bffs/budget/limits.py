"""The budgets of queries, and the costs that exceed them."""

from collections.abc import Iterator
from dataclasses import dataclass

from weir.bffs.budget.measurement import Measurement
from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.model.limits.budget import BudgetSection, BudgetsSection
from weir.bffs.config.unknown_name import unknown


@dataclass(frozen=True, slots=True)
class Excess:
    """A cost above its budget; if it is `enforced`, the command fails."""

    measured: Measurement
    key: str
    cost: float
    budget: float
    enforced: bool


def check_names(loaded: LoadedConfig, facade: str, names: frozenset[str]) -> None:
    """Raise ConfigError for a budget of a query that the façade does not have."""
    budgets = loaded.config.facades[facade].budgets or BudgetsSection()
    for name in budgets.operations:
        if name not in names:
            path = ("facades", facade, "budgets", "operations", name)
            message = unknown("stored query", name, names)
            raise loaded.error(path, f"{'.'.join(path[:-1])}: {message}")


def excesses(loaded: LoadedConfig, measured: Measurement) -> Iterator[Excess]:
    """Yield the costs of a query that are above its budget."""
    budgets = loaded.config.facades[measured.facade].budgets
    if budgets is None:
        return
    enforced = budgets.mode == "enforce"
    costs: dict[str, float] = {
        "bytes": measured.bytes,
        "gzip": measured.gzip,
        "fetches": measured.fetches,
        "depth": measured.depth,
        "upstream_bytes": measured.upstream_bytes,
        "time": measured.time_s,
    }
    limits = _budget(budgets, measured.operation).model_dump()
    for key, cost in costs.items():
        limit: float | None = limits[key]
        if limit is not None and cost > limit:
            yield Excess(measured, key, cost, limit, enforced)


def _budget(budgets: BudgetsSection, operation: str) -> BudgetSection:
    own = budgets.operations.get(operation)
    if own is None:
        return budgets.default
    return budgets.default.model_copy(update=own.model_dump(exclude_none=True))
