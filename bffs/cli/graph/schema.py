"""`weir schema`: the schema that clients of a façade see."""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

from graphql import print_schema

from weir.bffs.cli import OK
from weir.bffs.cli.facade_view import FacadeView, facade_view
from weir.bffs.cli.failures import prints_config_errors
from weir.bffs.facades.stored.directives import directive_definitions


@dataclass(frozen=True, slots=True)
class SchemaInputs:
    """A configuration, one of its façades, and whether to add the directives.

    Without `facade`, the configuration must have exactly one.
    """

    config: Path
    facade: str | None
    directives: bool


@prints_config_errors
def show_schema(inputs: SchemaInputs) -> int:
    """Print the API schema of a façade as SDL; return the exit code."""
    view = asyncio.run(facade_view(inputs.config, inputs.facade))
    _print(view, directives=inputs.directives)
    return OK


def _print(view: FacadeView, *, directives: bool) -> None:
    parts = [print_schema(view.schema)]
    if directives:
        parts.append(directive_definitions())
    sys.stdout.write("\n\n".join(parts) + "\n")
