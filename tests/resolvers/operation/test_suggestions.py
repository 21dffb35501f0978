import pytest

from weir.resolvers.operation.suggestions import suggestion


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("nmae", ["id", "name", "year"], " Did you mean 'name'?"),
        ("NAME", ["id", "name"], " Did you mean 'name'?"),
        ("title", ["id", "name"], ""),
        ("name", [], ""),
        ("titles", ["title", "titled"], " Did you mean 'title' or 'titled'?"),
        ("nmae", ["other_name_" * 50, "name"], " Did you mean 'name'?"),
        ("x" * 41, ["x" * 41], ""),
    ],
)
def test_near_options_are_suggested(
    name: str, options: list[str], expected: str
) -> None:
    assert suggestion(name, options) == expected


def test_the_nearest_option_is_found_among_very_many() -> None:
    options = [f"field_{number}_of_many" for number in range(5_000)]

    assert suggestion("name", [*options, "nmae"]) == " Did you mean 'nmae'?"
