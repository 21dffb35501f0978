from weir.resolvers.lru_cache import LruCache


def test_the_least_recently_used_is_evicted_first() -> None:
    cache = LruCache[str, str](capacity=2)
    cache.put("a", "A")
    cache.put("b", "B")
    cache.get("a")
    cache.put("c", "C")

    assert [cache.get(key) for key in "abc"] == ["A", None, "C"]
    assert len(cache) == 2
