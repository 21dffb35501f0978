"""`weir routes explain`: the route of a request, and the reasons."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from msgspec import structs
from rich.console import Console
from rich.markup import escape

from weir.bffs.cli import FAILED, OK, USAGE_ERROR
from weir.bffs.cli.failures import prints_config_errors
from weir.bffs.cli.output import print_error
from weir.bffs.config.decode import load_config
from weir.bffs.config.environment import environment
from weir.bffs.config.model.root import Config
from weir.bffs.config.model.route.route import RouteSection
from weir.bffs.config.model.values.urls import http_url
from weir.bffs.config.policies.routes import (
    RouteRule,
    admission,
    api_versions,
    route_rules,
)
from weir.gateway.edge.header_map import header_map
from weir.gateway.edge.request import RequestHead
from weir.gateway.identity.query_keys import QueryKeys
from weir.gateway.routes.errors import UnknownApiVersion
from weir.gateway.routes.explanation import Explained, explain, owner
from weir.gateway.routes.matching.lenient_path import is_ambiguous, lenient_segments
from weir.gateway.routes.matching.path import BYTES, is_malformed, segments_of
from weir.gateway.routes.matching.pattern import PathPattern, parse_pattern

_REQUEST: Final = re.compile(r"(?:([A-Z]+)\s+)?(https?://\S+|/\S*)")
_FIELD: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)")


class InvalidRequest(ValueError):
    """A text that does not describe a request."""


@prints_config_errors
def explain_route(file: Path, request: str, headers: Sequence[str]) -> int:
    """Print each route of a configuration with the reason why it won or lost."""
    try:
        head = parse_request(request, headers)
        loaded = load_config(file, environment(file.parent))
    except InvalidRequest as error:
        print_error(str(error))
        return USAGE_ERROR
    config, owners = loaded.config, _owners(loaded.config)
    if config.identity is not None and config.identity.query_key is not None:
        head = QueryKeys(config.identity.query_key).removed(head)
    rules = route_rules(config, loaded.described)
    explained = explain([each.rule for each in rules], owners, head)
    winner = _winner(explained)
    owned = "" if winner else owner(owners, head.path)
    console = Console(highlight=False, soft_wrap=True)
    width = max((len(each.rule.name) for each in explained), default=0)
    for each in explained:
        console.print(_line(each, width))
    if owned:
        console.print(f"[green]*[/green] {escape(owned)}")
    if other := _other_reading(config, rules, owners, head, winner):
        console.print(
            f"It is rejected with 400: services could read the path as one of {other},"
            " which has other rules about its callers."
        )
        return FAILED
    route = _route(config, rules, winner) if winner else None
    if route is not None and route.versions:
        return _explain_version(console, route, head)
    if not (owned or winner):
        print_error("no route and no façade gets the request")
        return FAILED
    return OK


def _explain_version(console: Console, route: RouteSection, head: RequestHead) -> int:
    """Print the version of an API that a request gets."""
    try:
        version = api_versions(route).of(head)
    except UnknownApiVersion as error:
        console.print(escape(f"It is rejected with 400: {error.detail}"))
        return FAILED
    console.print(escape(f"It gets version {version.name}."))
    return OK


def _winner(explained: Sequence[Explained]) -> str:
    """Return the name of the route that gets the request, or ""."""
    return next((each.rule.name for each in explained if each.wins), "")


def _route(config: Config, rules: Sequence[RouteRule], name: str) -> RouteSection:
    """Return the section of a rule."""
    return config.routes[next(each.section for each in rules if each.rule.name == name)]


def _other_reading(
    config: Config,
    rules: Sequence[RouteRule],
    owners: Mapping[str, PathPattern],
    head: RequestHead,
    winner: str,
) -> str:
    """Return the name of the route whose rules the path could avoid, or ""."""
    if not winner or not is_ambiguous(head.path):
        return ""
    segments = lenient_segments(segments_of(head.path))
    path = "/".join(quote(each, "", BYTES) for each in segments)
    lenient = structs.replace(head, path=path)
    other = _winner(explain([each.rule for each in rules], owners, lenient))
    if not other:
        return ""
    admissions = {admission(_route(config, rules, each)) for each in (other, winner)}
    return other if len(admissions) > 1 else ""


def parse_request(request: str, headers: Sequence[str]) -> RequestHead:
    """Return the head of `GET https://host/path`; raises InvalidRequest."""
    match = _REQUEST.fullmatch(request.strip())
    if match is None or not match[2].isascii():
        message = f"expected a request such as 'GET https://host/path', got {request!r}"
        raise InvalidRequest(message)
    try:
        # A path that begins with "//" has no authority here.
        url = http_url(match[2]) or urlsplit(f"//{match[2]}")
    except ValueError as error:
        message = f"{request!r}: {error}"
        raise InvalidRequest(message) from error
    lines = [_field(each) for each in headers]
    if url.netloc:
        lines = [line for line in lines if line[0] != b"host"]
        lines.append((b"host", url.netloc.encode()))
    path = url.path or "/"
    if is_malformed(path):
        message = 'two hexadecimal digits must follow each "%" of the path'
        raise InvalidRequest(message)
    return RequestHead(
        method=match[1] or "GET",
        path=path,
        query=url.query,
        http_version="1.1",
        headers=header_map(lines),
        lines=tuple(lines),
        scheme=url.scheme or "http",
        peer="",
        arrived_s=0.0,
    )


def _field(text: str) -> tuple[bytes, bytes]:
    match = _FIELD.fullmatch(text)
    if match is None or not text.isprintable():
        message = f"expected a header field such as 'x-beta: 1', got {text!r}"
        raise InvalidRequest(message)
    return match[1].lower().encode(), match[2].strip().encode()


def _owners(config: Config) -> dict[str, PathPattern]:
    """Return the paths of façades, and of the gateway itself, by their owner."""
    facades = {
        f'façade "{name}"': parse_pattern(f"{facade.path}/*")
        for name, facade in config.facades.items()
    }
    owners = {"the gateway": parse_pattern("/health"), **facades}
    if config.identity is not None and (signing := config.identity.signing):
        owners["the public keys of the gateway"] = parse_pattern(signing.jwks_path)
    return owners


def _line(explained: Explained, width: int) -> str:
    name = escape(explained.rule.name.ljust(width))
    if explained.wins:
        return f"[green]*[/green] {name}  {escape(explained.rule.path.text)}"
    return f"  {name}  [dim]{escape(explained.reason)}[/dim]"
