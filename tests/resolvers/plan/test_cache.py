from resolvers.plan.cache import PlanCache


def test_the_least_recently_used_is_forgotten_first() -> None:
    cache: PlanCache[str, int] = PlanCache(capacity=2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1

    cache.put("c", 3)

    assert [cache.get(key) for key in "abc"] == [1, None, 3]
    assert len(cache) == 2
