"""The problems of one request's values, in a bounded number.

Values of clients may have hundreds of thousands of problems. So the walk over them ends
at the bound, paths are only built for recorded problems, and only the first problems
get a suggestion.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from weir.gateway.json_types import JSONValue
from weir.resolvers.operation.suggestions import SUGGESTIONS, suggestion
from weir.resolvers.operation.work import WorkBudget

MAX_PROBLEMS = 50

_SHOWN_CHARACTERS = 60


class TooManyProblems(Exception):
    """The maximum number of reported problems has been found."""


@dataclass(frozen=True, slots=True)
class ValueProblem:
    """A problem, and the path of its value, such as `filter.years[2]` of `root`.

    `steps` are those of the path after the root.
    """

    root: str
    path: str
    reason: str
    steps: tuple[str | int, ...]


@dataclass(slots=True)
class Problems:
    """The problems found so far. `path` leads from `root` to the current value.

    `suggests` is whether they may name elements of the schema that the client did not.
    `work` lets others compute from time to time.
    """

    root: str = ""
    path: list[str | int] = field(default_factory=list[str | int])
    found: list[ValueProblem] = field(default_factory=list[ValueProblem])
    suggests: bool = True
    work: WorkBudget = field(default_factory=WorkBudget)

    def note(self, reason: str) -> None:
        """Record why the current value is invalid.

        Raises `TooManyProblems` after the last problem that is reported.
        """
        steps = (
            f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path
        )
        path = "".join((shown_name(self.root), *steps))
        self.found.append(ValueProblem(self.root, path, reason, tuple(self.path)))
        if len(self.found) == MAX_PROBLEMS:
            raise TooManyProblems

    def suggestion(self, name: str, options: Iterable[str]) -> str:
        """Return a suggestion for one of the first problems, or an empty text."""
        if not self.suggests or len(self.found) >= SUGGESTIONS:
            return ""
        return suggestion(name, options)


def shown(value: JSONValue) -> str:
    """Return a client's value for a message, cut to a readable length."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return shown_name(f'"{value[: _SHOWN_CHARACTERS + 1]}"')
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return shown_name(str(value))


def shown_name(name: str) -> str:
    """Cut a client's text to a readable length."""
    cut = name[:_SHOWN_CHARACTERS]
    return cut if cut == name else f"{cut}..."
