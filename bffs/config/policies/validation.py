"""The configured validation of requests, and what is wrong with it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.route.route import RouteSection
from weir.bffs.config.model.route.validation import ValidationSection
from weir.bffs.config.openapi_file import (
    UnreadableDescription,
    located,
    read_description,
    without_operations,
)
from weir.bffs.config.policies.rewrites import path_rewrite
from weir.gateway.routes.matching.pattern import PathPattern, parse_pattern
from weir.gateway.routes.validation.operation import DescribedOperation
from weir.gateway.routes.validation.references import InvalidDocument, path_to
from weir.gateway.routes.validation.validation import (
    FoundOperation,
    OneOperation,
    OperationIndex,
    Validation,
)
from weir.gateway.routes.violation import token

_REQUIREMENT: Final = "jsonschema-rs>=0.61"
_ONLY: Final = "/"
"""The path of an operation that belongs to a route."""
_OPERATION: Final = ("paths", _ONLY, "post")


class InvalidValidation(ValueError):
    """A validation that cannot be built; `path` is the place below `validation`."""

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.path = path


def validation(
    section: ValidationSection, route: RouteSection, folder: Path
) -> Validation:
    """Return the validation of a route, whose file is in `folder`.

    Raises InvalidValidation, and ConfigError for a mistake in a file.
    """
    pattern = parse_pattern(route.path)
    modes = section.modes
    operations: OperationIndex | OneOperation
    if section.openapi is not None:
        operations = OperationIndex(
            _described(folder / section.openapi, responses=section.checks_responses),
            _service_path(route),
            rejects_unknown=section.undescribed == "reject",
        )
    else:
        operations = _one(section, pattern)
    return Validation(
        operations,
        {
            "path": modes.path,
            "query": modes.query,
            "header": modes.headers,
            "cookie": modes.cookies,
            "body": modes.body,
            "response": modes.response,
        },
        section.max_size,
    )


def validation_problems(
    route: RouteSection,
) -> Iterator[tuple[DataPath, str]]:
    """Yield the place in the route and the text of a problem not of a file."""
    section = route.described
    if section is None:
        return
    place = ("validation",) if route.openapi is None else ("openapi",)
    if find_spec("jsonschema_rs") is None:
        message = f"jsonschema-rs is not installed; run: pip install {_REQUIREMENT!r}"
        yield place, message
    elif section.operation is not None:
        try:
            _one(section, parse_pattern(route.path))
        except InvalidValidation as error:
            yield (*place, *error.path), str(error)


def _one(section: ValidationSection, pattern: PathPattern) -> OneOperation:
    document = {"openapi": "3.1.0", "paths": {_ONLY: {"post": section.operation}}}
    try:
        (described,) = _read(document, responses=section.checks_responses)
    except InvalidDocument as error:
        path = path_to(document, error.pointer)[len(_OPERATION) :]
        pointer = "".join(token(str(each)) for each in path)
        message = f"{pointer}: {error.reason}" if pointer else error.reason
        raise InvalidValidation(message, "operation", *path) from error
    operation = described.operation
    for each in operation.parameters:
        if each.place == "path" and each.name not in pattern.parameters:
            message = f'"{pattern.text}" has no parameter {{{each.name}}}'
            raise InvalidValidation(message, "operation")
    name = (section.operation or {}).get("operationId", "")
    operation = replace(operation, name=name if isinstance(name, str) else "")
    return OneOperation(FoundOperation(operation, pattern.shape, pattern.parameters))


def _described(file: Path, *, responses: bool) -> tuple[DescribedOperation, ...]:
    try:
        description = read_description(file)
    except UnreadableDescription as error:
        message = f"{file.name}: {error}"
        raise InvalidValidation(message, "openapi") from error
    with located(description):
        found = _read(description.data, responses=responses)
    if not found:
        raise without_operations(description)
    return found


def _read(document: Any, *, responses: bool) -> tuple[DescribedOperation, ...]:
    from weir.gateway.routes.validation.openapi import read_openapi  # noqa: PLC0415

    return read_openapi(document, responses=responses)


def _service_path(route: RouteSection) -> Callable[[str], str]:
    if route.proxy is None or route.proxy.path is None:
        return str
    return path_rewrite(route, parse_pattern(route.proxy.path)).forward
