"""The commands on graphs, such as plan, compose and check."""

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from weir.bffs.cli.commands.options import (
    ConfigFile,
    ControlAddress,
    ControlToken,
    default_config,
    end,
    reject_given,
)
from weir.bffs.cli.output import Format

PlannedFiles = Annotated[
    list[str],
    typer.Argument(
        metavar="[SUPERGRAPH] OPERATION",
        help="A GraphQL document, or the name of a stored operation; before it a"
        " composed supergraph, to plan for all of it and not for a façade.",
        show_default=False,
    ),
]
PlannedConfig = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="Configuration of the façade, if there is no supergraph; by default"
        " weir.yaml.",
    ),
]
PlannedFacade = Annotated[
    str | None,
    typer.Option("--facade", help="Façade; without it, the only one."),
]
PlannedName = Annotated[
    str | None,
    typer.Option("--name", help="Name of the operation, of several in a document."),
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
CheckedConfig = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="The configuration; without subgraphs, WEIR_CONFIG or weir.yaml is the"
        " default.",
    ),
]
ErrorFormat = Annotated[Format, typer.Option("--format", help="Format of the output.")]
PrintedStage = Literal["paths", "choice", "fetches", "plan", "code"]


def plan(
    files: PlannedFiles,
    *,
    config: PlannedConfig = None,
    facade: PlannedFacade = None,
    name: PlannedName = None,
    stage: Annotated[PrintedStage, typer.Option(help="The stage to print.")] = "plan",
    format_: Annotated[Format, typer.Option("--format")] = "text",
    label: ActiveLabels = None,
    identity: Annotated[
        bool,
        typer.Option(
            "--identity",
            help="Mark each fetch as shared by callers or private, with the rule.",
        ),
    ] = False,
) -> None:
    """Print the plan of an operation, as clients of a façade get it.

    The contract and the device rules of the façade apply.
    """
    from weir.bffs.cli.plan.plan import PlanInputs, PlanOutput, show_plan

    inputs = PlanInputs(files, config, facade, name, frozenset(label or ()))
    end(show_plan(inputs, PlanOutput(stage, format_, identity)))


def explain(
    files: PlannedFiles,
    *,
    config: PlannedConfig = None,
    facade: PlannedFacade = None,
    name: PlannedName = None,
    label: ActiveLabels = None,
) -> None:
    """Explain why each fetch is needed and which alternatives cost more."""
    from weir.bffs.cli.plan.plan import PlanInputs, show_explanation

    inputs = PlanInputs(files, config, facade, name, frozenset(label or ()))
    end(show_explanation(inputs))


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
    from weir.bffs.cli.graph.compose import compose_inputs
    from weir.bffs.cli.inputs import SubgraphInputs

    inputs = SubgraphInputs(subgraphs=tuple(subgraphs or ()), config=config)
    run = partial(compose_inputs, inputs, output, format_)
    if watch:
        from weir.bffs.cli.graph.watch import watch_inputs

        end(watch_inputs(inputs, run))
    end(run())


def check(
    subgraphs: SubgraphArguments = None,
    config: CheckedConfig = None,
    against: Annotated[
        str | None,
        typer.Option(
            help="Schema to compare with: the file of a supergraph or API schema, or"
            " the URL of a running gateway's control port or GraphQL endpoint."
        ),
    ] = None,
    token: ControlToken = "",
    format_: ErrorFormat = "text",
) -> None:
    """Check that a configuration can serve, and that a change does not break clients.

    Subgraphs have to compose. Of a configuration, everything is checked that prevents a
    start, such as files and Python modules that are missing.
    """
    from weir.bffs.cli.check.check import check as check_change
    from weir.bffs.cli.check.old_schemas import Against
    from weir.bffs.cli.inputs import SubgraphInputs

    if not subgraphs:
        config = config or default_config()
    inputs = SubgraphInputs(subgraphs=tuple(subgraphs or ()), config=config)
    compared = Against(against, token) if against else None
    end(check_change(inputs, compared, format_))


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
    from weir.bffs.cli.graph.schema import SchemaInputs, show_schema

    end(show_schema(SchemaInputs(config, facade, directives)))


def openapi(
    context: typer.Context,
    facade: Annotated[
        str | None,
        typer.Argument(help="Façade; without it, the only one.", show_default=False),
    ] = None,
    config: ConfigFile = Path("weir.yaml"),
    *,
    version: Annotated[
        str | None, typer.Option(help="Version of the API, if the façade has several.")
    ] = None,
    diff: Annotated[
        Path | None,
        typer.Option(
            help="A former document; print the changes since then, and fail if one of"
            " them breaks clients."
        ),
    ] = None,
    release: Annotated[
        bool,
        typer.Option(
            "--release",
            help="Write the document to the folder `releases` of the façade, and print"
            " the changes since the last release.",
        ),
    ] = False,
) -> None:
    """Print the OpenAPI document of the REST endpoints of a façade, as JSON."""
    from weir.bffs.cli.graph.openapi import OpenapiInputs, show_openapi
    from weir.bffs.cli.graph.release import release as write_release

    inputs = OpenapiInputs(config, facade, version)
    if release:
        reject_given(context, "not used with --release", "diff")
        end(write_release(inputs))
    end(show_openapi(inputs, diff))


def compile_(config: ConfigFile = Path("weir.yaml")) -> None:
    """Plan the stored operations, and write plans and code for a faster start.

    They are written to the folder `server.compiled_plans` of the configuration.
    """
    from weir.bffs.cli.graph.compile import compile_plans

    end(compile_plans(config))


def can_i_drop(
    context: typer.Context,
    element: Annotated[
        str,
        typer.Argument(
            help="A coordinate: a type, a field such as Title.rating, an argument such"
            " as Title.images(first:), an input field or an enum value.",
            show_default=False,
        ),
    ],
    control: ControlAddress = "127.0.0.1:4001",
    token: ControlToken = "",
    state_dir: Annotated[
        Path | None,
        typer.Option(
            help="The --state-dir of a gateway, to read in place of its control port."
        ),
    ] = None,
    *,
    config: ConfigFile = Path("weir.yaml"),
    format_: ErrorFormat = "text",
) -> None:
    """Print the operations and the clients that use an element of the graph.

    The exit code is 1 if an operation uses it, and 0 if none does.
    """
    from weir.bffs.cli.graph.can_i_drop import RunningGateway, SavedState
    from weir.bffs.cli.graph.can_i_drop import can_i_drop as show_usage

    if state_dir is None:
        reject_given(context, "needs --state-dir", "config")
        end(show_usage(element, RunningGateway(control, token), format_))
    reject_given(context, "not used with --state-dir", "control", "token")
    end(show_usage(element, SavedState(state_dir, config), format_))
