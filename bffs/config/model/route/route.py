"""The section of a plain route: the requests that it matches, and its endpoint."""

from typing import Final, Self

from pydantic import model_validator

from weir.bffs.config.model.addresses import AddressesSection
from weir.bffs.config.model.cors import CorsSection
from weir.bffs.config.model.identity import Access, AccessSection
from weir.bffs.config.model.limits.rate_limit import RateLimitSection
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.route.aggregate import AggregateSection
from weir.bffs.config.model.route.matching import (
    Regex,
    RouteHost,
    RouteMethod,
    RoutePath,
    WhenSection,
)
from weir.bffs.config.model.route.proxy import Proxy
from weir.bffs.config.model.route.redirect import RedirectSection
from weir.bffs.config.model.route.respond import RespondSection
from weir.bffs.config.model.route.transform import TransformSection
from weir.bffs.config.model.route.validation import ValidationSection
from weir.bffs.config.model.route.versions import (
    RouteVersionSection,
    VersionName,
    VersionSourceText,
    check_versions,
)
from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Duration, Size
from weir.bffs.config.model.values.texts import FileName, Name
from weir.gateway.routes.matching.pattern import parse_pattern
from weir.gateway.routes.versions.source import parse_source

_READING: Final = frozenset({"GET", "HEAD"})


class RouteSection(Section):
    """Requests that do not go to a façade, by host, path and method.

    Exactly one of `proxy`, `versions`, `aggregate`, `redirect` and `respond` is
    required.
    """

    path: RoutePath
    """Path of the requests: exact, with `{parameters}`, or a prefix that ends with
    `/*`."""
    parameters: dict[str, Regex] = {}
    """Regular expressions (RE2) that the values of parameters of `path` match as a
    whole, such as `{id: "[0-9]+"}`. Their named groups, such as `(?P<year>[0-9]{4})`,
    can be segments of `proxy.path` and `redirect.to`."""
    hosts: list[RouteHost] = []
    """Hosts such as `api.example.com` or `*.example.com`; without them, every host."""
    methods: list[RouteMethod] = []
    """Methods; GET includes HEAD. Without them, every method except TRACE and those of
    extensions, such as PROPFIND."""
    when: WhenSection = WhenSection()
    openapi: FileName | None = None
    """File with a description of the service in OpenAPI 3.0 or 3.1. Each of its
    operations is a route below `path`, and its requests are validated."""
    proxy: Proxy | None = None
    versions: dict[VersionName, RouteVersionSection] = {}
    """Versions of an API, each with a service or changes of its own."""
    version_by: list[VersionSourceText] = ["header:api-version"]
    """Places that name the version of a request: `path:<parameter>`, `header:<name>`,
    `query:<name>`, `accept:<parameter>`."""
    default_version: VersionName | None = None
    """Version of requests that name none; without it, they get 400."""
    aggregate: AggregateSection | None = None
    redirect: RedirectSection | None = None
    respond: RespondSection | None = None
    validation: ValidationSection | None = None
    transform: TransformSection | None = None
    client_type: Name | None = None
    """Kind of its clients, which services get as `x-client-type`; a label of metrics
    and a member of the log. By default it is `none`."""
    timeout: Duration | None = None
    """Longest time from the end of a request to the head of its response; by default
    `server.request_timeout`. The times of the upstream apply as well."""
    max_body: Size | None = None
    """Largest body of a request, which is streamed; by default `server.max_body`."""
    access: Access = AccessSection()
    """Callers that may use it: `anonymous` for all, `authenticated`, or scopes,
    roles and policies."""
    addresses: AddressesSection | None = None
    """Client addresses, behind `server.trusted_proxies`, that it serves; others get
    403."""
    cors: CorsSection | None = None
    """Without it, the rules for browsers are those of the service."""
    rate_limits: dict[Name, RateLimitSection] = {}
    """Limits of the requests of this route, by name."""

    @model_validator(mode="after")
    def _check_openapi(self) -> Self:
        if self.openapi is None:
            return self
        if self.proxy is None:
            message = "`openapi` is only used with `proxy`"
            raise ValueError(message)
        if self.methods:
            message = "`methods` is not used with `openapi`, which has them"
            raise ValueError(message)
        own = self.validation.model_fields_set if self.validation else set[str]()
        if used := {"openapi", "operation", "undescribed"} & own:
            message = f"validation: `{min(used)}` is not used with `openapi`"
            raise ValueError(message)
        for name, path in (("path", self.path), ("proxy.path", self.proxy.path)):
            pattern = parse_pattern(path or "/*")
            if not pattern.is_prefix or pattern.parameters:
                message = (
                    f'{name}: with `openapi`, expected a prefix such as "/shop/*"'
                    f' without parameters, got "{path}"'
                )
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_endpoint(self) -> Self:
        given = (self.proxy, self.aggregate, self.redirect, self.respond)
        if sum(each is not None for each in given) + bool(self.versions) != 1:
            message = (
                "expected exactly one of `proxy`, `versions`, `aggregate`, `redirect`"
                " and `respond`"
            )
            raise ValueError(message)
        if not self.proxies and self.max_body:
            message = "`max_body` is only used with `proxy`"
            raise ValueError(message)
        used = {"timeout", "transform", "validation"} & self.model_fields_set
        if used and not self.calls_services:
            message = f"`{min(used)}` is only used with `proxy` and `aggregate`"
            raise ValueError(message)
        return self

    @property
    def described(self) -> ValidationSection | None:
        """The validation of its requests, which `openapi` describes if it is set."""
        if self.openapi is None:
            return self.validation
        own = self.validation or ValidationSection()
        return own.model_copy(update={"openapi": self.openapi})

    @property
    def proxies(self) -> bool:
        """Whether it passes requests on to services."""
        return self.proxy is not None or bool(self.versions)

    @property
    def calls_services(self) -> bool:
        """Whether responses are those of services."""
        return self.proxies or self.aggregate is not None

    @property
    def variants(self) -> "dict[DataPath, RouteSection]":
        """The route of each version by its place, or itself if it has no versions."""
        if not self.versions:
            return {(): self}
        return {
            ("versions", name): self.model_copy(
                update={
                    "versions": {},
                    "proxy": each.proxy,
                    "transform": each.transform,
                    "validation": each.validation,
                }
            )
            for name, each in self.versions.items()
        }

    @model_validator(mode="after")
    def _check_versions(self) -> Self:
        if not self.versions:
            used = {"default_version", "version_by"} & self.model_fields_set
            if used:
                message = f"`{min(used)}` is only used with `versions`"
                raise ValueError(message)
            return self
        used = {"transform", "validation"} & self.model_fields_set
        if used:
            message = f"`{min(used)}` belongs to each of the `versions`"
            raise ValueError(message)
        check_versions(self.versions, self.default_version)
        for each in self.version_by:
            parse_source(each, parse_pattern(self.path))
        return self

    @model_validator(mode="after")
    def _check_validation(self) -> Self:
        if self.described is not None:
            self.described.check_source()
        return self

    @model_validator(mode="after")
    def _check_aggregate(self) -> Self:
        if self.aggregate is not None and not _READING.issuperset(self.methods):
            message = "methods: an aggregation serves GET, which includes HEAD"
            raise ValueError(message)
        if self.aggregate and self.transform and self.transform.request.is_given:
            message = "transform.request: only used with `proxy`"
            raise ValueError(message)
        if self.aggregate and self.validation and self.validation.openapi:
            message = "validation.openapi: only used with `proxy`"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_units(self) -> Self:
        for name, limit in self.rate_limits.items():
            if limit.unit == "cost":
                message = f"rate_limits.{name}: only façades have operations with costs"
                raise ValueError(message)
        return self
