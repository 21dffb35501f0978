"""The rules for fields: of lists that are limited, and of fields that fail."""

from typing import Any

import pytest
from graphql import build_schema

from tests.support.executing import entities, executable, fetch, represent, run
from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.errors import HttpError
from weir.resolvers.execute.executable import Executable
from weir.resolvers.execute.response.field_rules import (
    Fails,
    FieldRule,
    StandIn,
)
from weir.resolvers.execute.response.read_field_rules import read_field_rules
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.sources.source import Reply

SDL = """
type Query { items: [Item!]! first: Item }
interface Rated { rating: Float }
type Item implements Rated {
  id: ID! name: String reviews: [Review!]! rating: Float mood: Mood score: Int!
  tags: [String]
}
type Review { id: ID! text: String! author: Author! }
type Author { name: String! }
enum Mood { GOOD BAD }
"""
DOWN = HttpError(503, (), b"")


def value(of: object) -> FieldRule:
    return FieldRule(degraded=StandIn(of))


FAILS = FieldRule(degraded=Fails.FAILS)
EMPTY = value([])
FIRST = FieldRule(most_items=1)


def plan_of(selection: str, rules: dict[str, FieldRule]) -> Executable:
    """A plan that fetches items, and then their fields of another service."""
    read, problems = read_field_rules(rules, build_schema(SDL))
    assert not problems
    return executable(
        SDL,
        f"{{ items {{ id {selection} }} }}",
        fetch(0, "items", "{ items { id } }"),
        fetch(
            1,
            "details",
            "query ($representations: [_Any!]!) { _entities(representations:"
            f" $representations) {{ ... on Item {{ {selection} }} }} }}",
            entities("items.@", represent("", "{ id }", typename="Item")),
            after=(0,),
        ),
        rules=read,
    )


def items(count: int) -> Reply:
    return Reply({"items": [{"id": str(number)} for number in range(count)]})


async def result_of(
    selection: str, rules: dict[str, FieldRule], details: Any, count: int = 2
) -> ExecutionResult:
    plan = plan_of(selection, rules)
    return await run(plan, {"items": items(count), "details": details})


async def test_a_field_of_a_service_that_is_down_has_its_value() -> None:
    rules = {"Item.reviews": EMPTY, "Item.mood": value("BAD"), "Item.score": value(7)}

    result = await result_of("name reviews { id } mood score", rules, DOWN)

    expected: JSONObject = {"name": None, "reviews": [], "mood": "BAD", "score": 7}
    assert result.data == {"items": [{"id": "0"} | expected, {"id": "1"} | expected]}
    assert [each["path"] for each in result.errors] == [
        ["items", 0, "name"],
        ["items", 1, "name"],
    ]
    assert [each["path"] for each in result.degraded] == [
        ["items", 0, "reviews"],
        ["items", 0, "mood"],
        ["items", 0, "score"],
        ["items", 1, "reviews"],
        ["items", 1, "mood"],
        ["items", 1, "score"],
    ]
    assert result.degraded[0]["extensions"]["becomes"] == "value"
    assert result.degraded[0]["extensions"]["serviceName"] == "details"
    assert not result.completed
    assert result.cache_control.no_store


async def test_a_response_whose_failures_all_have_values_has_no_errors() -> None:
    result = await result_of("reviews { id }", {"Item.reviews": EMPTY}, DOWN)

    assert result.errors == ()
    assert (len(result.degraded), result.completed) == (2, False)
    assert [each.code for each in result.failures] == [DOWN.code]


async def test_many_failures_with_values_leave_no_error_behind() -> None:
    rules = {"Item.reviews": EMPTY}
    result = await result_of("reviews { id }", rules, DOWN, count=300)

    assert result.errors == ()
    assert result.degraded[-1]["extensions"]["count"] == 200


async def test_null_from_below_becomes_the_value_of_the_field() -> None:
    """A review without its text is null, and so is the list of the reviews."""
    bad = {"reviews": [{"id": "1", "text": "a"}, {"id": "2", "text": None}]}
    good = {"reviews": [{"id": "1", "text": "a"}]}
    reply = Reply(
        {"_entities": [bad, good]},
        errors=({"message": "x", "path": ["_entities", 0, "reviews", 1, "text"]},),
    )

    result = await result_of("reviews { id text }", {"Item.reviews": EMPTY}, reply)

    assert result.data == {"items": [{"id": "0", "reviews": []}, {"id": "1"} | good]}
    assert result.errors == ()
    assert [each["path"] for each in result.degraded] == [["items", 0, "reviews"]]


@pytest.mark.parametrize("count", [1, 150])
async def test_invalid_values_are_failures_too(count: int) -> None:
    entity: JSONObject = {"score": "many", "reviews": None}
    reply = Reply({"_entities": [entity] * count})
    rules = {"Item.score": value(0), "Item.reviews": EMPTY}

    result = await result_of("score reviews { id }", rules, reply, count)

    assert result.data is not None
    assert result.data["items"][0] == {"id": "0", "score": 0, "reviews": []}
    assert result.errors == ()
    assert not result.completed


async def test_null_that_is_data_stays_null() -> None:
    reply = Reply({"_entities": [{"rating": None}, {"rating": 2.5}]})

    result = await result_of("rating", {"Item.rating": value(0)}, reply)

    assert result.data == {
        "items": [{"id": "0", "rating": None}, {"id": "1", "rating": 2.5}]
    }
    assert result.completed


async def test_a_response_fails_with_the_field_that_must_not() -> None:
    result = await result_of("name score", {"Item.name": FAILS}, DOWN)

    assert result.data is None
    assert result.errors[0]["path"] == ["items", 0, "name"]
    assert result.degraded == ()


async def test_the_rule_of_an_interface_is_that_of_its_types() -> None:
    result = await result_of("rating", {"Rated.rating": value(1.5)}, DOWN)
    own = {"Rated.rating": value(1.5), "Item.rating": value(3)}
    other = await result_of("rating", own, DOWN)

    assert result.data == {
        "items": [{"id": "0", "rating": 1.5}, {"id": "1", "rating": 1.5}]
    }
    assert other.data is not None
    assert other.data["items"][0]["rating"] == 3


@pytest.mark.parametrize(("failed", "path"), [(0, [0, "author"]), (1, [])])
async def test_errors_have_paths_that_a_limited_list_has(
    failed: int, path: list[str | int]
) -> None:
    reviews: list[JSONObject] = [{"author": {"name": "a"}} for _ in range(2)]
    reviews[failed]["author"] = None
    sent: list[JSONValue] = ["_entities", 0, "reviews", failed, "author"]
    reply = Reply({"_entities": [{"reviews": reviews}]}, ({"path": sent},))

    result = await result_of(
        "reviews { author { name } }", {"Item.reviews": FIRST}, reply, count=1
    )

    assert [each["path"] for each in result.errors] == [["items", 0, "reviews", *path]]


async def test_a_failure_explains_null_items_of_a_limited_list() -> None:
    reply = Reply({"_entities": [{"tags": [None, "b"]}]}, ({"message": "x"},))

    result = await result_of("tags", {"Item.tags": FIRST}, reply, count=1)

    assert result.data == {"items": [{"id": "0", "tags": [None]}]}
    assert [each["path"] for each in result.errors] == [["items", 0, "tags", 0]]


@pytest.mark.parametrize(
    ("coordinate", "rule", "expected"),
    [
        ("Item", EMPTY, "is not the coordinate of a field"),
        ("Item.reviews.id", EMPTY, "is not the coordinate of a field"),
        ("Itm.name", EMPTY, "no object or interface type Itm. Did you mean 'Item'"),
        ("Mood.GOOD", EMPTY, "no object or interface type Mood"),
        ("Item.nam", EMPTY, "Item has no field nam. Did you mean 'name'"),
        ("Item.name", EMPTY, "its type String is not a list"),
        ("Item.name", value(1), "the value 1 does not fit String"),
        ("Item.mood", value("UGLY"), "the value 'UGLY' does not fit Mood"),
        ("Item.score", value(2**31), "does not fit Int!"),
        ("Item.score", value("1"), "the value '1' does not fit Int!"),
        ("Item.score", value([1]), "does not fit Int!"),
        ("Item.reviews", value("x"), "the value is not a list"),
        ("Item.reviews", value([{}]), "a value needs a scalar, an enum or a list"),
        ("Query.first", value({"id": 1}), "a value needs a scalar, an enum or a list"),
    ],
)
def test_a_rule_that_does_not_fit_is_a_problem(
    coordinate: str, rule: FieldRule, expected: str
) -> None:
    read, (problem,) = read_field_rules({coordinate: rule}, build_schema(SDL))

    assert not read
    assert expected in problem.message
