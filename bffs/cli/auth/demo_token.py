"""`weir auth demo-token`: a token for trying out rights, in development only."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import jwt

from weir.bffs.cli import OK
from weir.bffs.cli.failures import prints_config_errors
from weir.bffs.config.decode import LoadedConfig, load_config
from weir.bffs.config.environment import environment
from weir.bffs.config.model.identity import JwtSection
from weir.gateway.clock import SystemClock
from weir.gateway.identity.jwt.algorithms import secret_algorithms

_MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True)
class TokenRights:
    """The caller that a token names, and the minutes until it expires."""

    subject: str
    scopes: tuple[str, ...]
    roles: tuple[str, ...]
    minutes: int


@prints_config_errors
def print_demo_token(config: Path, rights: TokenRights) -> int:
    """Print a token of the issuer with a shared secret; return the exit code."""
    loaded = load_config(config, environment(config.parent))
    issuer = _issuer(loaded)
    sys.stdout.write(_token(issuer, rights) + "\n")
    return OK


def _issuer(loaded: LoadedConfig) -> JwtSection:
    """Return the first issuer whose secret the gateway has; raises ConfigError."""
    if loaded.config.mode != "development":
        message = "tokens can be made in `mode: development` only"
        raise loaded.error(("mode",), message)
    identity = loaded.config.identity
    for section in identity.jwt.values() if identity else ():
        if section.secret is not None:
            return section
    message = "no issuer in `identity.jwt` has a `secret`"
    raise loaded.error(("identity",), message)


def _token(issuer: JwtSection, rights: TokenRights) -> str:
    now_s = int(SystemClock.epoch_s())
    claims = {
        "iss": issuer.issuer,
        "aud": issuer.audiences[0],
        "sub": rights.subject,
        "iat": now_s,
        "exp": now_s + rights.minutes * _MINUTE_S,
        issuer.scopes[0]: " ".join(rights.scopes),
        issuer.roles[0]: list(rights.roles),
    }
    secret = issuer.secret or ""
    fit = {*issuer.algorithms} or secret_algorithms(secret.encode())
    return jwt.encode(claims, secret, algorithm=min(fit))
