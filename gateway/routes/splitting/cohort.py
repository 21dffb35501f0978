"""Cohorts: requests with shares of their own."""

from collections.abc import Iterable
from dataclasses import dataclass

from weir.gateway.claim_path import claim_at
from weir.gateway.context import Identity
from weir.gateway.edge.request import RequestHead
from weir.gateway.json_types import JSONValue, is_sequence
from weir.gateway.routes.matching.conditions import ANY_VALUE, Conditions, Expected
from weir.gateway.routes.request_values import text_of
from weir.gateway.routes.splitting.split import Split


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """The requests that meet all `conditions`, of callers with all `claims`.

    Of a claim that is a list, one item has to be the expected value.
    """

    conditions: Conditions
    claims: Expected = ()
    split: Split

    @property
    def is_personal(self) -> bool:
        """Whether responses are for one client, as no field selects the cohort."""
        return bool(self.claims) or self.conditions.is_personal

    def includes(self, head: RequestHead, identity: Identity) -> bool:
        """Return whether a request belongs to the cohort."""
        if self.conditions and self.conditions.unmet(head):
            return False
        return all(
            _has(claim_at(identity.claims, path), value) for path, value in self.claims
        )


def _has(claim: JSONValue, expected: str) -> bool:
    if expected == ANY_VALUE:
        return claim is not None
    return any(text_of(each) == expected.encode() for each in _values(claim))


def _values(claim: JSONValue) -> Iterable[JSONValue]:
    return claim if is_sequence(claim) else (claim,)
