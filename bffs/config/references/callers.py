"""Rules on callers that need credentials, policies or plans of other sections."""

from collections.abc import Iterator

from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.errors import Problem
from weir.bffs.config.model.identity import AccessSection, IdentitySection
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.root import Config
from weir.bffs.config.unknown_name import unknown
from weir.gateway.limits.key import API_KEY, is_of_credential


def caller_problems(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each rule that no caller can fulfil, or without effect."""
    yield from _missing_certificates(document, config)
    yield from _unused_identity_fields(document, config)
    for name, facade in config.facades.items():
        yield from _access(document, config, ("facades", name, "access"), facade.access)
    for name, route in config.routes.items():
        yield from _access(document, config, ("routes", name, "access"), route.access)
    yield from _plans(document, config)


def unsatisfiable(
    access: AccessSection, identity: IdentitySection | None
) -> Iterator[tuple[DataPath, str]]:
    """Yield the keys of a rule that no caller can satisfy, and the reasons."""
    identity = identity or IdentitySection()
    if access.needs_credential and not identity.accepts_credentials:
        yield (), "needs credentials; configure `identity`"
    for index, role in enumerate(access.roles):
        if identity.roles and role not in identity.roles:
            yield ("roles", index), unknown("role", role, identity.roles)
    for index, policy in enumerate(access.policies):
        if policy not in identity.policies:
            yield ("policies", index), unknown("policy", policy, identity.policies)


def missing_credentials(part: str, identity: IdentitySection | None) -> str:
    """Return what a part of a key needs if no caller can have it, or ""."""
    identity = identity or IdentitySection()
    if part == API_KEY and identity.api_keys is None:
        return "needs API keys; configure `identity.api_keys`"
    if is_of_credential(part) and not identity.accepts_credentials:
        return "needs credentials; configure `identity`"
    return ""


def _access(
    document: ConfigDocument, config: Config, path: DataPath, access: AccessSection
) -> Iterator[Problem]:
    """Yield a problem for a rule that no caller can satisfy."""
    dotted = ".".join(map(str, path))
    for below, message in unsatisfiable(access, config.identity):
        yield document.problem((*path, *below), f"{dotted}: {message}")


def _missing_certificates(
    document: ConfigDocument, config: Config
) -> Iterator[Problem]:
    """Yield a problem if no client can present a certificate."""
    section = config.identity and config.identity.client_certificates
    if not section:
        return
    tls, proxies = config.server.tls, config.server.trusted_proxies
    path: DataPath = ("identity", "client_certificates")
    dotted = ".".join(map(str, path))
    if section.forwarded and not proxies:
        message = f"{dotted}.forwarded: needs `server.trusted_proxies`"
        yield document.problem((*path, "forwarded"), message)
    elif not section.forwarded and (tls is None or tls.client_ca is None):
        message = f"{dotted}: needs `server.tls.client_ca`, or `forwarded: true`"
        yield document.problem(path, message)


def _unused_identity_fields(
    document: ConfigDocument, config: Config
) -> Iterator[Problem]:
    """Yield a problem for each upstream that is to get the names of unknown callers."""
    identity = config.identity or IdentitySection()
    for name, upstream in config.upstreams.items():
        of_caller = {
            "identity": bool(upstream.headers.identity),
            "token": upstream.headers.token is not None,
        }
        for key in (each for each, used in of_caller.items() if used):
            path: DataPath = ("upstreams", name, "headers", key)
            dotted = ".".join(map(str, path))
            if not identity.accepts_credentials:
                message = f"{dotted}: needs credentials; configure `identity`"
                yield document.problem(path, message)
            elif key == "token" and identity.signing is None:
                message = f"{dotted}: needs keys; configure `identity.signing`"
                yield document.problem(path, message)


def _plans(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each façade whose callers can have no plan."""
    identity = config.identity or IdentitySection()
    for name, facade in config.facades.items():
        if facade.plan is None:
            continue
        path: DataPath = ("facades", name, "plan")
        dotted = ".".join(map(str, path))
        default = facade.plan.default
        if not config.plans:
            message = f"{dotted}: needs plans; configure `plans`"
            yield document.problem(path, message)
        elif not identity.accepts_credentials:
            message = f"{dotted}: needs credentials; configure `identity`"
            yield document.problem(path, message)
        elif default is not None and default not in config.plans:
            message = unknown("plan", default, config.plans)
            yield document.problem((*path, "default"), f"{dotted}.default: {message}")
