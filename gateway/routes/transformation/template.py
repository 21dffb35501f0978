"""Bodies that are written by a template in Jinja.

The language is a part of Jinja without calls: no functions, macros, imports or methods.
So a template only reaches the values that it is given. The sandbox of Jinja limits
neither time nor memory. So loops, filters and operators spend steps of a budget.

In a template for JSON, each expression writes a JSON value, so that no text can change
the structure: `{"name": {{ body.name }}}`. In one for XML or HTML, texts are escaped.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from jinja2 import StrictUndefined, Template, TemplateSyntaxError, Undefined
from jinja2.exceptions import TemplateError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from weir.gateway.json_types import JSONValue, is_list, is_object
from weir.gateway.routes.bodies.errors import BodyError
from weir.gateway.routes.transformation.budget import BUDGET, TemplateBudget, spend
from weir.gateway.routes.transformation.template_filters import FILTERS, TESTS
from weir.gateway.routes.transformation.template_syntax import checked

_LARGEST: Final = 2**53


class InvalidBodyTemplate(ValueError):
    """A template that is not valid; the message has its line and the reason."""


class BodyTemplate:
    """A compiled template; raise InvalidBodyTemplate.

    With `writes_json`, each expression writes a JSON value. With `escapes`, texts are
    escaped for XML and HTML. `names` are those of the values that it is given, and the
    text that it writes has at most `max_bytes`.
    """

    __slots__ = ("_max_bytes", "_template")

    def __init__(
        self,
        text: str,
        names: frozenset[str],
        max_bytes: int,
        *,
        writes_json: bool = False,
        escapes: bool = False,
    ) -> None:
        self._max_bytes = max_bytes
        finalize = _json_text if writes_json else _plain_text
        environment = _Environment(finalize, autoescape=escapes)
        try:
            code = environment.compile(checked(environment.parse(text), names))
        except TemplateSyntaxError as error:
            message = f"line {error.lineno}: {error.message}"
            raise InvalidBodyTemplate(message) from error
        except (RecursionError, MemoryError, SyntaxError) as error:
            # Python allows 20 blocks within each other.
            message = "it is nested too deeply"
            raise InvalidBodyTemplate(message) from error
        self._template = Template.from_code(environment, code, {})

    def render(self, values: Mapping[str, JSONValue]) -> bytes:
        """Return the text for some values.

        Raise BodyError if a value is missing, or for too much work or text.
        """
        try:
            return self._written({**values, BUDGET: TemplateBudget()})
        except BodyError:
            raise
        except (TemplateError, ValueError, TypeError, ArithmeticError) as error:
            message = f"the template failed: {error}"
            raise BodyError(message) from error

    def _written(self, values: Mapping[str, object]) -> bytes:
        text = bytearray()
        for part in self._template.generate(values):
            text += part.encode()
            if len(text) > self._max_bytes:
                message = f"the template writes more than {self._max_bytes} bytes"
                raise BodyError(message)
        return bytes(text)


class _Environment(ImmutableSandboxedEnvironment):
    """The environment of one template."""

    intercepted_binops = frozenset({"+", "*", "%"})

    def __init__(self, finalize: Callable[[Any], Any], *, autoescape: bool) -> None:
        super().__init__(
            undefined=StrictUndefined,
            finalize=finalize,
            autoescape=autoescape,
            optimized=False,
        )
        self.globals = {}
        self.tests = {name: self.tests[name] for name in TESTS}
        known = self.filters
        self.filters = {name: own or known[name] for name, own in FILTERS.items()}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return the value of a key; keys such as `items` are not methods."""
        if isinstance(obj, LoopContext):
            return super().getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if is_object(obj) and isinstance(argument, str) and argument in obj:
            return obj[argument]
        if isinstance(obj, list | str) and not isinstance(argument, str):
            return super().getitem(obj, argument)
        return self.undefined(obj=obj, name=argument)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            spend(context, left)
            spend(context, right)
        elif not (_is_number(left) and _is_number(right)):
            message = f"{operator} is for numbers, and + also for texts"
            raise TypeError(message)
        return super().call_binop(context, operator, left, right)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) <= _LARGEST


def _json_text(value: Any) -> str:
    if isinstance(value, Undefined):
        return str(value)  # raises the error of StrictUndefined
    return orjson.dumps(value).decode()


def _plain_text(value: Any) -> Any:
    if is_object(value) or is_list(value):
        message = "an object or a list is not a text"
        raise TypeError(message)
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Markup():
            return str(value)
        case _:
            return value
