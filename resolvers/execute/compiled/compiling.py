"""Functions from generated source text."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any, Final

from weir.resolvers.execute.compiled.code_folder import CodeFolder
from weir.resolvers.execute.compiled.runtime import RUNTIME
from weir.resolvers.execute.compiled.source import CodeSource, NotCompilable, Reason
from weir.resolvers.operation.work import WorkBudget

FILE_NAME: Final = "<compiled plan>"
"""The file of generated functions in tracebacks and profiles."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The functions to call, by name, and the memory of all functions in bytes."""

    functions: Mapping[str, Callable[..., Any]]
    size_bytes: int


def compiled(
    source: CodeSource, work: WorkBudget, before: CodeFolder | None = None
) -> Compiled:
    """Compile the functions of a source, unless they have been compiled `before`.

    Raises NotCompilable if a limit of Python is exceeded, and the errors of `work`.
    The compiler of Python holds the interpreter, so each function is compiled alone.
    """
    names: dict[str, Any] = {**RUNTIME, **source.constants}
    module = before.find(source.module()) if before and source.functions else None
    for code in _compiling(source, work) if module is None else (module,):
        # Only names of GraphQL were written into the text.
        exec(code, names)  # noqa: S102
    for constant, table in source.tables.items():
        names[constant] = {key: names[value] for key, value in table.items()}
    functions: list[FunctionType] = [names[each.name] for each in source.functions]
    return Compiled(
        {name: names[name] for name in source.entries},
        sys.getsizeof(names) + _size_of(functions, source.constants.values()),
    )


def _compiling(source: CodeSource, work: WorkBudget) -> Iterator[CodeType]:
    """Yield the code that defines each function; raises as `compiled`."""
    for each in source.functions:
        work.check()
        try:
            yield compile(each.text, FILE_NAME, "exec")
        except (SyntaxError, RecursionError, MemoryError) as error:
            raise NotCompilable(Reason.COMPILER) from error


def _size_of(functions: Iterable[FunctionType], constants: Iterable[object]) -> int:
    """Return the memory of functions and of all that their code refers to."""
    seen: dict[int, object] = {id(each): each for each in constants}
    for function in functions:
        code = function.__code__
        seen |= {id(each): each for each in (function, code, *_parts(code))}
    return sum(map(sys.getsizeof, seen.values()))


def _parts(code: CodeType) -> Iterable[object]:
    yield from (code.co_consts, code.co_names, code.co_varnames)
    yield from (code.co_linetable, code.co_exceptiontable)
    for names in (code.co_consts, code.co_names, code.co_varnames):
        yield from names
