"""Objectives of stored operations that do not exist."""

from collections.abc import Mapping, Sequence

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.unknown_name import unknown
from weir.bffs.facades.stored.operation import StoredOperation


def check_objectives(
    loaded: LoadedConfig, stored: Mapping[str, Sequence[StoredOperation]]
) -> None:
    """Raise ConfigError if an objective is that of an unknown stored operation.

    `stored` are the operations by façade.
    """
    problems: list[Problem] = []
    for name in loaded.config.slo:
        facade, _, operation = name.partition("/")
        known = {each.name for each in stored.get(facade, ())}
        if operation and operation not in known:
            message = unknown(f"stored operation of {facade}", operation, known)
            problem = loaded.document.problem(("slo", name), f"slo.{name}: {message}")
            problems.append(problem)
    if problems:
        raise ConfigError(*problems)
