"""Named policies: conditions in CEL or Python that a caller has to fulfil."""

from weir.gateway.identity.policies.policy import PolicyRequest

__all__ = ["PolicyRequest"]
