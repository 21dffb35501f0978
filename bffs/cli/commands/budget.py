"""The command on budgets."""

from pathlib import Path
from typing import Annotated

import typer

from weir.bffs.cli.commands.options import end


def budget(
    *,
    config: Annotated[
        Path, typer.Option("--config", envvar="WEIR_CONFIG", help="The configuration.")
    ] = Path("weir.yaml"),
    facade: Annotated[
        str | None, typer.Option("--facade", help="Façade; without it, all of them.")
    ] = None,
    variables: Annotated[
        Path | None,
        typer.Option(help="JSON file with the variables of each query, by its name."),
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(help="A header field of the requests; repeatable."),
    ] = None,
    save: Annotated[
        Path | None, typer.Option(help="Write the run to a file, to compare with it.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help="Compare with a run that was written before.")
    ] = None,
    recorded: Annotated[
        Path | None,
        typer.Option(
            help="File with the responses of services: written by the first run, and"
            " used in place of the services by others."
        ),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Print the fields that bytes are from.")
    ] = False,
) -> None:
    """Run all stored queries, and compare their costs with budgets."""
    from weir.bffs.cli import budget as command

    inputs = command.BudgetInputs(
        config=config,
        facade=facade,
        variables=variables,
        headers=header or [],
        save=save,
        against=against,
        recorded=recorded,
        explain=explain,
    )
    end(command.budget(inputs))
