"""The route of a path that has routes, but none for the method of the request."""

from collections.abc import Iterable

from weir.gateway.edge.builtin import RejectingEndpoint, allowed_methods, builtin_policy
from weir.gateway.edge.request import Request
from weir.gateway.edge.route import Route, RouteMatch
from weir.gateway.errors import MethodNotAllowed


def other_methods(method: str, served: Iterable[str], best: Route) -> RouteMatch:
    """Return a route that lists the `served` methods: a 204 to OPTIONS, or a 405.

    `best` is the route of another method whose endpoint renders the 405.
    """
    methods = {*served, "OPTIONS"}
    allowed = tuple(sorted(methods | {"HEAD"} if "GET" in methods else methods))

    def not_allowed(request: Request) -> MethodNotAllowed:
        return MethodNotAllowed(request.head.method, allowed)

    endpoint = (
        allowed_methods(allowed)
        if method == "OPTIONS"
        else RejectingEndpoint(not_allowed, best.endpoint)
    )
    return RouteMatch(
        Route(
            endpoint=endpoint,
            policy=builtin_policy(best.policy.client_type),
            steps=best.steps,
            template=best.template,
        )
    )
