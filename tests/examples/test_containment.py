"""What counts as contained in a larger answer."""

from typing import Any

import pytest

from examples.streaming.containment import missing_fields

PICTURE = "https://images.streaming.example/t1/poster-1"


@pytest.mark.parametrize(
    ("answer", "offered"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": None}, {"a": 1}),
        ({"a": None}, {}),
        ({"__typename": "Title", "_weir": {}}, {}),
        ([1, 2], [1, 2, 3]),
        ({"size": 2.0}, {"size": 2}),
        ("A long story…", "A long story about a short man"),
        (f"{PICTURE}.avif?width=320", f"{PICTURE}.jpeg?width=1920"),
    ],
)
def test_contained(answer: Any, offered: Any) -> None:
    assert list(missing_fields(answer, offered)) == []


@pytest.mark.parametrize(
    ("answer", "offered", "path"),
    [
        ({"a": {"b": 1}}, {"a": {"c": 1}}, ".a.b"),
        ({"a": 1}, {"a": 2}, ".a"),
        ([1, 2], [1], ""),
        ([{"a": 1}], [{"a": 2}], "[0].a"),
        ("A long story…", "A short story", ""),
        ({"a": {}}, {"a": None}, ".a"),
        (f"{PICTURE}.avif?width=320", f"{PICTURE}2.avif?width=320", ""),
    ],
)
def test_missing(answer: Any, offered: Any, path: str) -> None:
    (found,) = missing_fields(answer, offered)

    assert found.startswith(f"{path}: ")
