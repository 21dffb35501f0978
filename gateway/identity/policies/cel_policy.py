"""Policies in the Common Expression Language (CEL)."""

from collections.abc import Callable, Mapping
from typing import Final

import orjson

from weir.gateway.cel_inputs import IDENTITY, MAX_CLAIM_ITEMS, ListTooLong, limited
from weir.gateway.cel_source import CelSource, Roots, read_expression
from weir.gateway.context import Identity
from weir.gateway.identity.policies.policy import PolicyRequest, PolicyUndecided
from weir.gateway.json_types import JSONValue, is_mapping

MAX_VARIABLE_ITEMS: Final = 256
MAX_VARIABLES_BYTES: Final = 16 * 1024

_REQUEST: Final[Mapping[str, Callable[[PolicyRequest], object]]] = {
    "client_address": lambda request: request.client_address,
    "headers": lambda request: request.headers,
    "method": lambda request: request.method,
    "operation": lambda request: request.operation,
    "path": lambda request: request.path,
}


_ROOTS: Final[Roots] = {
    "identity": tuple(IDENTITY),
    "request": tuple(_REQUEST),
    "variables": (),
}


def read_policy(text: str) -> CelSource:
    """Compile and check the expression of a policy; raise InvalidExpression."""
    return read_expression(text, _ROOTS)


def needs_operation(source: CelSource) -> bool:
    """Return whether it can be decided only once the operation is known."""
    return "variables" in source.reads or "operation" in source.reads.get("request", ())


class CelPolicy:
    """An expression that is true for the callers and requests that it allows.

    An evaluation takes about 20 microseconds. Inputs above the limits leave it
    undecided.
    """

    __slots__ = ("_source", "headers")

    def __init__(self, source: CelSource, headers: tuple[str, ...] = ()) -> None:
        self._source = source
        self.headers = headers

    async def allows(
        self,
        identity: Identity,
        request: PolicyRequest,
        client: str,  # noqa: ARG002 - the seam's signature
    ) -> bool:
        reads = self._source.reads
        if needs_operation(self._source) and not request.operation:
            message = "it reads the operation, which is not a stored one"
            raise PolicyUndecided(message)
        values: dict[str, object] = {
            "identity": {
                name: _limited(IDENTITY[name](identity), MAX_CLAIM_ITEMS)
                for name in reads.get("identity", ())
            },
            "request": {
                name: _REQUEST[name](request) for name in reads.get("request", ())
            },
        }
        if "variables" in reads:
            values["variables"] = _variables(request)
        try:
            result = self._source.program.execute(values)
        except KeyError as error:
            message = f"there is no field {error}; `has` tests for one"
            raise PolicyUndecided(message) from error
        if not isinstance(result, bool):
            message = "the result is not true or false"
            raise PolicyUndecided(message)
        return result


def _variables(request: PolicyRequest) -> object:
    try:
        size = len(orjson.dumps(dict(request.variables), default=_plain))
    except TypeError as error:
        message = "the variables are not JSON"
        raise PolicyUndecided(message) from error
    if size > MAX_VARIABLES_BYTES:
        message = f"the variables are larger than {MAX_VARIABLES_BYTES} bytes"
        raise PolicyUndecided(message)
    return _limited(request.variables, MAX_VARIABLE_ITEMS)


def _limited(value: JSONValue, items: int) -> object:
    """Return a value whose lists are short enough; raise PolicyUndecided."""
    try:
        return limited(value, items)
    except ListTooLong as error:
        raise PolicyUndecided(str(error)) from error


def _plain(value: object) -> object:
    if is_mapping(value):
        return dict(value)
    raise TypeError
