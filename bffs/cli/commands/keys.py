"""The commands on API keys of clients."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from weir.bffs.cli.commands.options import ConfigFile, end

app = typer.Typer(help="API keys of clients.", no_args_is_help=True)

KeyId = Annotated[str, typer.Argument(help="Id of the key.", show_default=False)]
Lifetime = Annotated[
    int | None, typer.Option(min=1, max=36_500, help="Days that it is valid.")
]
Begin = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z"],
        metavar="<time>",
        help="Time from which it is valid: 2030-01-31, or 2030-01-31T08:00+01:00.",
    ),
]


@app.command("create")
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
    not_before: Begin = None,
    days: Lifetime = None,
    file: ConfigFile = Path("weir.yaml"),
) -> None:
    """Create a key and print it; only its hash is stored."""
    from weir.bffs.cli.keys import create_key as create
    from weir.gateway.identity.api_keys.changes import NewKey

    if not_before is not None and not_before.tzinfo is None:
        not_before = not_before.replace(tzinfo=UTC)
    new = NewKey(
        owner=owner,
        plan=plan,
        scopes=tuple(scope or ()),
        roles=tuple(role or ()),
        not_before=not_before,
        days=days,
    )
    end(create(file, new))


@app.command("list")
def list_keys(file: ConfigFile = Path("weir.yaml")) -> None:
    """Print all keys without their texts."""
    from weir.bffs.cli.keys import list_keys as show

    end(show(file))


@app.command("rotate")
def rotate_key(
    key_id: KeyId,
    grace: Annotated[
        int, typer.Option(min=0, max=8760, help="Hours until the old key expires.")
    ] = 24,
    file: ConfigFile = Path("weir.yaml"),
) -> None:
    """Create a key with the same rights, and let the old one expire."""
    from weir.bffs.cli.keys import rotate_key as rotate

    end(rotate(file, key_id, grace))


@app.command("revoke")
def revoke_key(key_id: KeyId, file: ConfigFile = Path("weir.yaml")) -> None:
    """Disable a key at once."""
    from weir.bffs.cli.keys import revoke_key as revoke

    end(revoke(file, key_id))
