"""The variables that `${NAME}` in weir.yaml refers to."""

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values


def environment(folder: Path) -> Mapping[str, str]:
    """Return the process's environment over the file `.env` of `folder`."""
    from_file = dotenv_values(folder / ".env")
    return {
        **{name: value for name, value in from_file.items() if value is not None},
        **os.environ,
    }
