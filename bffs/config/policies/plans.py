"""The configured plans, and the plans that API keys name."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.document import read_document, read_file
from weir.bffs.config.errors import MAX_PROBLEMS, ConfigError, Problem
from weir.bffs.config.model.limits.cost import PlanCostSection
from weir.bffs.config.model.limits.plan import BEYOND, BUDGET, RATE, PlanSection
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.root import Config
from weir.bffs.config.model.values.scalars import Rate
from weir.bffs.config.unknown_name import unknown
from weir.gateway.identity.api_keys.store import PLAN_CLAIM, ApiKey
from weir.gateway.limits.key import LimitKey
from weir.gateway.limits.policy import CostLimit, Plan, RateLimit, Unit

_CALLER = LimitKey(("subject",))


def plans(config: Config) -> Iterator[Plan]:
    """Yield the plans."""
    for name, section in config.plans.items():
        yield _plan(name, section)


def reject_unknown_plans(
    loaded: LoadedConfig, file: Path, keys: Sequence[ApiKey]
) -> None:
    """Raise ConfigError for keys of a file that name a plan which does not exist."""
    config = loaded.config
    used = any(
        each.plan.claim == PLAN_CLAIM for each in config.facades.values() if each.plan
    )
    found = [
        (
            ("keys", index, "plan"),
            f"{key.id}: {unknown('plan', key.plan, config.plans)}",
        )
        for index, key in enumerate(keys)
        if used and key.enabled and key.plan and key.plan not in config.plans
    ]
    if found:
        more = len(found) - MAX_PROBLEMS
        problems = _located(file, found[:MAX_PROBLEMS])
        raise ConfigError(*problems, more=max(0, more))


def _located(file: Path, found: Sequence[tuple[DataPath, str]]) -> list[Problem]:
    """Return the problems of a JSON file with their lines; JSON is YAML as well."""
    try:
        document = read_document(read_file(file), str(file), {})
    except ConfigError:
        return [Problem(file=str(file), message=message) for _, message in found]
    return [document.problem(path, message) for path, message in found]


def _plan(name: str, section: PlanSection) -> Plan:
    def limit(
        limit_name: str,
        rate: Rate,
        burst: int | None = None,
        unit: Unit = "requests",
    ) -> RateLimit:
        return RateLimit(
            name=limit_name,
            count=rate.requests,
            window_s=rate.window_s,
            burst=burst or rate.requests,
            key=_CALLER,
            scope=f"plans.{name}",
            unit=unit,
        )

    budget = section.cost.budget if section.cost else None

    return Plan(
        name=name,
        rates=(limit(RATE, section.rate, section.burst),) if section.rate else (),
        quotas=tuple(limit(each, rate) for each, rate in section.quotas.items()),
        beyond=limit(BEYOND, section.beyond) if section.beyond else None,
        budget=limit(BUDGET, budget, unit="cost") if budget else None,
        cost=_cost(section.cost),
    )


def _cost(section: PlanCostSection | None) -> CostLimit | None:
    if section is None or section.maximum is None:
        return None
    return CostLimit(maximum=section.maximum, enforced=section.mode == "enforce")
