"""The generator of docs/reference/configuration.md.

Command: `python -m weir.bffs.config.reference > docs/reference/configuration.md`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from weir.bffs.config.model.root import Config
from weir.bffs.config.written import WRITTEN

_HEAD = """\
# Configuration reference

All sections and keys of `weir.yaml`. This page is generated from the model that decodes
the file (`python -m weir.bffs.config.reference > docs/reference/configuration.md`). A
test compares the two.

Unknown keys are errors. Durations are written `250ms`, `5s`, `2m`, `1h` or `30d`, from
1 ms to 365 days. Shares are written `20%`, sizes `64KiB` or `16MiB`, up to 1024 GiB.
Files and folders are relative to `weir.yaml`. A section that can also be one level
below, such as `proxy` of the versions of a route, is listed once.

`${NAME}` and `${NAME:-default}` in a value are filled from the environment, and from a
file `.env` beside `weir.yaml`; the environment wins. `$${` stands for the characters
`${`, so that `$${NAME}` is the text `${NAME}`. Keys are never filled. The control port
takes values literally: values that it writes into `weir.yaml` refer to no variable.

`GET /config` on the control port and errors show the reference in place of a variable's
value. Of what the file itself holds, they mask the user part of URLs, the query of
paths, and the values of headers that carry credentials.

`SIGHUP` or `POST /config/reload` on the control port loads a changed file without
losing a request. A changed `server`, `redis`, `telemetry`, `audit` or `log` section
needs a restart, and a reload that finds one is rejected. Errors name their lines, and a
rejected file changes nothing. A reload reads all files again except Python code: a
process imports a module once, so that changed code needs a restart.

`weir serve --config https://...` fetches the configuration. The URL is polled every ten
seconds by its ETag, and a change is loaded as by a reload. A checksum in `Repr-Digest`
(RFC 9530) is verified. With `--state-dir`, the last valid configuration is stored, and
the gateway starts with it when the URL cannot be reached. Files are then relative to
the working directory, and the control port changes nothing.
"""


def reference() -> str:
    """Return the whole page as Markdown."""
    return "\n".join([_HEAD, *_section("weir.yaml", Config)])


def _section(
    title: str, model: type[BaseModel], outer: Mapping[str, type[BaseModel] | None] = {}
) -> Iterator[str]:
    """Yield the lines of a section, and of those in it.

    `outer` are the sections beside it, by key: one that it has as well is not repeated.
    """
    yield f"## `{title}`\n"
    yield f"{(model.__doc__ or '').strip()}\n"
    yield "| key | meaning | written as | default |"
    yield "|---|---|---|---|"
    fields = _fields(model)
    for name, field in fields.items():
        yield f"| `{name}` | {_meaning(field)} | {_kind(field)} | {_default(field)} |"
    yield ""
    models = {name: _model_in(field.annotation) for name, field in fields.items()}
    for name, field in fields.items():
        nested = models[name]
        if nested is None or outer.get(name) is nested:
            continue
        if not _is_extended(nested, models.values()):
            path = name if title == "weir.yaml" else f"{title}.{name}"
            yield from _section(path + _suffix(field), nested, models)


def _fields(model: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """Return the fields of `model`, then those of its base."""
    own = {name: model.model_fields[name] for name in model.__annotations__}
    return own | model.model_fields


def _is_extended(
    model: type[BaseModel], models: Iterable[type[BaseModel] | None]
) -> bool:
    """Return whether one of `models` has all keys of `model` and more."""
    return any(
        other and other is not model and issubclass(other, model) for other in models
    )


def _meaning(field: FieldInfo) -> str:
    nested = _model_in(field.annotation)
    text = field.description or (nested.__doc__ if nested else "") or ""
    return " ".join(text.split()).replace("|", "\\|")


def _suffix(field: FieldInfo) -> str:
    origin = getattr(field.annotation, "__origin__", None)
    if origin is dict:
        return ".{name}"
    return "[]" if origin is list else ""


def _kind(field: FieldInfo) -> str:
    if getattr(field.annotation, "__origin__", None) not in (list, dict):
        for extra in _extras(field):
            if "kind" in extra:
                return str(extra["kind"])
    return _kind_of(field.annotation) + _range(field)


def _range(field: FieldInfo) -> str:
    bounds = {
        name: bound
        for each in field.metadata
        for name in ("ge", "le")
        if (bound := getattr(each, name, None)) is not None
    }
    return f", {bounds['ge']} to {bounds['le']}" if bounds else ""


def _extras(field: FieldInfo) -> Iterator[Mapping[str, Any]]:
    # A field's own annotation, or that of the inner type of a union with None.
    found: list[Any] = [field, *field.metadata]
    for argument in get_args(field.annotation):
        found += getattr(argument, "__metadata__", ())
    for each in found:
        extra: Mapping[str, Any] | None = getattr(each, "json_schema_extra", None)
        if extra is not None:
            yield extra


_KINDS = {
    "str": "text",
    "int": "number",
    "bool": "true, false",
    "float": "number",
    "Any": "value",
}


def _kind_of(annotation: Any) -> str:
    arguments = get_args(annotation)
    origin = getattr(annotation, "__origin__", None)
    if origin is list:
        return f"list of {_kind_of(arguments[0])}"
    if origin is dict:
        return f"by name: {_kind_of(arguments[1])}"
    if _model_in(annotation) is not None:
        return "section"
    if arguments and all(isinstance(each, str) for each in arguments):
        return ", ".join(f"`{each}`" for each in arguments)
    if arguments:
        return _kind_of(arguments[0])
    return _KINDS.get(getattr(annotation, "__name__", ""), "value")


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is PydanticUndefined:
        return "required"
    if value is None or isinstance(value, BaseModel) or value in ([], {}, ""):
        return ""
    if _kind(field) in WRITTEN:
        return f"`{WRITTEN[_kind(field)](value)}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(argument) for argument in get_args(annotation))
    return next((each for each in found if each is not None), None)


if __name__ == "__main__":
    print(reference(), end="")  # noqa: T201 - the page is this command's output
