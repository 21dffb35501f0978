"""The commands that run a gateway, or prepare one: serve, init, alerts, demo."""

from pathlib import Path
from typing import Annotated

import typer

from weir.bffs.cli.commands.options import ConfigFile, end

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
            " a URL, to start while they are down, and for the states of long limits.",
        ),
    ] = None,
    *,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch",
            help="Load changes of the files in the folder of --config or --supergraph.",
        ),
    ] = False,
) -> None:
    """Serve the façades of a configuration, or a supergraph as it is."""
    from weir.bffs.cli.gateway.serve import serve_config, serve_supergraph
    from weir.bffs.config.stores.listen import Listen

    listen = Listen(host, port)
    if supergraph is not None:
        end(serve_supergraph(supergraph, listen, watch=watch))
    end(serve_config(config, listen, state_dir, watch=watch))


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
    from weir.bffs.cli.gateway.init import init as write_config

    end(write_config(services or (), output))


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
    from weir.bffs.cli.gateway.alerts import print_alerts

    end(print_alerts(file, objective))


def demo(
    services_port: Annotated[
        int,
        typer.Option(
            min=1, max=65000, help="The services use the next 42 ports above this one."
        ),
    ] = 5100,
) -> None:
    """Start the demo's services, and serve their three façades."""
    from weir.bffs.cli.gateway.demo import run_demo

    end(run_demo(services_port))
