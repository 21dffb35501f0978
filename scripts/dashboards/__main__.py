"""Write all dashboards into a folder.

python -m scripts.dashboards deploy/monitoring/dashboards
"""

import sys
from pathlib import Path
from typing import Final

from scripts.dashboards.grafana import text
from scripts.dashboards.processes import LIMITS, RUNTIME
from scripts.dashboards.requests import (
    FACADES,
    OBJECTIVES,
    OPERATIONS,
    OVERVIEW,
    SERVICES,
)

DASHBOARDS: Final = (
    OVERVIEW,
    OBJECTIVES,
    FACADES,
    OPERATIONS,
    SERVICES,
    RUNTIME,
    LIMITS,
)


def main(folder: Path) -> None:
    for dashboard in DASHBOARDS:
        (folder / f"{dashboard.name}.json").write_text(text(dashboard))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
