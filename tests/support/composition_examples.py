"""Sets of subgraphs to start from: those of the page on composition errors."""

import re
from pathlib import Path

from weir.schema import Subgraph
from weir.schema.federation.specs import FEDERATION_DIRECTIVES
from weir.schema.link.url import Version

PAGE = (
    Path(__file__).resolve().parents[2] / "docs" / "reference" / "composition-errors.md"
)
SECTION = re.compile(r"^### (\w+)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"```graphql\n# subgraph (\S+)\n(.*?)```", re.DOTALL)

SECTIONS: dict[str, str] = dict(SECTION.findall(PAGE.read_text(encoding="utf-8")))


def _link() -> str:
    imports = ", ".join(
        f'"@{name}"'
        for name, rows in FEDERATION_DIRECTIVES.items()
        if rows[0].since <= Version(2, 9)
    )
    url = "https://specs.apollo.dev/federation/v2.9"
    return f'extend schema @link(url: "{url}", import: [{imports}])\n'


LINK = _link()
"""Federation 2.9 with all its directives; the page leaves it out."""


def linked(sdl: str) -> str:
    is_whole = "@link" in sdl or sdl.startswith("# federation 1")
    return sdl if is_whole else LINK + sdl


def example(code: str) -> list[Subgraph]:
    """The subgraphs of a code's example."""
    found = EXAMPLE.findall(SECTIONS[code])
    return [
        Subgraph(name=name, sdl=linked(sdl), file=f"{name}.graphql")
        for name, sdl in found
    ]
