"""The commands on the rights of callers."""

from pathlib import Path
from typing import Annotated

import typer

from weir.bffs.cli.commands.options import ConfigFile, end

app = typer.Typer(help="Rights of callers.", no_args_is_help=True)


@app.command("explain")
def explain_rights(
    *,
    operation: Annotated[
        str, typer.Option(help="Stored operation, by its name or id.")
    ],
    facade: Annotated[
        str | None, typer.Option(help="Façade; without it, the only one.")
    ] = None,
    token: Annotated[
        Path | None, typer.Option(help="File with a bearer token of the caller.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="File with an API key of the caller.")
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(
            help="File with a client certificate of the caller, in PEM. That an"
            " authority of `client_ca` has issued it is not checked."
        ),
    ] = None,
    variables: Annotated[
        str, typer.Option(help="Variables as JSON, for policies that read them.")
    ] = "{}",
    config: ConfigFile = Path("weir.yaml"),
) -> None:
    """Print the decision about each protected field of an operation, and its rule."""
    from weir.bffs.cli.auth.caller import CredentialFiles
    from weir.bffs.cli.auth.explain import AuthInputs
    from weir.bffs.cli.auth.explain import explain_rights as explain

    caller = CredentialFiles(token, key, certificate)
    end(explain(AuthInputs(config, facade, operation, caller, variables)))


@app.command("lock")
def lock_rights(config: ConfigFile = Path("weir.yaml")) -> None:
    """Write the rights that each stored operation needs to weir.auth.lock.

    `weir check --config` fails when one begins to need more.
    """
    from weir.bffs.cli.auth.lock import write_lock

    end(write_lock(config))


@app.command("demo-token")
def demo_token(
    *,
    subject: Annotated[str, typer.Option(help="Subject of the token.")] = "demo",
    scope: Annotated[
        list[str] | None, typer.Option(help="A scope; repeatable.")
    ] = None,
    role: Annotated[list[str] | None, typer.Option(help="A role; repeatable.")] = None,
    minutes: Annotated[
        int, typer.Option(min=1, max=1440, help="Minutes until it expires.")
    ] = 60,
    config: ConfigFile = Path("weir.yaml"),
) -> None:
    """Print a token of the issuer with a shared secret, in development mode only."""
    from weir.bffs.cli.auth.demo_token import TokenRights, print_demo_token

    rights = TokenRights(subject, tuple(scope or ()), tuple(role or ()), minutes)
    end(print_demo_token(config, rights))
