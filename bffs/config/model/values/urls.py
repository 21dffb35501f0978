"""The URLs in weir.yaml. Errors do not repeat the URL, which may hold a password."""

from typing import Annotated, Final
from urllib.parse import SplitResult, parse_qs, urlsplit

from pydantic import AfterValidator, Field

from weir.bffs.config.loopback import is_loopback

_MAX_LABEL: Final = 63
_REDIS_PARAMETERS: Final = {"db", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile"}


def _origin(value: str) -> str:
    if parsed_url(value).port == 0:
        message = "the URL has an invalid host or port"
        raise ValueError(message)
    return value


def _redis_url(value: str) -> str:
    split = parsed_url(value)
    if split.scheme not in ("redis", "rediss", "unix"):
        message = 'write a URL such as "redis://10.0.0.1:6379/0"'
        raise ValueError(message)
    if not (split.path if split.scheme == "unix" else split.hostname):
        message = "the URL has no host (of unix://: no path)"
        raise ValueError(message)
    parameters = parse_qs(split.query)
    if not parameters.keys() <= _REDIS_PARAMETERS:
        allowed = ", ".join(sorted(_REDIS_PARAMETERS))
        message = (
            f"unsupported query parameter; allowed: {allowed}; the password goes"
            " before the host: redis://:password@host"
        )
        raise ValueError(message)
    if not all(db.isdecimal() for db in parameters.get("db", ())):
        message = "db: expected a number"
        raise ValueError(message)
    return value


def _collector_url(value: str) -> str:
    split = parsed_url(value)
    if split.scheme not in ("http", "https") or not split.hostname:
        message = 'write a URL such as "http://collector:4318"'
        raise ValueError(message)
    if split.username or split.query or split.fragment:
        message = "expected a URL without user, query and fragment"
        raise ValueError(message)
    return value


def _sentry_dsn(value: str) -> str:
    split = parsed_url(value)
    project = split.path.rpartition("/")[2]
    is_dsn = split.scheme in ("http", "https") and split.hostname and split.username
    if not (is_dsn and project.isdecimal()):
        message = 'write a DSN such as "https://key@sentry.example.com/17"'
        raise ValueError(message)
    return value


def _proxy_url(value: str) -> str:
    split = parsed_url(value)
    if value and not (split.scheme in ("http", "https") and split.hostname):
        message = 'write a URL such as "http://10.0.0.1:3128"'
        raise ValueError(message)
    return value


def parsed_url(value: str) -> SplitResult:
    """Return the parts of a URL; raises ValueError for an invalid host or port."""
    message = "the URL has an invalid host or port"
    try:
        split = urlsplit(value)
        _ = split.port  # parsed only now
    except ValueError as error:
        raise ValueError(message) from error
    if split.hostname and not _may_be_resolved(split.hostname):
        raise ValueError(message)
    return split


def http_url(text: str) -> SplitResult | None:
    """Return the parts of an http or https URL; None for other texts, such as files.

    Raises ValueError for an invalid URL.
    """
    if not text.lower().startswith(("http://", "https://")):
        return None
    url = parsed_url(text)
    if not url.hostname:
        message = "the URL has no host"
        raise ValueError(message)
    return url


def _may_be_resolved(host: str) -> bool:
    """Return whether the labels of a name have lengths that DNS allows (RFC 1035)."""
    labels = host.removesuffix(".").split(".")
    return ":" in host or all(0 < len(label) <= _MAX_LABEL for label in labels)


def _secure_url(value: str) -> str:
    split = parsed_url(value)
    if not split.hostname or split.username or split.fragment:
        message = "expected a URL with a host, without user and fragment"
        raise ValueError(message)
    if split.scheme != "https" and not (
        split.scheme == "http" and is_loopback(split.hostname)
    ):
        message = "expected https; only a loopback address needs no TLS"
        raise ValueError(message)
    return value


SecureUrl = Annotated[
    str,
    AfterValidator(_secure_url),
    Field(json_schema_extra={"kind": "`https://` URL", "secret": "query"}),
]

HttpUrl = Annotated[
    str,
    Field(
        pattern=r"^https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/?$",
        json_schema_extra={
            "kind": "origin",
            "expected": 'an origin such as "http://10.0.0.1:5101"',
        },
    ),
    AfterValidator(_origin),
]
"""An origin (RFC 6454): scheme, host and port alone."""

RedisUrl = Annotated[
    str,
    AfterValidator(_redis_url),
    Field(
        json_schema_extra={
            "kind": "`redis://`, `rediss://` or `unix://` URL",
            "secret": "userinfo",
        }
    ),
]

ProxyUrl = Annotated[
    str,
    AfterValidator(_proxy_url),
    Field(
        json_schema_extra={"kind": "`http://` or `https://` URL", "secret": "userinfo"}
    ),
]

SentryDsn = Annotated[
    str,
    AfterValidator(_sentry_dsn),
    Field(json_schema_extra={"kind": "DSN", "secret": "whole"}),
]

CollectorUrl = Annotated[
    str,
    AfterValidator(_collector_url),
    Field(
        json_schema_extra={"kind": "`http://` or `https://` URL", "secret": "userinfo"}
    ),
]
