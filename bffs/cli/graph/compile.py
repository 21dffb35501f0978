"""`weir compile`: writes the plans and the code of stored operations to a folder."""

import asyncio
import sys
from pathlib import Path

from weir.bffs.cli import OK, USAGE_ERROR
from weir.bffs.cli.draft import generation_of
from weir.bffs.cli.failures import prints_config_errors
from weir.bffs.cli.output import print_error
from weir.bffs.config.decode import LoadedConfig, load_config
from weir.bffs.config.environment import environment
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.facades.engine_build import contract_text
from weir.bffs.generations.generation import Generation
from weir.resolvers.engine.compiled_plans import view_plans, write_plans
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.plan.model.nodes import Plan


@prints_config_errors
def compile_plans(config: Path) -> int:
    """Write what a configuration needs to start without planning; return the exit code.

    The folder is `server.compiled_plans`.
    """
    loaded = load_config(config, environment(config.parent))
    name = loaded.config.server.compiled_plans
    if name is None:
        message = "add `server.compiled_plans`, the folder to write to, such as plans"
        raise ConfigError(Problem(file=str(config), message=message))
    return asyncio.run(_compile(loaded, loaded.folder / name))


async def _compile(loaded: LoadedConfig, folder: Path) -> int:
    async with generation_of(loaded) as generation:
        plans, code = _compiled(generation)
    try:
        write_plans(folder, plans, code)
    except OSError as error:
        print_error(f"{error.filename or folder}: cannot be written: {error.strerror}")
        return USAGE_ERROR
    sys.stdout.write(
        f"Written to {folder}: {_number(len(plans), 'plan')} and"
        f" {_number(len(code), 'module')} of code.\n"
    )
    return OK


def _number(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _compiled(generation: Generation) -> tuple[dict[str, Plan], set[str]]:
    """Return the plans by their keys, and the texts of the modules of their code."""
    plans: dict[str, Plan] = {}
    code: set[str] = set()
    blueprint = generation.blueprint
    for facade in generation.facades:
        section = blueprint.loaded.config.facades[facade.name]
        supergraph_sdl = blueprint.graphs[facade.name].supergraph_sdl
        view = facade.engine.view
        keys = view_plans(view, supergraph_sdl, contract_text(section), None)
        for operation, prepared in facade.stored:
            executable = prepared.executable
            plans[keys.key(operation.text, operation.name)] = executable.plan
            code |= {each.module() for each in executable.code.sources(WorkBudget())}
    return plans, code
