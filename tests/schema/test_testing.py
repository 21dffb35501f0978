"""The assertion that projects use in their own tests."""

from pathlib import Path

import pytest

from weir.schema.testing import assert_composes, subgraph

HEAD = """extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
"""
USERS = (
    HEAD
    + """type Query { me: User }
type User @key(fields: "id") { id: ID! name: String }
"""
)
REVIEWS = HEAD + 'type User @key(fields: "id") { id: ID! name: String }'


def write(folder: Path, **sdls: str) -> None:
    for name, sdl in sdls.items():
        (folder / f"{name}.graphql").write_text(sdl)


def test_the_composed_supergraph_is_returned(tmp_path: Path) -> None:
    write(tmp_path, users=USERS)

    composed = assert_composes(subgraph("users", tmp_path / "users.graphql"))

    assert "join__Graph" in composed.supergraph_sdl


def test_a_failure_names_the_location_and_the_fix(
    tmp_path: Path,
) -> None:
    write(tmp_path, users=USERS, reviews=REVIEWS)

    with pytest.raises(AssertionError) as failure:
        assert_composes(
            subgraph("users", tmp_path / "users.graphql"),
            subgraph("reviews", tmp_path / "reviews.graphql"),
        )

    text = str(failure.value)
    assert "INVALID_FIELD_SHARING" in text
    assert "users.graphql:4:" in text
    assert "fix: " in text
