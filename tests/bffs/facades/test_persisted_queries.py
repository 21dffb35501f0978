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


class Texts:
    """Texts that gateways share, in memory."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.calls = 0

    async def get(self, sha256_hash: str) -> str | None:
        self.calls += 1
        return self.known.get(sha256_hash)

    def put(self, sha256_hash: str, text: str) -> None:
        self.known[sha256_hash] = text


async def test_a_document_of_another_gateway_is_fetched_once() -> None:
    texts = Texts()
    one, other = (PersistedQueries(shared=texts) for _ in range(2))
    known = document_hash("{ a }")
    one.add(known, "{ a }")

    assert other.get(known) is None
    assert await other.fetch(known) == "{ a }"
    assert other.get(known) == "{ a }"
    assert await other.fetch(document_hash("{ b }")) is None
    assert await PersistedQueries().fetch(known) is None
