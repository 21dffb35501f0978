"""`weir init`: writes a first configuration, with comments."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import SplitResult

from weir.bffs.cli import OK, USAGE_ERROR
from weir.bffs.cli.failures import prints_config_errors
from weir.bffs.cli.inputs import NAME
from weir.bffs.cli.output import print_error
from weir.bffs.config.decode import decode_document
from weir.bffs.config.document import read_document
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.model.values.urls import http_url
from weir.gateway.masking import without_credentials

_HEAD = """\
# The configuration of Weir. All keys: `weir config schema`, or
# docs/reference/configuration.md in the repository.
# Start the gateway: weir serve --config {file}

# In production, clients see no details of upstream errors and no introspection.
mode: development

server:
  host: 127.0.0.1
  port: 4000
  # Health, metrics and changes at run time. Keep this port private.
  control: 127.0.0.1:4001

# Settings of all services. A service can replace each of them.
upstream_defaults:
  timeout: {{attempt: 1s, total: 3s}}

# The services, with the origins of their instances.
upstreams:
"""
_SUBGRAPHS = """
# The services that are GraphQL subgraphs. Their SDL comes from the service
# (`_service {{ sdl }}`) or from a file: `sdl: products.graphql`.
subgraphs:
"""
_FACADES = """
# The APIs, one for each kind of client. This one is at /web/graphql.
facades:
  web:
    path: /web
    # Stored operations with @rest become REST endpoints:
    # operations: operations/web
    # Show clients a part of the graph only, by the tags of its elements:
    # contract: {exclude: [internal]}
"""


@prints_config_errors
def init(services: Sequence[str], output: Path) -> int:
    """Write a configuration of `NAME=URL` services; return the exit code.

    An existing file is never replaced.
    """
    try:
        text = first_config(services, output.name)
        decode_document(read_document(text, str(output), {}))
        with output.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        print_error(f"{output} already exists; choose another file with --output")
        return USAGE_ERROR
    except OSError as error:
        print_error(f"{output}: cannot be written: {error.strerror}")
        return USAGE_ERROR
    print(f"{output} is written", file=sys.stderr)  # noqa: T201 - to a person
    return OK


def first_config(services: Sequence[str], file: str) -> str:
    """Return the text of a configuration; raises ConfigError."""
    urls = dict(map(_service, services))
    if len(urls) < len(services):
        raise ConfigError(Problem(message="two services have the same name"))
    parts = [_HEAD.format(file=file), *_upstreams(urls), _SUBGRAPHS.format()]
    return "".join([*parts, *_subgraphs(urls), _FACADES])


def _service(argument: str) -> tuple[str, SplitResult]:
    shown = without_credentials(argument)
    name, _, text = argument.partition("=")
    try:
        url = http_url(text)
    except ValueError as error:
        raise ConfigError(Problem(message=f"{shown!r}: {error}")) from error
    if not name or url is None:
        message = (
            f"{shown!r}: expected NAME=URL, such as products=http://10.0.0.1/graphql"
        )
        raise ConfigError(Problem(message=message))
    if reason := _unusable(name, url):
        raise ConfigError(Problem(message=f"{shown!r}: {reason}"))
    return name, url


def _unusable(name: str, url: SplitResult) -> str:
    """Return why weir.yaml cannot have a service, or an empty text."""
    if not NAME.fullmatch(name):
        return "expected a name of letters, digits, _ and -, that begins with a letter"
    if url.query or url.fragment:
        return "the URL cannot have a query or a fragment"
    if url.username is not None:
        return "the URL cannot have credentials; set a header of the upstream"
    return ""


def _upstreams(urls: dict[str, SplitResult]) -> Iterator[str]:
    for name, url in urls.items():
        yield f"  {name}:\n    instances:\n      - {url.scheme}://{url.netloc}\n"
    if not urls:
        yield "  # products:\n  #   instances:\n  #     - http://127.0.0.1:8001\n  {}\n"


def _subgraphs(urls: dict[str, SplitResult]) -> Iterator[str]:
    for name, url in urls.items():
        path = json.dumps(url.path or "/graphql")
        yield f"  {name}: {{upstream: {name}, path: {path}}}\n"
    if not urls:
        yield "  # products: {upstream: products, path: /graphql}\n  {}\n"
