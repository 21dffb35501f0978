"""The coercion of a client's variables to their declared types (GraphQL §6.1.2)."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

from graphql import (
    GraphQLSchema,
    NonNullTypeNode,
    VariableDefinitionNode,
    value_from_ast_untyped,
)

from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.errors import BadUserInput, InputProblem
from weir.resolvers.operation.descendants import condition_variables
from weir.resolvers.operation.operation import Operation
from weir.resolvers.operation.variables.input_values import Coercer, Coercers
from weir.resolvers.operation.variables.problems import (
    Problems,
    TooManyProblems,
    ValueProblem,
)
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.operation.wrappers import type_from_ast

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class _Variable:
    """A declared variable. `default` is _ABSENT if it has no default."""

    name: str
    type: str
    coercer: Coercer
    default: JSONValue
    is_required: bool
    decides: bool
    """Whether an `@skip` or `@include` depends on it. Null is then not allowed."""


@dataclass(frozen=True, slots=True)
class VariableCoercion:
    """The coercion of an operation's variables, prepared once for all its requests."""

    variables: tuple[_Variable, ...]
    suggests: bool

    def coerce(self, raw: JSONObject, work: WorkBudget | None = None) -> JSONObject:
        """Return the values of all variables that have one.

        Values are JSON, as they are sent to subgraphs. Undeclared variables are
        ignored. Raises BadUserInput or `Cancelled`.
        """
        if not self.variables:
            return {}
        problems = Problems(suggests=self.suggests, work=work or WorkBudget())
        coerced: JSONObject = {}
        with suppress(TooManyProblems):
            for variable in self.variables:
                value = raw.get(variable.name, variable.default)
                problems.root = f"${variable.name}"
                if value is not _ABSENT:
                    coerced[variable.name] = _coerce(variable, value, problems)
                elif variable.is_required:
                    problems.note(f"is required, its type is {variable.type}")
        if problems.found:
            raise BadUserInput(tuple(map(_input_problem, problems.found)))
        return coerced


def variable_coercion(
    operation: Operation,
    schema: GraphQLSchema,
    hidden: Collection[str] = (),
    *,
    suggests: bool = True,
) -> VariableCoercion:
    """Prepare the coercion of a valid operation's variables.

    `hidden` variables belong to the gateway, not to the client. They are left out.
    `suggests` is whether errors may name elements of the schema that the client did
    not.
    """
    coercers = Coercers()
    deciding = condition_variables(operation.document)
    return VariableCoercion(
        tuple(
            _variable(node, schema, coercers, decides=name in deciding)
            for name, node in operation.variables.items()
            if name not in hidden
        ),
        suggests,
    )


def _variable(
    node: VariableDefinitionNode,
    schema: GraphQLSchema,
    coercers: Coercers,
    *,
    decides: bool,
) -> _Variable:
    type_ = type_from_ast(schema, node.type)
    default = node.default_value
    return _Variable(
        name=node.variable.name.value,
        type=str(type_),
        coercer=coercers.of(type_),
        default=_ABSENT if default is None else value_from_ast_untyped(default),
        is_required=isinstance(node.type, NonNullTypeNode) and default is None,
        decides=decides,
    )


def _coerce(variable: _Variable, value: JSONValue, problems: Problems) -> JSONValue:
    if value is None and variable.decides:
        problems.note("null is not allowed because @skip or @include depends on it")
    return variable.coercer.coerce(value, problems)


def _input_problem(problem: ValueProblem) -> InputProblem:
    end = "" if problem.reason[-1] in ".?" else "."
    reason = f"{problem.reason}{end}"
    return InputProblem(
        problem.root.removeprefix("$"),
        f"Variable {problem.path}: {reason}",
        problem.path.removeprefix("$"),
        reason,
        problem.steps,
    )
