"""The types that the model has at a path of the document, for error messages."""

from collections.abc import Iterator, Mapping, Sequence
from types import NoneType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from bffs.config.model.section import Section

KEY = "[key]"
"""The last part of a path that pydantic gives for an error of a mapping's key."""


def known_keys(root: type[Section], path: Sequence[str | int]) -> list[str]:
    """Return the keys of the section at `path`; none where it is not a section."""
    for each in _alternatives(_type_at(root, path)):
        if _is_section(each):
            return list(each.model_fields)
    return []


def note(root: type[Section], path: Sequence[str | int], name: str) -> str:
    """Return what the type at `path` notes under `name`, or an empty text."""
    annotation = _type_at(root, path)
    for each in (annotation, *get_args(annotation)):
        for metadata in getattr(each, "__metadata__", ()):
            extra: Mapping[str, str] | None = getattr(
                metadata, "json_schema_extra", None
            )
            if extra and name in extra:
                return extra[name]
    return ""


def _type_at(annotation: Any, path: Sequence[str | int]) -> Any:
    """Follow `path` through sections, mappings and lists; None where it leads off."""
    if not path:
        return annotation
    for each in _alternatives(annotation):
        inner = _type_below(each, path)
        if inner is not None:
            return _type_at(inner, () if path[1:] == (KEY,) else path[1:])
    return None


def _type_below(annotation: Any, path: Sequence[str | int]) -> Any:
    if _is_section(annotation):
        return get_type_hints(annotation, include_extras=True).get(str(path[0]))
    arguments = get_args(annotation)
    if get_origin(annotation) is dict:
        return arguments[0 if path[1:] == (KEY,) else 1]
    return arguments[0] if get_origin(annotation) is list else None


def _alternatives(annotation: Any) -> Iterator[Any]:
    """Yield what `annotation` is beside None, without what is noted of it."""
    if get_origin(annotation) is Annotated:
        yield from _alternatives(get_args(annotation)[0])
    elif NoneType in get_args(annotation):
        for each in get_args(annotation):
            yield from _alternatives(each)
    elif annotation is not NoneType:
        yield annotation


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Section)
