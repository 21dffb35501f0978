"""The report of the operations that clients run."""

from weir.gateway.context import RequestContext
from weir.gateway.events import OperationUsed


def report_use(
    operation: str, document: str, context: RequestContext, *, stored: bool
) -> None:
    """Report an operation that the caller may run, before it runs."""
    receive = context.sink.receiver(OperationUsed)
    if receive is not None:
        receive(
            OperationUsed(
                client_type=context.client_type,
                operation=operation,
                document=document,
                stored=stored,
                client_name=context.application.name,
                client_version=context.application.version,
            )
        )
