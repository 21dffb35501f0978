"""The announcement of an endpoint's end in all of its responses, errors included."""

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.lifecycle import Lifecycle
from weir.gateway.edge.steps import NO_STEPS, Steps


def lifecycle_steps(lifecycle: Lifecycle) -> Steps:
    """Return the finish that adds the fields of a lifecycle, if it has some."""
    fields = lifecycle.fields
    if not fields:
        return NO_STEPS

    def announce(
        head: RequestHead,  # noqa: ARG001 - a finish
        context: RequestContext,  # noqa: ARG001 - a finish
        response: Response,
    ) -> Response:
        return response.adding(fields)

    return Steps(finishes=(announce,))
