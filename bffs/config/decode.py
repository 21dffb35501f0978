"""Decoding of a file into a valid `Config`, or into all problems with their lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from weir.bffs.config.described_routes import (
    DescribedRoute,
    DescribedRoutes,
    described_routes,
)
from weir.bffs.config.document import ConfigDocument, folder_of, load_document
from weir.bffs.config.errors import MAX_PROBLEMS, ConfigError, Problem
from weir.bffs.config.model.paths import known_keys, note, type_at
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.root import Config
from weir.bffs.config.model.section import Section
from weir.bffs.config.references.problems import reference_problems
from weir.bffs.config.service_routes import with_service_routes
from weir.bffs.config.upstream_defaults import is_inherited, with_upstream_defaults
from weir.gateway.masking import without_credentials

_MAX_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """A valid configuration and the document that it was read from.

    Files named in it are relative to `folder`, which is the working directory for a
    configuration from a URL. `described` are its routes by descriptions in OpenAPI.
    """

    config: Config
    document: ConfigDocument
    described: DescribedRoutes = field(
        default_factory=dict[str, Sequence[DescribedRoute]]
    )

    @property
    def folder(self) -> Path:
        return folder_of(self.document.file)

    @property
    def python_path(self) -> tuple[Path, ...]:
        """Folders with Python modules, besides `folder`."""
        return tuple(self.folder / each for each in self.config.python_path)

    @property
    def version(self) -> str:
        """Identifier of this configuration in its store; empty if there is no store."""
        return self.document.version

    def error(self, path: DataPath, message: str) -> ConfigError:
        """Return an error with the position of `path`."""
        return ConfigError(self.document.problem(path, message))


def load_config(file: Path, environment: Mapping[str, str]) -> LoadedConfig:
    """Decode `file`; raises ConfigError with all problems."""
    return decode_document(load_document(file, environment))


def decode_document(document: ConfigDocument) -> LoadedConfig:
    """Decode a document; raises ConfigError with all problems."""
    document = with_upstream_defaults(document)
    try:
        config = Config.model_validate(document.data)
    except ValidationError as error:
        found = error.errors(include_url=False)
        # A wrong default is reported once, not again for each upstream.
        own = [each for each in found if not is_inherited(document, each["loc"])]
        details = own or found
        first = [_problem(document, each) for each in details[:MAX_PROBLEMS]]
        # The text of the original error repeats the values, which may be secrets.
        raise ConfigError(*first, more=len(details) - len(first)) from None
    document, config = with_service_routes(document, config)
    described = described_routes(document, config)
    if problems := list(reference_problems(document, config, described)):
        raise ConfigError(*problems)
    return LoadedConfig(config, document, described)


def _problem(document: ConfigDocument, error: ErrorDetails) -> Problem:
    path = error["loc"]
    dotted = ".".join(map(str, path)) or "the file"
    if document.data is None and not path:
        message = "the file is empty; `weir init` writes a first configuration"
        return document.problem(path, message)
    if error["type"] == "list_type":
        return document.problem(path, f"{dotted}: expected a list, such as [a, b]")
    if error["type"] in ("model_type", "dict_type"):
        return document.problem(path, f"{dotted}: expected keys and values")
    if error["type"] == "extra_forbidden":
        known = known_keys(Config, path[:-1])
        return document.problem(path, f"{dotted}: {_unknown(str(path[-1]), known)}")
    if error["type"] == "missing":
        return document.problem(path, f"{dotted}: missing required key")
    text = error["msg"].removeprefix("Value error, ")
    expected = note(type_at(Config, path), "expected")
    if error["type"] == "string_pattern_mismatch":
        text = f"expected {expected}"
    if error["type"] == "string_type" and expected:
        text = f"expected a string: {expected}"
    given = _got(document, error)
    return document.problem(path, f"{dotted}: {text}{given}")


def _got(document: ConfigDocument, error: ErrorDetails) -> str:
    """Return the value for the message, without its secrets."""
    value = error["input"]
    if isinstance(value, dict | list | Section):
        return ""
    if reference := document.reference(error["loc"]):
        return f", got {reference.shown}"
    if note(type_at(Config, error["loc"]), "secret") in (
        "userinfo",
        "by name",
        "whole",
    ):
        return ""
    text = repr(without_credentials(value) if isinstance(value, str) else value)
    return f", got {text[:_MAX_SHOWN]}{'...' if len(text) > _MAX_SHOWN else ''}"


def _unknown(key: str, known: Sequence[str]) -> str:
    close = get_close_matches(key, known, n=1)
    if close:
        return f'unknown key; did you mean "{close[0]}"?'
    return f"unknown key; expected one of {', '.join(sorted(known))}"
