"""The identification of callers in a generation, and the parts that the next one keeps.

An issuer with an equal policy is shared with the previous generation: its keys and its
verified tokens stay. So do the tokens that an introspection endpoint has verified.
Limits of attempts stay as long as the process has an identity section that does not
change them.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.model.identity import AccessSection
from weir.bffs.config.model.root import Config
from weir.bffs.config.policies.identity import (
    access_rule,
    attempt_limits,
    grants,
    introspection_policy,
    issuer_policies,
    stored_keys,
)
from weir.bffs.extensions.named_policies import named_policies
from weir.gateway.clock import Clock
from weir.gateway.edge.context.client_address import TrustedProxies, networks
from weir.gateway.edge.steps import Steps
from weir.gateway.events import EventSink
from weir.gateway.identity.access_control import AccessControl
from weir.gateway.identity.api_keys.authenticator import ApiKeyAuthenticator
from weir.gateway.identity.api_keys.file_store import FileKeyStore
from weir.gateway.identity.api_keys.store import ApiKey
from weir.gateway.identity.attempts import AttemptLimits, Attempts
from weir.gateway.identity.authentication import Authentication
from weir.gateway.identity.authenticator import Authenticator
from weir.gateway.identity.bearer import BearerTokens
from weir.gateway.identity.certificates.forwarded import forwarded_pem
from weir.gateway.identity.credentials import (
    API_KEY,
    BEARER,
    CERTIFICATE,
    FORWARDED_CERTIFICATE,
    CertificatePlaces,
    CredentialPlaces,
    CredentialReader,
)
from weir.gateway.identity.jwt.policy import IssuerPolicy
from weir.gateway.identity.opaque.authenticator import OpaqueTokens
from weir.gateway.identity.policies.policies import Policies
from weir.gateway.identity.privacy import keep_private
from weir.gateway.identity.rejected import RejectedCredentials

if TYPE_CHECKING:
    from weir.gateway.identity.jwt.issuer import Issuer

_PEM_OF: Final[dict[str, Callable[[str], str]]] = {
    CERTIFICATE: str,
    FORWARDED_CERTIFICATE: forwarded_pem,
}


@dataclass(frozen=True, slots=True)
class AccessSteps:
    """The steps that identify and admit callers, of façades and routes by name."""

    facades: Mapping[str, Steps] = field(default_factory=dict[str, Steps])
    routes: Mapping[str, Steps] = field(default_factory=dict[str, Steps])


@dataclass(frozen=True, slots=True)
class Identification:
    """The issuers of a generation, and the authentication by them."""

    limits: AttemptLimits
    attempts: Attempts
    issuers: "tuple[Issuer, ...]"
    opaque: OpaqueTokens | None
    keys: FileKeyStore | None
    authentication: Authentication
    policies: Policies

    def steps(self, config: Config, sink: EventSink) -> "AccessSteps":
        """Return the access steps; there are none without an identity section."""
        if config.identity is None:
            return AccessSteps()
        return AccessSteps(
            {
                name: self._steps(
                    facade.access,
                    f"facades.{name}.access",
                    sink,
                    partitioned=_sees_identity(config, name),
                )
                for name, facade in config.facades.items()
            },
            {
                name: self._steps(
                    route.access, f"routes.{name}.access", sink, partitioned=False
                )
                for name, route in config.routes.items()
            },
        )

    def _steps(
        self, section: AccessSection, name: str, sink: EventSink, *, partitioned: bool
    ) -> Steps:
        rule = access_rule(section)
        access = AccessControl(
            self.authentication,
            rule,
            self.policies,
            sink,
            name=name,
            partitioned=partitioned,
        )
        finishes = (keep_private,) if rule.restricts else ()
        return Steps(access=access, finishes=finishes)

    async def close(self) -> None:
        """Release the issuers; those that a later generation shares stay."""
        for issuer in self.issuers:
            await issuer.release()
        if self.opaque is not None:
            await self.opaque.release()
        if self.keys is not None:
            await self.keys.release()


async def identify_callers(
    loaded: LoadedConfig, previous: Identification | None, clock: Clock
) -> Identification:
    """Return the identification by the configuration; raises ConfigError.

    Keys are loaded once before it returns. An issuer that does not respond is logged.
    """
    async with AsyncExitStack() as opened:
        policies = await asyncio.to_thread(named_policies, loaded)
        trusted = await asyncio.to_thread(issuer_policies, loaded)
        stored = await asyncio.to_thread(stored_keys, loaded)
        section = loaded.config.identity
        limits = attempt_limits(section.attempts) if section else AttemptLimits()
        before = previous if previous and previous.limits == limits else None
        attempts = before.attempts if before else Attempts(limits, clock)
        issuers = _issuers(trusted, before, attempts, clock)
        for issuer in issuers:
            issuer.share()
            opened.push_async_callback(issuer.release)
        opaque = _opaque_tokens(loaded, before, attempts, clock)
        if opaque is not None:
            opaque.share()
            opened.push_async_callback(opaque.release)
        keys = _key_store(stored, previous)
        if keys is not None:
            keys.share()
            opened.push_async_callback(keys.release)
        await asyncio.gather(*(each.source.start() for each in issuers))
        tokens = _bearer_tokens(issuers, opaque)
        identification = Identification(
            limits,
            attempts,
            issuers,
            opaque,
            keys,
            _authentication(loaded, tokens, keys, attempts, clock),
            Policies(policies, clock),
        )
        opened.pop_all()
        return identification


def _issuers(
    trusted: tuple[IssuerPolicy, ...],
    before: Identification | None,
    attempts: Attempts,
    clock: Clock,
) -> "tuple[Issuer, ...]":
    if not trusted:
        return ()
    # Slow imports are in the functions that need them, here and below.
    from weir.gateway.identity.jwt.issuer import Issuer  # noqa: PLC0415

    known = {each.policy: each for each in before.issuers} if before else {}
    return tuple(
        known.get(policy) or Issuer(policy, attempts, clock) for policy in trusted
    )


def _authentication(
    loaded: LoadedConfig,
    tokens: Authenticator | None,
    keys: FileKeyStore | None,
    attempts: Attempts,
    clock: Clock,
) -> Authentication:
    authenticators: dict[str, Authenticator] = {}
    if tokens is not None:
        authenticators[BEARER] = tokens
    if keys is not None:
        authenticators[API_KEY] = ApiKeyAuthenticator(
            keys, grants(loaded), attempts, clock
        )
    authenticators.update(_of_certificates(loaded, attempts, clock))
    reader = CredentialReader(_places(loaded.config))
    rejected = RejectedCredentials(clock)
    return Authentication(authenticators, reader, attempts, rejected)


def _of_certificates(
    loaded: LoadedConfig, attempts: Attempts, clock: Clock
) -> dict[str, Authenticator]:
    identity = loaded.config.identity
    if identity is None or identity.client_certificates is None:
        return {}
    from weir.gateway.identity.certificates.authenticator import (  # noqa: PLC0415
        CertificateAuthenticator,
    )

    roles = identity.client_certificates.roles
    return {
        kind: CertificateAuthenticator(pem_of, roles, grants(loaded), attempts, clock)
        for kind, pem_of in _PEM_OF.items()
    }


def _bearer_tokens(
    issuers: "tuple[Issuer, ...]", opaque: OpaqueTokens | None
) -> Authenticator | None:
    if not issuers:
        return opaque
    from weir.gateway.identity.jwt.tokens import JwtAuthenticator  # noqa: PLC0415

    signed = JwtAuthenticator(issuers)
    return BearerTokens(signed, opaque) if opaque else signed


def _opaque_tokens(
    loaded: LoadedConfig,
    before: Identification | None,
    attempts: Attempts,
    clock: Clock,
) -> OpaqueTokens | None:
    policy = introspection_policy(loaded)
    if policy is None:
        return None
    known = before.opaque if before else None
    if known is not None and known.policy == policy:
        return known
    return OpaqueTokens(policy, attempts, clock)


def _key_store(
    stored: tuple[Path, tuple[ApiKey, ...]] | None, previous: Identification | None
) -> FileKeyStore | None:
    """Return the store of a file; that of the previous generation if it is the same."""
    if stored is None:
        return None
    file, keys = stored
    before = previous.keys if previous else None
    return before if before and before.file == file else FileKeyStore(file, keys)


def _places(config: Config) -> CredentialPlaces:
    section = config.identity
    if section is None:
        return CredentialPlaces()
    keys, certificates = section.api_keys, section.client_certificates
    return CredentialPlaces(
        bearer=section.accepts_tokens,
        header=keys.header.lower().encode() if keys else b"",
        certificates=CertificatePlaces(
            TrustedProxies(networks(tuple(config.server.trusted_proxies))),
            forwarded=certificates.forwarded,
        )
        if certificates
        else None,
    )


def _sees_identity(config: Config, facade: str) -> bool:
    """Return whether Python code of the graph sees the identity of the caller.

    Services see only what a call holds, and that is part of its cache key.
    """
    subgraphs = (*config.subgraphs.values(), *config.facades[facade].subgraphs.values())
    return any(each.python for each in subgraphs)
