"""`weir auth lock`: the rights that each stored operation needs, for comparison.

The file is committed beside the configuration. `weir check` fails when an operation
needs more than the file states, before clients without the rights notice it.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from weir.bffs.cli import FAILED, OK
from weir.bffs.cli.draft import generation_of
from weir.bffs.cli.failures import prints_config_errors
from weir.bffs.cli.output import print_error
from weir.bffs.config.decode import LoadedConfig, load_config
from weir.bffs.config.environment import environment
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.policies.identity import access_rule
from weir.bffs.config.text_file import UnreadableFile, read_text
from weir.bffs.facades.facade import Facade
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.generations.generation import Generation
from weir.gateway.identity.access_rule import AccessRule
from weir.schema.model.access import (
    ALWAYS,
    UNRESTRICTED,
    AccessRequirement,
    Alternatives,
)

LOCK_FILE: Final = "weir.auth.lock"


class LockedRequirement(BaseModel, frozen=True, extra="forbid"):
    """One requirement: scopes and policies are an OR of ANDs; one role is enough."""

    authenticated: bool = False
    scopes: tuple[tuple[str, ...], ...] = ()
    policies: tuple[tuple[str, ...], ...] = ()
    roles: tuple[str, ...] = ()


class Lock(BaseModel, frozen=True, extra="forbid"):
    """All requirements of each stored operation, by façade and label."""

    facades: dict[str, dict[str, tuple[LockedRequirement, ...]]] = {}


@dataclass(frozen=True, slots=True)
class MoreRights:
    """An operation that needs more than its lock states."""

    facade: str
    operation: str
    requirement: LockedRequirement

    def __str__(self) -> str:
        needed = self.requirement.model_dump_json(exclude_defaults=True)
        return f"{self.facade}/{self.operation} begins to need {needed}"


@prints_config_errors
def write_lock(config: Path) -> int:
    """Write the lock beside a configuration; return the exit code."""
    loaded = load_config(config, environment(config.parent))
    lock = asyncio.run(_lock(loaded))
    file = loaded.folder / LOCK_FILE
    try:
        file.write_text(
            lock.model_dump_json(indent=2, exclude_defaults=True) + "\n",
            encoding="utf-8",
        )
    except OSError as error:
        print_error(f"{file} cannot be written: {error.strerror}")
        return FAILED
    return OK


async def _lock(loaded: LoadedConfig) -> Lock:
    async with generation_of(loaded) as generation:
        return lock_of(generation)


def read_lock(loaded: LoadedConfig) -> Lock | None:
    """Return the lock of a configuration, if there is one; raises ConfigError."""
    file = loaded.folder / LOCK_FILE
    if not file.exists():
        return None
    try:
        return Lock.model_validate_json(read_text(file))
    except (UnreadableFile, ValidationError) as error:
        reason = str(error) if isinstance(error, UnreadableFile) else "is not a lock"
        message = f"{reason}; write it again by `weir auth lock`"
        raise ConfigError(Problem(file=str(file), message=message)) from None


def lock_of(generation: Generation) -> Lock:
    """Return what the stored operations of a generation need."""
    config = generation.loaded.config
    return Lock(
        facades={
            facade.name: {
                stored.label: tuple(
                    _requirements(
                        facade, stored, access_rule(config.facades[facade.name].access)
                    )
                )
                for stored, _ in facade.stored
            }
            for facade in generation.facades
        }
    )


def more_rights(old: Lock, new: Lock) -> Iterator[MoreRights]:
    """Yield what operations need in addition; operations that are new have no lock."""
    for facade, operations in new.facades.items():
        for operation, needed in operations.items():
            locked = old.facades.get(facade, {}).get(operation)
            if locked is None:
                continue
            for each in needed:
                if not _is_covered(each, locked):
                    yield MoreRights(facade, operation, each)


def _requirements(
    facade: Facade, stored: StoredOperation, access: AccessRule
) -> Iterator[LockedRequirement]:
    """Yield all requirements: of the façade, of the operation and of its fields."""
    guard = facade.guards.get(stored.text)
    rules = [access, *([guard.rule] if guard else [])]
    known = facade.engine.operations.stored[stored.text, stored.name]
    needed = {*map(_of_rule, rules), *known.rights.requirements} - {UNRESTRICTED}
    locked = {_locked(each) for each in _split(needed)}
    locked |= {
        LockedRequirement(roles=tuple(sorted(each.roles)))
        for each in rules
        if each.roles
    }
    yield from sorted(locked, key=lambda each: each.model_dump_json())


def _of_rule(rule: AccessRule) -> AccessRequirement:
    return AccessRequirement(
        authenticated=bool(rule.authenticated or rule.scopes or rule.roles),
        scopes=rule.scopes or ALWAYS,
        policies=frozenset({rule.policies}),
    )


def _split(needed: Iterable[AccessRequirement]) -> Iterator[AccessRequirement]:
    """Yield the parts of each requirement; one set of scopes has a part for each."""
    for each in needed:
        if each.authenticated:
            yield AccessRequirement(authenticated=True)
        for scopes in _parts(each.scopes):
            yield AccessRequirement(scopes=scopes)
        for policies in _parts(each.policies):
            yield AccessRequirement(policies=policies)


def _parts(alternatives: Alternatives) -> Sequence[Alternatives]:
    if len(alternatives) > 1:
        return (alternatives,)
    return [frozenset({frozenset({name})}) for names in alternatives for name in names]


def _locked(requirement: AccessRequirement) -> LockedRequirement:
    return LockedRequirement(
        authenticated=requirement.authenticated,
        scopes=_in_order(requirement.scopes),
        policies=_in_order(requirement.policies),
    )


def _in_order(alternatives: Alternatives) -> tuple[tuple[str, ...], ...]:
    if alternatives == ALWAYS:
        return ()
    return tuple(sorted(tuple(sorted(each)) for each in alternatives))


def _is_covered(needed: LockedRequirement, locked: Sequence[LockedRequirement]) -> bool:
    """Return whether each caller that fulfils the lock fulfils a requirement."""
    if needed.roles:
        return any(each.roles and {*each.roles} <= {*needed.roles} for each in locked)
    return any(_requirement(each).implies(_requirement(needed)) for each in locked) or (
        needed == LockedRequirement()
    )


def _requirement(locked: LockedRequirement) -> AccessRequirement:
    return AccessRequirement(
        authenticated=locked.authenticated,
        scopes=frozenset(map(frozenset, locked.scopes)) or ALWAYS,
        policies=frozenset(map(frozenset, locked.policies)) or ALWAYS,
    )
