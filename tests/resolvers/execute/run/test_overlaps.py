"""Where several fetches of a plan write."""

from tests.support.executing import entities, fetch, path, represent
from weir.resolvers.execute.run.overlaps import overlaps
from weir.resolvers.plan.model.nodes import Rename

PRODUCT = represent("Product", "{ upc }")
CATALOG = fetch(1, "a", "{ products { upc maker { id } reviews { id } } }")


def test_a_single_fetch_has_no_overlaps() -> None:
    found = overlaps((CATALOG,))

    assert not found.objects | found.fields | found.above


def test_fetches_meet_at_the_objects_that_both_select_from() -> None:
    found = overlaps(
        (
            CATALOG,
            fetch(
                2,
                "b",
                "{ _entities { ... on Product { name maker { name } } } }",
                entities("products.@", PRODUCT),
            ),
        )
    )

    assert found.objects == {("products",), ("products", "maker")}
    assert found.fields == {("products", "maker")}
    assert found.above == {(), ("products",)}


def test_two_entity_fetches_of_one_request_may_meet() -> None:
    found = overlaps(
        (
            fetch(
                1,
                "b",
                "{ _e0: _entities { ... on Book { name } }"
                " _e1: _entities { ... on Film { name } } }",
                entities("media.@.|Book", PRODUCT, alias="_e0"),
                entities("media.@.|Film", PRODUCT, alias="_e1"),
            ),
        )
    )

    assert found.objects == {("media",)}
    assert found.fields == {("media", "name")}


def test_renamed_fields_meet_under_their_canonical_keys() -> None:
    renamed = Rename(path=path("products.@"), types=(), sent="maker__x", key="maker")
    found = overlaps(
        (
            fetch(
                1, "a", "{ products { maker__x: maker { id } } }", renames=(renamed,)
            ),
            fetch(2, "b", "{ products { maker { name } } }"),
        )
    )

    assert ("products", "maker") in found.objects
