"""The response keys that a service must not leave out."""

from resolvers.execute.expected_fields import RequiredKeys, required_keys
from tests.support.expected_fields import read_expected


def test_unconditional_fields_of_the_first_level_are_required() -> None:
    expected = read_expected("""
      query ($representations: [_Any!]!, $r1: [_Any!]!, $if: Boolean!) {
        a: users { id }
        products
        __typename
        sometimes @include(if: $if)
        ... @skip(if: $if) { hardly }
        _e0: _entities(representations: $representations) {
          __typename
          ... on Product { name__1: name(first: 1) price @skip(if: $if) }
          ... on Book { title { id } ... on Book { id } }
        }
        _e1: _entities(representations: $r1) { ... on User { name @skip(if: $if) } }
      }
    """)

    assert required_keys(expected) == RequiredKeys(
        root=frozenset({"a", "products", "_e0", "_e1"}),
        entities={
            "_e0": {
                "Product": frozenset({"name__1"}),
                "Book": frozenset({"title"}),
            },
            "_e1": {"User": frozenset()},
        },
    )
