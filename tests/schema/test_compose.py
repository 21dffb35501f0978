import gc

import pytest

from weir.schema import Composed, Subgraph, compose

FIELDS = " ".join(f"f{number}: Int" for number in range(200))


def test_composing_does_not_pause_the_callers_garbage_collector() -> None:
    collections: list[str] = []
    before = gc.get_threshold()

    def count(phase: str, info: dict[str, int]) -> None:
        del info
        collections.append(phase)

    gc.callbacks.append(count)
    gc.set_threshold(100)
    try:
        composed = compose([Subgraph(name="a", sdl=f"type Query {{ {FIELDS} }}")])
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(count)

    assert isinstance(composed, Composed)
    assert len(collections) > 10


@pytest.mark.parametrize(
    "schema",
    [
        "schema {link} {{ query: Query }}",
        "schema {link} {{ query: Query mutation: M }} type M {{ m: Int }}",
        'schema @tag(name: "x") {{ query: Query }} extend schema {link}',
        "schema {{ query: Query }} extend schema {link}",
        "schema {{ mutation: M }} extend schema {link} {{ query: Query }}"
        " type M {{ m: Int }}",
        "extend schema {link} {{ query: Query }}",
        "extend schema {link}",
    ],
)
def test_a_subgraph_may_have_no_queries_but_those_of_federation(schema: str) -> None:
    # Libraries such as Strawberry print the type for these two fields.
    link = (
        '@link(url: "https://specs.apollo.dev/federation/v2.3",'
        ' import: ["@key", "@tag"])'
    )
    own = f"""
    {schema.format(link=link)}
    type Query {{
      _entities(representations: [_Any!]!): [_Entity]!
      _service: _Service!
    }}
    type Title @key(fields: "id") {{ id: ID! link: String }}
    scalar _Any
    union _Entity = Title
    type _Service {{ sdl: String! }}
    """
    others = f"""
    extend schema {link}
    type Query {{ title: Title }}
    type Title @key(fields: "id") {{ id: ID! }}
    """

    composed = compose([Subgraph(name="a", sdl=own), Subgraph(name="b", sdl=others)])

    assert isinstance(composed, Composed), composed
    assert "link: String" in composed.supergraph_sdl
