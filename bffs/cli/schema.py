"""`weir schema`: the schema that clients of a façade see."""

import sys
from dataclasses import dataclass
from pathlib import Path

from graphql import print_schema

from weir.bffs.cli import FAILED, OK, USAGE_ERROR
from weir.bffs.cli.check import facade_schema
from weir.bffs.cli.compose import compose_subgraphs, read_inputs, show_errors
from weir.bffs.cli.inputs import SubgraphInputs
from weir.bffs.cli.output import print_error
from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.facades.stored_operations import directive_definitions
from weir.schema.compose import Rejected


@dataclass(frozen=True, slots=True)
class SchemaInputs:
    """A configuration, one of its façades, and whether to add the directives.

    Without `facade`, the configuration must have exactly one.
    """

    config: Path
    facade: str | None
    directives: bool


def show_schema(inputs: SchemaInputs) -> int:
    """Print the API schema of a façade as SDL; return the exit code."""
    subgraphs = SubgraphInputs(subgraphs=(), config=inputs.config)
    try:
        loaded = subgraphs.load()
        name = _facade(loaded, inputs.facade)
        composed = compose_subgraphs(read_inputs(subgraphs))
        if isinstance(composed, Rejected):
            show_errors(composed.errors, "text")
            return FAILED
        schema = facade_schema(composed, loaded, name)
    except ConfigError as error:
        print_error(str(error))
        return USAGE_ERROR
    parts = [print_schema(schema)]
    if inputs.directives:
        parts.append(directive_definitions())
    sys.stdout.write("\n\n".join(parts) + "\n")
    return OK


def _facade(loaded: LoadedConfig, name: str | None) -> str:
    names = [*loaded.config.facades]
    if name is None and len(names) == 1:
        return names[0]
    if name in names:
        return name
    known = ", ".join(names) or "none"
    message = f"there is no façade {name!r}" if name else "choose one by --facade"
    raise ConfigError(Problem(message=f"{message}; there are: {known}"))
