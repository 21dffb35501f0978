"""The decisions of one access rule, as events."""

from typing import Final

from weir.gateway.context import Identity, RequestContext
from weir.gateway.events import EventSink, SecurityDecision

ANONYMOUS_METHOD: Final = "anonymous"
"""The method of callers without a credential, in events and metrics."""


class Decisions:
    """An emitter of the decisions of the rule with a name."""

    __slots__ = ("_receive", "_rule")

    def __init__(self, sink: EventSink, rule: str) -> None:
        self._rule = rule
        self._receive = sink.receiver(SecurityDecision)

    def report(
        self,
        context: RequestContext,
        caller: Identity,
        method: str,
        code: str,
        *,
        operation: str = "",
        fields: tuple[str, ...] = (),
    ) -> None:
        """Emit a decision; `code` is that of the error, or "" if it is allowed.

        `operation` and `fields` are known after the body was read.
        """
        if self._receive is None:
            return
        self._receive(
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
                rule=self._rule,
                request_method=context.method,
                route=context.route,
                operation=operation,
                fields=fields,
            )
        )
