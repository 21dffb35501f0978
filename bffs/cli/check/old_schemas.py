"""The schemas that `weir check` compares with: of a file, or of a running gateway."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

import httpx
from graphql import (
    GraphQLError,
    GraphQLSchema,
    build_client_schema,
    build_schema,
    get_introspection_query,
)

from weir.bffs.cli.control_port import (
    CallRejected,
    ControlPortError,
    call_control_port,
)
from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.model.values.urls import http_url
from weir.bffs.config.text_file import UnreadableFile, read_argument
from weir.gateway.json_types import JSONValue, is_list, is_object
from weir.gateway.masking import without_credentials
from weir.schema.supergraph.api_schema import api_schema

WHOLE_GRAPH = ""
OldSchemas: TypeAlias = Mapping[str, GraphQLSchema]
"""Old schemas by façade. That of the whole graph is at WHOLE_GRAPH."""

_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Against:
    """The schema that a change is compared with.

    `location` is the file of a supergraph or an API schema, the URL of a control port,
    which has no path, or that of a GraphQL endpoint. `token` is for the control port.
    """

    location: str
    token: str = ""

    @property
    def shown(self) -> str:
        """The location without credentials."""
        return without_credentials(self.location)


def old_schemas(against: Against | None, loaded: LoadedConfig | None) -> OldSchemas:
    """Read the old schemas, none without `against`; raises ConfigError.

    Without a configuration, the schema is that of the whole graph.
    """
    if against is None:
        return {}
    try:
        url = http_url(against.location)
    except ValueError as error:
        message = f"{against.shown}: {error}"
        raise ConfigError(Problem(message=message)) from error
    if url is None:
        return {WHOLE_GRAPH: _from_file(Path(against.location))}
    if url.path:
        facade = _facade_at(url.path, loaded)
        return {facade: build_client_schema(_introspected(against))}
    try:
        return _of_control_port(url.netloc, against.token, loaded)
    except (KeyError, TypeError, ValueError, GraphQLError) as error:
        message = f"{against.shown}: not the control port of a gateway"
        raise ConfigError(Problem(message=message)) from error
    except (ControlPortError, CallRejected) as error:
        message = (
            f"{against.shown}: {str(error).rstrip('.')}; the URL of a GraphQL endpoint"
            " has a path, such as /graphql"
        )
        raise ConfigError(Problem(message=message)) from error


def _from_file(file: Path) -> GraphQLSchema:
    try:
        text = read_argument(file)
        return api_schema(text) if "join__Graph" in text else build_schema(text)
    except UnreadableFile as error:
        message = f"{file}: cannot be read: {error}"
        raise ConfigError(Problem(message=message)) from error
    except (GraphQLError, TypeError, ValueError) as error:
        message = f"{file}: not a schema: {error}"
        raise ConfigError(Problem(message=message)) from error


def _facade_at(path: str, loaded: LoadedConfig | None) -> str:
    """Return the façade that a configuration serves at a path, or WHOLE_GRAPH."""
    facades = loaded.config.facades if loaded else {}
    paths = {f"{facade.path}/graphql": name for name, facade in facades.items()}
    return paths.get(path, WHOLE_GRAPH)


def _introspected(against: Against) -> Any:
    url = against.location
    body = {"query": get_introspection_query()}
    try:
        response: JSONValue = httpx.post(url, json=body, timeout=_TIMEOUT_S).json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        message = f"{against.shown}: cannot fetch the schema: {error}"
        raise ConfigError(Problem(message=message)) from error
    if not is_object(response) or not response.get("data"):
        message = (
            f"{against.shown}: no introspection{_first_error(response)}; give the URL"
            " of the gateway's control port, such as http://127.0.0.1:4001, or the file"
            " of a supergraph"
        )
        raise ConfigError(Problem(message=message))
    return response["data"]


def _first_error(response: JSONValue) -> str:
    errors = response.get("errors") if is_object(response) else None
    first = errors[0] if is_list(errors) and errors else None
    text = str(first["message"]) if is_object(first) and "message" in first else ""
    return text and f": {text.rstrip('.')}"


def _of_control_port(
    control: str, token: str, loaded: LoadedConfig | None
) -> OldSchemas:
    def call(path: str) -> httpx.Response:
        return call_control_port(control, token, "GET", path)

    facades: list[str] = call("/generation").json()["facades"]
    if loaded is not None:
        return {
            each: build_schema(call(f"/facades/{quote(each)}/schema").text)
            for each in facades
        }
    graphs = {call(f"/facades/{quote(each)}/supergraph").text for each in facades}
    if len(graphs) != 1:
        message = f"its façades have {len(graphs)} graphs; name yours with --config"
        raise CallRejected(message)
    return {WHOLE_GRAPH: api_schema(graphs.pop())}
