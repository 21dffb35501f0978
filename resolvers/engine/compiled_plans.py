"""The plans and the code of stored operations that `weir compile` has made.

    plans.json     the plans, with the versions that they are made for
    code_*.py      the generated functions (`resolvers.execute.compiled.code_folder`)

A plan is found by the hash of everything that it depends on: the view and the
operation. A stored operation that has one was valid for the same view, and is not
validated again.
"""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Final

import orjson

import weir
from weir.gateway.json_types import JSONObject, JSONValue, is_object
from weir.resolvers.engine.view import EngineView
from weir.resolvers.execute.compiled.code_folder import CodeFolder
from weir.resolvers.plan.model.nodes import Plan
from weir.resolvers.plan.plan_json import plan_from_json, plan_to_json

_FILE: Final = "plans.json"
_MADE_FOR: Final = {
    "weir": weir.__version__,
    "python": f"{sys.version_info.major}.{sys.version_info.minor}",
}


class UnreadablePlans(Exception):
    """A folder that does not have what `weir compile` writes."""


@dataclass(frozen=True, slots=True)
class CompiledPlans:
    """The compiled plans in a folder.

    `made_for` are the versions of Weir and of Python. The plans for other versions are
    not used.
    """

    code: CodeFolder
    made_for: Mapping[str, JSONValue]
    plans: Mapping[str, JSONValue]

    @property
    def are_usable(self) -> bool:
        """Whether they are made for this version of Weir and of Python."""
        return self.made_for == _MADE_FOR


@dataclass(frozen=True, slots=True)
class ViewPlans:
    """The compiled plans of one view; `digest` is the hash of the view."""

    digest: bytes
    plans: Mapping[str, JSONValue] = field(default_factory=dict[str, JSONValue])
    code: CodeFolder | None = None

    @property
    def file(self) -> Path | None:
        """The file that the plans are read from."""
        return None if self.code is None else self.code.folder / _FILE

    def key(self, text: str, name: str | None) -> str:
        """Return the key of an operation of this view."""
        return _hash(self.digest, text.encode(), (name or "").encode()).hex()

    def has(self, text: str, name: str | None) -> bool:
        """Return whether there is a plan of an operation."""
        return self.key(text, name) in self.plans

    def find(self, text: str, name: str | None) -> Plan | None:
        """Return the plan of an operation, or None if there is none.

        Raises NotAPlan.
        """
        found = self.plans.get(self.key(text, name))
        return None if found is None else plan_from_json(found)


NO_PLANS: Final = ViewPlans(b"")


def view_plans(
    view: EngineView, supergraph_sdl: str, contract: str, compiled: CompiledPlans | None
) -> ViewPlans:
    """Return the compiled plans of a view.

    `contract` describes the part of the graph that its schema has.
    """
    coordinates = sorted(view.coordinates)
    digest = _hash(
        supergraph_sdl.encode(),
        contract.encode(),
        repr(coordinates).encode(),
        repr(view.limits).encode(),
    )
    if compiled is None or not compiled.are_usable:
        return ViewPlans(digest)
    return ViewPlans(digest, compiled.plans, compiled.code)


def read_plans(folder: Path) -> CompiledPlans:
    """Read the compiled plans in a folder; raises UnreadablePlans."""
    file = folder / _FILE
    try:
        value: JSONValue = orjson.loads(file.read_bytes())
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise UnreadablePlans(message) from error
    except orjson.JSONDecodeError as error:
        message = f"{file} is not JSON: {error}"
        raise UnreadablePlans(message) from error
    made_for = value.get("made_for") if is_object(value) else None
    plans = value.get("plans") if is_object(value) else None
    if not (is_object(made_for) and is_object(plans)):
        message = f"{file} does not have compiled plans"
        raise UnreadablePlans(message)
    return CompiledPlans(CodeFolder(folder), made_for, plans)


def write_plans(folder: Path, plans: Mapping[str, Plan], code: Iterable[str]) -> None:
    """Write plans by their keys, and the texts of modules; raises OSError.

    Earlier plans and modules are replaced. A gateway may read the folder at the
    same time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    CodeFolder(folder).write(code)
    written: JSONObject = {
        "made_for": dict(_MADE_FOR),
        "plans": {key: plan_to_json(plan) for key, plan in sorted(plans.items())},
    }
    part = folder / f"{_FILE}.part"
    part.write_bytes(orjson.dumps(written, option=orjson.OPT_INDENT_2))
    part.replace(folder / _FILE)


def _hash(*parts: bytes) -> bytes:
    """Return a hash of parts, with their lengths."""
    digest = blake2b(digest_size=16)
    for each in parts:
        digest.update(b"%d:" % len(each) + each)
    return digest.digest()
