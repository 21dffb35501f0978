"""The steps of the pipeline that are plain functions, in their order."""

from dataclasses import dataclass

from weir.gateway.edge.checks import AsyncCheck, Check
from weir.gateway.edge.finishes import FINISHES, Finish
from weir.gateway.edge.guards import GUARDS, Guard


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Guards see the head alone; checks know the client; finishes see every response.

    Each is called in the order of its tuple, and all `checks` before `async_checks`.
    """

    guards: tuple[Guard, ...] = GUARDS
    checks: tuple[Check, ...] = ()
    async_checks: tuple[AsyncCheck, ...] = ()
    finishes: tuple[Finish, ...] = FINISHES
