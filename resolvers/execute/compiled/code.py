"""The generated code of one executable: none at first, and compiled once it is due."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from enum import Enum
from typing import Any, Final

from weir.gateway.json_types import JSONObject
from weir.resolvers.execute.compiled.code_folder import CodeFolder
from weir.resolvers.execute.compiled.compiling import compiled
from weir.resolvers.execute.compiled.entities_source import entities_source
from weir.resolvers.execute.compiled.projection_source import projection_source
from weir.resolvers.execute.compiled.runtime import NotAsExpected
from weir.resolvers.execute.compiled.source import (
    CodeSource,
    NotCompilable,
    Reason,
)
from weir.resolvers.execute.response.shape import OperationShape, Shape
from weir.resolvers.execute.run.interpreter import Interpreter
from weir.resolvers.execute.run.program import Program
from weir.resolvers.execute.run.represent import EntityBatch
from weir.resolvers.execute.run.step import Step
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.plan.model.nodes import Fetch

COMPILED_AT: Final = 16
"""The use of a plan at which it is compiled."""
_NEVER: Final = 2**62


class Form(Enum):
    """The form in which a plan runs that was due to be compiled."""

    COMPILED = "compiled"
    PARTLY = "partly"
    INTERPRETED = "interpreted"


class Code:
    """The program of a plan and the projections of its shapes, compiled when due.

    `uses` counts the runs of the plan, which may be that of a stored operation. It is
    compiled when they are `due_at`. `size_bytes` is the memory of the code, and
    `reason` the last one why a part of the plan is interpreted although it was due.
    """

    __slots__ = (
        "__weakref__",
        "_interpreter",
        "_shape",
        "due_at",
        "is_stored",
        "program",
        "reason",
        "size_bytes",
        "uses",
    )

    def __init__(self, interpreter: Interpreter, shape: OperationShape) -> None:
        self._interpreter = interpreter
        self._shape = shape
        self.due_at = COMPILED_AT
        self.program: Program = interpreter
        self.reason: Reason | None = None
        self.is_stored = False
        self.size_bytes = 0
        self.uses = 0

    @property
    def form(self) -> Form:
        if not self.size_bytes:
            return Form.INTERPRETED
        return Form.PARTLY if self.reason else Form.COMPILED

    def begin(self) -> None:
        """Be no longer due, until `compile` or `drop`."""
        self.due_at = _NEVER

    def compile(self, work: WorkBudget, before: CodeFolder | None = None) -> None:
        """Compile what is not compiled yet, in any thread.

        Code that was compiled `before` is read. A part that cannot be compiled
        is interpreted. Later shapes of an operation with conditions are compiled when
        the plan was used four times as often. Raises the errors of `work`.
        """
        if self.program is self._interpreter:
            self._compile_program(work, before)
        for shape in self._shape.cached():
            if shape.project is None:
                self._compile_projection(shape, work, before)
        self.due_at = _NEVER if self._shape.is_fixed else max(self.uses, 1) * 4

    def drop(self) -> None:
        """Free the code. It is compiled again when it was used as often as now."""
        self.program = self._interpreter
        for shape in self._shape.cached():
            shape.project = None
        self.size_bytes = 0
        self.due_at = 2 * max(self.uses, COMPILED_AT)

    def sources(self, work: WorkBudget) -> list[CodeSource]:
        """Return the source of all functions that can be compiled."""
        sources = [entities_source(self._fetches).source]
        for shape in self._shape.cached():
            with suppress(NotCompilable):
                sources.append(projection_source(shape.selection, work))
        return [each for each in sources if each.functions]

    def source_text(self, work: WorkBudget) -> str:
        """Return the source of all functions that can be compiled, for people."""
        return "\n\n".join(each.text() for each in self.sources(work))

    @property
    def _fetches(self) -> list[Fetch]:
        return [step.fetch for step in self._interpreter.steps]

    def _compile_program(self, work: WorkBudget, before: CodeFolder | None) -> None:
        entities = entities_source(self._fetches)
        self.reason = entities.reason
        try:
            made = compiled(entities.source, work, before)
        except NotCompilable as error:
            self.reason = error.reason
            return
        self.size_bytes += made.size_bytes
        steps = zip(self._interpreter.steps, entities.names, strict=True)
        self.program = replace(
            self._interpreter,
            steps=tuple([_with_functions(*each, made.functions) for each in steps]),
        )

    def _compile_projection(
        self, shape: Shape, work: WorkBudget, before: CodeFolder | None
    ) -> None:
        try:
            made = compiled(projection_source(shape.selection, work), work, before)
        except NotCompilable as error:
            self.reason = error.reason
            return
        except RecursionError:
            self.reason = Reason.SIZE
            return
        (shape.project,) = made.functions.values()
        self.size_bytes += made.size_bytes


def _with_functions(
    step: Step,
    names: Sequence[tuple[str, str] | None],
    functions: Mapping[str, Callable[..., Any]],
) -> Step:
    """Return a step that finds and represents its entities by compiled functions."""
    return replace(
        step,
        batches_at=tuple(
            each.batch_at
            if named is None
            else _batch_at(functions[named[0]], functions[named[1]], each.batch_at)
            for each, named in zip(step.representers, names, strict=True)
        ),
    )


def _batch_at(
    collect: Callable[[JSONObject], list[JSONObject]],
    represent: Callable[[list[JSONObject]], EntityBatch],
    interpreted: Callable[[JSONObject], EntityBatch],
) -> Callable[[JSONObject], EntityBatch]:
    """Return a function that interprets what generated code does not handle."""

    def batch_at(root: JSONObject) -> EntityBatch:
        try:
            return represent(collect(root))
        except NotAsExpected:
            return interpreted(root)

    return batch_at
