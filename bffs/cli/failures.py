"""The end of a command whose configuration or graph is invalid."""

import json
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec

from rich.console import Console
from rich.markup import escape

from weir.bffs.cli import FAILED, USAGE_ERROR
from weir.bffs.cli.output import Format, print_error
from weir.bffs.config.errors import ConfigError
from weir.bffs.generations.graph.compose_process import CompositionFailed
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.diagnostics.rendering import errors_as_json, render_error

P = ParamSpec("P")


def prints_config_errors(command: Callable[P, int]) -> Callable[P, int]:
    """Print the ConfigError or CompositionFailed of a command; return its exit code."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> int:
        try:
            return command(*args, **kwargs)
        except CompositionFailed as error:
            show_errors(error.errors, "text")
            return FAILED
        except ConfigError as error:
            print_error(str(error))
            return USAGE_ERROR

    return run


def show_errors(errors: Sequence[CompositionError], format_: Format) -> None:
    """Print why the subgraphs do not compose: JSON on stdout, text on stderr."""
    if format_ == "json":
        sys.stdout.write(json.dumps(errors_as_json(errors), indent=2) + "\n")
        return
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for error in errors:
        code, _, rest = render_error(error).partition(":")
        console.print(f"[bold red]{escape(code)}[/]:{escape(rest)}\n")
    console.print(f"{len(errors)} error{'s' if len(errors) > 1 else ''}")
