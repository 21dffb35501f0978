"""`__schema` and `__type` are answered here, beside data from subgraphs."""

from collections.abc import Iterator
from time import thread_time
from typing import Any

import pytest
from graphql import (
    GraphQLBoolean,
    GraphQLField,
    GraphQLObjectType,
    build_schema,
    execute_sync,
    get_introspection_query,
    introspection_types,
    parse,
)
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.executing import executable, fetch, run
from weir.resolvers.execute.response.shape import OperationShape
from weir.resolvers.operation.errors import LimitExceeded
from weir.resolvers.operation.operation import normalise
from weir.resolvers.operation.work import WorkBudget

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


async def test_introspection_below_a_field_that_returns_query_is_resolved() -> None:
    plan = executable(
        SDL,
        "{ again { __schema { queryType { name } } } }",
        fetch(1, "users", "{ again { __typename } }"),
    )

    result = await run(plan, {"users": {"again": {"__typename": "Query"}}})

    assert result.data == {"again": {"__schema": {"queryType": {"name": "Query"}}}}


RICH = build_schema("""
  "The root" type Query { me(in: In = {a: 1} old: Int @deprecated): [User!]! u: U }
  interface Node { id: ID! }
  type User implements Node { id: ID! old: Date @deprecated(reason: "new") e: E }
  union U = User | Query
  enum E { ON OFF @deprecated }
  input In @oneOf { a: Int b: [Int!] c: Int @deprecated }
  scalar Date @specifiedBy(url: "https://example.com")
  extend type Query { i: Node }
  directive @mark(a: Int old: Int @deprecated) repeatable on FIELD | QUERY
""")
TYPE_FIELDS = ("kind", "name", "description", "specifiedByURL", "isOneOf", "__typename")
DEPRECATED = ("", "(includeDeprecated: true)", "(includeDeprecated: $all)")


def value_selections(depth: int) -> st.SearchStrategy[str]:
    leaf = st.sampled_from(("name", "isDeprecated", "x: description"))
    return st.one_of(leaf, type_selections(depth).map("type {{ {} }}".format))


def type_selections(depth: int) -> st.SearchStrategy[str]:
    leaf = st.sampled_from(TYPE_FIELDS)
    if depth == 0:
        return leaf
    below = type_selections(depth - 1)
    with_values = st.tuples(
        st.sampled_from(("inputFields", "fields")),
        st.sampled_from(DEPRECATED),
        value_selections(depth - 1),
    ).map(lambda parts: f"{parts[0]}{parts[1]} {{ name {parts[2]} }}")
    enums = st.sampled_from(DEPRECATED).map(
        lambda a: f"enumValues{a} {{ name isDeprecated deprecationReason }}"
    )
    types = st.tuples(
        st.sampled_from(("ofType", "interfaces", "possibleTypes")), below
    ).map(lambda parts: f"{parts[0]} {{ {parts[1]} }}")
    one = st.one_of(leaf, with_values, enums, types)
    fragments = one.map("... on __Type @include(if: $all) {{ {} }}".format)
    return st.lists(st.one_of(one, fragments), min_size=1, max_size=3).map(" ".join)


ROOT_SELECTIONS = st.one_of(
    type_selections(3).map("__schema {{ types {{ {} }} }}".format),
    type_selections(3).map("__schema {{ queryType {{ {} }} }}".format),
    type_selections(3).map('__type(name: "User") {{ {} }}'.format),
    type_selections(3).map("__type(name: $name) {{ {} }}".format),
    st.just(
        "__schema { description directives { name isRepeatable locations "
        "args(includeDeprecated: $all) { name type { name } } } }"
    ),
)


IS_ONE_OF = GraphQLField(
    GraphQLBoolean, resolve=lambda type_, _: getattr(type_, "is_one_of", None)
)


@pytest.fixture(scope="module")
def _original_reference() -> Iterator[None]:
    """Undo what a Strawberry schema of another test has replaced in graphql-core."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(introspection_fields("__Type"), "isOneOf", IS_ONE_OF)
        yield


def introspection_fields(name: str) -> dict[str, GraphQLField]:
    type_ = introspection_types[name]
    assert isinstance(type_, GraphQLObjectType)
    fields: dict[str, GraphQLField] = type_.fields
    return fields


@pytest.mark.usefixtures("_original_reference")
@given(
    text=ROOT_SELECTIONS,
    variables=st.fixed_dictionaries(
        {"all": st.booleans(), "name": st.sampled_from(["U", "In", "E", "None"])}
    ),
)
@example(text="__schema { types { isOneOf } }", variables={"all": True, "name": "U"})
def test_every_selection_equals_that_of_the_reference(
    text: str, variables: dict[str, Any]
) -> None:
    query = f'query ($all: Boolean! = true, $name: String! = "U") {{ {text} }}'
    expected = execute_sync(RICH, parse(query), variable_values=variables)
    operation = normalise(parse(query), None, RICH)

    shape = OperationShape(operation, RICH, {}).of(variables).selection

    if not expected.errors:
        assert shape.template == expected.data


async def test_a_library_that_replaces_introspection_fields_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A Strawberry schema in the process replaces `isOneOf` like this."""

    def broken(type_: Any, _: Any) -> bool:
        return "strawberry-definition" in type_.extensions

    replaced = GraphQLField(GraphQLBoolean, resolve=broken)
    monkeypatch.setitem(introspection_fields("__Type"), "isOneOf", replaced)
    query = '{ __type(name: "User") { isOneOf fields { type { isOneOf } } } }'

    result = await run(executable(SDL, query), {})

    field = {"type": {"isOneOf": None}}
    assert result.data == {"__type": {"isOneOf": None, "fields": [field, field]}}


LARGE = build_schema(
    " ".join(f"type T{n} {{ a: Int b: [T{n}!]! c(d: Int): ID }}" for n in range(300))
    + " type Query { a: T1 }"
)


@pytest.mark.parametrize("variables", [{}, {"all": True}])
def test_a_description_selected_many_times_is_rejected_at_once(
    variables: dict[str, Any],
) -> None:
    aliases = " ".join(f"a{n}: __schema {{ ...S }}" for n in range(400))
    document = parse(
        f"query ($all: Boolean) {{ {aliases} }} fragment S on __Schema {{ "
        "types { name fields(includeDeprecated: $all) { name args { name } type "
        "{ kind name ofType { kind name ofType { kind name } } } } } }"
    )
    shape = OperationShape(normalise(document, None, LARGE), LARGE, {})
    started_s = thread_time()

    with pytest.raises(LimitExceeded, match="too many steps"):
        shape.make(variables, WorkBudget())

    assert thread_time() - started_s < 2


def test_the_whole_description_of_a_large_schema_is_far_below_the_limit() -> None:
    operation = normalise(parse(get_introspection_query()), None, LARGE)
    work = WorkBudget()

    OperationShape(operation, LARGE, {}).make({}, work)

    assert work.spent < work.steps / 10
