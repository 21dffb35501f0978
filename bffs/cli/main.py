"""The command `weir`."""

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

import weir

app = typer.Typer(
    name="weir",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

cache = typer.Typer(help="The response cache.", no_args_is_help=True)
app.add_typer(cache, name="cache")
config = typer.Typer(help="The configuration.", no_args_is_help=True)
app.add_typer(config, name="config")

routes = typer.Typer(help="Plain routes.", no_args_is_help=True)
app.add_typer(routes, name="routes")

keys = typer.Typer(help="API keys of clients.", no_args_is_help=True)
app.add_typer(keys, name="keys")

ConfigFile = Annotated[
    Path, typer.Option("--config", envvar="WEIR_CONFIG", help="The configuration.")
]
SupergraphFile = Annotated[
    Path | None,
    typer.Option(
        "--supergraph",
        help="Serve this composed supergraph at /graphql, without a configuration.",
    ),
]
Host = Annotated[
    str | None,
    typer.Option(
        "--host", help="Address of the data port; replaces the configured one."
    ),
]
Port = Annotated[
    int | None,
    typer.Option(
        "--port", min=1, max=65535, help="Data port; replaces the configured one."
    ),
]


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
Format = Literal["text", "json"]
ErrorFormat = Annotated[Format, typer.Option("--format", help="Format of the output.")]
StageName = Literal["paths", "choice", "fetches", "plan"]


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it
    if wanted:
        typer.echo(f"weir {weir.__version__}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            is_eager=True,
            callback=_show_version,
            help="Print the version and exit.",
        ),
    ] = False,
) -> None:
    """A GraphQL federation and BFF aggregation gateway."""


@app.command()
def serve(
    config: Annotated[
        str,
        typer.Option(
            "--config",
            envvar="WEIR_CONFIG",
            help="The configuration: a file, or an https URL that is polled.",
        ),
    ] = "weir.yaml",
    supergraph: SupergraphFile = None,
    host: Host = None,
    port: Port = None,
    state_dir: Annotated[
        Path | None,
        typer.Option(
            "--state-dir",
            envvar="WEIR_STATE_DIR",
            help="Folder for the last SDLs of services and the last configuration of"
            " a URL, to start while they are down.",
        ),
    ] = None,
) -> None:
    """Serve the façades of a configuration, or a supergraph as it is."""
    from weir.bffs.cli.serve import serve_config, serve_supergraph
    from weir.bffs.config.stores.listen import Listen

    listen = Listen(host, port)
    if supergraph is not None:
        _exit(serve_supergraph(supergraph, listen))
    _exit(serve_config(config, listen, state_dir))


@app.command()
def init(
    services: Annotated[
        list[str] | None,
        typer.Argument(help="NAME=URL of a GraphQL service, once per service."),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file to write.")
    ] = Path("weir.yaml"),
) -> None:
    """Write a first configuration, with comments."""
    from weir.bffs.cli.init import init as write_config

    _exit(write_config(services or (), output))


@config.command("show")
def show_config(
    file: ConfigFile = Path("weir.yaml"),
    format_: Annotated[
        Literal["yaml", "json"], typer.Option("--format", help="Format of the output.")
    ] = "yaml",
) -> None:
    """Print all settings with their defaults, without secrets."""
    from weir.bffs.cli.config import show_config as show

    _exit(show(file, format_))


@config.command("schema")
def show_config_schema() -> None:
    """Print the JSON Schema of weir.yaml, for editors."""
    from weir.bffs.cli.config import show_schema

    _exit(show_schema())


@app.command()
def alerts(
    file: ConfigFile = Path("weir.yaml"),
    objective: Annotated[
        float,
        typer.Option(
            min=50,
            max=99.999,
            help="The percentage of the requests of a façade that should succeed.",
        ),
    ] = 99.9,
) -> None:
    """Print Prometheus rules: alerts for services, error budgets and the gateway."""
    from weir.bffs.cli.alerts import print_alerts

    _exit(print_alerts(file, objective))


@app.command()
def demo(
    services_port: Annotated[
        int,
        typer.Option(
            min=1, max=65000, help="The services use the next 42 ports above this one."
        ),
    ] = 5100,
) -> None:
    """Start the demo's services, and serve their three façades."""
    from weir.bffs.cli.demo import run_demo

    _exit(run_demo(services_port))


@app.command()
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
    _exit(show_plan(inputs, stage, format_))


@app.command()
def explain(
    supergraph: SupergraphArgument,
    operation: OperationArgument,
    label: ActiveLabels = None,
) -> None:
    """Explain why each fetch is needed and which alternatives cost more."""
    from weir.bffs.cli.plan import PlanInputs, show_explanation

    _exit(show_explanation(PlanInputs(supergraph, operation, frozenset(label or ()))))


@app.command()
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

        _exit(watch_inputs(inputs, run))
    _exit(run())


@app.command()
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
    _exit(check_change(inputs, against, format_))


@app.command()
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

    _exit(show_schema(SchemaInputs(config, facade, directives)))


@cache.command("purge")
def purge_cache(
    upstream: Annotated[
        str, typer.Argument(help="Name of the upstream.", show_default=False)
    ],
    path_prefix: Annotated[
        str, typer.Option(help="Purge only responses whose path has this prefix.")
    ] = "",
    tag: Annotated[
        str, typer.Option(help="Purge only responses with this cache tag.")
    ] = "",
    control: Annotated[
        str, typer.Option(help="Control port of the gateway, as host:port.")
    ] = "127.0.0.1:4001",
    token: Annotated[
        str,
        typer.Option(
            help="Token of the control port, if it needs one.",
            envvar="WEIR_CONTROL_TOKEN",
            show_default=False,
        ),
    ] = "",
) -> None:
    """Purge cached responses of a gateway and of those that share its Redis."""
    from weir.bffs.cli.cache import purge_cache as purge

    _exit(purge(control, token, upstream=upstream, path_prefix=path_prefix, tag=tag))


@routes.command("explain")
def explain_route(
    request: Annotated[
        str,
        typer.Argument(
            help="A request such as 'GET https://host/path'.", show_default=False
        ),
    ],
    header: Annotated[
        list[str] | None,
        typer.Option("--header", "-H", help="A header field; repeatable."),
    ] = None,
    file: ConfigFile = Path("weir.yaml"),
) -> None:
    """Print the route of a request, and why each other one does not get it."""
    from weir.bffs.cli.routes import explain_route as explain

    _exit(explain(file, request, header or ()))


KeyId = Annotated[str, typer.Argument(help="Id of the key.", show_default=False)]
Lifetime = Annotated[
    int | None, typer.Option(min=1, max=36_500, help="Days until it expires.")
]


@keys.command("create")
def create_key(
    owner: Annotated[str, typer.Argument(help="Owner of the key.", show_default=False)],
    *,
    scope: Annotated[
        list[str] | None, typer.Option(help="A scope of the key; repeatable.")
    ] = None,
    role: Annotated[
        list[str] | None, typer.Option(help="A role of the key; repeatable.")
    ] = None,
    plan: Annotated[str, typer.Option(help="Plan of the owner.")] = "",
    days: Lifetime = None,
    file: ConfigFile = Path("weir.yaml"),
) -> None:
    """Create a key and print it; only its hash is stored."""
    from weir.bffs.cli.keys import NewKey
    from weir.bffs.cli.keys import create_key as create

    new = NewKey(owner, plan, tuple(scope or ()), tuple(role or ()), days)
    _exit(create(file, new))


@keys.command("list")
def list_keys(file: ConfigFile = Path("weir.yaml")) -> None:
    """Print all keys without their texts."""
    from weir.bffs.cli.keys import list_keys as show

    _exit(show(file))


@keys.command("rotate")
def rotate_key(
    key_id: KeyId,
    grace: Annotated[
        int, typer.Option(min=0, max=8760, help="Hours until the old key expires.")
    ] = 24,
    file: ConfigFile = Path("weir.yaml"),
) -> None:
    """Create a key with the same rights, and let the old one expire."""
    from weir.bffs.cli.keys import rotate_key as rotate

    _exit(rotate(file, key_id, grace))


@keys.command("revoke")
def revoke_key(key_id: KeyId, file: ConfigFile = Path("weir.yaml")) -> None:
    """Disable a key at once."""
    from weir.bffs.cli.keys import revoke_key as revoke

    _exit(revoke(file, key_id))


def _exit(code: int) -> None:
    raise typer.Exit(code)


def main() -> None:
    """Run `weir`, and end the process with the exit code."""
    app()
