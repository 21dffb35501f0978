"""The commands on graphs: plan, explain, compose, check, schema."""

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from weir.bffs.cli.commands.options import ConfigFile, Format, end

SupergraphArgument = Annotated[
    Path, typer.Argument(help="A composed supergraph.", show_default=False)
]
OperationArgument = Annotated[
    Path, typer.Argument(help="A GraphQL document.", show_default=False)
]
ActiveLabels = Annotated[
    list[str] | None,
    typer.Option(
        "--label",
        help="An active label of `@override`, such as percent(5); repeatable.",
    ),
]
SubgraphArguments = Annotated[
    list[str] | None,
    typer.Argument(help="NAME=FILE or NAME=URL, once per subgraph."),
]
ComposedConfig = Annotated[
    Path | None,
    typer.Option("--config", help="Compose the subgraphs of a configuration."),
]
ErrorFormat = Annotated[Format, typer.Option("--format", help="Format of the output.")]
StageName = Literal["paths", "choice", "fetches", "plan"]


def plan(
    supergraph: SupergraphArgument,
    operation: OperationArgument,
    stage: Annotated[StageName, typer.Option(help="The stage to print.")] = "plan",
    format_: Annotated[Format, typer.Option("--format")] = "text",
    label: ActiveLabels = None,
) -> None:
    """Print the plan of an operation."""
    from weir.bffs.cli.plan import PlanInputs, show_plan

    inputs = PlanInputs(supergraph, operation, frozenset(label or ()))
    end(show_plan(inputs, stage, format_))


def explain(
    supergraph: SupergraphArgument,
    operation: OperationArgument,
    label: ActiveLabels = None,
) -> None:
    """Explain why each fetch is needed and which alternatives cost more."""
    from weir.bffs.cli.plan import PlanInputs, show_explanation

    end(show_explanation(PlanInputs(supergraph, operation, frozenset(label or ()))))


def compose(
    subgraphs: SubgraphArguments = None,
    config: ComposedConfig = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Write to this file, not to standard output."
        ),
    ] = None,
    format_: ErrorFormat = "text",
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Compose again when a file changes.")
    ] = False,
) -> None:
    """Compose subgraphs into a supergraph, or print why they do not compose."""
    from weir.bffs.cli.compose import compose_inputs
    from weir.bffs.cli.inputs import SubgraphInputs

    inputs = SubgraphInputs(subgraphs=tuple(subgraphs or ()), config=config)
    run = partial(compose_inputs, inputs, output, format_)
    if watch:
        from weir.bffs.cli.watch import watch_inputs

        end(watch_inputs(inputs, run))
    end(run())


def check(
    subgraphs: SubgraphArguments = None,
    config: ComposedConfig = None,
    against: Annotated[
        str | None,
        typer.Option(
            help="Schema to compare with: the file of a supergraph or API schema, or"
            " the GraphQL URL of a running gateway."
        ),
    ] = None,
    format_: ErrorFormat = "text",
) -> None:
    """Check that subgraphs compose, and that a change does not break clients."""
    from weir.bffs.cli.check import check as check_change
    from weir.bffs.cli.inputs import SubgraphInputs

    inputs = SubgraphInputs(subgraphs=tuple(subgraphs or ()), config=config)
    end(check_change(inputs, against, format_))


def schema(
    config: ConfigFile = Path("weir.yaml"),
    facade: Annotated[
        str | None,
        typer.Option("--facade", help="Façade; without it, the only one."),
    ] = None,
    *,
    directives: Annotated[
        bool,
        typer.Option(
            "--directives",
            help="Add the directives of stored operations, such as `@rest`.",
        ),
    ] = False,
) -> None:
    """Print the schema that clients of a façade see, for linters and generators."""
    from weir.bffs.cli.schema import SchemaInputs, show_schema

    end(show_schema(SchemaInputs(config, facade, directives)))
