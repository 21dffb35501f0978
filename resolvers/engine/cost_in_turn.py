"""The estimate of an operation's cost, in a turn of the client if it takes long."""

from typing import Final

from weir.gateway.json_types import JSONObject
from weir.resolvers.cost.admission import Assessment, CostLimits, MeasuredCost, assess
from weir.resolvers.cost.variable_costs import VariableCosts
from weir.resolvers.engine.large_variables import LARGE_BYTES, are_large
from weir.resolvers.engine.preparation_queue import PreparationQueue

_MANY_STEPS: Final = 2_000
"""More of them take longer than a few milliseconds."""


async def assess_in_turn(
    limits: CostLimits,
    cost: MeasuredCost,
    variables: JSONObject,
    queue: PreparationQueue,
    client: str,
) -> Assessment:
    """Estimate the cost of an operation with these variables; `client` is an address.

    Raises PlannerOverloaded for large operations or variables.
    """
    steps = cost.operation.steps * (1 + len(cost.subgraphs))
    if not steps or (steps <= _MANY_STEPS and not are_large(variables)):
        return assess(limits, cost, VariableCosts(variables))
    return await queue.run(
        lambda work: assess(limits, cost, VariableCosts(variables, work)),
        client,
        LARGE_BYTES,
    )
