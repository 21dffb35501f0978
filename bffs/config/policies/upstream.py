"""The configured policies of upstreams."""

from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.model.degraded import DegradedSection
from weir.bffs.config.model.identity import IdentitySection
from weir.bffs.config.model.root import Config
from weir.bffs.config.model.upstream.connections import TlsSection
from weir.bffs.config.model.upstream.credentials import CredentialsSection
from weir.bffs.config.model.upstream.instances import HashOnSection
from weir.bffs.config.model.upstream.responses import (
    FallbackSection,
    StaticResponseSection,
)
from weir.bffs.config.model.upstream.upstream import OperationSection, UpstreamSection
from weir.bffs.config.policies.discovery import discovery_policy
from weir.bffs.config.policies.mapping import to_policy
from weir.bffs.config.policies.rate_limits import upstream_limits
from weir.bffs.config.policies.signing import token_rules
from weir.gateway.bounded_file import check_files
from weir.gateway.discovery.policy import InstanceSpec
from weir.gateway.headers import Headers
from weir.gateway.transport.oauth_endpoint import OAuthClient
from weir.gateway.transport.policy import TlsPolicy, TransportPolicy
from weir.gateway.upstreams.model.client_credentials import ClientCredentials
from weir.gateway.upstreams.model.header_rules import HeaderRules
from weir.gateway.upstreams.model.identity_field import IdentityField
from weir.gateway.upstreams.model.policy import (
    FallbackPolicy,
    HashOn,
    OperationPolicy,
    StaticResponse,
    UpstreamPolicy,
)
from weir.gateway.upstreams.model.token_rule import TokenRule

_TLS_FILES: Final = frozenset({"ca", "certificate", "key"})


def upstream_policies(loaded: LoadedConfig) -> dict[str, UpstreamPolicy]:
    """Return the policies of all upstreams.

    Raises ConfigError for every file of TLS or of token keys that cannot be used.
    """
    config, folder = loaded.config, loaded.folder
    if problems := list(_unreadable(loaded)):
        raise ConfigError(*problems)
    graphql_paths: dict[str, str] = {}
    for _, subgraph in config.all_subgraphs():
        if subgraph.upstream:
            graphql_paths.setdefault(subgraph.upstream, subgraph.path)
    tokens, stale_s = token_rules(loaded), _stale_s(config)
    return {
        name: _with_identity(
            _of_subgraphs(
                _retaining(upstream_policy(name, upstream, folder), stale_s),
                graphql_paths.get(name),
            ),
            tokens.get(name),
            config.identity,
        )
        for name, upstream in config.upstreams.items()
    }


def _stale_s(config: Config) -> float:
    """Return the longest time for which a façade uses expired responses."""
    return max(
        (
            rule.stale
            for facade in config.facades.values()
            for rule in facade.degraded.values()
            if isinstance(rule, DegradedSection) and rule.stale is not None
        ),
        default=0.0,
    )


def _retaining(policy: UpstreamPolicy, stale_s: float) -> UpstreamPolicy:
    """Return a policy whose cache retains responses that have expired."""
    if policy.cache is None or not stale_s:
        return policy
    return replace(policy, cache=replace(policy.cache, fallback_stale_s=stale_s))


def _with_identity(
    policy: UpstreamPolicy, token: TokenRule | None, section: IdentitySection | None
) -> UpstreamPolicy:
    """Return the policy with the rules that depend on the section of identities."""
    if section is None or not (token or policy.headers.identity):
        return policy
    credentials = tuple(name.encode() for name in section.credential_fields)
    headers = replace(policy.headers, token=token, credentials=credentials)
    return replace(policy, headers=headers)


def _of_subgraphs(policy: UpstreamPolicy, graphql_path: str | None) -> UpstreamPolicy:
    """Return the policy of an upstream with the GraphQL endpoint of its subgraphs."""
    health = replace(policy.health, graphql_path=graphql_path)
    return replace(policy, health=health)


def _unreadable(loaded: LoadedConfig) -> Iterator[Problem]:
    for upstream, section in loaded.config.upstreams.items():
        for key, name in section.tls:
            if key in _TLS_FILES and name:
                try:
                    check_files(str(loaded.folder / name))
                except OSError as error:
                    path = ("upstreams", upstream, "tls", key)
                    file = loaded.folder / name
                    message = f"{file} cannot be read: {error.strerror}"
                    yield loaded.document.problem(path, f"{'.'.join(path)}: {message}")


def upstream_policy(
    name: str, upstream: UpstreamSection, folder: Path
) -> UpstreamPolicy:
    """Return the policy of one upstream; its files are relative to `folder`."""
    return to_policy(
        upstream,
        UpstreamPolicy,
        name=name,
        instances=tuple(
            InstanceSpec(each.url.rstrip("/"), each.weight)
            for each in upstream.instances
            if each.enabled
        ),
        discovery=discovery_policy(upstream.discovery, folder),
        hash_on=to_policy(upstream.hash_on or HashOnSection(), HashOn),
        fallback=_fallback(upstream.fallback),
        headers=_headers(upstream),
        grant=_grant(upstream.credentials),
        transport=_transport(upstream, folder),
        operations=tuple(
            _operation(each, operation)
            for each, operation in upstream.operations.items()
        ),
        rate_limits=upstream_limits(name, upstream),
    )


def _headers(upstream: UpstreamSection) -> HeaderRules:
    headers = upstream.headers
    fixed = ((_field_name(name), text.encode()) for name, text in headers.set.items())
    return HeaderRules(
        forward=tuple(map(_field_name, headers.forward)),
        set=(*fixed, *_basic(upstream.credentials)),
        identity=tuple(
            IdentityField(_field_name(name), source)
            for name, source in headers.identity.items()
        ),
        remove=frozenset(map(_field_name, headers.remove)),
        response=frozenset(map(_field_name, headers.response)),
    )


def _basic(credentials: CredentialsSection | None) -> Headers:
    if credentials is None or credentials.basic is None:
        return ()
    username, password = credentials.basic.username, credentials.basic.password
    # RFC 7617 §2.1: servers mostly expect UTF-8.
    proof = b64encode(f"{username}:{password}".encode())
    return ((b"authorization", b"Basic " + proof),)


def _grant(credentials: CredentialsSection | None) -> ClientCredentials | None:
    if credentials is None or credentials.oauth is None:
        return None
    oauth = credentials.oauth
    return ClientCredentials(
        client=OAuthClient(
            url=oauth.token_url,
            client_id=oauth.client_id,
            client_secret=oauth.client_secret,
            timeout_s=oauth.timeout,
        ),
        scopes=tuple(oauth.scopes),
        audience=oauth.audience or "",
    )


def _field_name(name: str) -> bytes:
    return name.lower().encode()


def _transport(upstream: UpstreamSection, folder: Path) -> TransportPolicy:
    return to_policy(
        upstream,
        TransportPolicy,
        kind=upstream.transport,
        connect_s=upstream.timeout.connect,
        idle_s=upstream.timeout.idle,
        tls=_tls(upstream.tls, folder),
        max_header_bytes=upstream.max_response_headers,
    )


def _operation(name: str, operation: OperationSection) -> OperationPolicy:
    return to_policy(
        operation,
        OperationPolicy,
        name=name,
        attempt_s=operation.timeout.attempt,
        total_s=operation.timeout.total,
        fallback=_fallback(operation.fallback),
    )


def _fallback(fallback: FallbackSection | None) -> FallbackPolicy | None:
    if fallback is None:
        return None
    static = fallback.response
    response = None if static is None else _static_response(static)
    return to_policy(fallback, FallbackPolicy, response=response)


def _static_response(section: StaticResponseSection) -> StaticResponse:
    headers = section.headers.items()
    return StaticResponse(
        status=section.status,
        headers=tuple((key.lower().encode(), text.encode()) for key, text in headers),
        body=section.body.encode(),
    )


def _tls(tls: TlsSection, folder: Path) -> TlsPolicy:
    return to_policy(
        tls,
        TlsPolicy,
        ca_file=_file(tls.ca, folder),
        cert_file=_file(tls.certificate, folder),
        key_file=_file(tls.key, folder),
        pins=frozenset(map(b64decode, tls.pins)),
    )


def _file(name: str, folder: Path) -> str:
    return str(folder / name) if name else ""
