"""What a subgraph has to answer."""

from resolvers.execute.asked import Asked, read_asked


def test_reads_the_first_level_by_key_and_type() -> None:
    asked = read_asked("""
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
        _e1: _entities(representations: $r1) { ... on User @skip(if: $if) { name } }
      }
    """)

    assert asked == Asked(
        root=frozenset({"a", "products", "_e0", "_e1"}),
        entities={
            "_e0": {
                "Product": frozenset({"name__1"}),
                "Book": frozenset({"title"}),
            },
            "_e1": {},
        },
    )
