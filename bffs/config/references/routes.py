"""Plain routes: their upstreams, their rules, and routes that no request reaches."""

from collections.abc import Iterator

from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.errors import Problem
from weir.bffs.config.model.root import Config
from weir.bffs.config.policies.aggregation import aggregation_problems
from weir.bffs.config.policies.routes import route_rules
from weir.bffs.config.policies.transformation import transformation_problems
from weir.bffs.config.policies.validation import validation_problems
from weir.bffs.config.references.upstreams import unknown_upstream
from weir.gateway.routes.reachability import unreachable


def route_problems(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each unknown upstream, and for each route without effect."""
    for name, route in config.routes.items():
        if route.proxy is not None:
            for path, upstream in route.proxy.upstreams.items():
                place = ("routes", name, "proxy", *path)
                yield from unknown_upstream(document, config, place, upstream)
        if route.aggregate is not None:
            for part, section in route.aggregate.parts.items():
                place = ("routes", name, "aggregate", "parts", part)
                yield from unknown_upstream(document, config, place, section.upstream)
        for place, message in (
            *aggregation_problems(name, route),
            *transformation_problems(name, route),
            *validation_problems(name, route),
        ):
            yield document.problem(place, f"{'.'.join(map(str, place))}: {message}")
    for found in unreachable(route_rules(config)):
        rule, by, part = found.rule.name, found.by.name, found.part
        requests = f"all requests with {part}" if part else "all its requests"
        message = f"routes.{rule}: {requests} go to the route {by!r}"
        yield document.problem(("routes", rule), message)
        message = f"routes.{by}: {requests.replace('its', 'those')} of {rule!r} go here"
        yield document.problem(("routes", by), message)
