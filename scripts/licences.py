"""Print the licences of the components of a CycloneDX document, one a line.

    python scripts/licences.py build/sbom.json

Packages without a licence in their metadata are UNKNOWN.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

UNKNOWN = "UNKNOWN"


def licences(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each component with its version, and its licences."""
    for component in document["components"]:
        names = dict.fromkeys(map(_name, component.get("licenses", ())))
        yield (
            f"{component['name']} {component['version']}",
            ", ".join(names) or UNKNOWN,
        )


def _name(choice: dict[str, Any]) -> str:
    """Return an SPDX expression or id, or else the name that the package declares."""
    if "expression" in choice:
        return str(choice["expression"])
    licence = choice["license"]
    return str(licence.get("id") or licence["name"]).splitlines()[0]


def main(file: Path) -> None:
    """Print the licences of the components of a file."""
    for component, names in sorted(licences(json.loads(file.read_text()))):
        print(f"{component}: {names}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
