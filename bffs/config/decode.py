"""From a file to a valid `Config`: every problem at once, each with its place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bffs.config.credentials import without_credentials
from bffs.config.document import ConfigDocument, load_document
from bffs.config.errors import ConfigError, Problem
from bffs.config.model_path import known_keys, note
from bffs.config.models import Config, Subgraph
from bffs.config.place import DataPath
from bffs.config.section import Section

_LONGEST_GIVEN: Final = 80


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """A valid configuration and the document that it was read from.

    Files named in it are relative to `folder`.
    """

    config: Config
    document: ConfigDocument

    @property
    def folder(self) -> Path:
        return Path(self.document.file).parent

    @property
    def version(self) -> str:
        """What names this configuration in a store; empty if it is in none."""
        return self.document.version

    def error(self, path: DataPath, message: str) -> ConfigError:
        """Return the error that names the place of `path`."""
        return ConfigError(self.document.problem(path, message))


def load_config(file: Path, environment: Mapping[str, str]) -> LoadedConfig:
    """Decode `file`; raises ConfigError with everything that is wrong in it."""
    return decode_document(load_document(file, environment))


def decode_document(document: ConfigDocument) -> LoadedConfig:
    """Decode a document; raises ConfigError with everything that is wrong in it."""
    try:
        config = Config.model_validate(document.data)
    except ValidationError as error:
        details = error.errors(include_url=False)
        problems = [_problem(document, each) for each in details]
        # Its own text repeats the values, which may be secrets.
        raise ConfigError(*problems) from None
    if problems := list(_dangling(document, config)):
        raise ConfigError(*problems)
    return LoadedConfig(config, document)


def _problem(document: ConfigDocument, error: ErrorDetails) -> Problem:
    path = error["loc"]
    dotted = ".".join(map(str, path)) or "the file"
    if error["type"] == "model_type":
        return document.problem(path, f"{dotted}: expected keys and values")
    if error["type"] == "extra_forbidden":
        known = known_keys(Config, path[:-1])
        return document.problem(path, f"{dotted}: {_unknown(str(path[-1]), known)}")
    if error["type"] == "missing":
        return document.problem(path, f"{dotted}: required, and missing")
    text = error["msg"].removeprefix("Value error, ")
    if error["type"] == "string_pattern_mismatch":
        text = f"expected {note(Config, path, 'expected')}"
    given = _given(document, error)
    return document.problem(path, f"{dotted}: {text}{given}")


def _given(document: ConfigDocument, error: ErrorDetails) -> str:
    """Return the value for the message, without what may be secret in it."""
    value = error["input"]
    if isinstance(value, dict | list | Section):
        return ""
    if reference := document.reference(error["loc"]):
        return f", got {reference.shown}"
    if note(Config, error["loc"], "secret") in ("userinfo", "by name"):
        return ""
    text = repr(without_credentials(value) if isinstance(value, str) else value)
    return f", got {text[:_LONGEST_GIVEN]}{'...' if len(text) > _LONGEST_GIVEN else ''}"


def _unknown(key: str, known: Sequence[str]) -> str:
    close = get_close_matches(key, known, n=1)
    if close:
        return f'unknown key; did you mean "{close[0]}"?'
    return f"unknown key; expected one of {', '.join(sorted(known))}"


def _dangling(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    """Yield a problem for each reference to nothing, and each contradiction."""
    for path, subgraph in config.all_subgraphs():
        yield from _subgraph(document, config, path, subgraph)
        if path[0] == "facades" and path[-1] in config.subgraphs:
            message = f'the graph has a subgraph "{path[-1]}" already'
            yield document.problem(path, message)
    yield from _same_paths(document, config)
    for name in config.upstreams:
        yield from _idle_hashing(document, config, name)
    if config.supergraph is not None and config.subgraphs:
        message = "supergraph: it brings its own subgraphs; remove `subgraphs`"
        yield document.problem(("supergraph",), message)


def _subgraph(
    document: ConfigDocument, config: Config, path: DataPath, subgraph: Subgraph
) -> Iterator[Problem]:
    dotted = ".".join(map(str, path))
    if (subgraph.upstream is None) == (subgraph.python is None):
        message = f"{dotted}: expected either `upstream` or `python`"
        yield document.problem(path, message)
    elif subgraph.python and (subgraph.balancing or subgraph.hash_on):
        message = f"{dotted}: it has no upstream whose instances could be picked"
        yield document.problem(path, message)
    elif subgraph.upstream and subgraph.upstream not in config.upstreams:
        close = get_close_matches(subgraph.upstream, config.upstreams, n=1)
        known = ", ".join(sorted(config.upstreams)) or "none"
        way_out = f'did you mean "{close[0]}"?' if close else f"there are: {known}"
        message = (
            f'{dotted}.upstream: unknown upstream "{subgraph.upstream}"; {way_out}'
        )
        yield document.problem((*path, "upstream"), message)


def _idle_hashing(
    document: ConfigDocument, config: Config, name: str
) -> Iterator[Problem]:
    """Yield a problem for each `hash_on` that no call of the upstream goes by."""
    upstream = config.upstreams[name]
    here: DataPath = ("upstreams", name)
    ways: dict[DataPath, tuple[str | None, bool]] = {
        here: (upstream.balancing, "hash_on" in upstream.model_fields_set)
    }
    for each, operation in upstream.operations.items():
        way = operation.balancing, operation.hash_on is not None
        ways[*here, "operations", each] = way
    for path, subgraph in config.all_subgraphs():
        if subgraph.upstream == name:
            ways[path] = subgraph.balancing, subgraph.hash_on is not None
    if any(balancing == "consistent_hash" for balancing, _ in ways.values()):
        return
    for path in (path for path, (_, hashes) in ways.items() if hashes):
        dotted = ".".join(map(str, (*path, "hash_on")))
        message = f"{dotted}: it is for `balancing: consistent_hash`, which is not set"
        yield document.problem((*path, "hash_on"), message)


def _same_paths(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name, facade in config.facades.items():
        if facade.path in seen:
            message = (
                f"facades.{name}.path: {facade.path!r} is the path of façade"
                f' "{seen[facade.path]}" already'
            )
            yield document.problem(("facades", name, "path"), message)
        seen[facade.path] = name
