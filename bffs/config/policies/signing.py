"""The configured keys of tokens that the gateway signs, and the rules of services."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.model.position import DataPath
from weir.gateway.identity.jwt.algorithms import UnusableKey
from weir.gateway.upstreams.model.token_rule import TokenRule

if TYPE_CHECKING:
    from weir.gateway.identity.signing import TokenKey


def token_keys(loaded: LoadedConfig) -> "tuple[TokenKey, ...]":
    """Read the keys of `identity.signing`; raises ConfigError for all that are wrong.

    Another key takes effect on a reload.
    """
    identity = loaded.config.identity
    if identity is None or identity.signing is None:
        return ()
    from weir.gateway.identity.signing import read_token_key  # noqa: PLC0415

    keys: list[TokenKey] = []
    problems: list[Problem] = []
    for index, name in enumerate(identity.signing.keys):
        path: DataPath = ("identity", "signing", "keys", index)
        try:
            keys.append(read_token_key(loaded.folder / name))
        except UnusableKey as error:
            message = f"identity.signing.keys: {error}"
            problems.append(loaded.document.problem(path, message))
    if problems:
        raise ConfigError(*problems)
    return tuple(keys)


def token_rules(loaded: LoadedConfig) -> Mapping[str, TokenRule]:
    """Return the rules of upstreams that get tokens, by name; raises ConfigError."""
    config = loaded.config
    if config.identity is None or config.identity.signing is None:
        return {}
    signing, keys = config.identity.signing, token_keys(loaded)
    return {
        name: TokenRule(
            audience=upstream.headers.token.audience,
            issuer=signing.issuer,
            lifetime_s=int(signing.lifetime),
            signer=keys[0],
        )
        for name, upstream in config.upstreams.items()
        if upstream.headers.token is not None
    }
