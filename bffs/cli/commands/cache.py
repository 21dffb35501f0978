"""The commands on the response cache."""

from typing import Annotated

import typer

from weir.bffs.cli.commands.options import ControlAddress, ControlToken, end

app = typer.Typer(help="The response cache.", no_args_is_help=True)


@app.command("purge")
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
    control: ControlAddress = "127.0.0.1:4001",
    token: ControlToken = "",
) -> None:
    """Purge cached responses of a gateway and of those that share its Redis."""
    from weir.bffs.cli.cache import purge_cache as purge

    end(purge(control, token, upstream=upstream, path_prefix=path_prefix, tag=tag))
