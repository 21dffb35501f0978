"""The part of Jinja that templates may use, with the counting of their work."""

from collections.abc import Iterator
from typing import Any, Final, NoReturn

from jinja2 import TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables
from jinja2.visitor import NodeTransformer

from weir.gateway.routes.transformation.template_filters import (
    COUNTED,
    FILTERS,
    ITEMS,
    TESTS,
    TEXT,
)

_NODES: Final = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const),
    *(nodes.List, nodes.Dict, nodes.Pair, nodes.Tuple, nodes.Getattr, nodes.Getitem),
    *(nodes.Slice, nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand, nodes.And),
    *(nodes.Or, nodes.Not, nodes.Neg, nodes.Pos, nodes.Add, nodes.Sub, nodes.Mul),
    *(nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Concat, nodes.CondExpr, nodes.If),
    *(nodes.For, nodes.Assign, nodes.Keyword),
)


def checked(template: nodes.Template, names: frozenset[str]) -> nodes.Template:
    """Return a template that counts its work; raise TemplateSyntaxError.

    `names` are those of the values that it is given.
    """
    for node in _all(template):
        _check(node)
    unknown = find_undeclared_variables(template) - names
    if unknown:
        known = ", ".join(sorted(names))
        message = f"unknown name {min(unknown)!r}; there are: {known}"
        raise TemplateSyntaxError(message, 1)
    counting: nodes.Template = _Counting().visit(template)
    return counting


def _all(template: nodes.Template) -> Iterator[nodes.Node]:
    level: list[nodes.Node] = [template]
    while level:
        yield from level
        level = [below for node in level for below in node.iter_child_nodes()]


def _check(node: nodes.Node) -> None:
    match node:
        case nodes.Filter(name=name) if name not in FILTERS or name[:1] == "_":
            allowed = ", ".join(sorted(each for each in FILTERS if each[:1] != "_"))
            _reject(node, f"unknown filter {name!r}; there are: {allowed}")
        case nodes.Test(name=name) if name not in TESTS:
            _reject(node, f"unknown test {name!r}; there are: {', '.join(TESTS)}")
        case nodes.Name(name=name) if name[:1] == "_":
            _reject(node, f"{name!r}: a name does not begin with _")
        case nodes.Filter(node=None) | nodes.For(recursive=True):
            _reject(node, "this form is not allowed")
        case nodes.Filter(dyn_args=given, dyn_kwargs=named) if given or named:
            _reject(node, "this form is not allowed")
        case _ if not isinstance(node, _NODES):
            kind = type(node).__name__.lower()
            _reject(node, f"{kind} is not allowed; a template has no calls")
        case _:
            pass


def _reject(node: nodes.Node, message: str) -> NoReturn:
    raise TemplateSyntaxError(message, node.lineno)


class _Counting(NodeTransformer):
    """Puts filters that spend steps in front of loops, filters and texts."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - by its node
        self.generic_visit(node)
        assert isinstance(node.iter, nodes.Expr), "loops are over expressions"
        node.iter = _filtered(node.iter, ITEMS)
        return node

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:  # noqa: N802 - by its node
        self.generic_visit(node)
        # An undefined value is what `default` is for.
        if isinstance(node.node, nodes.Expr) and node.name != "default":
            node.node = _filtered(node.node, COUNTED)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - by its node
        self.generic_visit(node)
        node.nodes = [_filtered(each, TEXT) for each in node.nodes]
        return node


def _filtered(node: nodes.Expr, name: str) -> nodes.Filter:
    arguments: list[Any] = []
    return nodes.Filter(
        node, name, arguments, arguments, None, None, lineno=node.lineno
    )
