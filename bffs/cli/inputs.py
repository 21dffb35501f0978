"""The subgraphs that a command gets: arguments, a configuration, or both."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

from weir.bffs.cli.output import print_error
from weir.bffs.config.decode import LoadedConfig, decode_document
from weir.bffs.config.document import ConfigDocument, load_document
from weir.bffs.config.environment import environment
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.model.values.urls import http_url
from weir.gateway.json_types import JSONObject, is_object
from weir.gateway.masking import without_credentials

Sections: TypeAlias = dict[str, JSONObject]

NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_NO_URL: Final = "http://localhost"
"""The URL of the instance of a subgraph whose SDL is a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgraphInputs:
    """Subgraphs as `NAME=FILE` or `NAME=URL`, and a configuration with more subgraphs.

    A subgraph of the arguments replaces that of the configuration. One with another
    name is added, with a note, as a misspelled name would be.
    """

    subgraphs: tuple[str, ...]
    config: Path | None

    def load(self) -> LoadedConfig:
        """Return the configuration with all subgraphs; raises ConfigError."""
        locations = _locations(self.subgraphs)
        if self.config is None:
            if not locations:
                message = "give subgraphs as NAME=FILE or NAME=URL, or use --config"
                raise ConfigError(Problem(message=message))
            empty = ConfigDocument("", {}, {})
            return decode_document(_with_subgraphs(empty, locations))
        document = load_document(self.config, environment(self.config.parent))
        # Checked before the arguments change the data: an error names its line.
        loaded = decode_document(document)
        if not locations:
            return loaded
        _note_added(locations, loaded.config.subgraphs)
        return decode_document(_with_subgraphs(document, locations))


def _locations(arguments: Sequence[str]) -> dict[str, str]:
    """Return the file or URL of each name; raises ConfigError with all problems."""
    locations: dict[str, str] = {}
    problems: list[Problem] = []
    for argument in arguments:
        shown = without_credentials(argument)
        name, _, location = argument.partition("=")
        if not (name and location):
            message = f"{shown!r}: expected NAME=FILE or NAME=URL"
        elif not NAME.fullmatch(name):
            message = f"{shown!r}: expected a name of letters, digits, _ and -"
        elif name in locations:
            message = f"{shown!r}: two arguments have the name {name}"
        elif problem := _url_problem(location):
            message = f"{shown!r}: {problem}"
        else:
            locations[name] = location
            continue
        problems.append(Problem(message=message))
    if problems:
        raise ConfigError(*problems)
    return locations


def _note_added(names: Iterable[str], configured: Iterable[str]) -> None:
    known = sorted(configured)
    for name in names:
        if name not in known:
            there_are = ", ".join(known) or "none"
            print_error(
                f'note: the subgraph "{name}" is added; those of the configuration'
                f" are: {there_are}"
            )


def _url_problem(location: str) -> str:
    """Return the problem of a URL, or "" for a valid one and for a file."""
    try:
        http_url(location)
    except ValueError as error:
        return str(error)
    return ""


def _with_subgraphs(
    document: ConfigDocument, locations: Mapping[str, str]
) -> ConfigDocument:
    """Return the document with a subgraph, and its upstream, for each file or URL."""
    data = document.data if is_object(document.data) else {}
    upstreams = _sections(data, "upstreams")
    subgraphs = _sections(data, "subgraphs")
    for name, location in locations.items():
        own = subgraphs.get(name, {})
        url = http_url(location)
        if url is not None:
            upstream = _free_name(name, upstreams)
            upstreams[upstream] = {"instances": [f"{url.scheme}://{url.netloc}"]}
            subgraphs[name] = {"upstream": upstream, "path": url.path or "/"}
            continue
        sdl = {"sdl": str(Path(location).absolute())}
        if "upstream" in own:
            subgraphs[name] = {**own, **sdl}
        else:
            upstream = _free_name(name, upstreams)
            upstreams[upstream] = {"instances": [_NO_URL]}
            subgraphs[name] = {"upstream": upstream, **sdl}
    changed = {**data, "upstreams": upstreams, "subgraphs": subgraphs}
    return replace(document, data=changed)


def _sections(data: JSONObject, key: str) -> Sections:
    sections = data.get(key)
    return dict(sections) if is_object(sections) else {}


def _free_name(name: str, taken: Mapping[str, object]) -> str:
    """Return a name of an upstream that the configuration does not have."""
    while name in taken:
        name += "-"
    return name
