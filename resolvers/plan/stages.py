"""The text form of each stage of a planning run, and an explanation of its choices."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, TypeAlias

from weir.resolvers.plan.choose.paths import Path, PathFinder
from weir.resolvers.plan.choose.solver import Considered
from weir.resolvers.plan.choose.state import SelectedField, State
from weir.resolvers.plan.fetches.fetch_graph import FetchStep
from weir.resolvers.plan.model.nodes import show_path
from weir.resolvers.plan.planner import Stages
from weir.resolvers.plan.render import render, show_condition
from weir.resolvers.plan.walk.positions import Goal

StageName: TypeAlias = Literal["paths", "choice", "fetches", "plan"]


def show_stage(stages: Stages, name: StageName) -> str:
    """Print one stage of a planning run."""
    return _PRINTERS[name](stages)


def explain(stages: Stages) -> str:
    """Explain why each fetch is needed and which alternatives cost more."""
    return _text(_explained(stages))


def _paths(stages: Stages) -> Iterator[str]:
    """Yield the paths to each goal, as in an empty state."""
    finder = PathFinder(stages.context, State())
    for goal in stages.goals:
        yield _goal(goal)
        for path in finder.paths(goal):
            yield f"  {_path(path)}: {path.bound} or more"


def _choice(stages: Stages) -> Iterator[str]:
    for goal in stages.goals:
        for selected in stages.choices.chosen[goal]:
            yield f"{_goal(goal)} <- {_selected(selected)}"


def _fetches(stages: Stages) -> Iterator[str]:
    levels = stages.fetches.levels()
    for step in stages.fetches.in_order():
        yield f"{_step(step)} (stage {levels[step.id]}, after {sorted(step.parents)})"
        for entry in step.entries.values():
            types = "|".join(sorted(entry.types)) or "any"
            key = " ".join(each.key for each in entry.key)
            requires = "".join(f" requires {{ {text} }}" for text in entry.requires)
            yield f"  enters {types} in {entry.node} by {{ {key} }}{requires}"
        if step.condition:
            yield f"  if {show_condition(step.condition)}"


def _explained(stages: Stages) -> Iterator[str]:
    choices = stages.choices
    for step in choices.state.steps:
        yield f"{step.subgraph} at {show_path(step.position.path) or 'the root'}"
        for entry in step.entries.values():
            key = " ".join(each.key for each in entry.key)
            yield f"  by the key {{ {key} }} of {entry.node.type_name}"
        for goal, selected in choices.chosen.items():
            if all(each.step is not step for each in selected):
                continue
            considered = choices.considered.get(goal)
            if considered is None:
                yield f"  {_goal(goal)}: costs nothing more"
                continue
            yield f"  {_goal(goal)}"
            tried = considered.tried
            for path in sorted(considered.paths, key=lambda path: _rank(path, tried)):
                yield f"    {_verdict(path, considered)}"


def _rank(path: Path, tried: Mapping[Path, int | None]) -> tuple[bool, int]:
    """Return a sort key: tried paths first, by their cost."""
    cost = tried.get(path)
    return (cost is None, path.bound if cost is None else cost)


def _verdict(path: Path, considered: Considered) -> str:
    if path not in considered.tried:
        return f"{_path(path)}: not tried, {path.bound} or more"
    cost = considered.tried[path]
    if cost is None:
        return f"{_path(path)}: closed"
    or_more = " or more" if path in considered.cut_off else ""
    return f"{_path(path)}: adds {cost}{or_more}"


def _goal(goal: Goal) -> str:
    where = show_path(goal.position.path)
    what = goal.field.key if goal.field else "(exists)"
    types = "|".join(sorted(goal.types))
    on = f"[{types}]." if goal.position.is_abstract else ""
    return f"{where}{'.' if where else ''}{on}{what}"


def _path(path: Path) -> str:
    level = show_path(path.level.path) or "the root"
    if path.selection is not None:
        return f"{path.subgraph}, already selected at {level}"
    return f"{path.subgraph}, {'entered' if path.entry else 'queried'} at {level}"


def _selected(selected: SelectedField) -> str:
    step = selected.step
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
