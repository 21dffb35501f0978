"""`__schema` and `__type` are answered here, beside data from subgraphs."""

from typing import Any

from graphql import build_schema, execute_sync, get_introspection_query, parse

from tests.support.executing import executable, fetch, run

SDL = """
  type Query { me: User again: Query }
  type User { id: ID! name: String }
"""


async def test_introspection_equals_that_of_the_schema_itself() -> None:
    query = get_introspection_query(descriptions=True)

    result = await run(executable(SDL, query), {})

    assert result.data == execute_sync(build_schema(SDL), parse(query)).data
    assert result.completed


async def test_introspection_is_mixed_with_data_in_the_clients_order() -> None:
    query = """
      query ($of: String!, $with: Boolean!) {
        a: __type(name: $of) { ...Named fields @include(if: $with) { name } }
        me { name }
        __schema { queryType { name } }
        b: __type(name: "Nobody") { name }
        __typename
      }
      fragment Named on __Type { name }
    """
    plan = executable(SDL, query, fetch(1, "users", "{ me { name } }"))
    users: dict[str, Any] = {"users": {"me": {"name": "Ann"}}}

    with_fields = await run(plan, users, {"of": "User", "with": True})
    without = await run(plan, users, {"of": "User", "with": False})
    of_query = await run(plan, users, {"of": "Query", "with": False})

    assert with_fields.data == {
        "a": {"name": "User", "fields": [{"name": "id"}, {"name": "name"}]},
        "me": {"name": "Ann"},
        "__schema": {"queryType": {"name": "Query"}},
        "b": None,
        "__typename": "Query",
    }
    assert list(with_fields.data) == ["a", "me", "__schema", "b", "__typename"]
    assert without.data is not None
    assert without.data["a"] == {"name": "User"}
    assert of_query.data is not None
    assert of_query.data["a"] == {"name": "Query"}


async def test_introspection_below_a_field_that_returns_query_is_answered() -> None:
    plan = executable(
        SDL,
        "{ again { __schema { queryType { name } } } }",
        fetch(1, "users", "{ again { __typename } }"),
    )

    result = await run(plan, {"users": {"again": {"__typename": "Query"}}})

    assert result.data == {"again": {"__schema": {"queryType": {"name": "Query"}}}}
