"""The values of labels of a configuration with the names of `events`."""

from weir.gateway.telemetry.metrics.label_values import OTHER, LabelValues
from weir.gateway.telemetry.metrics.snapshot import Labels


def values(*texts: str) -> frozenset[Labels]:
    return frozenset((each,) for each in texts)


KNOWN = LabelValues(
    facades=values("", "web"),
    routes=frozenset(
        {
            ("web", "/web/v1/home", "GET"),
            ("web", "/web/v1/home", "QUERY"),
            ("web", "/web/v1/home", OTHER),
            ("web", "", OTHER),
        }
    ),
    operations=frozenset({("web", ""), ("web", "Home")}),
    services=values("catalog", "next"),
    subgraphs=values("", "catalog", "reviews"),
    endpoints=frozenset({("catalog", "POST /graphql"), ("catalog", OTHER)}),
    instances=frozenset(),
    breakers=frozenset(),
    limits=frozenset({("web", "address")}),
    objectives=values("web/Home"),
    codes=values(
        *("BAD_REQUEST", "DEADLINE_EXCEEDED", "RATE_LIMITED"),
        *("ADDRESS_NOT_ALLOWED", "PLAN_UNKNOWN", "COST_ESTIMATED_TOO_EXPENSIVE"),
        *("UNSUPPORTED_MEDIA_TYPE", "GATEWAY_OVERLOADED", "UPSTREAM_CONNECTION_LOST"),
    ),
    route_names=values("users"),
    backends=frozenset({("users", "canary")}),
)
