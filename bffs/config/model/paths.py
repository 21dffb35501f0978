"""Lookup of the types and notes that the model has at a path of the document."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from types import NoneType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from weir.bffs.config.model.section import Section

KEY = "[key]"
"""The last part of a path that pydantic gives for an error of a mapping's key."""


def known_keys(root: type[Section], path: Sequence[str | int]) -> list[str]:
    """Return the keys of the section at `path`; empty if it is not a section."""
    for each in _alternatives(type_at(root, path)):
        if _is_section(each):
            return list(each.model_fields)
    return []


def type_at(root: Any, path: Sequence[str | int]) -> Any:
    """Return the type at `path` through sections, mappings and lists, or None."""
    if path[1:] == (KEY,):
        return _key_type(root)
    return type_at(type_below(root, path[0]), path[1:]) if path else root


def type_below(annotation: Any, key: str | int) -> Any:
    """Return the type of the value at `key`; None if there is none."""
    for each in _alternatives(annotation):
        if _is_section(each):
            return _types(each).get(str(key))
        if get_origin(each) in (dict, list):
            return get_args(each)[-1]
    return None


def note(annotation: Any, name: str) -> str:
    """Return the note `name` of a type, or of the type beside None in it, or ""."""
    for each in (annotation, *get_args(annotation)):
        for metadata in getattr(each, "__metadata__", ()):
            extra: Mapping[str, str] | None = getattr(
                metadata, "json_schema_extra", None
            )
            if extra and name in extra:
                return extra[name]
    return ""


def _key_type(annotation: Any) -> Any:
    mappings = (each for each in _alternatives(annotation) if get_origin(each) is dict)
    return next((get_args(each)[0] for each in mappings), None)


@cache
def _types(section: type[Section]) -> Mapping[str, Any]:
    return get_type_hints(section, include_extras=True)


def _alternatives(annotation: Any) -> Iterator[Any]:
    """Yield the members of a union except None, without their notes."""
    if get_origin(annotation) is Annotated:
        yield from _alternatives(get_args(annotation)[0])
    elif NoneType in get_args(annotation):
        for each in get_args(annotation):
            yield from _alternatives(each)
    elif annotation is not NoneType:
        yield annotation


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Section)
