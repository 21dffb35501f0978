"""`weir openapi`: the description of the REST endpoints of a façade."""

import asyncio
import sys
from pathlib import Path

from weir.bffs.cli import FAILED, OK, USAGE_ERROR
from weir.bffs.cli.compose import show_errors
from weir.bffs.cli.draft import built, drafted
from weir.bffs.cli.facade_view import chosen_facade
from weir.bffs.cli.output import print_error
from weir.bffs.config.decode import load_config
from weir.bffs.config.environment import environment
from weir.bffs.config.errors import ConfigError
from weir.bffs.facades.openapi.api import rest_api
from weir.bffs.facades.openapi.document import openapi_document
from weir.bffs.facades.openapi.serialization import as_json
from weir.bffs.generations.compose_process import CompositionFailed
from weir.gateway.json_types import JSONObject


def show_openapi(config: Path, facade: str | None) -> int:
    """Print the OpenAPI document of a façade as JSON; return the exit code."""
    try:
        document = asyncio.run(_document(config, facade))
    except CompositionFailed as error:
        show_errors(error.errors, "text")
        return FAILED
    except ConfigError as error:
        print_error(str(error))
        return USAGE_ERROR
    sys.stdout.write(as_json(document).decode())
    return OK


async def _document(config: Path, facade: str | None) -> JSONObject:
    """Describe a façade of a generation that never serves.

    Raises ConfigError, CompositionFailed.
    """
    loaded = load_config(config, environment(config.parent))
    name = chosen_facade(loaded, facade)
    async with drafted(loaded) as draft:
        shared = await draft.drawing.shared_subgraphs()
        async with built(draft, await draft.drawing.blueprint(shared)) as generation:
            served = next(each for each in generation.facades if each.name == name)
            return openapi_document(rest_api(served))
