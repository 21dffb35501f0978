"""The coercion of a client's variables, in a turn of the client if they are large."""

from collections.abc import Iterable
from typing import Final

from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.operation.variables.coercion import VariableCoercion

_MANY_VALUES: Final = 5_000
"""Their coercion takes a few milliseconds."""
LARGE_BYTES: Final = 1024 * 1024
"""The size for which large variables count. Bodies are rarely allowed to be larger."""


async def coerce_in_turn(
    coercion: VariableCoercion, raw: JSONObject, queue: PreparationQueue, client: str
) -> JSONObject:
    """Return the values of all variables; `client` is an address.

    Raises BadUserInput, and PlannerOverloaded for large variables.
    """
    if not are_large(raw):
        return coercion.coerce(raw)
    return await queue.run(lambda work: coercion.coerce(raw, work), client, LARGE_BYTES)


def are_large(raw: JSONObject) -> bool:
    """Return whether there are many values, and look at no more of them than that."""
    found = 0
    pending: list[JSONObject | list[JSONValue]] = [raw]
    while pending:
        value = pending.pop()
        found += len(value)
        if found > _MANY_VALUES:
            return True
        members: Iterable[JSONValue] = value.values() if is_object(value) else value
        pending.extend(each for each in members if is_object(each) or is_list(each))
    return False
