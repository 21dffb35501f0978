"""ruamel.yaml behind types: text in, nodes that know their places out."""

# ruamel.yaml's own annotations are incomplete; nothing untyped leaves this file.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from collections.abc import Iterator
from io import StringIO
from typing import Any, Protocol

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from typing_extensions import TypeIs


class Marks(Protocol):
    """Where the parser found keys and items: line and column, from 0."""

    def key(self, key: object) -> tuple[int, int]: ...
    def item(self, index: int) -> tuple[int, int]: ...


class MappingNode(Protocol):
    """A mapping and the places of its keys."""

    @property
    def lc(self) -> Marks: ...
    def __iter__(self) -> Iterator[object]: ...
    def __getitem__(self, key: object) -> object: ...


class SequenceNode(Protocol):
    """A sequence and the places of its items."""

    @property
    def lc(self) -> Marks: ...
    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> object: ...


class YamlSyntaxError(Exception):
    """The text is not YAML; line and column count from 1, 0 where unknown."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


def parse_yaml(text: str) -> object:
    """Return the root node; raises YamlSyntaxError."""
    return _load(YAML(typ="rt"), text)


def _load(yaml: YAML, text: str) -> Any:
    try:
        return yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = str(error.problem or error.context or "not YAML").strip()
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise YamlSyntaxError(message, line, column) from error
    except YAMLError as error:
        raise YamlSyntaxError(str(error)) from error
    except ValueError as error:
        # Python converts no number of more than 4,300 digits.
        message = "a number has too many digits"
        raise YamlSyntaxError(message) from error


class YamlEdit:
    """A YAML text that is changed in places; comments and layout stay as they are.

    Raises YamlSyntaxError.
    """

    def __init__(self, text: str) -> None:
        self._yaml = YAML(typ="rt")
        self._yaml.preserve_quotes = True
        self.root: Any = _load(self._yaml, text)

    def text(self) -> str:
        """Return the whole text as it is now."""
        out = StringIO()
        self._yaml.dump(self.root, out)
        return out.getvalue()


def is_mapping(node: object) -> TypeIs[MappingNode]:
    return isinstance(node, CommentedMap)


def is_sequence(node: object) -> TypeIs[SequenceNode]:
    return isinstance(node, CommentedSeq)
