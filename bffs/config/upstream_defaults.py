"""Fills the upstreams of a document with its `upstream_defaults`."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, TypeVar

from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.model.position import DataPath
from weir.gateway.json_types import JSONObject, JSONValue, is_object

V = TypeVar("V")

_DEFAULTS: Final = "upstream_defaults"
_UPSTREAMS: Final = "upstreams"


def with_upstream_defaults(document: ConfigDocument) -> ConfigDocument:
    """Return the document with each upstream's missing keys taken from the defaults.

    Sections are filled key by key; lists and single values are replaced as a whole. A
    value from the defaults retains its position and its reference to a variable. The
    model reports data of the wrong type.
    """
    data = document.data
    if not is_object(data):
        return document
    defaults, upstreams = data.get(_DEFAULTS), data.get(_UPSTREAMS)
    if not (is_object(defaults) and is_object(upstreams)):
        return document
    filled = {
        name: _filled(upstream, defaults) if is_object(upstream) else upstream
        for name, upstream in upstreams.items()
    }
    inherited = [
        ((_UPSTREAMS, name, *path), (_DEFAULTS, *path))
        for name, upstream in upstreams.items()
        if is_object(upstream)
        for path in _missing(upstream, defaults, ())
    ]
    return replace(
        document,
        data={**data, _UPSTREAMS: filled},
        positions=_with_copies(document.positions, inherited),
        references=_with_copies(document.references, inherited),
    )


def is_inherited(document: ConfigDocument, path: DataPath) -> bool:
    """Return whether the value at `path` of an upstream comes from the defaults."""
    position = document.positions.get(path)
    return (
        position is not None
        and path[:1] == (_UPSTREAMS,)
        and position == document.positions.get((_DEFAULTS, *path[2:]))
    )


def _filled(own: JSONObject, defaults: JSONObject) -> JSONObject:
    filled = dict(defaults)
    for key, value in own.items():
        default: JSONValue = defaults.get(key)
        if is_object(value) and is_object(default):
            filled[key] = _filled(value, default)
        else:
            filled[key] = value
    return filled


def _missing(
    own: JSONObject, defaults: JSONObject, path: DataPath
) -> Iterator[DataPath]:
    """Yield the paths below which all values come from the defaults."""
    for key, default in defaults.items():
        here = (*path, key)
        value: JSONValue = own.get(key)
        if key not in own:
            yield here
        elif is_object(value) and is_object(default):
            yield from _missing(value, default, here)


def _with_copies(
    values: Mapping[DataPath, V], copies: list[tuple[DataPath, DataPath]]
) -> Mapping[DataPath, V]:
    """Return `values` with those at and below each second path at the first as well."""
    below: dict[DataPath, list[tuple[DataPath, V]]] = {}
    for path, value in values.items():
        if path[:1] == (_DEFAULTS,):
            for length in range(2, len(path) + 1):
                below.setdefault(path[:length], []).append((path[length:], value))
    copied = {
        (*target, *rest): value
        for target, source in copies
        for rest, value in below.get(source, ())
    }
    return {**values, **copied}
