"""The routes of a generation: from a method and a raw path to a route.

A path that is served, but not for the method, has a route that responds with 405 and
`Allow`, or 204 to OPTIONS. A path that is not served has the 404 route of its mount, so
that the errors of a façade have its format and its labels.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from weir.gateway.edge.builtin import (
    RejectingEndpoint,
    allowed_methods,
    builtin_policy,
    malformed_path,
    not_found,
)
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.route import ErrorRenderer, Route, RouteMatch
from weir.gateway.edge.steps import BASE_STEPS, Steps
from weir.gateway.routes.matching.path import BYTES, is_malformed, segments_of
from weir.gateway.routes.matching.template import PathTemplate
from weir.gateway.routes.matching.trie import Node
from weir.gateway.routes.other_methods import other_methods


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundRoute:
    """A route and what it is bound to; `method` is in upper case."""

    method: str
    template: PathTemplate
    route: Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A prefix that owns all paths below it; `errors` and `steps` are for its 404s."""

    prefix: PathTemplate
    client_type: str
    errors: ErrorRenderer
    steps: Steps = BASE_STEPS


class RouteTable:
    """The routes by method and path; the cost of a lookup does not grow with them.

    `fingerprints` and `shapes` are those of all its routes, and `labels` their methods,
    templates and client types. HEAD is served by GET.
    Bindings of the same method and shape, or the same prefix of two mounts, are an
    error of the caller.
    """

    __slots__ = (
        "_literal",
        "_server_wide",
        "_trie",
        "fingerprints",
        "labels",
        "shapes",
    )

    def __init__(self, mounts: Iterable[Mount], routes: Iterable[BoundRoute]) -> None:
        self._trie: Node[_Methods, _Unserved] = Node()
        self._literal: dict[str, _Methods] = {}
        """The routes of paths without parameters, which win over all others."""
        for mount in mounts:
            node = self._trie.at(mount.prefix.shape)
            assert node.mount is None, f"two mounts at {mount.prefix.text}"
            node.mount = _Unserved.of(mount)
        assert self._trie.mount is not None, "the root needs a mount"
        routes = tuple(routes)
        for bound in routes:
            self._add(bound)
        self.fingerprints = frozenset(each.route.fingerprint for each in routes)
        self.shapes = frozenset(each.template.shape for each in routes)
        self.labels = frozenset(
            (each.method, each.route.template, each.route.policy.client_type)
            for each in routes
        )
        # RFC 9110 §9.3.7: OPTIONS * is about the server in general.
        self._server_wide = RouteMatch(
            Route(endpoint=allowed_methods(()), policy=builtin_policy())
        )

    def _add(self, bound: BoundRoute) -> None:
        shape = bound.template.shape
        node = self._trie.at(shape)
        if node.end is None:
            node.end = _Methods({})
            path = "/".join(("", *(each or "" for each in shape)))
            if "%" not in path and segments_of(path)[1:] == list(shape):
                self._literal[path] = node.end
        method, routes = bound.method, node.end.routes
        assert method not in routes, f"two routes of {method} {bound.template.text}"
        routes[method] = _Bound.of(bound)

    def route(self, head: RequestHead) -> RouteMatch:
        """Return the route of a request, or one that responds with an error."""
        method, path = head.method, head.path
        literal = self._literal.get(path)
        if literal is not None and method in literal.routes:
            return literal.routes[method].bare
        if path[:1] != "/" or ("%" in path and is_malformed(path)):
            return self._malformed(method, path)
        segments = segments_of(path) if "%" in path else path.split("/")
        unfit: list[_Methods] = []
        for end in self._trie.ends(segments):
            bound = end.routes.get(method) or (
                end.routes.get("GET") if method == "HEAD" else None
            )
            if bound is not None:
                return bound.match(segments) if bound.parameters else bound.bare
            unfit.append(end)
        if unfit:
            served = {name for methods in unfit for name in methods.routes}
            best = next(iter(unfit[0].routes.values())).bare.route
            return other_methods(method, served, best)
        return self._unserved(path).not_found

    def _malformed(self, method: str, path: str) -> RouteMatch:
        if path == "*" and method == "OPTIONS":
            return self._server_wide
        return self._unserved(path).malformed

    def _unserved(self, path: str) -> "_Unserved":
        found = self._trie.nearest_mount(segments_of(path))
        assert found is not None, "the root has a mount"
        return found


@dataclass(frozen=True, slots=True)
class _Bound:
    """A route, and the positions of its parameters among the segments of a path."""

    bare: RouteMatch
    parameters: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, bound: BoundRoute) -> "_Bound":
        template = bound.template
        # The first segment of a path is what precedes it.
        positions = [
            position
            for position, literal in enumerate(template.shape, 1)
            if literal is None
        ]
        parameters = tuple(zip(template.parameters, positions, strict=True))
        return cls(RouteMatch(bound.route), parameters)

    def match(self, segments: Sequence[str]) -> RouteMatch:
        values = [
            (name, segments[position].encode(BYTES))
            for name, position in self.parameters
        ]
        return RouteMatch(self.bare.route, tuple(values))


@dataclass(frozen=True, slots=True)
class _Methods:
    """The routes that end at one node, by method."""

    routes: dict[str, _Bound]


@dataclass(frozen=True, slots=True)
class _Unserved:
    """The routes of the paths of a mount that nothing is served at."""

    not_found: RouteMatch
    malformed: RouteMatch

    @classmethod
    def of(cls, mount: Mount) -> "_Unserved":
        policy = builtin_policy(mount.client_type)
        missing = RejectingEndpoint(not_found, mount.errors)
        malformed = RejectingEndpoint(malformed_path, mount.errors)
        return cls(
            RouteMatch(Route(endpoint=missing, policy=policy, steps=mount.steps)),
            RouteMatch(Route(endpoint=malformed, policy=policy, steps=mount.steps)),
        )
