"""`weir openapi --release`: the description of a REST API for its changelog."""

import asyncio
import sys
from datetime import UTC, datetime

from weir.bffs.cli import OK, USAGE_ERROR
from weir.bffs.cli.facade_view import chosen_facade
from weir.bffs.cli.failures import prints_config_errors
from weir.bffs.cli.graph.openapi import OpenapiInputs, described, show_changes
from weir.bffs.cli.output import print_error
from weir.bffs.config.decode import load_config
from weir.bffs.config.environment import environment
from weir.bffs.facades.openapi.diff import openapi_diff
from weir.bffs.facades.openapi.releases import Release, read_releases, write_release


@prints_config_errors
def release(inputs: OpenapiInputs) -> int:
    """Write the document of today, unless it has not changed; return the exit code."""
    loaded = load_config(inputs.config, environment(inputs.config.parent))
    name = chosen_facade(loaded, inputs.facade, by="as an argument")
    named = loaded.config.facades[name].releases
    if named is None:
        text = f"facades.{name}: set `releases` to a folder for the documents"
        raise loaded.error(("facades", name), text)
    folder = loaded.folder / named
    version, document = asyncio.run(described(loaded, inputs))
    today = datetime.now(UTC).date()
    before = read_releases(folder, version)
    if before and before[-1].document.get("info") == document["info"]:
        _print(f"It has not changed since {before[-1].day}.")
        return OK
    try:
        file = write_release(folder, version, Release(today, document))
    except OSError as error:
        print_error(f"{error.filename}: {error.strerror}")
        return USAGE_ERROR
    print_error(f"{file} was written")
    # A release of the same day is replaced, so that its changes are those of both.
    earlier = [each for each in before if each.day < today]
    if earlier:
        show_changes(openapi_diff(earlier[-1].document, document))
    else:
        _print("It is the first release.")
    return OK


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
