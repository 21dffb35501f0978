"""The access step of a route: identification, the rule, and the decision's event."""

from dataclasses import replace
from typing import Final

from weir.gateway.context import ANONYMOUS, Identity, RequestContext
from weir.gateway.edge.request import RequestHead
from weir.gateway.errors import Forbidden, Unauthenticated, WeirError
from weir.gateway.events import EventSink, SecurityDecision
from weir.gateway.identity.access_rule import AccessRule
from weir.gateway.identity.authentication import Authentication
from weir.gateway.identity.policies.policies import Policies

_ANONYMOUS: Final = "anonymous"
_UNKNOWN: Final = "unknown"


class AccessControl:
    """Admits the callers that a rule allows; see `gateway.edge.access`.

    `name` is that of the rule in events. `policies` decide those that the rule names.
    `partitioned` is true if responses of services may depend on the identity in ways
    that calls do not show.
    """

    __slots__ = (
        "_authentication",
        "_name",
        "_partitioned",
        "_policies",
        "_reports",
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
        self._name = name
        self._reports = sink.wants(SecurityDecision)

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
            self._report(head, context, identity, error.code)
            raise
        return self._admitted(head, context, identity)

    async def admit(self, head: RequestHead, context: RequestContext) -> RequestContext:
        identity: Identity | None = None
        try:
            identity = await self._identified(head, context.client_address)
            self.rule.check(identity)
            await self._check_policies(identity, context)
        except WeirError as error:
            self._report(head, context, identity, error.code)
            raise
        return self._admitted(head, context, identity)

    async def _identified(self, head: RequestHead, address: str) -> Identity:
        """Return the identity; `admit_now` has tried it unless there are policies."""
        authentication = self._authentication
        known = (
            authentication.identify_now(head, address) if self.rule.policies else None
        )
        return known or await authentication.identify(head, address)

    async def _check_policies(
        self, identity: Identity, context: RequestContext
    ) -> None:
        names = self.rule.policies
        if not names:
            return
        identified = context.identified(identity)
        if len(await self._policies.satisfied(names, identified)) < len(names):
            raise Forbidden if identity.authenticated else Unauthenticated

    def _admitted(
        self, head: RequestHead, context: RequestContext, identity: Identity
    ) -> RequestContext:
        self._report(head, context, identity, "")
        if identity is ANONYMOUS:
            return context
        if not self._partitioned:
            identity = replace(identity, cache_partition="")
        return context.identified(identity)

    def _report(
        self,
        head: RequestHead,
        context: RequestContext,
        identity: Identity | None,
        code: str,
    ) -> None:
        if not self._reports:
            return
        method = (
            identity.method or _ANONYMOUS
            if identity is not None
            else self._authentication.method(head) or _UNKNOWN
        )
        caller = identity or ANONYMOUS
        context.sink.emit(
            SecurityDecision(
                request_id=context.request_id,
                decision="denied" if code else "allowed",
                reason=code,
                method=method,
                subject=caller.subject,
                issuer=caller.issuer,
                client_id=caller.client_id,
                client_address=context.client_address,
                client_type=context.client_type,
                rule=self._name,
            )
        )
