"""Strategies for configuration: sections with values that are right, or nearly so."""

from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from pydantic_core import PydanticUndefined

from weir.bffs.config.model.section import Section

ANY_TEXT = st.text(
    st.characters(codec="utf-8") | st.sampled_from("${}:-'\"#&*!%@\n\t \\\x85\u2028"),
    max_size=12,
)
RIGHT = [
    *("5s", "20ms", "0s", "20%", "64KiB", "http://127.0.0.1:1", "https://h", "/x"),
    *("localhost", "x-user-id", "ca.pem", ""),
]
WRONG = [
    *("0.0001ms", "9" * 400 + "s", "nan%", "9" * 5000 + "GiB", "٣s", "5", "-1s"),
    *("http://u:p@h:1", "http://[::1", "http://h:0", "http://h:99999", "//h"),
    *("/x y", "/etc/passwd", "a\0b", "..", "${SECRET}", "$${SECRET}", "${", "${A:-"),
]
NUMBERS = (
    st.integers(-1, 5)
    | st.sampled_from([200, 443, 65_536, 10**9, 2**63, 10**400, -(10**400), -0.0])
    | st.floats()
)
LEAVES = st.none() | st.booleans() | NUMBERS | st.sampled_from(WRONG) | ANY_TEXT
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3)
    ),
    max_leaves=6,
)


def nearly(annotation: Any) -> st.SearchStrategy[Any]:
    """Return mostly what the type takes, and now and then anything."""
    return st.integers(0, 15).flatmap(
        lambda chance: right(annotation) if chance else JSON
    )


def right(annotation: Any) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - by type
    """Return what the type takes, or what only its validation tells from that."""
    arguments, origin = get_args(annotation), get_origin(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return _section(annotation)
    if origin is Annotated:
        return right(arguments[0])
    if origin is dict:
        return st.dictionaries(ANY_TEXT, nearly(arguments[1]), max_size=2)
    if origin is list:
        return st.lists(nearly(arguments[0]), max_size=3)
    if origin is Literal:
        return st.sampled_from(arguments)
    if NoneType in arguments:
        return right(next(each for each in arguments if each is not NoneType))
    if annotation is bool:
        return st.booleans()
    # Durations, shares and sizes are numbers that are written as text.
    return st.sampled_from(RIGHT) | st.integers(1, 300)


def _section(model: type[Section]) -> st.SearchStrategy[dict[str, Any]]:
    hints = get_type_hints(model, include_extras=True)
    required = [
        key
        for key, field in model.model_fields.items()
        if field.default is PydanticUndefined
    ]
    keys = st.lists(st.sampled_from(list(model.model_fields)), max_size=3)
    return keys.flatmap(
        lambda chosen: st.fixed_dictionaries(
            {key: nearly(hints[key]) for key in (*required, *chosen)}
        )
    )
