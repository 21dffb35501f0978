"""The start-up check of ADR 0001: our four import names are really ours."""

from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

IMPORT_NAMES = ("gateway", "schema", "resolvers", "bffs")


def foreign_import_name() -> str:
    """Say which of our import names another distribution took; "" if none did."""
    home = Path(__file__).resolve().parent.parent.parent
    for name in IMPORT_NAMES:
        spec = find_spec(name)
        origin = Path(spec.origin).resolve() if spec and spec.origin else None
        if origin is None or origin.parent.parent != home:
            return _complaint(name, origin)
    return ""


def _complaint(name: str, origin: Path | None) -> str:
    owners = [
        owner
        for owner in packages_distributions().get(name, ())
        if owner != "weir-gateway"
    ]
    owner = f' of the distribution "{owners[0]}"' if owners else ""
    return (
        f"the import name `{name}` is not Weir's: it is {origin or 'missing'}{owner}."
        " Install weir-gateway into an environment of its own."
    )
