"""The named policies of a configuration, and their decisions for one request."""

import asyncio
import logging
from collections.abc import Collection, Mapping
from traceback import extract_tb
from types import MappingProxyType
from typing import Final

from weir.gateway.clock import Clock, SystemClock
from weir.gateway.context import RequestContext
from weir.gateway.errors import Forbidden, Unauthenticated
from weir.gateway.identity.policies.policy import (
    Policy,
    PolicyRequest,
    PolicyUndecided,
)
from weir.gateway.json_types import JSONValue

_log: Final = logging.getLogger("weir.identity")
_LOG_EVERY_S: Final = 60.0
_NO_VARIABLES: Final[Mapping[str, JSONValue]] = MappingProxyType({})


class Policies:
    """The named policies; one that is unknown or undecided is denied."""

    __slots__ = ("_by_name", "_clock", "_logged_s")

    def __init__(
        self, by_name: Mapping[str, Policy], clock: Clock | None = None
    ) -> None:
        self._by_name = by_name
        self._clock = clock or SystemClock()
        self._logged_s: dict[str, float] = {}

    @property
    def names(self) -> Collection[str]:
        """The names of all policies."""
        return self._by_name.keys()

    async def satisfied(
        self,
        names: Collection[str],
        request: RequestContext,
        operation: str = "",
        variables: Mapping[str, JSONValue] = _NO_VARIABLES,
    ) -> frozenset[str]:
        """Return the names of the policies that allow the caller of a request.

        Each is decided once. `operation` is the name of a stored operation, and
        `variables` are its coerced variables.
        """
        known = [name for name in names if name in self._by_name]
        decisions = await asyncio.gather(
            *(self._allows(name, request, operation, variables) for name in known)
        )
        return frozenset(
            name for name, allowed in zip(known, decisions, strict=True) if allowed
        )

    async def require(
        self,
        names: Collection[str],
        request: RequestContext,
        operation: str = "",
        variables: Mapping[str, JSONValue] = _NO_VARIABLES,
    ) -> None:
        """Raise Unauthenticated or Forbidden unless all policies allow the caller."""
        satisfied = await self.satisfied(names, request, operation, variables)
        if len(satisfied) < len(names):
            raise Forbidden if request.identity.authenticated else Unauthenticated

    async def _allows(
        self,
        name: str,
        context: RequestContext,
        operation: str,
        variables: Mapping[str, JSONValue],
    ) -> bool:
        policy = self._by_name[name]
        request = PolicyRequest(
            method=context.method,
            path=context.route,
            client_address=context.client_address,
            headers=_sent(policy.headers, context),
            operation=operation,
            variables=variables,
        )
        try:
            return await policy.allows(context.identity, request, context.client)
        except Exception as error:  # noqa: BLE001 - what fails is denied
            self._log(name, error)
            return False

    def _log(self, name: str, error: Exception) -> None:
        """Log the reason, at most once a minute for each policy."""
        now_s = self._clock.monotonic_s()
        last_s = self._logged_s.get(name)
        if last_s is not None and now_s - last_s < _LOG_EVERY_S:
            return
        self._logged_s[name] = now_s
        _log.warning(
            "the policy %s is undecided, and so denied: %s", name, _reason(error)
        )


def _reason(error: Exception) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - the text of an exception is code of users
        text = "an exception without a text"
    if isinstance(error, PolicyUndecided):
        return text
    frames = extract_tb(error.__traceback__)
    place = f" in {frames[-1].filename}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}: {text}{place}"


def _sent(names: tuple[str, ...], context: RequestContext) -> Mapping[str, str]:
    sent = context.client_headers
    return {
        name: sent[field].decode("latin-1")
        for name in names
        if (field := name.encode()) in sent
    }


NO_POLICIES: Final = Policies({})
