"""`weir capsule show`: a capsule as text."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from weir.bffs.cli import OK, USAGE_ERROR
from weir.bffs.cli.observed.rendering import explained, listed, print_lines, text
from weir.bffs.cli.output import print_error


def show_capsule(file: Path) -> int:
    """Print a capsule; return the exit code."""
    try:
        capsule = json.loads(file.read_bytes())
        lines = [*_lines(capsule)]
    except OSError as error:
        print_error(f"{file}: {error.strerror}")
        return USAGE_ERROR
    except (ValueError, LookupError, TypeError, AttributeError):
        print_error(f"{file}: this is not a capsule of Weir")
        return USAGE_ERROR
    print_lines(lines)
    return OK


def _lines(capsule: Mapping[str, Any]) -> Iterator[Table | Text]:
    for incident in capsule["incidents"]:
        yield text(f"{capsule['at']}  {incident}")
    yield text(
        f"weir {capsule['weir']}  generation {capsule['generation']}"
        f"  configuration {capsule['config_version']}"
    )
    for service in capsule["services"]:
        yield from map(text, _service(service))
    for objective in capsule["objectives"]:
        rates = ", ".join(f"{each['rate']:.1f}" for each in objective["burns"])
        yield text(f"{objective['name']}: burn rates {rates}")
    yield text("")
    yield from listed(capsule["requests"])
    for each in capsule["explanations"]:
        yield text("")
        yield from explained(each)


def _service(service: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a service."""
    name = service["name"]
    for operation, state in service["breakers"].items():
        if state != "closed":
            of = f" of {operation}" if operation else ""
            yield f"{name}: circuit breaker{of} {state}"
    for endpoint in service["endpoints"]:
        if endpoint["health"] != "healthy":
            yield (
                f"{name}: {endpoint['url']} {endpoint['health']},"
                f" last failure: {endpoint['last_failure']}"
            )
    if service["panic"]:
        yield f"{name}: panic, as too few instances are healthy"
