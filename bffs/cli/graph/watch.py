"""`weir compose --watch`: composes again whenever a file changes."""

from collections.abc import Callable
from pathlib import Path

from watchfiles import watch

from weir.bffs.cli.inputs import SubgraphInputs


def watch_inputs(inputs: SubgraphInputs, run: Callable[[], int]) -> int:
    """Run once, and again after each change, until interrupted; return 0."""
    run()
    for _ in watch(*_folders(inputs), raise_interrupt=False):
        run()
    return 0


def _folders(inputs: SubgraphInputs) -> set[Path]:
    """Return the folders to watch: many editors replace files, not just their text."""
    files = [Path(each.partition("=")[2]) for each in inputs.subgraphs]
    if inputs.config is not None:
        files.append(inputs.config)
    return {file.absolute().parent for file in files if file.exists()}
