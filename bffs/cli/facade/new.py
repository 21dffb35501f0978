"""`weir facade new`: a façade with an operation, a REST endpoint, and its test."""

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from weir.bffs.cli import OK, USAGE_ERROR
from weir.bffs.cli.draft import drafted
from weir.bffs.cli.facade.first_operation import FirstOperation, first_operation
from weir.bffs.cli.failures import prints_config_errors
from weir.bffs.cli.inputs import NAME
from weir.bffs.cli.output import print_error
from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError, Problem, ReadOnlyConfig
from weir.bffs.config.stores.changes import PutFacade
from weir.bffs.config.stores.file import FileStore
from weir.schema.graph.supergraph import read_supergraph
from weir.schema.subgraphs.subgraph import Subgraph

_TEST: Final = '''\
"""The endpoints of the façade {facade}, over services with made-up values."""

import asyncio
from pathlib import Path

from weir.testing import gateway, mock_service, responses

HERE = Path(__file__).parent


def mock(subgraph):
    return mock_service((HERE / "sdl" / f"{{subgraph}}.graphql").read_text("utf-8"))


SERVICES = {{
{services}}}


def get(path):
    async def request():
        async with gateway(HERE.parents[1] / "{config}", SERVICES) as tested:
            return await tested.client.get(path)

    return asyncio.run(request())


def test_{facade_name}_has_an_endpoint():
    response = get("{path}")

    assert response.status_code == 200, response.text
    assert response.json()
'''


@prints_config_errors
def new_facade(name: str, config: Path) -> int:
    """Add a façade to a configuration, and write its files; return the exit code.

    An existing file is never replaced.
    """
    try:
        store = FileStore(config)
        loaded = store.load()
        _check_name(name, loaded)
        subgraphs, operation = asyncio.run(_drawn(loaded))
        files = dict(_files(name, config, loaded, subgraphs, operation))
        _check_absent(files)
        change = PutFacade(name, {"path": f"/{name}", "operations": f"facades/{name}"})
        edited = store.edit(change)
        _write(files)
        store.save(edited)
    except ReadOnlyConfig as error:
        print_error(str(error))
        return USAGE_ERROR
    except OSError as error:
        print_error(f"{error.filename}: cannot be written: {error.strerror}")
        return USAGE_ERROR
    _report(name, config, files, operation)
    return OK


def _check_name(name: str, loaded: LoadedConfig) -> None:
    message = ""
    if not NAME.fullmatch(name):
        message = (
            f"{name!r}: expected a name of letters, digits, _ and -, that begins with a"
            " letter"
        )
    elif name in loaded.config.facades:
        message = f"the façade {name!r} exists already"
    elif any(each.path == f"/{name}" for each in loaded.config.facades.values()):
        message = f"another façade has the path /{name} already"
    if message:
        raise ConfigError(Problem(message=message))


async def _drawn(
    loaded: LoadedConfig,
) -> tuple[Sequence[Subgraph], FirstOperation]:
    """Return the shared subgraphs, and an operation for their graph.

    Raises ConfigError, CompositionFailed.
    """
    async with drafted(loaded) as draft:
        subgraphs = await draft.drawing.shared_subgraphs()
        graph = await draft.drawing.graph(subgraphs)
    schema = read_supergraph(graph.supergraph_sdl).api_schema
    operation = first_operation(schema)
    if operation is None:
        message = "the graph has no query without input objects"
        raise ConfigError(Problem(message=message))
    return subgraphs, operation


def _files(
    name: str,
    config: Path,
    loaded: LoadedConfig,
    subgraphs: Sequence[Subgraph],
    operation: FirstOperation,
) -> Iterator[tuple[Path, str]]:
    """Yield each file and its text."""
    folder, python_name = config.parent, name.replace("-", "_")
    tests = folder / "tests" / python_name
    yield folder / "facades" / name / f"{operation.name}.graphql", operation.text
    mocked = _mocked(loaded)
    for each in subgraphs:
        if each.name in mocked.values():
            yield tests / "sdl" / f"{each.name}.graphql", each.sdl
    services = (
        f'    "{upstream}": mock("{mocked[upstream]}"),\n'
        if upstream in mocked
        else f'    "{upstream}": responses({{}}),\n'
        for upstream in loaded.config.upstreams
    )
    yield (
        tests / f"test_{python_name}.py",
        _TEST.format(
            facade=name,
            facade_name=python_name.lower(),
            services="".join(services),
            config=config.name,
            path=f"/{name}{operation.example_path}",
        ),
    )


def _mocked(loaded: LoadedConfig) -> Mapping[str, str]:
    """Return the subgraph of each upstream that has one."""
    found: dict[str, str] = {}
    for name, subgraph in loaded.config.subgraphs.items():
        if subgraph.upstream is not None:
            found.setdefault(subgraph.upstream, name)
    return found


def _check_absent(files: Mapping[Path, str]) -> None:
    """Raise ConfigError for a file that exists with another text."""
    for file, text in files.items():
        if file.exists() and file.read_text(encoding="utf-8") != text:
            message = "exists already; move it, or choose another name"
            raise ConfigError(Problem(file=str(file), message=message))


def _write(files: Mapping[Path, str]) -> None:
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def _report(
    name: str, config: Path, files: Mapping[Path, str], operation: FirstOperation
) -> None:
    lines = [f"{config} has the façade {name}", *(f"{file}" for file in files)]
    lines += [
        "",
        f"GraphQL: /{name}/graphql",
        f"REST:    GET /{name}{operation.example_path}",
        f"test:    pytest {config.parent / 'tests'}",
    ]
    print("\n".join(lines), file=sys.stderr)  # noqa: T201 - to a person
