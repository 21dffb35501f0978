"""The access step of a route: identification, the rule, and the decision's event."""

from typing import Final

from weir.gateway.context import ANONYMOUS, Identity, RequestContext
from weir.gateway.edge.request import RequestHead
from weir.gateway.errors import WeirError
from weir.gateway.events import EventSink
from weir.gateway.identity.access_rule import AccessRule
from weir.gateway.identity.authentication import Authentication
from weir.gateway.identity.decisions import ANONYMOUS_METHOD, Decisions
from weir.gateway.identity.policies.policies import Policies

_UNKNOWN: Final = "unknown"


class AccessControl:
    """The admission of the callers that a rule allows; see `gateway.edge.access`.

    `name` is that of the rule in events. `policies` decide those that the rule names.
    `partitioned` is true if responses of services may depend on the identity in ways
    that calls do not show.
    """

    __slots__ = (
        "_authentication",
        "_decisions",
        "_partitioned",
        "_policies",
        "rule",
    )

    def __init__(
        self,
        authentication: Authentication,
        rule: AccessRule,
        policies: Policies,
        sink: EventSink,
        *,
        name: str,
        partitioned: bool,
    ) -> None:
        self.rule = rule
        self._partitioned = partitioned
        self._authentication = authentication
        self._policies = policies
        self._decisions = Decisions(sink, name)

    def admit_now(
        self, head: RequestHead, context: RequestContext
    ) -> RequestContext | None:
        if self.rule.policies:
            return None
        identity: Identity | None = None
        try:
            identity = self._authentication.identify_now(head, context.client_address)
            if identity is None:
                return None
            self.rule.check(identity)
        except WeirError as error:
            self._denied(head, context, identity, error.code)
            raise
        return self._admitted(context, identity)

    async def admit(self, head: RequestHead, context: RequestContext) -> RequestContext:
        identity: Identity | None = None
        try:
            identity = await self._identified(head, context.client_address)
            self.rule.check(identity)
            if names := self.rule.policies:
                await self._policies.require(names, context.identified(identity))
        except WeirError as error:
            self._denied(head, context, identity, error.code)
            raise
        return self._admitted(context, identity)

    async def _identified(self, head: RequestHead, address: str) -> Identity:
        """Return the identity; `admit_now` has tried it unless there are policies."""
        authentication = self._authentication
        known = (
            authentication.identify_now(head, address) if self.rule.policies else None
        )
        return known or await authentication.identify(head, address)

    def _admitted(self, context: RequestContext, identity: Identity) -> RequestContext:
        method = identity.method
        self._decisions.report(context, identity, method or ANONYMOUS_METHOD, "")
        if not method:
            return context
        partition = identity.cache_partition if self._partitioned else ""
        return context.identified(identity, partition)

    def _denied(
        self,
        head: RequestHead,
        context: RequestContext,
        identity: Identity | None,
        code: str,
    ) -> None:
        """Report an error; a credential that is not valid has no identity."""
        method = (
            identity.method or ANONYMOUS_METHOD
            if identity is not None
            else self._authentication.method(head) or _UNKNOWN
        )
        self._decisions.report(context, identity or ANONYMOUS, method, code)
