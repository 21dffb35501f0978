"""The lines of changes to an API, the severity in colour."""

from typing import Final

from rich.console import Console
from rich.markup import escape

from weir.schema.diff import Change, Severity

_COLOURS: Final = {
    Severity.BREAKING: "red",
    Severity.DANGEROUS: "yellow",
    Severity.SAFE: "green",
}


def show_change(console: Console, change: Change, name: str = "") -> None:
    """Print a change, after the name of what changes."""
    severity = f"[{_COLOURS[change.severity]}]{change.severity}[/]"
    console.print(f"{severity}: {escape(name)}{escape(change.message)}")
