"""The shapes of the responses of an operation, by the variables they depend on.

The fields and their order depend on `@skip` and `@include` (GraphQL §6.3.2: the first
included occurrence decides the order). Conditions have few variables, which are
Booleans. So there is one shape for each assignment that occurs, and the tree has no
conditions. Introspection is resolved as a part of the shape, which therefore also
depends on the variables of introspection fields.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from copy import copy

from graphql import DocumentNode, FieldNode, GraphQLSchema
from msgspec import Struct

from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.execute.response.collect_fields import FieldCollector
from weir.resolvers.execute.response.field_rules import NO_RULES, FieldRules
from weir.resolvers.execute.response.introspection import introspection_variables
from weir.resolvers.execute.response.positions import ObjectSelection, Projection
from weir.resolvers.execute.response.shape_builder import Declared, ShapeBuilder
from weir.resolvers.operation.descendants import condition_variables, descendants
from weir.resolvers.operation.operation import Operation
from weir.resolvers.operation.refusals import NOTHING_REFUSED, Refusal
from weir.resolvers.operation.response_key import response_key
from weir.resolvers.operation.work import WorkBudget

_MAX_SHAPES = 16
_KEPT_STEPS = 50_000
"""A larger shape, which describes the schema, is made for each request anew."""
_MANY_FIELDS = 100


class Shape(Struct, eq=False):
    """The shape of the response for one assignment of the variables in conditions.

    `project` is compiled from the selection, or missing. It raises an error for values
    that only a `Projector` handles.
    """

    selection: ObjectSelection
    project: Callable[[JSONObject, Projection], JSONObject] | None = None


class OperationShape:
    """The shapes of one operation, by the values of the variables they depend on."""

    def __init__(
        self,
        operation: Operation,
        schema: GraphQLSchema,
        declared: Declared,
        refused: Mapping[int, Refusal] = NOTHING_REFUSED,
        rules: FieldRules = NO_RULES,
    ) -> None:
        self._operation = operation
        self._schema = schema
        self._declared = declared
        self._refused = refused
        self._rules = rules
        self._deciding = condition_variables(operation.document)
        if operation.introspects:
            described = introspection_variables(operation.document)
            self._deciding = tuple(sorted({*self._deciding, *described}))
        self.is_large = operation.introspects or _has_many_fields(operation.document)
        """Whether a shape takes too long to be made on the event loop."""
        self.repeats_fields = _repeats_fields(operation.document)
        """Whether one value may be selected under several names."""
        self._shapes: OrderedDict[tuple[JSONValue, ...], Shape] = OrderedDict()

    @property
    def is_fixed(self) -> bool:
        """Return whether all requests have the same shape."""
        return not self._deciding

    def of(self, variables: JSONObject) -> Shape:
        """Return the shape for these variables."""
        values = self._values(variables) if self._deciding else ()
        shape = self._shapes.get(values)
        return self.make(variables, WorkBudget()) if shape is None else shape

    def known(self, variables: JSONObject) -> Shape | None:
        """Return the shape if it is cached."""
        return self._shapes.get(self._values(variables))

    def cached(self) -> list[Shape]:
        """Return all cached shapes."""
        return list(self._shapes.values())

    def make(self, variables: JSONObject, work: WorkBudget) -> Shape:
        """Make the shape, and cache it. Raises `LimitExceeded` or `Cancelled`."""
        values, before = self._values(variables), work.spent
        shape = Shape(self._build(values, work))
        if self._deciding and work.spent - before > _KEPT_STEPS:
            return shape
        self._shapes[values] = shape
        if len(self._shapes) > _MAX_SHAPES:
            self._shapes.popitem(last=False)
        return shape

    def fixed(self, only: Shape) -> "OperationShape":
        """Return the shape for one request, whose variables result in `only`."""
        shape = copy(self)
        shape._deciding = ()  # noqa: SLF001 - a copy of this class
        shape._shapes = OrderedDict({(): only})  # noqa: SLF001 - as above
        return shape

    def _values(self, variables: JSONObject) -> tuple[JSONValue, ...]:
        if not self._deciding:
            return ()
        return tuple([variables.get(name) for name in self._deciding])

    def _build(
        self, values: tuple[JSONValue, ...], work: WorkBudget
    ) -> ObjectSelection:
        deciding = dict(zip(self._deciding, values, strict=True))
        fragments = self._operation.fragments
        collector = FieldCollector(self._schema, fragments, deciding)
        definition = self._operation.definition
        builder = ShapeBuilder(
            definition,
            collector,
            self._declared,
            self._refused,
            work,
            rules=self._rules,
        )
        root = builder.root()
        # Selections of types that occur later are made for other requests.
        builder.work = WorkBudget()
        return root


def _repeats_fields(document: DocumentNode) -> bool:
    names: dict[str, str] = {}
    for node in descendants(document):
        if isinstance(node, FieldNode):
            name = node.alias.value if node.alias else node.name.value
            if names.setdefault(response_key(node), name) != name:
                return True
    return False


def _has_many_fields(document: DocumentNode) -> bool:
    fields = (node for node in descendants(document) if isinstance(node, FieldNode))
    return any(index == _MANY_FIELDS for index, _ in enumerate(fields))
