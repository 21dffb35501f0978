"""From the sections of identities and access to their policies."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.model.identity import AccessSection, AttemptsSection, JwtSection
from weir.bffs.config.policies.mapping import to_policy
from weir.bffs.config.policies.plans import reject_unknown_plans
from weir.gateway.identity.access_rule import AccessRule
from weir.gateway.identity.api_keys.file_store import KeyFileInvalid, read_keys
from weir.gateway.identity.api_keys.store import ApiKey
from weir.gateway.identity.attempts import AttemptLimits
from weir.gateway.identity.completion import Grants
from weir.gateway.identity.jwt.algorithms import ASYMMETRIC, secret_algorithms
from weir.gateway.identity.jwt.policy import (
    Discovery,
    IssuerPolicy,
    JwksUrl,
    KeyFile,
    Keys,
    SharedSecret,
)
from weir.gateway.identity.opaque.policy import IntrospectionPolicy


def issuer_policies(loaded: LoadedConfig) -> tuple[IssuerPolicy, ...]:
    """Return the issuers of tokens; raises ConfigError for key files and repetitions.

    Two issuers with the same `iss` are not distinguishable.
    """
    identity = loaded.config.identity
    sections = identity.jwt if identity else {}
    problems: list[Problem] = []
    names: dict[str, str] = {}
    for name, section in sections.items():
        if section.issuer in names:
            message = f'"{names[section.issuer]}" has the same issuer'
            problems.append(_problem(loaded, name, "issuer", message))
        names.setdefault(section.issuer, name)
        if section.keys is not None:
            problems += _unusable_keys(loaded, name, section.keys)
        if section.discovery and not _is_secure(section.issuer):
            message = "discovery needs https; only a loopback address needs no TLS"
            problems.append(_problem(loaded, name, "issuer", message))
    if problems:
        raise ConfigError(*problems)
    return tuple(_issuer(name, section, loaded) for name, section in sections.items())


def _unusable_keys(loaded: LoadedConfig, name: str, keys: str) -> Iterator[Problem]:
    # A slow import, for gateways with keys.
    from weir.gateway.identity.jwt.load_keys import (  # noqa: PLC0415
        KeysNotLoaded,
        load_key_file,
    )

    try:
        load_key_file(loaded.folder / keys)
    except KeysNotLoaded as error:
        yield _problem(loaded, name, "keys", str(error))


def _problem(loaded: LoadedConfig, name: str, key: str, message: str) -> Problem:
    path = ("identity", "jwt", name, key)
    return loaded.document.problem(path, f"{'.'.join(path)}: {message}")


def _is_secure(url: str) -> bool:
    split = urlsplit(url)
    loopback = split.hostname in ("localhost", "127.0.0.1", "::1")
    return split.scheme == "https" or loopback


def _issuer(name: str, section: JwtSection, loaded: LoadedConfig) -> IssuerPolicy:
    fit = secret_algorithms(section.secret.encode()) if section.secret else ASYMMETRIC
    return to_policy(
        section,
        IssuerPolicy,
        name=name,
        audiences=frozenset(section.audiences),
        keys=_keys(section, loaded),
        algorithms=frozenset(section.algorithms) or fit,
        grants=grants(loaded),
    )


def _keys(section: JwtSection, loaded: LoadedConfig) -> Keys:
    if section.secret is not None:
        return SharedSecret(section.secret.encode())
    if section.keys is not None:
        return KeyFile(loaded.folder / section.keys)
    if section.jwks_url is not None:
        return JwksUrl(section.jwks_url)
    return Discovery(section.issuer)


def introspection_policy(loaded: LoadedConfig) -> IntrospectionPolicy | None:
    """Return the introspection of opaque tokens, if there is one."""
    identity = loaded.config.identity
    if identity is None or identity.introspection is None:
        return None
    section = identity.introspection
    return to_policy(
        section,
        IntrospectionPolicy,
        audiences=frozenset(section.audiences),
        grants=grants(loaded),
    )


def stored_keys(loaded: LoadedConfig) -> tuple[Path, tuple[ApiKey, ...]] | None:
    """Return the file of API keys and its keys; raises ConfigError."""
    identity = loaded.config.identity
    if identity is None or identity.api_keys is None:
        return None
    file = loaded.folder / identity.api_keys.file
    try:
        keys = read_keys(file)
    except KeyFileInvalid as error:
        path = ("identity", "api_keys", "file")
        raise loaded.error(path, f"{'.'.join(path)}: {error}") from error
    reject_unknown_plans(loaded, file, keys)
    return file, keys


def attempt_limits(section: AttemptsSection) -> AttemptLimits:
    """Return the limits of clients with new or wrong credentials."""
    return to_policy(section, AttemptLimits)


def grants(loaded: LoadedConfig) -> Grants:
    """Return the scopes that each role grants."""
    identity = loaded.config.identity
    roles = identity.roles if identity else {}
    return Grants(tuple((name, frozenset(role.scopes)) for name, role in roles.items()))


def access_rule(section: AccessSection) -> AccessRule:
    """Return the rule of a façade."""
    return AccessRule(
        authenticated=section.authenticated,
        scopes=frozenset(frozenset(each) for each in section.scopes),
        roles=frozenset(section.roles),
        policies=frozenset(section.policies),
    )
