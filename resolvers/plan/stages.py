"""Each stage of a planning run as text, for people who ask why."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, TypeAlias

from weir.resolvers.plan.choose.state import Placed, State
from weir.resolvers.plan.choose.ways import Way, WayFinder
from weir.resolvers.plan.fetches.fetch_graph import FetchStep
from weir.resolvers.plan.planner import Stages
from weir.resolvers.plan.render import render, show_condition
from weir.resolvers.plan.walk.positions import Goal, show_path

StageName: TypeAlias = Literal["paths", "choice", "fetches", "plan"]


def show_stage(stages: Stages, name: StageName) -> str:
    """Print one stage of a planning run."""
    return _PRINTERS[name](stages)


def explain(stages: Stages) -> str:
    """Say of each fetch what it is for, and what else was considered at which cost."""
    return _text(_explained(stages))


def _paths(stages: Stages) -> Iterator[str]:
    """Give the ways to each goal as if nothing had been chosen."""
    finder = WayFinder(stages.context, State())
    for goal in stages.goals:
        yield _goal(goal)
        for way in finder.ways(goal):
            yield f"  {_way(way)}: {way.bound} or more"


def _choice(stages: Stages) -> Iterator[str]:
    for goal in stages.goals:
        for placed in stages.routes.chosen[goal]:
            yield f"{_goal(goal)} <- {_place(placed)}"


def _fetches(stages: Stages) -> Iterator[str]:
    levels = stages.fetches.levels()
    for step in stages.fetches.in_order():
        yield f"{_step(step)} (stage {levels[step.id]}, after {sorted(step.parents)})"
        for entrance in step.entrances.values():
            types = "|".join(sorted(entrance.types)) or "any"
            key = " ".join(each.key for each in entrance.key)
            requires = "".join(f" requires {{ {text} }}" for text in entrance.requires)
            yield f"  enters {types} in {entrance.node} by {{ {key} }}{requires}"
        if step.condition:
            yield f"  if {show_condition(step.condition)}"


def _explained(stages: Stages) -> Iterator[str]:
    routes = stages.routes
    for step in routes.state.steps:
        yield f"{step.subgraph} at {show_path(step.position.path) or 'the root'}"
        for entry in step.entries.values():
            key = " ".join(each.key for each in entry.key)
            yield f"  by the key {{ {key} }} of {entry.node.type_name}"
        for goal, placed in routes.chosen.items():
            if all(each.step is not step for each in placed):
                continue
            considered = routes.considered.get(goal)
            if considered is None:
                yield f"  {_goal(goal)}: costs nothing more"
                continue
            yield f"  {_goal(goal)}"
            tried = considered.tried
            for way in sorted(considered.ways, key=lambda way: _rank(way, tried)):
                yield f"    {_verdict(way, tried)}"


def _rank(way: Way, tried: Mapping[Way, int | None]) -> tuple[bool, int]:
    """Put what was tried first, by what it costs."""
    cost = tried.get(way)
    return (cost is None, way.bound if cost is None else cost)


def _verdict(way: Way, tried: Mapping[Way, int | None]) -> str:
    if way not in tried:
        return f"{_way(way)}: not tried, {way.bound} or more"
    cost = tried[way]
    return f"{_way(way)}: {'closed' if cost is None else f'adds {cost}'}"


def _goal(goal: Goal) -> str:
    where = show_path(goal.position.path)
    what = goal.field.key if goal.field else "(exists)"
    types = "|".join(sorted(goal.types))
    on = f"[{types}]." if goal.position.is_abstract else ""
    return f"{where}{'.' if where else ''}{on}{what}"


def _way(way: Way) -> str:
    level = show_path(way.level.path) or "the root"
    if way.access is not None:
        return f"{way.subgraph}, there already at {level}"
    return f"{way.subgraph}, {'entered' if way.entry else 'asked'} at {level}"


def _place(placed: Placed) -> str:
    step = placed.step
    level = show_path(step.position.path) or "the root"
    return f"{step.subgraph} (step {step.index} at {level})"


def _step(step: FetchStep) -> str:
    return f"{step.id}: {step.subgraph} at {show_path(step.path) or 'the root'}"


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


_PRINTERS: dict[StageName, Callable[[Stages], str]] = {
    "paths": lambda stages: _text(_paths(stages)),
    "choice": lambda stages: _text(_choice(stages)),
    "fetches": lambda stages: _text(_fetches(stages)),
    "plan": lambda stages: render(stages.plan),
}
