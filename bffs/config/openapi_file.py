"""Descriptions of services in OpenAPI: their files, with the lines of mistakes."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from weir.bffs.config.document import ConfigDocument, read_document, read_file
from weir.bffs.config.errors import ConfigError
from weir.gateway.routes.validation.references import InvalidDocument, path_to


class UnreadableDescription(ValueError):
    """A file that cannot be read; the message is the reason."""


def read_description(file: Path) -> ConfigDocument:
    """Return the data of a description, which is not checked.

    Raise UnreadableDescription, and ConfigError for a file that is not YAML or JSON.
    """
    try:
        text = read_file(file)
    except ConfigError as error:
        (problem,) = error.problems
        # The original error repeats the name of the file, which may be a secret.
        raise UnreadableDescription(problem.message) from None
    return read_document(text, str(file), {})


@contextmanager
def located(description: ConfigDocument) -> "Generator[None]":
    """Raise ConfigError, at the line of the mistake, in place of InvalidDocument."""
    try:
        yield
    except InvalidDocument as error:
        path = path_to(description.data, error.pointer)
        raise ConfigError(description.problem(path, str(error))) from error


def without_operations(description: ConfigDocument) -> ConfigError:
    """Return the error of a description that has no operations."""
    message = "the description has no operations"
    return ConfigError(description.problem(("paths",), message))
