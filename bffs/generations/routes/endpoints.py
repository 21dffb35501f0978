"""The endpoints of plain routes, and their policies."""

from collections.abc import Mapping

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.route.aggregate import AggregateSection
from weir.bffs.config.model.route.redirect import split_url
from weir.bffs.config.model.route.route import RouteSection
from weir.bffs.config.policies.aggregation import aggregation_parts
from weir.bffs.config.policies.rewrites import path_rewrite
from weir.bffs.config.policies.routes import (
    api_versions,
)
from weir.bffs.config.policies.transformation import transformation
from weir.bffs.config.policies.validation import InvalidValidation, validation
from weir.bffs.generations.routes.proxies import ProxyBuild
from weir.gateway.concurrency.large_work import LargeWork
from weir.gateway.edge.builtin import FixedEndpoint, builtin_policy
from weir.gateway.edge.response import Response
from weir.gateway.edge.route import (
    NO_CLIENT,
    Buffered,
    Endpoint,
    Route,
    RoutePolicy,
    Streamed,
)
from weir.gateway.edge.steps import Steps
from weir.gateway.headers import Headers
from weir.gateway.routes.aggregation.aggregation import Aggregation
from weir.gateway.routes.endpoints.aggregate import AggregateEndpoint
from weir.gateway.routes.endpoints.redirect import RedirectEndpoint
from weir.gateway.routes.endpoints.transform import TransformEndpoint
from weir.gateway.routes.endpoints.validate import ValidateEndpoint
from weir.gateway.routes.endpoints.versions import VersionsEndpoint
from weir.gateway.routes.matching.pattern import parse_pattern
from weir.gateway.routes.request_values import field_of
from weir.gateway.routes.versions.announcement import announcing_steps
from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.model.call_key import CREDENTIALS
from weir.gateway.upstreams.registry import Registry


class RouteBuild:
    """Builds the routes of one configuration."""

    def __init__(
        self, loaded: LoadedConfig, registry: Registry, dependencies: Dependencies
    ) -> None:
        self._loaded = loaded
        self._config = loaded.config
        self._registry = registry
        self._clock = dependencies.clock
        self._replies = dependencies.replies
        self._large_work = LargeWork()
        self._proxies = ProxyBuild(self._config, registry, self._clock)
        self._endpoints: dict[str, Endpoint] = {}

    def route(self, name: str, template: str, steps: Steps) -> Route:
        """Return a route of the section `name`.

        Its routes have one endpoint, so that clients stay on one side of a split.
        """
        section = self._config.routes[name]
        if section.versions:
            steps = steps.then(announcing_steps(api_versions(section)))
        if name not in self._endpoints:
            self._endpoints[name] = self._of_section(name, section)
        return Route(
            endpoint=self._endpoints[name],
            policy=self._policy(section),
            steps=steps,
            template=template,
            fingerprint=("route", template, section.model_dump_json()),
        )

    def _of_section(self, name: str, section: RouteSection) -> Endpoint:
        endpoints = {
            place: self._variant(name, place, each)
            for place, each in section.variants.items()
        }
        if not section.versions:
            (endpoint,) = endpoints.values()
            return endpoint
        return VersionsEndpoint(
            api_versions(section),
            {str(place[-1]): each for place, each in endpoints.items()},
            development=self._development,
        )

    def _variant(self, name: str, place: DataPath, section: RouteSection) -> Endpoint:
        """Return the endpoint of a route, or of its version at `place`."""
        endpoint = self._transformed(section, self._endpoint(name, section))
        return self._validated(("routes", name, *place), section, endpoint)

    def _policy(self, section: RouteSection) -> RoutePolicy:
        client_type = section.client_type or NO_CLIENT
        if not section.calls_services:
            return builtin_policy(client_type)
        timeout_s = self._timeout_s(section)
        body = Streamed() if section.proxies else Buffered()
        return RoutePolicy(client_type=client_type, body=body, timeout_s=timeout_s)

    def _timeout_s(self, section: RouteSection) -> float:
        return section.timeout or self._config.server.request_timeout

    def _validated(
        self, place: DataPath, section: RouteSection, endpoint: Endpoint
    ) -> Endpoint:
        if section.described is None:
            return endpoint
        try:
            rules = validation(section.described, section, self._loaded.folder)
        except InvalidValidation as error:
            key = () if section.openapi is not None else ("validation",)
            at = (*place, *key, *error.path)
            message = f"{'.'.join(map(str, at))}: {error}"
            raise self._loaded.error(at, message) from error
        return ValidateEndpoint(
            endpoint, rules, self._timeout_s(section), self._large_work, self._replies
        )

    def _transformed(self, section: RouteSection, endpoint: Endpoint) -> Endpoint:
        if section.transform is None:
            return endpoint
        return TransformEndpoint(
            endpoint,
            transformation(section.transform, parse_pattern(section.path)),
            self._timeout_s(section),
            self._large_work,
            self._replies,
            development=self._development,
        )

    def _endpoint(self, name: str, section: RouteSection) -> Endpoint:
        if section.proxy is not None:
            timeout_s = self._timeout_s(section)
            return self._proxies.proxy(name, section, section.proxy, timeout_s)
        if section.aggregate is not None:
            return self._aggregate(section, section.aggregate)
        if section.redirect is not None:
            url = split_url(section.redirect.to)
            rewrite = path_rewrite(section, url.path)
            status = section.redirect.status
            return RedirectEndpoint(status, url.origin, rewrite, url.query)
        assert section.respond is not None, "decoding requires one of the four"
        respond = section.respond
        body = respond.body.encode()
        headers = _fields(respond.headers, body)
        return FixedEndpoint(
            Response(status=respond.status, headers=headers, body=body)
        )

    def _aggregate(
        self, section: RouteSection, aggregate: AggregateSection
    ) -> AggregateEndpoint:
        parts = aggregation_parts(aggregate, parse_pattern(section.path))
        references = [each.name for part in parts for each in part.target.of_request]
        varies = frozenset(filter(None, map(field_of, references)))
        needs_caller = section.access.needs_credential or section.addresses is not None
        aggregation = Aggregation(
            parts,
            {each.service: self._registry.upstream(each.service) for each in parts},
            aggregate.max_size,
            clock=self._clock,
            large_work=self._large_work,
            replies=self._replies,
        )
        return AggregateEndpoint(
            aggregation,
            sorted(varies),
            personal=needs_caller or not varies.isdisjoint(CREDENTIALS),
            development=self._development,
        )

    @property
    def _development(self) -> bool:
        return self._config.mode == "development"


def _fields(headers: Mapping[str, str], body: bytes) -> Headers:
    fields = {name.lower().encode(): value.encode() for name, value in headers.items()}
    if body:
        fields.setdefault(b"content-type", b"text/plain; charset=utf-8")
    return tuple(fields.items())
