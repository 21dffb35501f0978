"""`weir openapi`: the description of a REST API, and its changes."""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
from rich.console import Console

from weir.bffs.cli import FAILED, OK
from weir.bffs.cli.draft import generation_of
from weir.bffs.cli.facade_view import chosen_facade
from weir.bffs.cli.failures import prints_config_errors
from weir.bffs.cli.graph.changes import show_change
from weir.bffs.config.decode import load_config
from weir.bffs.config.environment import environment
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.references.names import unknown
from weir.bffs.config.text_file import UnreadableFile, read_text
from weir.bffs.facades.openapi.api import RestApi, rest_apis
from weir.bffs.facades.openapi.diff import openapi_diff
from weir.bffs.facades.openapi.document import openapi_document
from weir.bffs.facades.openapi.serialization import as_json
from weir.gateway.json_types import JSONObject, is_object
from weir.schema.diff import Change, Severity


@dataclass(frozen=True, slots=True)
class OpenapiInputs:
    """A configuration, one of its façades, and a version of its API.

    Without `facade` or `version`, there must be exactly one.
    """

    config: Path
    facade: str | None
    version: str | None


@prints_config_errors
def show_openapi(inputs: OpenapiInputs, old: Path | None) -> int:
    """Print the document as JSON, or the changes from `old`; return the exit code."""
    before = None if old is None else _old_document(old)
    document = asyncio.run(_document(inputs))
    if before is not None:
        return _show_changes(openapi_diff(before, document))
    sys.stdout.write(as_json(document).decode())
    return OK


def _show_changes(changes: tuple[Change, ...]) -> int:
    console = Console(highlight=False, soft_wrap=True)
    for change in changes:
        show_change(console, change)
    breaks = any(each.severity is Severity.BREAKING for each in changes)
    console.print("It breaks clients." if breaks else "It does not break clients.")
    return FAILED if breaks else OK


def _old_document(file: Path) -> JSONObject:
    """Read a document of a former `weir openapi`; raises ConfigError."""
    try:
        document = orjson.loads(read_text(file))
    except UnreadableFile as error:
        message = f"cannot be read: {error}"
        raise ConfigError(Problem(file=str(file), message=message)) from error
    except orjson.JSONDecodeError as error:
        message = f"is not JSON: {error}"
        raise ConfigError(Problem(file=str(file), message=message)) from error
    if is_object(document) and is_object(document.get("paths")):
        return document
    message = "is not an OpenAPI document: it has no `paths`"
    raise ConfigError(Problem(file=str(file), message=message))


async def _document(inputs: OpenapiInputs) -> JSONObject:
    """Describe a façade of a generation that never serves.

    Raises ConfigError, CompositionFailed.
    """
    loaded = load_config(inputs.config, environment(inputs.config.parent))
    name = chosen_facade(loaded, inputs.facade, by="as an argument")
    async with generation_of(loaded) as generation:
        served = next(each for each in generation.facades if each.name == name)
        return openapi_document(_chosen(rest_apis(served), inputs.version))


def _chosen(apis: Mapping[str, RestApi], version: str | None) -> RestApi:
    """Return the API of a version; None is the only one. Raises ConfigError."""
    if version is None and len(apis) == 1:
        return next(iter(apis.values()))
    if version is not None and version in apis:
        return apis[version]
    versions = [each for each in apis if each]
    message = f"choose one by --version; there are: {', '.join(versions) or 'none'}"
    if version:
        message = unknown("version", version, versions)
    raise ConfigError(Problem(message=message))
