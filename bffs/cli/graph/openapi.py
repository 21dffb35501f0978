"""`weir openapi`: the description of a REST API, and its changes."""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from weir.bffs.cli import FAILED, OK
from weir.bffs.cli.draft import generation_of
from weir.bffs.cli.facade_view import chosen_facade
from weir.bffs.cli.failures import prints_config_errors
from weir.bffs.cli.graph.changes import show_change
from weir.bffs.config.decode import LoadedConfig, load_config
from weir.bffs.config.environment import environment
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.unknown_name import unknown
from weir.bffs.facades.openapi.api import RestApi, rest_apis
from weir.bffs.facades.openapi.diff import openapi_diff
from weir.bffs.facades.openapi.document import openapi_document
from weir.bffs.facades.openapi.releases import read_document
from weir.bffs.facades.openapi.serialization import as_json
from weir.gateway.json_types import JSONObject
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
    before = None if old is None else read_document(old)
    loaded = load_config(inputs.config, environment(inputs.config.parent))
    _, document = asyncio.run(described(loaded, inputs))
    if before is not None:
        breaks = show_changes(openapi_diff(before, document))
        return FAILED if breaks else OK
    sys.stdout.write(as_json(document).decode())
    return OK


def show_changes(changes: tuple[Change, ...]) -> bool:
    """Print changes, and return whether they break clients."""
    console = Console(highlight=False, soft_wrap=True)
    for change in changes:
        show_change(console, change)
    breaks = any(each.severity is Severity.BREAKING for each in changes)
    console.print("It breaks clients." if breaks else "It does not break clients.")
    return breaks


async def described(
    loaded: LoadedConfig, inputs: OpenapiInputs
) -> tuple[str, JSONObject]:
    """Return the chosen version and its document, of a generation that never serves.

    Raises ConfigError, CompositionFailed.
    """
    name = chosen_facade(loaded, inputs.facade, by="as an argument")
    async with generation_of(loaded) as generation:
        served = next(each for each in generation.facades if each.name == name)
        version, api = _chosen(rest_apis(served), inputs.version)
        return version, openapi_document(api)


def _chosen(apis: Mapping[str, RestApi], version: str | None) -> tuple[str, RestApi]:
    """Return an API with its version; None is the only one. Raises ConfigError."""
    if version is None and len(apis) == 1:
        return next(iter(apis.items()))
    if version is not None and version in apis:
        return version, apis[version]
    versions = [each for each in apis if each]
    message = f"choose one by --version; there are: {', '.join(versions) or 'none'}"
    if version:
        message = unknown("version", version, versions)
    raise ConfigError(Problem(message=message))
