"""A typed wrapper of ruamel.yaml: nodes with their positions, and edits of a text."""

# The annotations of ruamel.yaml are incomplete; all functions of this file are typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any, Final, Protocol

from ruamel.yaml import YAML
from ruamel.yaml import nodes as ruamel
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString
from typing_extensions import TypeIs

from weir.gateway.json_types import JSONValue

_MAX_DEPTH: Final = 64
_NEVER_FOLDED: Final = 2**20
_TAG: Final = "tag:yaml.org,2002:"
# After these, ruamel.yaml repeats the text, which may be a secret without quotes.
_REPEATING: Final = (
    "found undefined alias",
    "found undefined tag handle",
    "duplicate tag handle",
)
_IN_PLAIN_WORDS: Final = {
    "found character '\\t'": "there is a tab; indent by spaces",
    "found character": "a value cannot begin with this character; put it into quotes",
    "expected <block end>": (
        "the indentation is not that of the lines before; keys of one section begin in"
        " the same column"
    ),
    "mapping values are not allowed": (
        "there cannot be a value here; check the indentation, and that each key has"
        ' ": " after it, with the space'
    ),
    "could not find expected ':'": (
        'a key has no ":" after it, here or in a line before'
    ),
}
"""Messages of common mistakes, by the beginning of those of ruamel.yaml."""


class Mark(Protocol):
    """Line and column, from 0."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class Node(Protocol):
    """A part of a YAML text; an alias is the node that it stands for."""

    @property
    def start_mark(self) -> Mark: ...


class ScalarNode(Node, Protocol):
    """A single value; `value` is its text."""

    @property
    def value(self) -> str: ...


class SequenceNode(Node, Protocol):
    """A list."""

    @property
    def value(self) -> Sequence[Node]: ...


class MappingNode(Node, Protocol):
    """Keys with their values, as written: a key may occur twice."""

    @property
    def value(self) -> Sequence[tuple[Node, Node]]: ...


class YamlSyntaxError(Exception):
    """The text is not YAML; line and column count from 1, 0 where unknown."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


def parse_yaml(text: str) -> Node | None:
    """Return the root node, None of an empty text; raises YamlSyntaxError."""
    yaml = _yaml("safe")
    root: Node | None = _errors_mapped(yaml.compose, text)
    return root


def scalar_value(node: ScalarNode) -> str | int | float | bool | None:
    """Return the value of a scalar; raises ValueError if it is of another kind.

    Other kinds are dates, binary data, and values with a tag.
    """
    read = _SCALARS.get(_tag(node))
    if read is None:
        message = "expected a text, a number, true, false or null; put it into quotes"
        raise ValueError(message)
    try:
        return read(node.value)
    except ValueError as error:
        message = "the number cannot be read"
        raise ValueError(message) from error


def _int(text: str) -> int:
    digits = text.replace("_", "").lower()
    # Only with a letter: 017 is seventeen since YAML 1.2.
    return int(digits, 0 if digits.lstrip("+-")[1:2].isalpha() else 10)


def _float(text: str) -> float:
    digits = text.replace("_", "").lower()
    special = digits.endswith(("inf", "nan"))
    return float(digits.replace(".", "") if special else digits)


_SCALARS: Final[Mapping[str, Callable[[str], str | int | float | bool | None]]] = {
    f"{_TAG}str": str,
    f"{_TAG}int": _int,
    f"{_TAG}float": _float,
    f"{_TAG}bool": lambda text: text.lower() in ("true", "yes", "on"),
    f"{_TAG}null": lambda _: None,
}


def is_scalar(node: Node) -> TypeIs[ScalarNode]:
    return isinstance(node, ruamel.ScalarNode)


def is_mapping(node: Node) -> TypeIs[MappingNode]:
    return isinstance(node, ruamel.MappingNode)


def is_sequence(node: Node) -> TypeIs[SequenceNode]:
    return isinstance(node, ruamel.SequenceNode)


def is_merge_key(node: Node) -> bool:
    """Return whether the key is `<<`, whose value is merged into its mapping."""
    return _tag(node) == f"{_TAG}merge"


def writable(text: str) -> str:
    """Return `text` for a `YamlEdit`, in a style that preserves all characters."""
    # ruamel.yaml folds lines at U+0085 and the like, and drops these characters.
    return text if text.isprintable() else DoubleQuotedScalarString(text)


def flow_mapping() -> Any:
    """Return an empty mapping that is written as `{}`, on the line of its key."""
    mapping = CommentedMap()
    mapping.fa.set_flow_style()
    return mapping


def block_text(value: JSONValue) -> str:
    """Return a value as a YAML text, one key or item a line."""
    yaml = _yaml("rt")
    yaml.width = _NEVER_FOLDED
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = StringIO()
    yaml.dump(value, out)
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Indents:
    """Columns from a key to the keys below it, and to the values of a list below it."""

    mapping: int = 2
    sequence: int = 2


class YamlEdit:
    """An edit of a YAML text that preserves comments and layout.

    Raises YamlSyntaxError.
    """

    def __init__(self, text: str, indents: Indents) -> None:
        self._yaml = _yaml("rt")
        self._yaml.preserve_quotes = True
        self._yaml.width = _NEVER_FOLDED
        self._yaml.indent(
            mapping=indents.mapping,
            sequence=indents.sequence,
            offset=indents.sequence - len("- "),
        )
        self.root: Any = _errors_mapped(self._yaml.load, text)

    def text(self) -> str:
        """Return the edited text."""
        out = StringIO()
        self._yaml.dump(self.root, out)
        return out.getvalue()


def _yaml(kind: str) -> YAML:
    yaml = YAML(typ=kind, pure=True)
    yaml.max_depth = _MAX_DEPTH
    # An anchor may be redefined (YAML 1.2 §7.1).
    yaml.composer.warn_double_anchors = False
    return yaml


def _tag(node: Node) -> str:
    return str(getattr(node, "tag", ""))


def _errors_mapped(parse: Callable[[str], Any], text: str) -> Any:
    try:
        return parse(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        before = text[: mark.index] if mark else ""
        raise YamlSyntaxError(_message(error, before), line, column) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = f"unacceptable character #x{error.character:04x}"
        raise YamlSyntaxError(message, line, 1) from None
    except YAMLError as error:
        raise YamlSyntaxError(str(error)) from None


def _message(error: MarkedYAMLError, before: str) -> str:
    """Return the message of `error`, which was found after the text `before`."""
    text = str(error.problem or error.context or "not YAML").strip()
    if text.startswith("maximum depth"):
        return f"nested deeper than {_MAX_DEPTH} levels"
    for start, plain in _IN_PLAIN_WORDS.items():
        if text.startswith(start):
            return plain
    if text.startswith("expected ',' or") and before.endswith("$"):
        return "quote references to variables inside { } and [ ]"
    for beginning in _REPEATING:
        if text.startswith(beginning):
            return f"{beginning}; quote a text that begins with this character"
    return text
