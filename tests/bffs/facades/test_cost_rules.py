"""The coordinates of `cost.weights` and `cost.list_sizes`."""

import pytest
from graphql import build_schema

from weir.bffs.config.model.limits.cost import CostSection
from weir.bffs.facades.cost_rules import cost_problems
from weir.schema.graph.costs import CostTable, ListSize

SCHEMA = build_schema(
    """
    type Query { books(by: By): [Book!]! page: Page }
    type Page { items: [Book] }
    interface Item { related: [Book] }
    type Book implements Item { related: [Book] price: Money }
    input By { text: String }
    scalar Money
    enum Level { LOW }
    union Any = Book
    """
)
DECLARED = CostTable(list_sizes={"Query.page": ListSize(sized_fields=(("items",),))})


def problems(**section: dict[str, int]) -> list[str]:
    found = cost_problems(CostSection.model_validate(section), SCHEMA, DECLARED)
    return [f"{each.key}: {each.coordinate}: {each.message}" for each in found]


def test_weights_are_those_of_what_operations_can_select() -> None:
    right = ("Book", "Money", "Level", "Book.price", "By.text", "Query.books(by:)")

    assert not problems(weights=dict.fromkeys(right, 2))


@pytest.mark.parametrize(
    "coordinate",
    [
        "Boook",
        "Item",
        "Any",
        "By",
        "Item.related",
        "Book.prize",
        "Query.books(to:)",
        "",
    ],
)
def test_another_weight_is_a_problem(coordinate: str) -> None:
    (found,) = problems(weights={coordinate: 2})

    assert found.startswith(f"weights: {coordinate}: is not an object, scalar or enum")


def test_a_problem_has_a_suggestion() -> None:
    (found,) = problems(weights={"Book.prise": 2})

    assert found.endswith("Did you mean 'Book.price'?")


def test_sizes_are_those_of_lists_and_of_fields_with_sized_lists() -> None:
    right = ("Query.books", "Item.related", "Book.related", "Page.items", "Query.page")

    assert not problems(list_sizes=dict.fromkeys(right, 2))


@pytest.mark.parametrize("coordinate", ["Book", "Book.price", "Query.bookz"])
def test_another_size_is_a_problem(coordinate: str) -> None:
    (found,) = problems(list_sizes={coordinate: 2})

    assert found.startswith(f"list_sizes: {coordinate}: is not a field with a list")
