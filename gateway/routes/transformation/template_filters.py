"""The filters and tests of templates, and the filters that count the work of others.

Filters whose result can be much larger than their input are left out, or replaced.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from jinja2 import pass_context, pass_environment
from jinja2.environment import Environment
from jinja2.runtime import Context

from weir.gateway.routes.transformation.budget import spend

COUNTED: Final = "_counted"
ITEMS: Final = "_items"
TEXT: Final = "_text"


@pass_context
def _counted(context: Context, value: Any) -> Any:
    spend(context, value)
    return value


@pass_context
def _items(context: Context, values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        spend(context, None)
        yield value


@pass_context
def _text(context: Context, value: Any) -> Any:
    if isinstance(value, dict | list):
        message = "an object or a list is not a text"
        raise TypeError(message)
    spend(context, value)
    return value


@pass_context
def _join(context: Context, values: Iterable[Any], separator: str = "") -> str:
    texts: list[str] = []
    for value in values:
        spend(context, separator)
        texts.append(str(_text(context, value)))
    return separator.join(texts)


@pass_environment
def _sum(
    environment: Environment, values: Iterable[Any], attribute: str | None = None
) -> Any:
    if attribute is None:
        return sum(values)
    return sum([environment.getitem(value, attribute) for value in values], start=0)


FILTERS: Final[Mapping[str, Callable[..., Any] | None]] = {
    COUNTED: _counted,
    ITEMS: _items,
    TEXT: _text,
    "join": _join,
    "sum": _sum,
    **dict.fromkeys(
        (
            *("abs", "default", "dictsort", "first", "float", "int", "items", "last"),
            *("length", "list", "lower", "max", "min", "rejectattr", "reverse"),
            *("round", "selectattr", "sort", "title", "trim", "unique", "upper"),
        )
    ),
}
"""The filters by name; None is that of Jinja."""
TESTS: Final = (
    *("boolean", "defined", "divisibleby", "eq", "even", "float", "ge", "gt", "in"),
    *("integer", "iterable", "le", "lt", "mapping", "ne", "none", "number", "odd"),
    *("sequence", "string", "undefined"),
)
