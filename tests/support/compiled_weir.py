"""`weir` whose plans are compiled before their first use."""

from typing import Any

from weir.bffs.cli.main import main
from weir.resolvers.engine import preparation
from weir.resolvers.execute.compiled.compiling import compiled
from weir.resolvers.execute.compiled.projection_source import projection_source
from weir.resolvers.execute.compiled.source import NotCompilable
from weir.resolvers.execute.executable import Executable, build_executable
from weir.resolvers.execute.response.shape import OperationShape, Shape
from weir.resolvers.operation.work import WorkBudget

_make = OperationShape.make


def build_compiled(*arguments: Any, **options: Any) -> Executable:
    executable = build_executable(*arguments, **options)
    executable.code.compile(WorkBudget())
    return executable


def make_compiled(self: OperationShape, variables: Any, work: WorkBudget) -> Shape:
    shape = _make(self, variables, work)
    try:
        code = compiled(projection_source(shape.selection, WorkBudget()), WorkBudget())
    except NotCompilable:
        return shape
    (shape.project,) = code.functions.values()
    return shape


if __name__ == "__main__":
    preparation.build_executable = build_compiled  # type: ignore[attr-defined]
    OperationShape.make = make_compiled  # type: ignore[method-assign]
    main()
