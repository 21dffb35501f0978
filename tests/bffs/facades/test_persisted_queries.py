"""Persisted queries take a bounded memory, and forget the least used ones first."""

from weir.bffs.facades.persisted_queries import PersistedQueries, document_hash


def test_a_hash_is_the_sha256_in_lower_case() -> None:
    # sha256sum of "{__typename}", as in the page of Apollo Server.
    assert document_hash("{__typename}") == (
        "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38"
    )


def test_a_stored_document_is_found_by_its_hash() -> None:
    persisted = PersistedQueries()

    persisted.add("h", "{ a }")

    assert persisted.get("h") == "{ a }"
    assert persisted.get("other") is None


def test_the_least_recently_used_are_evicted_beyond_the_limit() -> None:
    persisted = PersistedQueries(limit_bytes=3000)
    for name in "abcdefg":
        persisted.add(name, name)
    assert persisted.get("a") == "a"

    for name in "hijkl":
        persisted.add(name, name)

    assert persisted.get("b") is None
    assert persisted.get("a") == "a"


def test_adding_a_document_again_takes_no_memory() -> None:
    persisted = PersistedQueries(limit_bytes=3000)
    persisted.add("a", "a")

    for _ in range(100):
        persisted.add("b", "b" * 50)

    assert persisted.get("a") == "a"


def test_a_document_beyond_the_limit_is_not_stored() -> None:
    persisted = PersistedQueries(limit_bytes=3000)

    persisted.add("a", "a" * 3000)

    assert persisted.get("a") is None
