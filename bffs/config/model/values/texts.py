"""The kinds of text in weir.yaml, each with its pattern.

`expected` completes the sentence "expected ..." of an error. The configuration
reference shows `kind`.
"""

from typing import Annotated, Final

from pydantic import AfterValidator, Field

from weir.gateway.edge.context.client_address import networks
from weir.gateway.routes.matching.template import parse_prefix

_LARGEST_PORT: Final = 65_535


def _listen_address(value: str) -> str:
    if int(value.rpartition(":")[2]) > _LARGEST_PORT:
        message = "the port is out of range"
        raise ValueError(message)
    return value


def _network(value: str) -> str:
    try:
        networks((value,))
    except ValueError as error:
        message = 'expected an address or a network such as "10.0.0.0/8"'
        raise ValueError(message) from error
    return value


def _facade_path(value: str) -> str:
    parse_prefix(value)
    return value


Name = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_-]*$",
        json_schema_extra={
            "kind": "name",
            "expected": "a name of letters, digits, _ and -",
        },
    ),
]

RequestPath = Annotated[
    str,
    Field(
        pattern=r"^/[\x21-\x7e]*$",
        json_schema_extra={
            "expected": 'a path that begins with "/", in ASCII',
            "secret": "query",
        },
    ),
]

ParameterPattern = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_.~-]+\*?$",
        max_length=64,
        json_schema_extra={
            "expected": 'the name of a parameter, or its beginning and "*"'
        },
    ),
]

OperationName = Annotated[
    str,
    Field(
        pattern=r"^([A-Za-z][A-Za-z0-9_-]*\.)?[A-Za-z_][A-Za-z0-9_]*$",
        json_schema_extra={
            "kind": "name of an operation",
            "expected": 'a name of a stored operation, as "Search" or "v1.Search"',
        },
    ),
]

QueryKeyName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_.~-]+$",
        max_length=64,
        json_schema_extra={
            "kind": "name of a parameter",
            "expected": "the name of a parameter, of letters, digits, _, ., ~ and -",
        },
    ),
]

FacadePath = Annotated[str, AfterValidator(_facade_path)]

FileName = Annotated[
    str,
    Field(
        pattern=r"^[^\x00-\x1f\x7f]*$",
        json_schema_extra={"expected": "the name of a file"},
    ),
]

HostName = Annotated[
    str,
    Field(
        pattern=r"^(([A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?)?$",
        max_length=253,
        json_schema_extra={"expected": "a host name"},
    ),
]

KeyPin = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$",
        json_schema_extra={"expected": "the 44 characters of a SHA-256 in base64"},
    ),
]

ListenHost = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9._:-]+$",
        json_schema_extra={"expected": "a host name or an address"},
    ),
]

ListenAddress = Annotated[
    str,
    Field(
        pattern=r"^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$",
        json_schema_extra={"expected": '"host:port"'},
    ),
    AfterValidator(_listen_address),
]

NetworkText = Annotated[
    str,
    Field(json_schema_extra={"kind": "network"}),
    AfterValidator(_network),
]

AllowedHost = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$",
        json_schema_extra={
            "kind": "host name",
            "expected": "a host name without a port",
        },
    ),
]

ObjectReference = Annotated[
    str,
    Field(
        pattern=r"^[\w.]+:\w+$",
        json_schema_extra={"expected": '"package.module:name"'},
    ),
]

HeaderName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
        json_schema_extra={
            "kind": "header name",
            "expected": 'the name of a header field such as "x-user-id"',
        },
    ),
]
"""A token (RFC 9110 §5.1)."""

CookieName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_.-]+$",
        max_length=64,
        json_schema_extra={"expected": "letters, digits, _, - and ."},
    ),
]
"""A part of the tokens of RFC 6265 §4.1.1."""

HeaderValue = Annotated[
    str,
    Field(
        pattern=r"^[\x20-\x7e]*$",
        json_schema_extra={"expected": "printable ASCII", "secret": "by name"},
    ),
]

Secret = Annotated[
    str,
    Field(min_length=1, json_schema_extra={"kind": "secret", "secret": "whole"}),
]
"""A text that is never shown."""

KeyPrefix = Annotated[
    str,
    Field(
        pattern=r"^[\w.:-]+$",
        json_schema_extra={
            "kind": "key prefix",
            "expected": "letters, digits and _ . : -",
        },
    ),
]
