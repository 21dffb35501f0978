"""The report of the operations that clients run."""

from weir.gateway.client_application import client_application
from weir.gateway.context import RequestContext
from weir.gateway.events import OperationUsed


def report_use(
    operation: str, document: str, context: RequestContext, *, stored: bool
) -> None:
    """Report an operation that the caller may run, before it runs."""
    receive = context.sink.receiver(OperationUsed)
    if receive is not None:
        application = client_application(context)
        receive(
            OperationUsed(
                client_type=context.client_type,
                operation=operation,
                document=document,
                stored=stored,
                client_name=application.name,
                client_version=application.version,
            )
        )
