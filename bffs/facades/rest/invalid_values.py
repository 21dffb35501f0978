"""The errors of variables, as errors of the parts of a REST request."""

from weir.bffs.facades.errors import InvalidParameter, InvalidValue, InvalidValues
from weir.bffs.facades.http.query_string import query_pairs
from weir.bffs.facades.http.request_part import Member, Parameter, RequestPart
from weir.bffs.facades.rest.parameters import Parameters
from weir.gateway.edge.request import Request
from weir.resolvers.errors import BadUserInput, InputProblem


def invalid_values(
    error: BadUserInput, parameters: Parameters, request: Request
) -> InvalidValues:
    """Return the error of a request, with a pointer to each invalid value."""
    return InvalidValues(
        tuple(
            InvalidValue(
                f"Parameter {problem.path}: {problem.reason}",
                _part(problem, parameters, request),
            )
            for problem in error.problems
        )
    )


def _part(
    problem: InputProblem, parameters: Parameters, request: Request
) -> RequestPart:
    """Return the part of a request that has a value, or that should have it."""
    name = problem.variable
    if name == parameters.body:
        return Member(problem.steps)
    for variable, field, _ in parameters.fields:
        if variable == name:
            return Parameter("header", field.decode())
    if any(name == each for each, _ in request.path_parameters):
        return Parameter("path", name)
    if name in parameters.members and request.head.method not in {"GET", "HEAD"}:
        given = dict(query_pairs(request.head.query, InvalidParameter))
        if parameters.body is None and name not in given:
            return Member((name, *problem.steps))
    return Parameter("query", name)
