"""The steps of the pipeline that are plain functions, in their order."""

from dataclasses import dataclass

from weir.gateway.edge.checks import AsyncCheck, Check
from weir.gateway.edge.finishes import FINISHES, Finish
from weir.gateway.edge.guards import GUARDS, Guard


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Guards on the head, checks on the context as well, finishes of every response.

    The steps of a tuple run in its order, and all `checks` before `async_checks`.
    """

    guards: tuple[Guard, ...] = GUARDS
    checks: tuple[Check, ...] = ()
    async_checks: tuple[AsyncCheck, ...] = ()
    finishes: tuple[Finish, ...] = FINISHES
