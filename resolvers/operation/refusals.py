"""The errors of selections that a caller may not make.

In a response, each refused field is null, and has an error with its path. A façade may
also reject the whole operation. Errors name scopes, because clients have to request
them (RFC 6750 §3). Names of policies are internal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from weir.gateway.errors import Forbidden, Unauthenticated, WeirError
from weir.gateway.json_types import JSONObject
from weir.resolvers.operation.authorization import (
    Decision,
    NeededRights,
    RestrictedSelection,
)
from weir.schema.model.access import ALWAYS, AccessRequirement, Alternatives

_SHOWN = 10
"""A rejected operation may have thousands of refused selections."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The error of a refused field, without its path. All responses share it."""

    message: str
    extensions: JSONObject


NOTHING_REFUSED: Final[Mapping[int, Refusal]] = MappingProxyType({})


def refusals(rights: NeededRights, decision: Decision) -> Mapping[int, Refusal]:
    """Return the errors of all refused selections, by the identity of their nodes."""
    if not decision.refused:
        return NOTHING_REFUSED
    return {
        node: _refusal(each, authenticated=decision.authenticated)
        for node, each in rights.refused(decision).items()
    }


def rejection(rights: NeededRights, decision: Decision) -> WeirError:
    """Return the error of an operation that is rejected as a whole."""
    refused = rights.refused(decision).values()
    messages = sorted({_message(each) for each in refused})
    omitted = len(messages) - _SHOWN
    more = [f"{omitted} more selections are refused."] if omitted > 0 else []
    detail = " ".join([*messages[:_SHOWN], *more])
    if not decision.authenticated:
        return Unauthenticated(detail)
    return Forbidden(detail, scopes=_sufficient_scopes(decision.refused))


def _refusal(selection: RestrictedSelection, *, authenticated: bool) -> Refusal:
    error = Forbidden if authenticated else Unauthenticated
    extensions: JSONObject = {"code": error.row.code}
    if selection.requirement.scopes != ALWAYS:
        extensions["requiredScopes"] = _in_order(selection.requirement.scopes)
    return Refusal(_message(selection), extensions)


def _message(selection: RestrictedSelection) -> str:
    parts = " and ".join(_parts(selection.requirement))
    return f"{selection.coordinate} requires {parts}."


def _parts(requirement: AccessRequirement) -> Iterable[str]:
    if requirement.scopes != ALWAYS:
        alternatives = _in_order(requirement.scopes)
        yield " or ".join(_scopes(each) for each in alternatives)
    elif requirement.authenticated:
        yield "an authenticated caller"
    if requirement.policies != ALWAYS:
        yield "the consent of a policy"


def _scopes(names: list[str]) -> str:
    if len(names) == 1:
        return f"the scope {names[0]}"
    return f"the scopes {', '.join(names[:-1])} and {names[-1]}"


def _in_order(alternatives: Alternatives) -> list[list[str]]:
    ordered = [sorted(each) for each in alternatives]
    return sorted(ordered, key=lambda each: (len(each), each))


def _sufficient_scopes(refused: Iterable[AccessRequirement]) -> tuple[str, ...]:
    """Return scopes that fulfil all requirements, of each the fewest."""
    fewest = [_in_order(each.scopes)[0] for each in refused]
    return tuple(sorted({name for names in fewest for name in names}))
